/*
 * decode: a body becomes rows. Source: blotter-api(7), READS and its variants.
 */
#ifndef BLOTTER_CORE_DECODE_H
#define BLOTTER_CORE_DECODE_H

#include <blotter/core/fault.h>
#include <blotter/core/model.h>

#define DECODE_ROWS_MAX ((size_t)1000000)

/*
 * Decodes the body of a successful answer. The snapshot keeps its own copy of the body. NULL when
 * it cannot be shown: FAULT_SERVER with the server's words for "success":false, FAULT_TOO_LARGE
 * over DECODE_ROWS_MAX rows, else FAULT_DECODE naming the row (from 1) and the member.
 */
struct snapshot *decode_body(enum resource resource, const char *body, size_t len,
                             struct fault *ret_fault);

/*
 * The same for an answer that comes after another, whose rows must be as they were decoded: rows
 * whose bytes stand in both are taken over, which costs a comparison instead of a decoding. The
 * result is equal to that of decode_body. previous may be NULL.
 */
struct snapshot *decode_next(const struct snapshot *previous, enum resource resource,
                             struct span body, struct fault *ret_fault);

/* The body a snapshot was decoded from. */
const char *decode_source(const struct snapshot *snapshot, size_t *ret_len);

#endif
