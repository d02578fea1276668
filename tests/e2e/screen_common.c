#include "expect.h"
#include "screen_common.h"

#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *blotter_path;
static const char *mock_path;
static struct server shared;

enum { TEXT_MAX = 1024, OWN_ENV = 3 };

void screen_programs(int argc, char **argv)
{
    assert_int_equal(argc, 3);
    blotter_path = argv[1];
    mock_path = argv[2];
}

const char *screen_blotter(void)
{
    return blotter_path;
}

int screen_server_up(void **state)
{
    (void)state;
    static const char *const args[] = {"--seed",   "7", "--rate",      "0",
                                       "--quotes", "0", "--allow-sql", NULL};
    screen_server_start(&shared, args);
    return 0;
}

int screen_server_down(void **state)
{
    (void)state;
    server_end(&shared, SIGTERM);
    return 0;
}

struct server *screen_server(void)
{
    return &shared;
}

void screen_server_start(struct server *ret, const char *const *args)
{
    assert_true(server_start(ret, mock_path, args));
}

struct pty *screen_start(const struct run *run)
{
    char token[TEXT_MAX];
    const char *argv[RUN_ARGS_MAX + 8] = {blotter_path, "--url",
                                          run->url != NULL ? run->url : shared.url, "--user",
                                          run->user != NULL ? run->user : shared.user};
    const char *env[RUN_ENV_MAX + OWN_ENV] = {token, "COLORTERM=truecolor"};
    size_t count = 5;
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s",
             run->token != NULL ? run->token : shared.token);
    for (size_t i = 0; i < RUN_ARGS_MAX && run->args[i] != NULL; i++) {
        argv[count++] = run->args[i];
    }
    for (size_t i = 0; i < RUN_ENV_MAX && run->env[i] != NULL; i++) {
        env[2 + i] = run->env[i];
    }
    return pty_start(&(struct pty_options){
        .argv = argv,
        .env = env,
        .rows = run->rows != 0 ? run->rows : 48,
        .cols = run->cols != 0 ? run->cols : 160,
    });
}

struct pty *screen_live(const struct run *run)
{
    struct pty *pty = screen_start(run);
    assert_true(pty_wait_text(pty, "LIVE"));
    assert_true(pty_wait_no_text(pty, "first load"));
    return pty;
}

void screen_expect_restored(struct pty *pty)
{
    struct pty_modes modes;
    pty_modes(pty, &modes);
    assert_false(modes.alternate_screen);
    assert_false(modes.cursor_hidden);
    assert_false(modes.mouse || modes.mouse_sgr);
    assert_false(modes.focus);
    assert_false(modes.paste);
}

void screen_expect_exit(struct pty *pty, int status)
{
    expect_exit(pty, status);
    screen_expect_restored(pty);
}

void screen_quit(struct pty *pty)
{
    pty_send(pty, "q");
    screen_expect_exit(pty, 0);
    pty_free(pty);
}

const char *screen_sql_text(struct server *server, const char *sql)
{
    static char text[TEXT_MAX];
    char answer[TEXT_MAX * 4];
    assert_int_equal(server_request(server, "/__mock/sql", sql, answer, sizeof answer), 200);
    json_t *root = json_loads(answer, 0, NULL);
    json_t *row = json_array_get(json_object_get(root, "rows"), 0);
    json_t *value = row == NULL ? NULL : json_object_iter_value(json_object_iter(row));
    if (json_is_string(value)) {
        snprintf(text, sizeof text, "%s", json_string_value(value));
    } else {
        snprintf(text, sizeof text, "%g", json_number_value(value));
    }
    assert_non_null(value);
    json_decref(root);
    return text;
}

void screen_dir_make(char out[64])
{
    snprintf(out, 64, "/tmp/blotter-screen-XXXXXX");
    assert_non_null(mkdtemp(out));
}

void screen_dir_remove(const char *dir)
{
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/rm", "rm", "-rf", "--", dir, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

void screen_write_file(const char *dir, const char *name, const char *text)
{
    char path[TEXT_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}
