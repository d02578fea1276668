#include <blotter/core/alloc.h>

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Nothing but a global reaches the handler of SIGABRT, which says it again where it is seen. */
static volatile sig_atomic_t ran_out;

bool mem_ran_out(void)
{
    return ran_out != 0;
}

static void *checked(void *memory)
{
    if (memory == NULL) {
        ran_out = 1;
        fputs("blotter: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *mem_alloc(size_t size)
{
    return checked(malloc(size > 0 ? size : 1));
}

void *mem_calloc(size_t count, size_t size)
{
    return checked(count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1));
}

void *mem_realloc(void *memory, size_t size)
{
    return checked(realloc(memory, size > 0 ? size : 1));
}

void *mem_realloc_array(void *memory, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size) {
        checked(NULL);
    }
    return mem_realloc(memory, count * size);
}

char *mem_dup(const char *bytes, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    copy[len] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    char none[1]; /* not NULL: a sanitizing compiler then warns of the format */
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(none, sizeof none, format, arguments);
    va_end(arguments);
    size_t size = len < 0 ? 1 : (size_t)len + 1;
    char *text = mem_alloc(size);
    text[0] = '\0';
    va_start(arguments, format);
    vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return text;
}

void mem_give_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
