#include "http_memory.h"

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 10
/* It takes a block that is known by what stands behind its head for one that nobody knows. */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* Stands before each block. */
union head {
    size_t size;
    max_align_t alignment;
};

/* Out of memory is libcurl's to answer: it has errors for it. */
static void *take(size_t size)
{
    union head *head = size <= SIZE_MAX - sizeof *head ? malloc(sizeof *head + size) : NULL;
    if (head == NULL) {
        return NULL;
    }
    head->size = size;
    return head + 1;
}

static void give_back(void *block)
{
    if (block == NULL) {
        return;
    }
    union head *head = (union head *)block - 1;
    memset(block, 0, head->size);
    __asm__ __volatile__("" : : "r"(block) : "memory"); /* not to be left out as without effect */
    free(head);
}

static void *take_zeroed(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *block = take(count * size);
    return block != NULL ? memset(block, 0, count * size) : NULL;
}

static char *take_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = take(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* Never in place, or the old block's memory would be left behind as it is. */
static void *take_again(void *block, size_t size)
{
    void *larger = take(size);
    if (larger == NULL || block == NULL) {
        return larger;
    }
    size_t had = ((union head *)block - 1)->size;
    memcpy(larger, block, had < size ? had : size);
    give_back(block);
    return larger;
}

bool http_memory_init(void)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, give_back, take_again, take_copy,
                                take_zeroed) == CURLE_OK;
}
