/* A difference from hostile hands: within its bounds, and the same again. */
#include <blotter/core/gdiff.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MAX = 1 << 16 };
    if (size == 0) {
        return 0;
    }
    size_t old_len = data[0] < size ? data[0] : size - 1;
    const char *old = (const char *)data + 1, *delta = old + old_len;
    size_t len = 0, again = 0;
    char *made = gdiff_apply(old, old_len, delta, size - 1 - old_len, MAX, &len);
    char *twice = gdiff_apply(old, old_len, delta, size - 1 - old_len, MAX, &again);
    if ((made == NULL) != (twice == NULL) ||
        (made != NULL && (len > MAX || len != again || memcmp(made, twice, len + 1) != 0))) {
        abort();
    }
    free(made);
    free(twice);
    return 0;
}
