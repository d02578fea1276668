/* A terminal and a painter without a dashboard: each key does one thing to a small canvas. */
#include "tui/paint.h"

#include <blotter/core/alloc.h>

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct probe {
    struct term *term;
    struct paint *paint;
    struct canvas *canvas;
    struct theme theme;
    int top; /* of a list */
};

static void put(struct probe *probe, int x, int y, const char *text, enum role role)
{
    struct rect area = {x, y, probe->canvas->columns - x, 1};
    canvas_put(probe->canvas, area, text, (struct style){role, 0});
}

static void fill(struct probe *probe)
{
    struct rect all = {0, 0, probe->canvas->columns, probe->canvas->rows};
    canvas_fill(probe->canvas, all, (struct style){ROLE_TEXT, 0});
    put(probe, 0, 0, "top left", ROLE_TITLE);
    put(probe, 2, 2, "+12,345.67 ▲", ROLE_PNL_UP);
    put(probe, 2, 3, "世界 wide é", ROLE_PNL_DOWN);
    put(probe, probe->canvas->columns - 5, probe->canvas->rows - 1, "right", ROLE_DIM);
    put(probe, 0, probe->canvas->rows - 1, "ready", ROLE_TEXT);
}

/* A list under a title and over a last line, with one row picked out where it stands. */
static void list(struct probe *probe, int step)
{
    int last = probe->canvas->rows - 1;
    probe->top += step;
    for (int y = 1; y < last; y++) {
        char text[40];
        struct rect row = {0, y, probe->canvas->columns, 1};
        canvas_fill(probe->canvas, row, (struct style){ROLE_TEXT, 0});
        struct style style = {(probe->top + y) % 2 == 0 ? ROLE_PNL_UP : ROLE_TEXT,
                              y == 3 ? CELL_SELECTED : 0};
        snprintf(text, sizeof text, "row %d %.13s 世", probe->top + y,
                 &"abcdefghijklmnopqrstuvwxyz"[(probe->top + y) % 13]);
        canvas_put(probe->canvas, row, text, style);
    }
}

static char overflow_stack(volatile char *from, unsigned depth)
{
    volatile char frame[4096];
    frame[0] = from[0];
    /* The depth is never reached, but the compiler cannot know. */
    return depth == 0 ? frame[0] : (char)(overflow_stack(frame, depth - 1) + frame[0]);
}

static char read_past_the_end(void)
{
    char name[] = "/tmp/blotter-probe-XXXXXX";
    int empty = mkstemp(name);
    unlink(name);
    volatile char *map = mmap(NULL, 1, PROT_READ, MAP_SHARED, empty, 0);
    close(empty);
    return map == MAP_FAILED ? 0 : map[0];
}

static bool press(struct probe *probe, char key)
{
    char one[2] = {key, '\0'};
    volatile char start[1] = {0};
    volatile size_t too_much = SIZE_MAX / 4;
    switch (key) {
    case 'q':
        return false;
    case 'a': /* abort */
        abort();
    case 's': /* run out of stack */
        return overflow_stack(start, 1U << 30) != 0;
    case 'm': /* run out of memory */
        free(mem_alloc(too_much));
        break;
    case 'b': /* read what a file does not have */
        return read_past_the_end() != 0;
    case 'n': /* a frame in which nothing changes */
        break;
    case 'w':
        put(probe, 2, 3, "ab界 wide", ROLE_PNL_DOWN);
        break;
    case 'f':
        paint_forget(probe->paint);
        break;
    case 'g': /* a large frame */
        for (int i = 0; i < probe->canvas->columns * probe->canvas->rows; i++) {
            put(probe, i % probe->canvas->columns, i / probe->canvas->columns, "x",
                i % 2 == 0 ? ROLE_PNL_UP : ROLE_PNL_DOWN);
        }
        break;
    case 'u':
    case 'd':
        list(probe, key == 'u' ? -1 : 1);
        break;
    case 'U':
    case 'D':
        list(probe, key == 'U' ? -2 : 2);
        break;
    case 'J': /* too far for any of it to be there */
        list(probe, 40);
        break;
    case 'y':
        term_set_frames(probe->term, true);
        break;
    default:
        put(probe, 10, 2, one, ROLE_FLASH_UP);
        break;
    }
    return true;
}

/* A title is no part of the frame, and says that it has come whole. */
#define MARK "\033]0;shown\007"

static void show(struct probe *probe)
{
    paint_frame(probe->paint, probe->term, probe->canvas);
    term_put(probe->term, MARK, strlen(MARK));
    while (term_flush(probe->term) && term_queued(probe->term) > 0) {
        poll(&(struct pollfd){.fd = term_fd(probe->term), .events = POLLOUT}, 1, 1000);
    }
}

int main(int argc, char **argv)
{
    struct probe probe = {0};
    struct theme_error theme_error;
    char error[TERM_ERROR_MAX];
    struct term_settings settings = {.mouse = true, .log_path = "a\033[31mlog"};
    int columns;
    int rows;
    setlocale(LC_CTYPE, "");
    probe.term = term_open(&settings, error);
    if (probe.term == NULL ||
        !theme_load(argc > 1 ? argv[1] : "default", NULL, &probe.theme, &theme_error)) {
        fprintf(stderr, "%s\n", probe.term == NULL ? error : theme_error.text);
        return 2;
    }
    term_size(probe.term, &columns, &rows);
    probe.paint = paint_new();
    probe.canvas = canvas_new(columns, rows);
    paint_set_theme(probe.paint, &probe.theme, term_depth(probe.term));
    fill(&probe);
    term_start(probe.term);
    char key = 'n';
    do {
        show(&probe);
        poll(&(struct pollfd){.fd = term_fd(probe.term), .events = POLLIN}, 1, -1);
    } while (term_read(probe.term, &key, 1) > 0 && press(&probe, key));
    term_close(probe.term);
    paint_free(probe.paint);
    canvas_free(probe.canvas);
    printf("over\n");
    return 0;
}
