/*
 * watch_print: what --watch says: events and states to the output, sentences to stderr, all with
 * the name of whose they are.
 */
#ifndef BLOTTER_CLI_WATCH_PRINT_H
#define BLOTTER_CLI_WATCH_PRINT_H

#include "watch.h"
#include "watch_out.h"

#include <blotter/core/event.h>
#include <blotter/core/iso8601.h>

struct watch_print {
    const struct watch_settings *settings;
    struct loop *loop;
    struct watch_out out;
    uint64_t seq;     /* events printed */
    int name_columns; /* of the longest name */
    int64_t stamp_ms; /* what stamp says */
    char stamp[ISO8601_SIZE];
};

void watch_print_init(struct watch_print *print, struct loop *loop,
                      const struct watch_settings *settings);
/* Lines of text leave room for this name as well; NULL is fine. */
void watch_print_name(struct watch_print *print, const char *name);
void watch_print_done(struct watch_print *print); /* does not write */

/* This turn's time, ISO 8601. */
const char *watch_print_stamp(struct watch_print *print);

/* The next event; event NULL: it is none that we know. name NULL: nobody else is meant. */
void watch_print_event(struct watch_print *print, const char *name, const struct sse_event *sse,
                       const struct event *event);

/* What happened to the connection, in --status's word: as JSON, or as a sentence. */
struct watch_news {
    const char *name, *word;
    const struct conn_status *status;
};
void watch_print_news(struct watch_print *print, const struct watch_news *news);

/* A sentence on stderr. */
void watch_say(const struct watch_print *print, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
