/* Every field that the server sent for a row, as it was sent, wrapped, with the times around it. */
#include "bar.h"
#include "events.h"
#include "frame.h"
#include "parts.h"
#include "popup.h"

#include <blotter/core/alloc.h>
#include <blotter/core/iso8601.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETAIL_WIDTH 92
#define NAME_WIDTH_MAX 28
#define DEPTH_MAX 6
#define FIELD_BYTES_MAX ((size_t)16 << 10) /* of one field that are shown */
#define LINES_MAX 2000                     /* of a row: what comes after is not begun */

/* Lines are counted as they come; those within the page are drawn. */
struct writer {
    const struct frame *frame;
    struct rect inside;
    int line, top, name_width;
};

static bool is_seen(const struct writer *writer)
{
    return writer->line >= writer->top && writer->line < writer->top + writer->inside.height;
}

static void put_at(const struct writer *writer, int x, const char *text, struct style style)
{
    int y = writer->inside.y + writer->line - writer->top;
    if (is_seen(writer)) {
        struct rect area = {writer->inside.x + x, y, writer->inside.width - x, 1};
        canvas_put(writer->frame->canvas, area, text, style);
    }
}

static void write_field(struct writer *writer, const char *name, const char *value, enum role role)
{
    char out[256];
    int at = writer->name_width + 1, columns = writer->inside.width - at;
    const char *stop = value + strlen(value);
    if (is_seen(writer)) {
        text_fit(name, (struct text_fit){writer->name_width, TEXT_CUT_END}, out, sizeof out);
        put_at(writer, 0, out, plain(ROLE_DIM));
    }
    do {
        const char *end = text_wrap(value, stop, columns > 0 ? columns : 1);
        if (is_seen(writer)) {
            char *piece = mem_dup(value, (size_t)(end - value));
            put_at(writer, at, piece, plain(role));
            free(piece);
        }
        writer->line++;
        value = end;
    } while (value < stop);
}

static void write_heading(struct writer *writer, const char *text)
{
    writer->line++;
    put_at(writer, 0, text, bold(ROLE_HEADER));
    writer->line++;
}

/* --- JSON ----------------------------------------------------------------------------------- */

static char *string_of(struct span value)
{
    size_t need = span_string(value, NULL, 0);
    char *text = mem_alloc(need + 1);
    span_string(value, text, need + 1);
    text[need] = '\0';
    return text;
}

/* The beginning of a string that is longer than anybody reads; whole escapes. */
static struct span beginning(struct span value)
{
    if (value.len <= FIELD_BYTES_MAX) {
        return value;
    }
    const char *at = value.ptr + 1, *end = value.ptr + FIELD_BYTES_MAX - 12;
    while (at < end) {
        at += *at != '\\' ? 1 : at[1] == 'u' ? 6 : 2;
    }
    return (struct span){value.ptr, (size_t)(at - value.ptr) + 1};
}

/* A time gets its local form behind it. */
static char *with_local_time(const struct writer *writer, char *text)
{
    int64_t ms;
    char local[FORMAT_MAX];
    if (!iso8601_parse(text, strlen(text), &ms)) {
        return text;
    }
    format_clock(&writer->frame->input->format, FORMAT_CLOCK_FULL, ms, local);
    size_t capacity = strlen(text) + sizeof local + 8;
    char *both = mem_alloc(capacity);
    snprintf(both, capacity, "%s  (%s)", text, local);
    free(text);
    return both;
}

/* What everybody may see of a row: what the market says, prices, and names. */
static bool is_public(const char *name)
{
    static const char *const names[] = {
        "price",  "averagePrice", "currentPrice",  "limitPrice",  "stopPrice", "stopLoss",
        "target", "alertPrice",   "ltp",           "open",        "high",      "low",
        "close",  "change",       "changePercent", "strikePrice", "lot_size",  "lotSize",
        "volume", "token",        "sortOrder",     "id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    size_t len = strlen(name);
    return strncmp(name, "stock.", 6) == 0 ||
           (len > 2 && (strcmp(name + len - 2, "Id") == 0 || strcmp(name + len - 2, "At") == 0));
}

/* Figures that nobody has named are amounts, also those sent as text; so is a reason, which may
 * name them. */
static bool is_amount(const char *name, struct span value)
{
    double figure;
    bool reason = span_type(value) == SPAN_STRING &&
                  (strstr(name, "eason") != NULL || strstr(name, "essage") != NULL);
    return reason || (span_double(value, &figure) && !is_public(name));
}

static void write_value(struct writer *writer, const char *name, struct span value, int depth);

static void write_members(struct writer *writer, const char *name, struct span value, int depth)
{
    struct span_iterator it = {0};
    struct span key, member;
    size_t count = 0;
    while (writer->line < LINES_MAX && span_next(value, &it, &key, &member)) {
        char path[256], index[32];
        char *own = key.len > 0 ? string_of(beginning(key)) : NULL;
        snprintf(index, sizeof index, "%zu", count++);
        snprintf(path, sizeof path, "%s%s%s", name, name[0] != '\0' ? "." : "",
                 own != NULL ? own : index);
        write_value(writer, path, member, depth + 1);
        free(own);
    }
}

static void write_value(struct writer *writer, const char *name, struct span value, int depth)
{
    enum span_type type = span_type(value);
    if ((type == SPAN_OBJECT || type == SPAN_ARRAY) && depth < DEPTH_MAX) {
        write_members(writer, name, value, depth);
        return;
    }
    struct span part = type == SPAN_STRING ? beginning(value) : value;
    part.len = part.len < FIELD_BYTES_MAX ? part.len : FIELD_BYTES_MAX;
    char *text = type == SPAN_STRING ? with_local_time(writer, string_of(part))
                                     : mem_dup(part.ptr, part.len);
    bool hidden = writer->frame->screen->hide_amounts && is_amount(name, value);
    write_field(writer, name, hidden ? FORMAT_HIDDEN : text,
                type == SPAN_NULL ? ROLE_DIM : ROLE_TEXT);
    free(text);
    if (part.len < value.len && !hidden) {
        char rest[96];
        snprintf(rest, sizeof rest, "… %zu of %zu bytes", part.len, value.len);
        write_field(writer, "", rest, ROLE_DIM);
    }
}

/* --- what is shown -------------------------------------------------------------------------- */

static void write_time(struct writer *writer, const char *name, int64_t wall_ms)
{
    char at[FORMAT_MAX];
    if (wall_ms != MODEL_NO_TIME) {
        format_clock(&writer->frame->input->format, FORMAT_CLOCK_FULL, wall_ms, at);
        write_field(writer, name, at, ROLE_TEXT);
    }
}

static void write_row(struct writer *writer, const struct row *row)
{
    struct pane_state state = screen_pane(writer->frame->screen, writer->frame->input,
                                          (enum resource)writer->frame->screen->focus);
    char text[FORMAT_MAX + 8], ms[FORMAT_MAX];
    if (row->raw.ptr != NULL) {
        write_value(writer, "", row->raw, 0);
        if (writer->line >= LINES_MAX) {
            write_field(writer, "…", "there may be more: --snapshot -o json has all of it",
                        ROLE_DIM);
        }
    } else {
        write_field(writer, "id", row->id, ROLE_TEXT);
        write_field(writer, "",
                    "only an event told of this row; the server's answer is still to come",
                    ROLE_DIM);
    }
    write_heading(writer, "How current this is");
    write_time(writer, "confirmed", state.confirmed_ms);
    if (state.fetch_us > 0) {
        format_ms(state.fetch_us, ms);
        snprintf(text, sizeof text, "%s ms", ms);
        write_field(writer, "answered in", text, ROLE_TEXT);
    }
    if (row->provisional) {
        write_field(writer, "provisional", "an event changed it; not confirmed yet",
                    ROLE_PROVISIONAL);
    }
    if (state.stale) {
        write_field(writer, "stale",
                    state.cached ? "from the disk cache" : "nothing confirms it at the moment",
                    ROLE_STALE);
    }
    if (state.fault.kind != FAULT_NONE) {
        write_field(writer, "last error", state.fault.text, ROLE_CONN_BAD);
        write_time(writer, "at", state.fault_ms);
        write_time(writer, "next try", state.retry_ms);
    }
}

static void write_entry(struct writer *writer, const struct event_log_entry *entry)
{
    static const char *const outcomes[] = {
        [EVENT_LOG_NOTED] = "noted",
        [EVENT_LOG_PATCHED] = "shown at once, no request follows",
        [EVENT_LOG_COVERED] = "was in the rows already, no request needed",
        [EVENT_LOG_PENDING] = "the confirming answer is still to come",
        [EVENT_LOG_CONFIRMED] = "confirmed by the server's answer",
        [EVENT_LOG_FAILED] = "the confirming request failed",
        [EVENT_LOG_REFUSED] = "names another user: nothing was made of it"};
    char text[FORMAT_MAX + 8], ms[FORMAT_MAX];
    snprintf(text, sizeof text, "%llu", (unsigned long long)entry->number);
    write_field(writer, "number", text, ROLE_TEXT);
    write_time(writer, "received", entry->wall_ms);
    write_field(writer, "event", entry->name, ROLE_TEXT);
    write_field(writer, "what", entry->what, ROLE_TEXT);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if ((entry->panes & RESOURCE_BIT(i)) != 0) {
            write_field(writer, "pane", resource_info((enum resource)i)->pane, ROLE_TEXT);
        }
    }
    write_field(writer, "outcome", outcomes[entry->outcome], ROLE_TEXT);
    if (entry->status != 0) {
        snprintf(text, sizeof text, "%d", entry->status);
        write_field(writer, "status", text, ROLE_TEXT);
        format_ms(entry->fetch_us, ms);
        snprintf(text, sizeof text, "%s ms", ms);
        write_field(writer, "answered in", text, ROLE_TEXT);
        snprintf(text, sizeof text, "%zu", entry->rows);
        write_field(writer, "rows", text, ROLE_TEXT);
    }
}

/* The row whose detail is open; NULL when it has gone. Another row never takes its place. */
const struct row *detail_row(const struct screen *screen, const struct screen_input *input)
{
    if (screen->focus == PANE_EVENTS) {
        return NULL;
    }
    struct pane_state state = screen_pane(screen, input, (enum resource)screen->focus);
    size_t count = state.shown != NULL ? state.shown->row_count : 0;
    for (size_t i = 0; i < count; i++) {
        if (model_key(model_row(state.shown, i)->id, model_row(state.shown, i)->owner) ==
            screen->detail_key) {
            return model_row(state.shown, i);
        }
    }
    return NULL;
}

static bool detail_entry(const struct frame *frame, struct events_entry *ret)
{
    return frame->screen->focus == PANE_EVENTS &&
           events_find_key(frame->screen, frame->input, frame->screen->detail_key, ret);
}

static void write_all(struct writer *writer)
{
    const struct row *row = detail_row(writer->frame->screen, writer->frame->input);
    struct events_entry found;
    if (row != NULL) {
        write_row(writer, row);
    } else if (detail_entry(writer->frame, &found)) {
        write_entry(writer, found.entry);
    } else {
        write_field(writer, "", "this row is gone", ROLE_ALERT);
    }
}

static const char *row_title(const struct screen *screen, const struct row *row)
{
    size_t count, symbol = column_find(screen->focus, "symbol", 6);
    const struct column *columns = columns_of(screen->focus, &count);
    return symbol < count ? columns[symbol].text(row) : pane_info(screen->focus)->title;
}

void paint_detail(const struct frame *frame)
{
    struct screen *screen = frame->screen;
    const struct row *row = detail_row(screen, frame->input);
    char title[128];
    struct events_entry found = {.owner = NULL};
    const struct owner *whose = row != NULL                   ? row->owner
                                : detail_entry(frame, &found) ? found.owner
                                                              : NULL;
    const char *owner = whose != NULL ? whose->name : "";
    snprintf(title, sizeof title, " %.80s%s%s ",
             row != NULL                    ? row_title(screen, row)
             : screen->focus == PANE_EVENTS ? "Event"
                                            : pane_info(screen->focus)->title,
             owner[0] != '\0' ? " · " : "", owner);
    struct rect area = {0, 0, DETAIL_WIDTH,
                        screen->layout.body.height - (screen->rows > 30 ? 4 : 0)};
    struct rect inside = popup_frame(frame, area, title);
    struct writer writer = {.frame = frame, .inside = inside, .top = (int)screen->popup_top};
    writer.inside.x += 1;
    writer.inside.width = inside.width > 2 ? inside.width - 2 : 0;
    writer.name_width =
        writer.inside.width / 3 < NAME_WIDTH_MAX ? writer.inside.width / 3 : NAME_WIDTH_MAX;
    write_all(&writer);
    int last = writer.line > inside.height ? writer.line - inside.height : 0;
    screen->popup_lines = (size_t)writer.line;
    screen->popup_page = inside.height > 0 ? (size_t)inside.height : 1;
    if ((int)screen->popup_top > last) { /* the lines became fewer: draw the last page */
        screen->popup_top = (size_t)last;
        paint_detail(frame);
    }
}
