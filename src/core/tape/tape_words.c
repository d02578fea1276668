/* The sentences of the tape, one row per kind. */
#include <blotter/core/tape.h>

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct writer {
    const struct tape_entry *entry;
    const struct tape_style *style;
    struct tape_words *words;
};

/* --- parts ---------------------------------------------------------------------------------- */

#define PRICE_DECIMALS 8

static void put(char out[256], const char *format, ...) __attribute__((format(printf, 2, 3)));

#define PRICE_DECIMALS 8

static void put(char out[256], const char *format, ...)
{
    size_t len = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + len, 256 - len, format, arguments);
    va_end(arguments);
}

/* Two decimals, or as many as it was sent with. */
static void plain_price(double value, char out[TAPE_FIGURE_MAX])
{
    int decimals = 2;
    double scaled = value * 100;
    while (decimals < PRICE_DECIMALS && fabs(scaled - nearbyint(scaled)) > 1e-9 * fabs(scaled)) {
        scaled *= 10;
        decimals++;
    }
    bool fits = decimals < PRICE_DECIMALS || fabs(scaled) >= 1;
    snprintf(out, TAPE_FIGURE_MAX, fits ? "%.*f" : "%.*g", decimals, value);
}

static void plain_figure(enum tape_figure kind, double value, char out[TAPE_FIGURE_MAX])
{
    if (isnan(value)) {
        snprintf(out, TAPE_FIGURE_MAX, "—");
    } else if (kind == TAPE_QUANTITY) {
        snprintf(out, TAPE_FIGURE_MAX, "%.10g", value);
    } else if (kind == TAPE_AMOUNT) {
        snprintf(out, TAPE_FIGURE_MAX, "%+.2f", value);
    } else {
        plain_price(value, out);
    }
}

static const char *figure(const struct writer *writer, enum tape_figure kind, double value,
                          char out[TAPE_FIGURE_MAX])
{
    if (writer->style != NULL && writer->style->figure != NULL) {
        writer->style->figure(writer->style->user, kind, value, out);
    } else {
        plain_figure(kind, value, out);
    }
    return out;
}

void tape_duration(int64_t ms, char out[TAPE_FIGURE_MAX])
{
    int64_t seconds = ms / 1000, minutes = seconds / 60;
    if (ms == MODEL_NO_TIME || ms < 0) {
        out[0] = '\0';
    } else if (ms < 10000 && ms % 1000 != 0) {
        snprintf(out, TAPE_FIGURE_MAX, "%.1f s", (double)ms / 1000);
    } else if (seconds < 120) {
        snprintf(out, TAPE_FIGURE_MAX, "%" PRId64 " s", seconds);
    } else if (minutes < 60) {
        snprintf(out, TAPE_FIGURE_MAX, "%" PRId64 " min", minutes);
    } else {
        snprintf(out, TAPE_FIGURE_MAX, "%" PRId64 " h %02" PRId64, minutes / 60, minutes % 60);
    }
}

static const char *symbol(const struct writer *writer, char out[TAPE_SHOWN_MAX])
{
    if (writer->style != NULL && writer->style->symbol != NULL) {
        writer->style->symbol(writer->style->user, writer->entry->symbol, out);
    } else {
        snprintf(out, TAPE_SHOWN_MAX, "%s", writer->entry->symbol);
    }
    return out;
}

/* "SELL 40 TCS" */
static void put_order(const struct writer *writer)
{
    static const char *const sides[] = {
        [TAPE_NO_SIDE] = "", [TAPE_BUY] = "BUY ", [TAPE_SELL] = "SELL "};
    const struct tape_entry *entry = writer->entry;
    char quantity[TAPE_FIGURE_MAX], shown[TAPE_SHOWN_MAX];
    put(writer->words->line, "%s%s %s", sides[entry->side],
        figure(writer, TAPE_QUANTITY, entry->quantity, quantity), symbol(writer, shown));
}

/* " @ 4,118.20"; nothing when there is no price. */
static void put_at(const struct writer *writer, double price)
{
    char text[TAPE_FIGURE_MAX];
    if (!isnan(price)) {
        put(writer->words->line, " @ %s", figure(writer, TAPE_PRICE, price, text));
    }
}

static void put_reason(const struct writer *writer)
{
    if (writer->style == NULL || !writer->style->no_reasons) {
        put(writer->words->more, "%s", writer->entry->text);
    }
}

/* --- kinds ---------------------------------------------------------------------------------- */

static void say_placed(const struct writer *writer)
{
    put_order(writer);
    put_at(writer, writer->entry->limit);
    if (isnan(writer->entry->limit)) {
        put(writer->words->line, " at market");
    }
}

static void say_changed(const struct writer *writer)
{
    const struct tape_entry *entry = writer->entry;
    char *more = writer->words->more, from[TAPE_FIGURE_MAX], to[TAPE_FIGURE_MAX];
    put_order(writer);
    if (!isnan(entry->limit_before)) {
        put(more, "price %s → %s", figure(writer, TAPE_PRICE, entry->limit_before, from),
            figure(writer, TAPE_PRICE, entry->limit, to));
    }
    if (!isnan(entry->quantity_before)) {
        put(more, "%squantity %s → %s", more[0] != '\0' ? ", " : "",
            figure(writer, TAPE_QUANTITY, entry->quantity_before, from),
            figure(writer, TAPE_QUANTITY, entry->quantity, to));
    }
}

static void say_partial(const struct writer *writer)
{
    char filled[TAPE_FIGURE_MAX];
    put_order(writer);
    put_at(writer, writer->entry->price);
    put(writer->words->line, ", %s filled",
        figure(writer, TAPE_QUANTITY, writer->entry->filled, filled));
}

static void say_filled(const struct writer *writer)
{
    const struct tape_entry *entry = writer->entry;
    char *more = writer->words->more, limit[TAPE_FIGURE_MAX], took[TAPE_FIGURE_MAX];
    put_order(writer);
    put_at(writer, entry->price);
    tape_duration(entry->took_ms, took);
    if (!isnan(entry->limit)) {
        put(more, "limit %s", figure(writer, TAPE_PRICE, entry->limit, limit));
    } else if (entry->type[0] != '\0') {
        put(more, "at market");
    }
    if (took[0] != '\0') {
        put(more, "%s%s after placing", more[0] != '\0' ? ", " : "", took);
    }
}

static void say_cancelled(const struct writer *writer)
{
    char filled[TAPE_FIGURE_MAX];
    put_order(writer);
    if (writer->entry->filled > 0) {
        put(writer->words->line, ", %s filled",
            figure(writer, TAPE_QUANTITY, writer->entry->filled, filled));
    }
    put_reason(writer);
}

static void say_rejected(const struct writer *writer)
{
    put_order(writer);
    put_reason(writer);
}

static void say_closed(const struct writer *writer)
{
    char amount[TAPE_FIGURE_MAX], shown[TAPE_SHOWN_MAX];
    put(writer->words->line, "%s %s", symbol(writer, shown),
        figure(writer, TAPE_AMOUNT, writer->entry->amount, amount));
}

static void say_beyond(const struct writer *writer)
{
    const struct tape_entry *entry = writer->entry;
    char *more = writer->words->more, price[TAPE_FIGURE_MAX], level[TAPE_FIGURE_MAX];
    char shown[TAPE_SHOWN_MAX];
    put(writer->words->line, "%s", symbol(writer, shown));
    if (!isnan(entry->price)) {
        put(more, "LTP %s", figure(writer, TAPE_PRICE, entry->price, price));
    }
    if (!isnan(entry->limit)) {
        put(more, "%sbeyond %s", more[0] != '\0' ? " " : "",
            figure(writer, TAPE_PRICE, entry->limit, level));
    }
}

static void say_alert(const struct writer *writer)
{
    const struct tape_entry *entry = writer->entry;
    char shown[TAPE_SHOWN_MAX], level[TAPE_FIGURE_MAX], price[TAPE_FIGURE_MAX];
    put(writer->words->line, "%s%s%s", symbol(writer, shown), entry->symbol[0] != '\0' ? " " : "",
        entry->text); /* which is ours, and names no amount */
    if (!isnan(entry->limit)) {
        put(writer->words->line, " %s", figure(writer, TAPE_PRICE, entry->limit, level));
    }
    if (!isnan(entry->price)) {
        put(writer->words->more, "LTP %s", figure(writer, TAPE_PRICE, entry->price, price));
    }
}

static void say_stream(const struct writer *writer)
{
    const struct tape_entry *entry = writer->entry;
    char took[TAPE_FIGURE_MAX];
    tape_duration(entry->took_ms, took);
    put(writer->words->line, "back%s%s", took[0] != '\0' ? " after " : "", took);
    if (entry->filled > 0) {
        put(writer->words->line, ", %.0f replayed", entry->filled);
    }
}

static const struct {
    const char *name, *word;
    void (*say)(const struct writer *writer);
} kinds[] = {
    [TAPE_PLACED] = {"placed", "PLACED", say_placed},
    [TAPE_CHANGED] = {"changed", "CHANGED", say_changed},
    [TAPE_PARTIAL] = {"partial", "PARTIAL", say_partial},
    [TAPE_FILLED] = {"filled", "FILLED", say_filled},
    [TAPE_CANCELLED] = {"cancelled", "CANCEL", say_cancelled},
    [TAPE_REJECTED] = {"rejected", "REJECTED", say_rejected},
    [TAPE_CLOSED] = {"closed", "CLOSED", say_closed},
    [TAPE_STOP] = {"stop", "STOP", say_beyond},
    [TAPE_TARGET] = {"target", "TARGET", say_beyond},
    [TAPE_ALERT] = {"alert", "ALERT", say_alert},
    [TAPE_STREAM] = {"stream", "STREAM", say_stream},
};
static_assert(sizeof kinds / sizeof *kinds == TAPE_KINDS, "a row per kind");

const char *tape_kind_name(enum tape_kind kind)
{
    return kinds[kind].name;
}

bool tape_kind_parse(const char *name, enum tape_kind *ret)
{
    for (int i = 0; i < TAPE_KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *ret = (enum tape_kind)i;
            return true;
        }
    }
    return false;
}

void tape_words_make(const struct tape_entry *entry, const struct tape_style *style,
                     struct tape_words *ret)
{
    struct writer writer = {entry, style, ret};
    ret->word = kinds[entry->kind].word;
    ret->line[0] = ret->more[0] = '\0';
    kinds[entry->kind].say(&writer);
}
