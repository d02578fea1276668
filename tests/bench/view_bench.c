/* How long a frame takes: whole, one pane, 10,000 rows scrolled and sorted. Prints microseconds of
 * CPU. */
#include "desk.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at); /* other programs do not count */
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

#define RUNS 300

struct bench {
    struct desk desk;
    int64_t took_ns[RUNS];
};

static void frame(struct bench *bench, unsigned changed)
{
    screen_render(bench->desk.screen, &bench->desk.input, changed, bench->desk.canvas);
}

static void whole(struct bench *bench, int run)
{
    (void)run;
    frame(bench, SCREEN_ALL);
}

static void one_pane(struct bench *bench, int run)
{
    (void)run;
    frame(bench, RESOURCE_BIT(RESOURCE_POSITIONS));
}

static void state_only(struct bench *bench, int run)
{
    (void)run;
    frame(bench, SCREEN_CONN);
}

static void scroll(struct bench *bench, int run)
{
    (void)run;
    desk_do(&bench->desk, ACTION_DOWN);
    frame(bench, 0);
}

static void resort(struct bench *bench, int run)
{
    desk_do(&bench->desk, run % 2 == 0 ? ACTION_SORT_RIGHT : ACTION_SORT_REVERSE);
    frame(bench, 0);
}

static void new_rows(struct bench *bench, int run)
{
    (void)run;
    frame(bench, RESOURCE_BIT(RESOURCE_ORDERS));
}

static void measure(struct bench *bench, const char *name,
                    void (*step)(struct bench *bench, int run))
{
    for (int i = 0; i < RUNS; i++) {
        int64_t before = now_ns();
        step(bench, i);
        bench->took_ns[i] = now_ns() - before;
    }
    qsort(bench->took_ns, RUNS, sizeof *bench->took_ns, compare);
    const int64_t *middle = &bench->took_ns[RUNS / 2], *late = &bench->took_ns[RUNS * 99 / 100];
    printf("%-34s p50 %8.1f us  p99 %8.1f us\n", name, (double)*middle / 1000,
           (double)*late / 1000);
}

int main(void)
{
    static struct bench bench;
    setlocale(LC_CTYPE, "C.UTF-8");
    desk_open(&bench.desk, 160, 48);
    measure(&bench, "whole 160x48, the day's rows", whole);
    measure(&bench, "positions alone", one_pane);
    measure(&bench, "state bar alone", state_only);
    desk_load_many(&bench.desk, 100);
    measure(&bench, "whole 160x48, 100 orders", whole);
    desk_load_many(&bench.desk, 10000);
    frame(&bench, SCREEN_ALL);
    measure(&bench, "10,000 orders: one line down", scroll);
    measure(&bench, "10,000 orders: sort anew", resort);
    measure(&bench, "10,000 orders: rows came", new_rows);
    desk_close(&bench.desk);
    return 0;
}
