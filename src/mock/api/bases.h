/*
 * bases: bodies of reads that a client has and may name, so that the next one can be told as the
 * difference. Bounded; what was given longest ago goes first. One user's bodies are of no use to
 * another.
 */
#ifndef BLOTTER_MOCK_BASES_H
#define BLOTTER_MOCK_BASES_H

#include <stddef.h>
#include <stdint.h>

#define BASES_MAX 256
#define BASES_BYTES_MAX ((size_t)32 << 20)

struct bases;

struct base_name {
    const char *user;
    size_t route; /* which read */
    uint64_t hash;
};

struct bases *bases_new(void);
void bases_free(struct bases *bases); /* NULL is fine */

void bases_keep(struct bases *bases, const struct base_name *name, const char *bytes, size_t len);

/* NULL when it is not held. Lives until the next call that keeps one. */
const char *bases_find(struct bases *bases, const struct base_name *name, size_t *ret_len);

#endif
