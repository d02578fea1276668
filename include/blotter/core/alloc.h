/*
 * alloc: memory with one policy: when there is none, the program says so and aborts (the handler
 * of SIGABRT restores the terminal). Nothing here returns NULL, so nobody checks.
 */
#ifndef BLOTTER_CORE_ALLOC_H
#define BLOTTER_CORE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Freed with free(). A size of zero gives a pointer that is valid to free. */
void *mem_alloc(size_t size);
void *mem_calloc(size_t count, size_t size); /* zeroed; aborts when the product overflows */
void *mem_realloc(void *memory, size_t size);
void *mem_realloc_array(void *memory, size_t count, size_t size); /* aborts on overflow too */

/* A copy of len bytes with a NUL after them; bytes may be NULL when len is 0. */
char *mem_dup(const char *bytes, size_t len);

/* The text that printf would write. */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), nonnull(1)));

/* What is free in the middle of the heap goes back to the system, which takes a walk of the heap:
 * after something large that will not come again soon. */
void mem_give_back(void);

/* True while the abort for want of memory is under way. A signal handler may ask. */
bool mem_ran_out(void);

#endif
