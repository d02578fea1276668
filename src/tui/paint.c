#include "paint.h"

#include <blotter/core/alloc.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    ATTRIBUTE_SETS = 32, /* CELL_ bits */
    ERASE_LEAST = 8,     /* blanks that may be erased in fewer bytes than they have */
    SCROLL_MAX = 3,      /* rows at a time: a key, a turn of the wheel */
    SCROLL_LEAST = 4,    /* rows that must come out right by it */
    REWRITE_MAX = 3,     /* unchanged cells that are written again rather than jumped over */
    STRETCH = 16         /* cells that are compared at once */
};

static_assert((CELL_BOLD | CELL_DIM | CELL_UNDERLINE | CELL_REVERSE | CELL_SELECTED) <
                  ATTRIBUTE_SETS,
              "a look for each set of attributes");

struct paint {
    int columns, rows;
    struct cell *shown; /* row by row; what the terminal shows when `known` */
    bool known;
    bool *changed; /* by row, while a frame is painted */
    struct theme theme;
    enum color_depth depth;
    struct look looks[ROLE_COUNT][ATTRIBUTE_SETS];
    const struct look *look; /* of what was written last in this frame; NULL: nothing was */
    int x, y;                /* the cursor; x < 0 when it is not known */
};

struct paint *paint_new(void)
{
    return mem_calloc(1, sizeof(struct paint));
}

void paint_free(struct paint *paint)
{
    if (paint != NULL) {
        free(paint->shown);
        free(paint->changed);
        free(paint);
    }
}

void paint_set_theme(struct paint *paint, const struct theme *theme, enum color_depth depth)
{
    paint->theme = *theme;
    paint->depth = depth;
    for (int role = 0; role < ROLE_COUNT; role++) {
        for (unsigned set = 0; set < ATTRIBUTE_SETS; set++) {
            paint->looks[role][set] = theme_look(theme, (enum role)role, set, depth);
        }
    }
    paint_forget(paint);
}

void paint_forget(struct paint *paint)
{
    paint->known = false;
}

static const struct look *look_of(const struct paint *paint, const struct cell *cell)
{
    unsigned role = cell->role < ROLE_COUNT ? cell->role : (unsigned)ROLE_TEXT;
    return &paint->looks[role][cell->attributes % ATTRIBUTE_SETS];
}

/* Two cells may differ in role and still look the same. */
static bool same(const struct paint *paint, const struct cell *a, const struct cell *b)
{
    if (memcmp(a, b, sizeof *a) == 0) {
        return true;
    }
    if (memcmp(a->text, b->text, sizeof a->text) != 0 || a->width != b->width) {
        return false;
    }
    return look_equal(look_of(paint, a), look_of(paint, b));
}

/* --- writing ------------------------------------------------------------------------------ */

static void set_look(struct paint *paint, struct term *term, const struct look *look)
{
    if (paint->look != look) { /* it lasts for many cells */
        term_look(term, look);
        paint->look = look;
    }
}

static void write_cell(struct paint *paint, struct term *term, const struct cell *cell)
{
    size_t len = strnlen(cell->text, sizeof cell->text);
    set_look(paint, term, look_of(paint, cell));
    term_put(term, len == 0 ? " " : cell->text, len == 0 ? 1 : len);
    paint->x += cell->width;
    /* Terminals disagree about wide and combined characters, and about the last column. */
    if (cell->width != 1 || len > 4 || paint->x >= paint->columns) {
        paint->y = paint->x >= paint->columns ? -1 : paint->y;
        paint->x = -1;
    }
}

/* Unchanged cells between the cursor and x that are cheaper to write again than to jump over. */
static bool rewrite(struct paint *paint, struct term *term, const struct cell *row, int x)
{
    const struct look *look = look_of(paint, &row[x]);
    for (int i = paint->x; i < x; i++) {
        if (row[i].width != 1 || row[i].text[0] == '\0' || row[i].text[1] != '\0' ||
            !look_equal(look_of(paint, &row[i]), look)) {
            return false;
        }
    }
    set_look(paint, term, look);
    for (int i = paint->x; i < x; i++) {
        term_put(term, row[i].text, 1);
    }
    paint->x = x;
    return true;
}

static void move_to(struct paint *paint, struct term *term, const struct cell *row, int x, int y)
{
    if (paint->y == y && paint->x == x) {
        return;
    }
    bool ahead = paint->y == y && paint->x >= 0 && paint->x < x;
    if (!ahead || x - paint->x > REWRITE_MAX || !rewrite(paint, term, row, x)) {
        term_move(term, paint->x, paint->y, x, y);
    }
    paint->x = x;
    paint->y = y;
}

static bool is_blank(const struct cell *cell)
{
    return cell->width == 1 && (cell->text[0] == '\0' || strcmp(cell->text, " ") == 0);
}

/* Blank cells of one look from x on, up to the last that is not shown so; how many were erased in
 * one go, 0 when writing them is as good. */
static int erase_run(struct paint *paint, struct term *term, const struct cell *row, int x, int y)
{
    const struct cell *shown = paint->shown + (size_t)y * (size_t)paint->columns;
    int end = x, changed = x;
    while (end < paint->columns && is_blank(&row[end]) &&
           look_equal(look_of(paint, &row[end]), look_of(paint, &row[x]))) {
        end++;
        changed = paint->known && same(paint, &row[end - 1], &shown[end - 1]) ? changed : end;
    }
    if (changed - x < ERASE_LEAST) {
        return 0;
    }
    move_to(paint, term, row, x, y);
    set_look(paint, term, look_of(paint, &row[x]));
    return term_erase(term, changed - x, end == paint->columns) ? changed - x : 0;
}

/* The first cell from x on that is not byte for byte as shown, or a few before it. */
static int skip_shown(const struct paint *paint, const struct cell *row, const struct cell *shown,
                      int x)
{
    while (paint->known && x + STRETCH <= paint->columns &&
           memcmp(&row[x], &shown[x], STRETCH * sizeof *row) == 0) {
        x += STRETCH;
    }
    return x;
}

static void paint_row(struct paint *paint, struct term *term, const struct canvas *canvas, int y)
{
    const struct cell *row = canvas_cell(canvas, 0, y);
    struct cell *shown = paint->shown + (size_t)y * (size_t)paint->columns;
    for (int x = 0; (x = skip_shown(paint, row, shown, x)) < paint->columns; x++) {
        if (paint->known && same(paint, &row[x], &shown[x])) {
            continue;
        }
        /* The right half of a wide character is written with its left half. */
        int erased = erase_run(paint, term, row, x, y);
        if (erased > 0) {
            memcpy(&shown[x], &row[x], (size_t)erased * sizeof *shown);
            x += erased - 1;
            continue;
        }
        int start = row[x].width == 0 && x > 0 ? x - 1 : x;
        if (row[start].width > 0 && (start == x || paint->known)) {
            move_to(paint, term, row, start, y);
            write_cell(paint, term, &row[start]);
        }
        shown[x] = row[x];
        if (row[start].width == 2 && start + 1 < paint->columns) {
            x = start + 1;
            shown[x] = row[x];
        }
    }
}

static void take_size(struct paint *paint, const struct canvas *canvas)
{
    if (paint->columns == canvas->columns && paint->rows == canvas->rows) {
        return;
    }
    size_t cells = (size_t)canvas->columns * (size_t)canvas->rows;
    paint->shown = mem_realloc(paint->shown, cells * sizeof *paint->shown);
    paint->changed = mem_realloc(paint->changed, (size_t)canvas->rows * sizeof *paint->changed);
    paint->columns = canvas->columns;
    paint->rows = canvas->rows;
    paint->known = false;
}

/* --- scrolling ----------------------------------------------------------------------------- */

/* Rows that stand `by` further up than before; gain: more of them than are where they were. */
struct shift {
    int by, top, bottom, gain;
};

static bool is_row(const struct paint *paint, const struct cell *row, int y)
{
    size_t columns = (size_t)paint->columns;
    return memcmp(row, paint->shown + (size_t)y * columns, columns * sizeof *row) == 0;
}

/* The stretch of rows that gains most. */
static struct shift find_shift(const struct paint *paint, const struct canvas *canvas, int by)
{
    struct shift best = {.by = by};
    int first = by < 0 ? -by : 0, end = by > 0 ? paint->rows - by : paint->rows;
    for (int y = first, top = first, gain = 0; y < end; y++) {
        const struct cell *row = canvas_cell(canvas, 0, y);
        gain += (int)is_row(paint, row, y + by) - (int)!paint->changed[y];
        if (gain <= 0) {
            gain = 0;
            top = y + 1;
        } else if (gain > best.gain) {
            best = (struct shift){by, top, y, gain};
        }
    }
    return best;
}

static void move_rows(struct paint *paint, int to, int from, int count)
{
    size_t columns = (size_t)paint->columns;
    memmove(paint->shown + (size_t)to * columns, paint->shown + (size_t)from * columns,
            (size_t)count * columns * sizeof *paint->shown);
}

static int find_changed(struct paint *paint, const struct canvas *canvas)
{
    int count = 0;
    for (int y = 0; y < paint->rows; y++) {
        paint->changed[y] = canvas->touched[y] && !is_row(paint, canvas_cell(canvas, 0, y), y);
        count += paint->changed[y];
    }
    return count;
}

/* Rows that only moved are moved by the terminal. What came in has to be written. */
static void scroll(struct paint *paint, struct term *term, struct canvas *canvas)
{
    struct shift best = {.gain = SCROLL_LEAST - 1};
    bool worth = find_changed(paint, canvas) >= SCROLL_LEAST;
    for (int by = -SCROLL_MAX; by <= SCROLL_MAX && worth; by++) {
        struct shift shift = find_shift(paint, canvas, by);
        best = shift.gain > best.gain ? shift : best;
    }
    int top = best.by < 0 ? best.top + best.by : best.top;
    int bottom = best.by > 0 ? best.bottom + best.by : best.bottom;
    if (best.gain < SCROLL_LEAST || !term_scroll(term, top, bottom, best.by)) {
        return;
    }
    move_rows(paint, best.top, best.top + best.by, best.bottom - best.top + 1);
    int blank = best.by > 0 ? best.bottom + 1 : top, blanks = abs(best.by);
    size_t columns = (size_t)paint->columns;
    memset(paint->shown + (size_t)blank * columns, 0xff,
           (size_t)blanks * columns * sizeof *paint->shown);
    for (int y = top; y <= bottom; y++) {
        paint->changed[y] = !is_row(paint, canvas_cell(canvas, 0, y), y);
    }
    paint->x = paint->y = -1;
}

void paint_frame(struct paint *paint, struct term *term, struct canvas *canvas)
{
    size_t before = term_queued(term);
    take_size(paint, canvas);
    if (!paint->known) {
        /* Cells are written one by one, but what lies beyond them (a terminal that grew) is not. */
        term_look(term, &paint->looks[ROLE_TEXT][0]);
        term_clear(term);
    }
    paint->look = NULL;
    paint->x = paint->y = -1;
    if (paint->known) {
        scroll(paint, term, canvas);
    }
    for (int y = 0; y < paint->rows; y++) {
        if (!paint->known || paint->changed[y]) { /* few rows of most frames */
            paint_row(paint, term, canvas, y);
        }
    }
    term_frame(term, before);
    canvas_rest(canvas);
    paint->known = true;
}
