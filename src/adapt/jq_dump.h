/*
 * jq_dump: a value of libjq as JSON, byte for byte as jv_dump_string has it, but a string at a time
 * where that goes a character at a time.
 */
#ifndef BLOTTER_ADAPT_JQ_DUMP_H
#define BLOTTER_ADAPT_JQ_DUMP_H

#include "jq_api.h"

#include <blotter/core/buf.h>

#define JQ_DUMP_DEPTH_MAX 512

/*
 * Appends the value, and takes it: the elements of an array go as they are written, so that the
 * value and its text do not both lie there whole. False, with a part appended, over the buffer's
 * ceiling or when it is nested deeper.
 */
bool jq_dump(const struct jq_api *api, jv value, struct buf *out);

#endif
