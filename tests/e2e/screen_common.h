/*
 * screen_common: the real blotter on a pseudo-terminal in front of a real blotter-mock, for the
 * tests of the screen.
 */
#ifndef BLOTTER_TESTS_SCREEN_COMMON_H
#define BLOTTER_TESTS_SCREEN_COMMON_H

#include <pty.h>
#include <server.h>

enum { RUN_ARGS_MAX = 16, RUN_ENV_MAX = 16 };

/* How to run it; members left out are the usual. */
struct run {
    int cols, rows;                 /* 160x48 */
    const char *args[RUN_ARGS_MAX]; /* after --url and --user */
    const char *env[RUN_ENV_MAX];
    const char *url, *token, *user; /* the shared server's */
};

/* Parses the test program's arguments (blotter, blotter-mock). */
void screen_programs(int argc, char **argv);
const char *screen_blotter(void);

/* A still server that obeys SQL, shared by the tests of one program; group setup and teardown. */
int screen_server_up(void **state);
int screen_server_down(void **state);
struct server *screen_server(void);

/* A server of the test's own. */
void screen_server_start(struct server *ret, const char *const *args);

/* Starts blotter; _live waits until the stream is up and the rows are there. */
struct pty *screen_start(const struct run *run);
struct pty *screen_live(const struct run *run);

/* Presses q and expects exit status 0 and a restored terminal. */
void screen_quit(struct pty *pty);
void screen_expect_exit(struct pty *pty, int status);
void screen_expect_restored(struct pty *pty);

/* One value out of the server's database; static storage. */
const char *screen_sql_text(struct server *server, const char *sql);

/* A directory of the test's own under /tmp; removed with all that is in it. */
void screen_dir_make(char out[64]);
void screen_dir_remove(const char *dir);
void screen_write_file(const char *dir, const char *name, const char *text);

#endif
