/*
 * The top line of several accounts: "▌REAL▐ [a ● +4,603] [b ≈ -210 offline 14:02] Σ ≈ +4,393". It
 * says less of each where there is less room, and names at last only those that are not well.
 */
#include "accounts.h"
#include "bar.h"
#include "frame.h"
#include "parts.h"
#include "words.h"

#include <blotter/core/alloc.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_MAX (OWNERS_MAX * 9 + MONEY_TOTALS_MAX * 4 + 8)
#define PIECE_BYTES 64

/* How much is said, from most to least. */
enum strip_form {
    STRIP_WHOLE,   /* figures, and since when an account is off */
    STRIP_FIGURES, /* figures of each */
    STRIP_SIGNS,   /* a sign for each */
    STRIP_COUNTS,  /* how many there are, and which are off */
    STRIP_LEAST,   /* the same without totals */
    STRIP_FORMS
};

struct piece {
    char text[PIECE_BYTES];
    struct style style;
    const struct owner *owner; /* whom it is about; NULL: several, or nobody */
};

struct strip {
    struct piece pieces[PIECES_MAX];
    size_t count;
    int width;
    const struct owner *owner; /* of the pieces that are being added */
};

__attribute__((format(printf, 3, 4))) static void add(struct strip *strip, struct style style,
                                                      const char *format, ...)
{
    va_list args;
    if (strip->count == PIECES_MAX) {
        return;
    }
    struct piece *piece = &strip->pieces[strip->count++];
    va_start(args, format);
    vsnprintf(piece->text, sizeof piece->text, format, args);
    va_end(args);
    piece->style = style;
    piece->owner = strip->owner;
    strip->width += text_width(piece->text);
}

static void add_figure(struct strip *strip, const struct frame *frame,
                       const struct money_part *part, bool stale)
{
    char out[FORMAT_MAX];
    unsigned doubt = part->derived || part->unknown > 0 ? FORMAT_DERIVED : 0;
    struct format_figure figure = {part->value, 0, FORMAT_SIGN | doubt};
    format_number(&frame->input->format, figure, out);
    bool hidden = frame->screen->hide_amounts && !isnan(part->value);
    enum role role = stale             ? ROLE_STALE
                     : part->value > 0 ? ROLE_PNL_UP
                     : part->value < 0 ? ROLE_PNL_DOWN
                                       : ROLE_TEXT;
    add(strip, bold(role), "%.40s", hidden ? FORMAT_HIDDEN : out);
}

/* The sign of the connection's word: "●", "✗". */
static void first_sign(const struct conn_word *word, struct text_cluster *ret)
{
    struct text_reader reader = {word->text, word->text + strlen(word->text)};
    if (!text_next(&reader, ret)) {
        *ret = (struct text_cluster){"?", 1};
    }
}

/* "offline 14:02": since when nothing has been heard. */
static void add_since(struct strip *strip, const struct screen_input *one)
{
    char since[FORMAT_MAX];
    bool off = one->conn != NULL && one->conn->phase != CONN_LIVE &&
               one->conn->lost_at_ms != MODEL_NO_TIME;
    if (off) {
        format_clock(&one->format, FORMAT_CLOCK_MINUTE, one->conn->lost_at_ms, since);
        add(strip, plain(ROLE_STALE), " offline %.12s", since);
    }
}

static void add_account(struct strip *strip, const struct frame *frame, size_t i,
                        enum strip_form form)
{
    const struct screen_accounts *accounts = frame->input->accounts;
    const struct screen_input *one = &accounts->of[i];
    const struct owner *owner = accounts->owners[i];
    const struct money *money = account_money(frame->screen, frame->input, i);
    bool stale = one->panes[RESOURCE_POSITIONS].stale;
    struct conn_word word;
    struct text_cluster sign;
    conn_word_make(one, &word);
    first_sign(&word, &sign);
    add(strip, plain(ROLE_DIM), " ");
    strip->owner = owner;
    add(strip, plain(ROLE_DIM), "[");
    add(strip, bold(owner_role(owner)), "%s", owner->name);
    if (stale) {
        add(strip, bold(ROLE_STALE), " ≈");
    } else {
        add(strip, plain(word.role), " %s", sign.bytes);
    }
    if (form <= STRIP_FIGURES && money != NULL && money->count == 1) {
        bool known = money->known != MONEY_BOOKED_UNKNOWN;
        add(strip, plain(ROLE_DIM), known ? " " : " open ");
        add_figure(strip, frame, known ? &money->sums[0].day : &money->sums[0].open, stale);
    } else if (form <= STRIP_FIGURES) {
        add(strip, plain(ROLE_DIM), money == NULL ? " " FORMAT_MISSING : " …");
    }
    if (form == STRIP_WHOLE) {
        add_since(strip, one);
    }
    add(strip, plain(ROLE_DIM), "]");
    strip->owner = NULL;
}

static const char *badge_of(const struct screen_accounts *accounts, size_t i)
{
    const char *badge = accounts->of[i].badge;
    return badge != NULL && badge[0] != '\0' ? badge : "?";
}

/* Each kind of money is named once, before its first account. */
static void add_accounts(struct strip *strip, const struct frame *frame, enum strip_form form)
{
    const struct screen_accounts *accounts = frame->input->accounts;
    for (size_t i = 0; i < accounts->count; i++) {
        const char *badge = badge_of(accounts, i);
        if (i == 0 || strcmp(badge, badge_of(accounts, i - 1)) != 0) {
            add(strip, plain(ROLE_TEXT), "%s", i == 0 ? "" : " ");
            add(strip, bold(badge_role(badge)), "▌%.12s▐", badge);
        }
        add_account(strip, frame, i, form);
    }
}

/* Who is not live, as far as there is room for names before the totals. */
static void add_counts(struct strip *strip, const struct frame *frame, int room)
{
    const struct screen_accounts *accounts = frame->input->accounts;
    char badge[TOTAL_NAME_BYTES];
    size_t off = 0, named = 0;
    accounts_badge(accounts, badge);
    add(strip, bold(strchr(badge, '+') != NULL ? ROLE_BADGE_REAL : badge_role(badge)), "▌%s▐",
        badge);
    add(strip, plain(ROLE_TEXT), " %zu accounts", accounts->count);
    for (size_t i = 0; i < accounts->count; i++) {
        struct conn_word word;
        conn_word_make(&accounts->of[i], &word);
        bool bad = word.role != ROLE_CONN_LIVE;
        off += bad;
        if (bad && strip->width + 8 + text_width(accounts->owners[i]->name) <= room) {
            add(strip, bold(ROLE_STALE), named++ == 0 ? ", off: " : " ");
            strip->owner = accounts->owners[i];
            add(strip, bold(ROLE_STALE), "%s", strip->owner->name);
            strip->owner = NULL;
        }
    }
    if (off > named) {
        add(strip, bold(ROLE_STALE), named == 0 ? ", %zu off" : " +%zu", off - named);
    }
}

/* "Σ real ≈ +4,393": of those that have more than one account. */
static void add_totals(struct strip *strip, const struct frame *frame)
{
    const struct money_totals *totals = &frame->screen->totals;
    for (size_t i = 0; i < totals->count; i++) {
        const struct money_total *total = &totals->totals[i];
        bool whole = money_total_is_whole(total, &total->day);
        if (total->members < 2) {
            continue;
        }
        char name[TOTAL_NAME_BYTES];
        total_name(totals, total, name);
        add(strip, plain(ROLE_TOTAL), " %s ", name);
        if (!whole && !isnan(total->day.value)) {
            add(strip, bold(ROLE_STALE), "≈ ");
        }
        add_figure(strip, frame, &total->day, !whole);
    }
}

static void strip_make(struct strip *strip, const struct frame *frame, enum strip_form form)
{
    strip->count = 0;
    strip->width = 0;
    if (form >= STRIP_COUNTS) {
        int totals = 0;
        if (form == STRIP_COUNTS) {
            add_totals(strip, frame);
            totals = strip->width;
            strip->count = 0;
            strip->width = 0;
        }
        add_counts(strip, frame, frame->screen->columns - totals);
    } else {
        add_accounts(strip, frame, form);
    }
    if (form != STRIP_LEAST) { /* a figure that does not fit whole is left out */
        add_totals(strip, frame);
    }
}

static uint64_t strip_number(const struct strip *strip, struct rect area, const char *clock)
{
    uint64_t number = memo_bytes(strip->count, &area, sizeof area);
    number = memo_bytes(number, clock, strlen(clock));
    for (size_t i = 0; i < strip->count; i++) {
        const struct piece *piece = &strip->pieces[i];
        number = memo_bytes(number, piece->text, strlen(piece->text));
        number = memo_bytes(number, &piece->style, sizeof piece->style);
    }
    return number;
}

/* The time of day, where there is room for it. */
static void clock_of(const struct frame *frame, int room, char out[FORMAT_MAX])
{
    int64_t now_ms = frame->input->now.wall_ms;
    char minute[FORMAT_MAX];
    format_clock(&frame->input->format, FORMAT_CLOCK_MINUTE, now_ms, minute);
    snprintf(out, FORMAT_MAX, " │ %.12s ", minute);
    frame->screen->clock_minute = now_ms / MINUTE_MS;
    frame->screen->clock = text_width(out) <= room;
    out[frame->screen->clock ? strlen(out) : 0] = '\0';
}

/* Where a click chooses whom. */
static void note_spot(struct screen *screen, const struct owner *owner, int x, int width)
{
    struct screen_spot *last =
        screen->spot_count > 0 ? &screen->spots[screen->spot_count - 1] : NULL;
    if (owner == NULL) {
        return;
    }
    if (last != NULL && last->account == owner->key) {
        last->width = x + width - last->x;
    } else if (screen->spot_count < OWNERS_MAX) {
        screen->spots[screen->spot_count++] = (struct screen_spot){x, width, owner->key};
    }
}

void paint_strip(const struct frame *frame)
{
    struct strip *strip = mem_calloc(1, sizeof *strip);
    struct rect area = frame->screen->layout.top;
    char clock[FORMAT_MAX];
    int form = STRIP_WHOLE;
    do {
        strip_make(strip, frame, (enum strip_form)form);
    } while (strip->width > area.width && ++form < STRIP_FORMS);
    clock_of(frame, area.width - strip->width, clock);
    uint64_t number = strip_number(strip, area, clock);
    if (number != frame->screen->bars[BAR_TOP]) {
        frame->screen->bars[BAR_TOP] = number;
        canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
        canvas_put_right(frame->canvas, area, clock, plain(ROLE_DIM));
        frame->screen->spot_count = 0;
        for (size_t i = 0; i < strip->count && area.width > 0; i++) {
            int used =
                canvas_put(frame->canvas, area, strip->pieces[i].text, strip->pieces[i].style);
            note_spot(frame->screen, strip->pieces[i].owner, area.x, used);
            area.x += used;
            area.width -= used;
        }
    }
    free(strip);
}
