#include "watch.h"
#include "watch_stream.h"

#include <blotter/core/alloc.h>

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_AT ((size_t)256 << 10) /* bytes the reader has not taken before we stop reading */

static_assert(WATCH_SOURCES_MAX <= CURSOR_PLACES_MAX, "a place in the cursor each");

struct watch {
    struct loop *loop;
    const struct watch_settings *settings;
    struct watch_print print;
    struct slot {
        const struct watch_source *source; /* NULL: nobody's */
        struct watch_stream *stream;       /* NULL: its settings cannot work */
        size_t owner;                      /* in the cursor */
    } slots[WATCH_SOURCES_MAX];
    size_t running;
    struct status_tally tally;   /* of those that have ended */
    struct loop_timer *end;      /* --duration */
    struct watch_cursor *cursor; /* NULL: none */
    struct loop_timer *cursor_timer;
    bool left;   /* the loop has ended */
    bool ending; /* nothing is added any more; the loop ends when everything is written */
};

void watch_settings_default(struct watch_settings *ret)
{
    *ret = (struct watch_settings){
        .format = WATCH_JSON,
        .out_fd = STDOUT_FILENO,
        .err_fd = STDERR_FILENO,
    };
}

/* ---- the end ---- */

static void leave_when_written(struct watch *watch)
{
    if (watch->ending && watch_out_is_empty(&watch->print.out)) {
        loop_quit(watch->loop, (int)status_total(&watch->tally));
    }
}

/* Whoever has not ended has done what it was asked for. */
static void finish(struct watch *watch)
{
    if (watch->ending) {
        return;
    }
    watch->ending = true;
    if (watch->running > 0) {
        status_add(&watch->tally, STATUS_OK);
    }
    for (size_t i = 0; i < WATCH_SOURCES_MAX; i++) {
        if (watch->slots[i].stream != NULL) {
            watch_stream_stop(watch->slots[i].stream);
        }
    }
    leave_when_written(watch);
}

static void on_duration(void *user)
{
    finish(user);
}

/* One has ended for good: the others go on. */
static void on_over(void *user, enum status status)
{
    struct watch *watch = user;
    status_add(&watch->tally, status);
    if (--watch->running == 0) {
        finish(watch);
    }
}

/* ---- the output ---- */

static void on_printed(void *user)
{
    struct watch *watch = user;
    if (watch->settings->count > 0 && watch->print.seq == watch->settings->count) {
        finish(watch);
    } else {
        watch_out_more(&watch->print.out);
    }
}

/* What was written is behind us. */
static void settle_cursor(void *user)
{
    struct watch *watch = user;
    char why[CURSOR_WHY_MAX];
    if (watch->cursor == NULL) {
        return;
    }
    watch_cursor_reach(watch->cursor, watch->print.out.sent);
    int64_t next_us =
        watch_cursor_write(watch->cursor, loop_now(watch->loop).mono_us, why, sizeof why);
    if (why[0] != '\0') {
        watch_say(&watch->print, NULL, "%s", why);
    }
    loop_timer_set(watch->cursor_timer, next_us);
}

static void pause_all(struct watch *watch, bool paused)
{
    for (size_t i = 0; i < WATCH_SOURCES_MAX; i++) {
        if (watch->slots[i].stream != NULL) {
            watch_stream_pause(watch->slots[i].stream, paused);
        }
    }
}

/* The reader took something, stopped taking, or went away. */
static void on_out_change(void *user)
{
    struct watch *watch = user;
    const struct watch_out *out = &watch->print.out;
    if (watch->left) {
        return;
    }
    if (out->error != 0) {
        if (out->error != EPIPE) {
            watch_say(&watch->print, NULL, "cannot write the output: %s", strerror(out->error));
        }
        watch->ending = true;
        loop_quit(watch->loop, out->error == EPIPE ? STATUS_OK : STATUS_RUNTIME);
        return;
    }
    leave_when_written(watch);
    size_t waiting = out->text.len - out->written;
    if (out->blocked ? waiting >= PAUSE_AT : waiting == 0) {
        pause_all(watch, out->blocked);
    }
}

/* ---- running ---- */

static void on_turn_end(void *user)
{
    struct watch *watch = user;
    for (size_t i = 0; i < WATCH_SOURCES_MAX; i++) {
        if (watch->slots[i].stream != NULL) {
            watch_stream_turn(watch->slots[i].stream);
        }
    }
    if (!watch->print.out.blocked) {
        watch_out_flush(&watch->print.out);
    }
    settle_cursor(watch);
    trace_flush(watch->settings->trace);
}

static struct watch_cursor_owner owner_of(const struct watch_source *source)
{
    const char *server = source->http.url != NULL ? source->http.url : "";
    return (struct watch_cursor_owner){server, source->user, source->backend, source->name};
}

static bool open_cursor(struct watch *watch)
{
    const struct watch_settings *settings = watch->settings;
    struct watch_cursor_owner owners[CURSOR_PLACES_MAX];
    char why[CURSOR_WHY_MAX];
    if (settings->cursor == NULL) {
        return true;
    }
    for (size_t i = 0; i < settings->source_count; i++) {
        owners[i] = owner_of(settings->sources[i]);
    }
    watch->cursor = watch_cursor_open(settings->cursor, owners, settings->source_count, why);
    if (watch->cursor == NULL) {
        watch_say(&watch->print, NULL, "%s", why);
        return false;
    }
    watch->cursor_timer = loop_timer_new(watch->loop, settle_cursor, watch);
    return true;
}

/* Of several, those whose settings cannot work are said and the others open. */
static void open_stream(struct watch *watch, struct slot *slot)
{
    const struct watch_streams all = {&watch->print, watch->cursor, on_printed, on_over, watch};
    struct fault fault;
    watch_print_name(&watch->print, slot->source->name);
    slot->stream = watch_stream_new(&all, slot->source, slot->owner, &fault);
    if (slot->stream == NULL) {
        watch_say(&watch->print, slot->source->name, "%s", fault.text);
        status_add(&watch->tally, STATUS_USAGE);
    } else {
        watch->running++;
    }
}

static bool open_streams(struct watch *watch)
{
    const struct watch_settings *settings = watch->settings;
    for (size_t i = 0; i < settings->source_count; i++) {
        watch->slots[i].source = settings->sources[i];
        watch->slots[i].owner = i;
        open_stream(watch, &watch->slots[i]);
    }
    if (settings->short_of_some) {
        status_add(&watch->tally, STATUS_USAGE);
    }
    return watch->running > 0;
}

/* ---- sources that come and go ---- */

static struct slot *find_slot(struct watch *watch, const struct watch_source *source)
{
    size_t i = 0;
    while (i < WATCH_SOURCES_MAX && watch->slots[i].source != source) {
        i++;
    }
    return i < WATCH_SOURCES_MAX ? &watch->slots[i] : NULL;
}

void watch_miss(struct watch *watch, const char *sentence)
{
    watch_say(&watch->print, NULL, "%s", sentence);
    status_add(&watch->tally, STATUS_USAGE);
}

void watch_add(struct watch *watch, const struct watch_source *source)
{
    struct slot *slot = find_slot(watch, NULL);
    const struct watch_cursor_owner owner = owner_of(source);
    char why[CURSOR_WHY_MAX] = "too many accounts";
    size_t place = 0;
    if (slot == NULL ||
        (watch->cursor != NULL && !watch_cursor_add(watch->cursor, &owner, &place, why))) {
        watch_say(&watch->print, source->name, "%s", why);
        status_add(&watch->tally, STATUS_USAGE);
        return;
    }
    *slot = (struct slot){source, NULL, place};
    open_stream(watch, slot);
    if (slot->stream != NULL) {
        watch_stream_pause(slot->stream, watch->print.out.blocked);
        watch_stream_start(slot->stream);
    }
}

void watch_remove(struct watch *watch, const struct watch_source *source)
{
    struct slot *slot = find_slot(watch, source);
    if (slot == NULL) {
        return;
    }
    if (watch->cursor != NULL) {
        watch_cursor_leave(watch->cursor, slot->owner);
    }
    if (slot->stream != NULL) {
        watch->running -= watch_stream_is_over(slot->stream) ? 0 : 1;
        watch_stream_stop(slot->stream);
        watch_stream_free(slot->stream);
    }
    *slot = (struct slot){.source = NULL};
}

static void on_reload(void *user, int signo)
{
    struct watch *watch = user;
    if (watch->ending) {
        return;
    }
    watch->settings->on_reload(watch->settings->reload_user, watch, signo);
    if (watch->running == 0) {
        finish(watch);
    }
}

static void start(struct watch *watch)
{
    const struct watch_settings *settings = watch->settings;
    watch->print.out.on_change = on_out_change;
    watch->print.out.user = watch;
    loop_before_wait(watch->loop, on_turn_end, watch);
    if (settings->on_reload != NULL) {
        loop_signal(watch->loop, SIGHUP, on_reload, watch);
        loop_signal(watch->loop, SIGUSR1, on_reload, watch);
    }
    if (settings->duration_ms > 0) {
        watch->end = loop_timer_new(watch->loop, on_duration, watch);
        loop_timer_set(watch->end,
                       loop_refresh(watch->loop).mono_us + settings->duration_ms * 1000);
    }
    for (size_t i = 0; i < WATCH_SOURCES_MAX; i++) {
        if (watch->slots[i].stream != NULL) {
            watch_stream_start(watch->slots[i].stream);
        }
    }
}

static void close_all(struct watch *watch)
{
    loop_before_wait_remove(watch->loop, on_turn_end, watch);
    settle_cursor(watch);
    watch_cursor_close(watch->cursor);
    loop_timer_free(watch->cursor_timer);
    loop_timer_free(watch->end);
    for (size_t i = 0; i < WATCH_SOURCES_MAX; i++) {
        watch_stream_free(watch->slots[i].stream);
    }
    watch_print_done(&watch->print);
}

int watch_run(struct loop *loop, const struct watch_settings *settings)
{
    struct watch watch = {.loop = loop, .settings = settings};
    int status = STATUS_USAGE;
    signal(SIGPIPE, SIG_IGN);
    watch_print_init(&watch.print, loop, settings);
    if (open_cursor(&watch) && open_streams(&watch)) {
        start(&watch);
        status = loop_run(loop);
        watch.left = true;
        watch_out_flush(
            &watch.print.out); /* after a signal: what can be written at once still is */
        trace_step(settings->trace, loop_refresh(loop).mono_us, "exit",
                   "\"printed\":%" PRIu64 ",\"status\":%d", watch.print.seq, status);
    }
    close_all(&watch);
    return status;
}
