/*
 * iso8601: wall-clock times as the wire writes them, without the C library's time zones.
 */
#ifndef BLOTTER_CORE_ISO8601_H
#define BLOTTER_CORE_ISO8601_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISO8601_SIZE 32 /* bytes iso8601_format needs, NUL included */

/*
 * "2025-01-27T10:00:00.000Z" -> milliseconds since 1970-01-01 UTC. Four-digit year (0001 to 9999),
 * real calendar date, 'T', 't' or a blank, hours and minutes, perhaps seconds 00-59 with a fraction
 * of any length (cut to milliseconds), then 'Z', 'z' or an offset: +05:30, +0530 or +05. A time
 * without an offset is none that anybody can place. False and *ret_ms untouched otherwise.
 */
bool iso8601_parse(const char *text, size_t len, int64_t *ret_ms);

/* The same in nanoseconds, which reach from 1677 to 2262. */
bool iso8601_parse_ns(const char *text, size_t len, int64_t *ret_ns);

/* The inverse of iso8601_parse, always with three decimals and 'Z'. Times outside the years 1 to
 * 9999 give "". */
void iso8601_format(int64_t ms, char out[ISO8601_SIZE]);

#endif
