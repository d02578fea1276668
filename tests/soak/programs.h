/*
 * programs: the real ones under test, started and ended; what they write goes to whom it concerns.
 */
#ifndef BLOTTER_TESTS_PROGRAMS_H
#define BLOTTER_TESTS_PROGRAMS_H

#include "../support/server.h"
#include "glass.h"
#include "ledger.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A dashboard on a terminal of its own. */
struct dashboard {
    pid_t pid;
    int terminal;        /* our side of it */
    struct glass *glass; /* what it shows, while somebody looks */
    uint64_t bytes;      /* written so far */
};

struct programs {
    const char *blotter, *mock, *seed;
    char directory[64], db[128];
    struct server server;
    struct dashboard old, fresh; /* the one that lives long; one started to compare with */
    pid_t watch;
    int stream; /* what it prints */
    struct ledger *ledger;
    char *line;
    size_t line_len;
    const char *ended; /* the program that ended although nobody asked it to */
};

int64_t programs_now_ms(void);

/* The directory and the paths in it. */
bool programs_prepare(struct programs *p);
void programs_clean_up(struct programs *p);

/* --fault stays in force from the start. The port is kept from one start to the next. */
bool programs_start_server(struct programs *p, const char *rate, const char *quotes,
                           const char *fault);
bool programs_start_watch(struct programs *p);
void programs_start_old(struct programs *p, int rows, int columns);
void programs_start_fresh(struct programs *p, int rows, int columns);

/* Reads what all of them say until then. False when one of them ended. */
bool programs_run(struct programs *p, int64_t ms);

void dashboard_press(const struct dashboard *dashboard, const char *keys);
void dashboard_resize(const struct dashboard *dashboard, int rows, int columns);

/* Quits it, out of whatever is open; true when it ended with status 0. */
bool programs_end_dashboard(struct dashboard *dashboard);
/* The same by SIGTERM, after which 143 would be as right: only that it ends is looked at. */
void programs_end_watch(struct programs *p);

/* Runs --snapshot -o json and returns what it printed, to be freed; NULL when it failed. */
char *programs_snapshot(struct programs *p);

#endif
