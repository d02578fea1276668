/* Header values as a hostile server may send them: types, Retry-After, redirect targets. */
#include "../../src/net/http_fault.h"
#include "../../src/net/http_url.h"

#include <blotter/core/conn.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void redirect(const char *from, const char *location)
{
    char *url = NULL;
    struct http_origin origin;
    struct fault fault;
    if (http_url_redirect(from, location, &url, &origin, &fault)) {
        bool https = url != NULL && strncmp(url, "https://", 8) == 0;
        if (url == NULL || (!https && strncmp(url, "http://", 7) != 0) || origin.secure != https ||
            (from[4] == 's' && !https) || strpbrk(url, "\r\n") != NULL) {
            abort();
        }
        free(url);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    conn_type_is_stream(text);
    int64_t wait_ms = http_retry_after_ms(text, INT64_C(1700000000000));
    if (wait_ms < -1 || wait_ms > INT64_C(86400000)) {
        abort();
    }
    redirect("http://127.0.0.1:4000/api/stream?userId=u", text);
    redirect("https://api.example.com/api/stream", text);
    free(text);
    return 0;
}
