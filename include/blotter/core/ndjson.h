/*
 * ndjson: a push parser for a stream of JSON texts, one a line: cuts the lines out, however the
 * input is split. Lines end in LF or CR LF, empty ones are ignored, an unfinished last one is
 * dropped. What a line holds is not looked at. Pure.
 */
#ifndef BLOTTER_CORE_NDJSON_H
#define BLOTTER_CORE_NDJSON_H

#include <stdbool.h>
#include <stddef.h>

struct ndjson_handler {
    void (*on_line)(void *user, const char *line, size_t len); /* lives until it returns */
    void (*on_too_large)(void *user); /* a line went over the ceiling and is left out; once each */
    void *user;
};

struct ndjson;

struct ndjson *ndjson_new(const struct ndjson_handler *handler, size_t line_max);
void ndjson_free(struct ndjson *ndjson); /* NULL is fine */

/* Calls back before it returns. A callback may call ndjson_stop: then nothing more is cut out until
 * ndjson_restart, which also drops a line that has begun. */
void ndjson_feed(struct ndjson *ndjson, const char *bytes, size_t len);
void ndjson_stop(struct ndjson *ndjson);
void ndjson_restart(struct ndjson *ndjson);

#endif
