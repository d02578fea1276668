/* Painting only what is not shown yet must not show: a screen that does, beside one that paints
 * everything each time. */
#include "desk.h"
#include "screen/frame.h"
#include "text/memo.h"

#include <blotter/core/alloc.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 6000 };

static uint64_t seed = 20241028;

static unsigned dice(unsigned sides)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % sides;
}

/* --- what happens to both ------------------------------------------------------------------- */

struct pair {
    struct desk desks[2]; /* the second paints everything */
    char *bodies[RESOURCE_COUNT];
    unsigned changed;
};

/* Some digits become others: figures, times and, now and then, an id. */
static void edit(char *body)
{
    size_t len = strlen(body);
    for (unsigned edits = 1 + dice(3); edits > 0; edits--) {
        size_t at = dice((unsigned)len);
        while (at < len && (body[at] < '1' || body[at] > '9')) {
            at++;
        }
        if (at < len) {
            body[at] = (char)('1' + dice(9));
        }
    }
}

static void change_rows(struct pair *pair)
{
    enum resource resource = (enum resource)dice(RESOURCE_COUNT);
    edit(pair->bodies[resource]);
    bool empty = dice(12) == 0, unloaded = dice(40) == 0;
    static const char *const none[] = {"{\"orders\":[]}", "{\"positions\":[]}",
                                       "{\"account\":null}", "{\"watchlists\":[]}"};
    const char *body = unloaded ? NULL : empty ? none[resource] : pair->bodies[resource];
    for (int i = 0; i < 2; i++) {
        desk_load(&pair->desks[i], resource, body);
    }
    pair->changed |= RESOURCE_BIT(resource);
}

static void tell_event(struct pair *pair)
{
    struct event_log_entry entry = {.wall_ms = pair->desks[0].input.now.wall_ms,
                                    .panes = 1u << dice(RESOURCE_COUNT),
                                    .outcome = EVENT_LOG_PENDING};
    snprintf(entry.name, sizeof entry.name, "order_placed");
    snprintf(entry.what, sizeof entry.what, "ROW %u", dice(1000));
    unsigned entries = 1 + dice(4);
    struct event_log_entry outcome = {
        .outcome = EVENT_LOG_CONFIRMED, .status = 200, .fetch_us = dice(5000), .rows = dice(100)};
    bool settle = dice(2) == 0;
    if (pair->desks[0].screen->paused) {
        return; /* what becomes of entries then is only shown when everything is painted */
    }
    for (int i = 0; i < 2; i++) {
        struct desk *desk = &pair->desks[i];
        for (unsigned n = 0; n < entries; n++) {
            event_log_add(desk->event_log, &entry);
        }
        desk->input.events += entries;
        if (settle) {
            event_log_settle(desk->event_log, RESOURCE_ORDERS, event_log_total(desk->event_log),
                             &outcome);
        }
    }
    pair->changed |= SCREEN_EVENT_LOG;
}

static void change_state(struct pair *pair)
{
    enum resource resource = (enum resource)dice(RESOURCE_COUNT);
    bool stale = dice(2) == 0, faulty = dice(3) == 0;
    for (int i = 0; i < 2; i++) {
        struct pane_state *state = &pair->desks[i].input.panes[resource];
        state->stale = stale;
        fault_set(&state->fault, faulty ? FAULT_HTTP : FAULT_NONE, 0, "the server failed");
        state->shown_ms = pair->desks[i].input.now.wall_ms;
        pair->desks[i].input.errors += faulty;
    }
    pair->changed |= RESOURCE_BIT(resource) | SCREEN_CONN;
}

static void act(struct pair *pair)
{
    enum action action = (enum action)dice(ACTION_COUNT);
    for (int i = 0; i < 2; i++) {
        desk_do(&pair->desks[i], action);
    }
    if (dice(4) == 0) {
        uint32_t code = 'A' + dice(26);
        for (int i = 0; i < 2; i++) {
            screen_char(pair->desks[i].screen, &pair->desks[i].input, code);
        }
    }
}

static void resize(struct pair *pair)
{
    int columns = 20 + (int)dice(180), rows = 4 + (int)dice(56);
    for (int i = 0; i < 2; i++) {
        screen_resize(pair->desks[i].screen, columns, rows);
    }
}

static void pass_time(struct pair *pair)
{
    int64_t ms = dice(20) == 0 ? dice(40000000) : dice(900);
    for (int i = 0; i < 2; i++) {
        desk_later(&pair->desks[i], ms);
    }
}

static void step(struct pair *pair)
{
    static void (*const steps[])(struct pair * pair) = {
        change_rows, change_rows, change_rows, tell_event,   tell_event,
        pass_time,   pass_time,   act,         change_state, resize,
    };
    /* Sizes seldom change: what is remembered between frames is what is tried. */
    size_t at = dice(sizeof steps / sizeof *steps);
    steps[steps[at] == resize && dice(8) > 0 ? 0 : at](pair);
}

/* --- what both show ------------------------------------------------------------------------- */

/* Line y of a canvas; until the next call but one. */
static const char *line_of(const struct canvas *canvas, int y)
{
    static char lines[2][4096];
    static int turn;
    char *text = canvas_text(canvas), *line = text;
    for (int i = 0; i < y; i++) {
        line = strchr(line, '\n') + 1;
    }
    turn = !turn;
    snprintf(lines[turn], sizeof *lines, "%.*s", (int)strcspn(line, "\n"), line);
    free(text);
    return lines[turn];
}

static void check(const struct pair *pair, int at)
{
    const struct canvas *quick = pair->desks[0].canvas, *full = pair->desks[1].canvas;
    assert_int_equal(quick->columns, full->columns);
    assert_int_equal(quick->rows, full->rows);
    for (int y = 0; y < full->rows; y++) {
        for (int x = 0; x < full->columns; x++) {
            const struct cell *a = canvas_cell(quick, x, y), *b = canvas_cell(full, x, y);
            if (memcmp(a, b, sizeof *a) != 0) {
                print_error("step %d, column %d (roles %d, %d), line %d:\n%s\nis to be\n%s\n", at,
                            x, a->role, b->role, y, line_of(quick, y), line_of(full, y));
                fail();
            }
        }
    }
}

/* A painter that passes over rows of the canvas that nobody touched shows the same. */
static void check_touched(const struct canvas *canvas, struct cell **shown, size_t *shown_count)
{
    size_t columns = (size_t)canvas->columns, count = columns * (size_t)canvas->rows;
    bool resized = count != *shown_count;
    *shown = mem_realloc(*shown, count * sizeof **shown);
    *shown_count = count;
    for (size_t y = 0; y < (size_t)canvas->rows; y++) {
        const struct cell *row = canvas->cells + y * columns;
        if (!resized && !canvas->touched[y]) {
            assert_memory_equal(row, *shown + y * columns, columns * sizeof *row);
        }
        memcpy(*shown + y * columns, row, columns * sizeof *row);
    }
}

static void test_what_is_left_alone_is_shown_already(void **state)
{
    (void)state;
    static const char *const bodies[] = {desk_orders, desk_positions, desk_account,
                                         desk_watchlists};
    struct pair pair = {.changed = SCREEN_ALL};
    struct cell *shown = NULL;
    size_t shown_count = 0;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        pair.bodies[r] = mem_dup(bodies[r], strlen(bodies[r]));
    }
    for (int i = 0; i < 2; i++) {
        desk_open(&pair.desks[i], 160, 48);
        pair.desks[i].input.quote_stale_ms = 30000;
    }
    for (int at = 0; at < STEPS; at++) {
        screen_render(pair.desks[0].screen, &pair.desks[0].input, pair.changed,
                      pair.desks[0].canvas);
        screen_render(pair.desks[1].screen, &pair.desks[1].input, SCREEN_ALL, pair.desks[1].canvas);
        check(&pair, at);
        check_touched(pair.desks[0].canvas, &shown, &shown_count);
        canvas_rest(pair.desks[0].canvas);
        pair.changed = 0;
        for (unsigned n = 1 + dice(2); n > 0; n--) {
            step(&pair);
        }
    }
    for (int i = 0; i < 2; i++) {
        desk_close(&pair.desks[i]);
    }
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        free(pair.bodies[r]);
    }
    free(shown);
}

/* --- lines ---------------------------------------------------------------------------------- */

static void put_number(void *user, size_t line, int y)
{
    struct canvas *canvas = user;
    char text[16];
    snprintf(text, sizeof text, "%zu", line);
    canvas_put(canvas, (struct rect){0, y, 8, 1}, text, (struct style){ROLE_TEXT, 0});
}

static void test_lines_that_moved_are_copied(void **state)
{
    (void)state;
    static const struct {
        uint64_t before[5], wanted[5];
        const char *shown; /* where each line was painted: its place at the time */
    } rows[] = {
        {{5, 6, 7, 8, 9}, {5, 6, 7, 8, 9}, "0\n1\n2\n3\n4\n"},
        {{5, 6, 7, 8, 9}, {5, 6, 3, 8, 9}, "0\n1\n2\n3\n4\n"},
        {{5, 6, 7, 8, 9}, {4, 5, 6, 7, 8}, "0\n0\n1\n2\n3\n"},
        {{5, 6, 7, 8, 9}, {5, 4, 6, 7, 8}, "0\n1\n1\n2\n3\n"},
        {{5, 6, 7, 8, 9}, {7, 8, 9, 2, 1}, "2\n3\n4\n3\n\n"},
        {{5, 6, 7, 8, 9}, {0, 5, 6, 7, 1}, "0\n0\n1\n2\n\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct memo memo;
        struct canvas *canvas = canvas_new(8, 5);
        struct rect area = {0, 0, 8, 5};
        memo_forget(&memo);
        memo_paint(&memo, canvas, area, rows[i].before, put_number, canvas);
        memo_paint(&memo, canvas, area, rows[i].wanted, put_number, canvas);
        char *text = canvas_text(canvas);
        assert_string_equal(text, rows[i].shown);
        free(text);
        canvas_free(canvas);
    }
}

int main(void)
{
    setlocale(LC_ALL, "");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_that_moved_are_copied),
        cmocka_unit_test(test_what_is_left_alone_is_shown_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
