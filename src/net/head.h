/*
 * head: what is wanted of an answer's header fields, as libcurl has read them: those of the last
 * answer, not of interim ones, of proxies or of trailers.
 */
#ifndef BLOTTER_NET_HEAD_H
#define BLOTTER_NET_HEAD_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#define HEAD_LIST_MAX 8192 /* several values in one; what does not fit is left out */

/* The field's first value; NULL when there is none. Lives until libcurl reads the next head. */
const char *head_value(CURL *easy, const char *name);

/* All values of the field, joined by ", "; "" when there is none. */
void head_list(CURL *easy, const char *name, char out[HEAD_LIST_MAX]);

/* True when a field's value has no control characters. */
bool head_is_clean(const char *value);

/* X-Last-Event-Id; 0 when it is none. */
uint64_t head_event_id(CURL *easy);

/* Age: how long the answer has lain in caches; 0 when in none. */
int64_t head_age_ms(CURL *easy);

/*
 * Retry-After, -1 when it is none. A date is read against the answer's own clock, if it has one:
 * what counts is how long the server wants to be left alone, not how its clock differs from ours.
 */
int64_t head_retry_after_ms(CURL *easy, int64_t now_wall_ms);

/* True when every way in which a body says to be packed (a list) can be undone by this libcurl;
 * *ret_len bytes at *ret_name are the first that cannot. */
bool head_can_unpack(const char *list, const char **ret_name, int *ret_len);

#endif
