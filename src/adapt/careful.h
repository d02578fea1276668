/*
 * careful: JSON from the network, made fit for jq: nothing deep, no number that jq would change in
 * silence, no text that it refuses.
 */
#ifndef BLOTTER_ADAPT_CAREFUL_H
#define BLOTTER_ADAPT_CAREFUL_H

#include <blotter/core/buf.h>
#include <blotter/core/fault.h>
#include <blotter/core/span.h>

/*
 * Appends one JSON value to out as jq is to see it: integers of more than 15 digits as strings,
 * numbers with an exponent of more than three digits as null, lone surrogates and invalid UTF-8 as
 * \ufffd; all else byte for byte. False with FAULT_DECODE for what is no JSON or deeper than
 * ADAPT_DEPTH_MAX, FAULT_TOO_LARGE over ADAPT_BODY_BYTES_MAX.
 */
bool careful_copy(struct buf *out, const char *text, size_t len, struct fault *ret_fault);

/* The same without a copy where there is nothing to mend: *ret is then in the text itself, else
 * behind what spare holds. */
bool careful_read(const char *text, size_t len, struct buf *spare, struct span *ret,
                  struct fault *ret_fault);

#endif
