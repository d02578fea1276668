#include "watch_json.h"
#include "watch_print.h"
#include "watch_text.h"

#include <blotter/core/quote.h>
#include <blotter/view/text.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void watch_print_init(struct watch_print *print, struct loop *loop,
                      const struct watch_settings *settings)
{
    *print = (struct watch_print){.settings = settings, .loop = loop};
    watch_out_init(&print->out, loop, settings->out_fd);
}

void watch_print_name(struct watch_print *print, const char *name)
{
    int columns = name != NULL ? text_width(name) : 0;
    print->name_columns = columns > print->name_columns ? columns : print->name_columns;
}

void watch_print_done(struct watch_print *print)
{
    watch_out_done(&print->out);
}

void watch_say(const struct watch_print *print, const char *name, const char *format, ...)
{
    char line[640];
    int len = snprintf(line, sizeof line, "blotter: %s%s", name != NULL ? name : "",
                       name != NULL ? ": " : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + len, sizeof line - (size_t)len - 1, format, arguments);
    va_end(arguments);
    size_t used = strlen(line);
    line[used++] = '\n';
    ssize_t wrote = write(print->settings->err_fd, line, used);
    (void)wrote; /* there is nobody else to tell */
}

const char *watch_print_stamp(struct watch_print *print)
{
    int64_t wall_ms = loop_now(print->loop).wall_ms;
    if (print->stamp_ms != wall_ms || print->stamp[0] == '\0') {
        print->stamp_ms = wall_ms;
        iso8601_format(wall_ms, print->stamp);
    }
    return print->stamp;
}

void watch_print_event(struct watch_print *print, const char *name, const struct sse_event *sse,
                       const struct event *event)
{
    const struct watch_settings *settings = print->settings;
    int64_t wall_ms = loop_now(print->loop).wall_ms;
    struct watch_event line = {++print->seq, name, watch_print_stamp(print), sse, event};
    if (settings->format == WATCH_RAW) {
        watch_json_raw_line(&print->out.text, &line);
    } else if (settings->format == WATCH_JSON) {
        watch_json_line(&print->out.text, &line);
    } else {
        struct watch_text_style style = {.color = settings->color,
                                         .ascii = settings->ascii,
                                         .utc = settings->utc,
                                         .name = name,
                                         .name_columns = print->name_columns};
        watch_text_line(&print->out.text, &style, wall_ms, sse, event);
    }
}

static void print_news(struct watch_print *print, const struct watch_news *news)
{
    const struct conn_status *status = news->status;
    struct buf *out = &print->out.text;
    int64_t now_ms = loop_now(print->loop).wall_ms;
    watch_json_head(out, news->name);
    buf_printf(out, "\"status\":\"%s\",\"at\":\"%s\"", news->word, watch_print_stamp(print));
    if (status->phase == CONN_LIVE) {
        buf_printf(out, ",\"resumed\":%s", news->status->resumes ? "true" : "false");
    } else {
        buf_printf(out,
                   ",\"attempt\":%d,\"kind\":\"%s\",\"httpStatus\":%d,\"reason\":", status->attempt,
                   fault_kind_name(status->fault.kind), status->fault.status);
        quote_text(out, status->fault.text, strlen(status->fault.text));
    }
    if (status->phase == CONN_WAITING) {
        buf_printf(out, ",\"retryInMs\":%lld", (long long)(status->retry_at_ms - now_ms));
    }
    buf_append_text(out, "}\n");
}

static void say_news(const struct watch_print *print, const struct watch_news *news)
{
    const struct conn_status *status = news->status;
    const char *name = news->name;
    char wait[32];
    int64_t wait_ms = status->retry_at_ms - loop_now(print->loop).wall_ms;
    snprintf(wait, sizeof wait, wait_ms < 1000 ? "%.0f ms" : "%.1f s",
             (double)wait_ms / (wait_ms < 1000 ? 1 : 1000));
    if (status->phase == CONN_LIVE) {
        watch_say(print, name, "stream live%s",
                  news->status->resumes ? ", continued after the last event" : "");
    } else if (status->phase == CONN_WAITING && strcmp(news->word, "lost") == 0) {
        watch_say(print, name, "stream lost: %s; next try in %s", status->fault.text, wait);
    } else if (status->phase == CONN_WAITING) {
        watch_say(print, name, "no stream: %s; attempt %d, next try in %s", status->fault.text,
                  status->attempt, wait);
    } else if (status->fault.status == 204) {
        watch_say(print, name, "%s", status->fault.text);
    } else {
        watch_say(print, name, "no stream: %s", status->fault.text);
    }
}

void watch_print_news(struct watch_print *print, const struct watch_news *news)
{
    if (print->settings->status) {
        print_news(print, news);
    } else {
        say_news(print, news);
    }
}
