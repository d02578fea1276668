/*
 * desk: a trading day to look at: the rows of the sketches in the design, through the real decoder.
 */
#ifndef DESK_H
#define DESK_H

#include <blotter/view/screen.h>

/* 2024-10-28 14:32:06 at +05:30, and a monotonic clock that began at 1000 s. */
#define DESK_NOW_MS INT64_C(1730106126000)
#define DESK_NOW_US INT64_C(1000000000)

struct desk {
    struct screen_input input;
    struct conn_status conn;
    struct event_log *event_log;
    struct tape *tape;
    struct history *history;
    struct screen *screen;
    struct canvas *canvas;
};

/* Everything loaded, the stream up. */
void desk_open(struct desk *desk, int columns, int rows);
void desk_close(struct desk *desk);

/* The rows of a resource become those of a JSON body; NULL: never loaded. */
void desk_load(struct desk *desk, enum resource resource, const char *body);

/* n made-up orders, ids o000000 and on. */
void desk_load_many(struct desk *desk, size_t n);

/* The network goes. */
void desk_offline(struct desk *desk);

void desk_later(struct desk *desk, int64_t ms);

/* Renders what changed; the text of the canvas, to be freed. */
char *desk_text(struct desk *desk, unsigned changed);

struct screen_result desk_do(struct desk *desk, enum action action);
void desk_type(struct desk *desk, const char *text);

/* Ends the test unless the text is that of the golden file; BLOTTER_UPDATE_GOLDEN=1 writes it. */
void desk_compare(const char *dir, const char *name, const char *text);

int32_t desk_zone(const void *user, int64_t wall_ms); /* +05:30 */

extern const char desk_orders[], desk_positions[], desk_account[], desk_watchlists[];

/* The canvas's rows as UTF-8 lines, trailing blanks removed, each ended by "\n". To be freed. */
char *canvas_text(const struct canvas *canvas);

#endif
