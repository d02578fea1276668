/*
 * Bodies that follow each other, made from the input's commands: decoded after the one before they
 * give the same rows and the same faults as decoded anew.
 */
#include "twin.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    static const enum resource resources[] = {RESOURCE_POSITIONS, RESOURCE_ORDERS,
                                              RESOURCE_WATCHLISTS};
    struct twin *twin = twin_new(resources[data[0] % 3]);
    if (!twin_run(twin, data + 1, size - 1 < 300 ? size - 1 : 300)) {
        fprintf(stderr, "%s\n", twin_reason(twin));
        abort();
    }
    twin_free(twin);
    return 0;
}
