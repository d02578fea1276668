#include "broker_run.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void read_line(int fd, char *out, size_t size)
{
    size_t len = 0;
    while (len + 1 < size && read(fd, out + len, 1) == 1 && out[len] != '\n') {
        len++;
    }
    out[len] = '\0';
}

void broker_write(const struct broker_run *run, const char *path, const char *text)
{
    char full[160];
    snprintf(full, sizeof full, "%s/%s", run->home, path);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(full, 0600), 0);
}

static void make_directory(const struct broker_run *run, const char *path)
{
    char full[160];
    snprintf(full, sizeof full, "%s/%s", run->home, path);
    assert_int_equal(mkdir(full, 0700), 0);
}

/* The hosts of the shipped file, all at the broker's address. */
static void write_backend(const struct broker_run *run, const char *name, const char *more)
{
    char text[2048];
    const char *second = strcmp(name, "alpaca") == 0 ? "data" : "stream";
    bool two = strcmp(name, "alpaca") == 0 || strcmp(name, "oanda") == 0;
    snprintf(text, sizeof text,
             "[backend]\nformat = 1\nlike = %s\nname = Mine\nbadge = mock\n[hosts]\napi = "
             "%s\n%s%s%s%s%s",
             name, run->url, two ? second : "", two ? " = " : "", two ? run->url : "",
             two ? "\n" : "", more);
    make_directory(run, "blotter");
    make_directory(run, "blotter/backends");
    broker_write(run, "blotter/backends/mine.ini", text);
}

static void write_config(const struct broker_run *run)
{
    static const char *const names[] = {"key_id", "secret",  "token",
                                        "key",    "api_key", "access_token"};
    char text[2048];
    size_t len =
        (size_t)snprintf(text, sizeof text,
                         "[main]\nbackend = mine\ncache = no\nallow_hosts = %s\n[symbols]\n"
                         "Mine = EUR_USD XAU_USD\nIndia = NSE:INFY NSE:M&M\n[secrets]\n",
                         run->url);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s = file:%s/%s\n", names[i],
                                run->home, names[i]);
        bool is_key = strncmp(names[i], "key", 3) == 0 || strcmp(names[i], "api_key") == 0;
        broker_write(run, names[i], is_key ? "demo-key\n" : "demo-secret\n");
    }
    broker_write(run, "blotter/blotter.ini", text);
}

/* Starts it, at a port of before (0: a free one), with a token that is good, and takes its address.
 */
static void launch(struct broker_run *run, int port, const char *token)
{
    int in[2], out[2];
    char line[128], number[16];
    snprintf(number, sizeof number, "%d", port);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    run->pid = fork();
    if (run->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        execl(run->program, run->program, run->name, "--port", number, "--token", token,
              (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    run->to = in[1];
    run->from = out[0];
    read_line(run->from, line, sizeof line);
    assert_int_equal(sscanf(line, "%63s", run->url), 1);
}

void broker_start(struct broker_run *ret, const char *program, const char *name, const char *more)
{
    ret->program = program;
    ret->name = name;
    snprintf(ret->home, sizeof ret->home, "/tmp/blotter-broker-XXXXXX");
    assert_non_null(mkdtemp(ret->home));
    launch(ret, 0, "demo-secret");
    snprintf(ret->env[0], sizeof ret->env[0], "XDG_CONFIG_HOME=%s", ret->home);
    snprintf(ret->env[1], sizeof ret->env[1], "XDG_STATE_HOME=%s", ret->home);
    write_backend(ret, name, more);
    write_config(ret);
}

void broker_kill(struct broker_run *run)
{
    close(run->to);
    close(run->from);
    assert_int_equal(kill(run->pid, SIGKILL), 0);
    assert_int_equal(waitpid(run->pid, NULL, 0), run->pid);
}

void broker_again(struct broker_run *run, const char *token)
{
    launch(run, (int)strtol(strrchr(run->url, ':') + 1, NULL, 10), token);
}

const char *broker_do(struct broker_run *run, const char *command)
{
    static char line[256];
    char text[256];
    int len = snprintf(text, sizeof text, "%s\n", command);
    assert_int_equal(write(run->to, text, (size_t)len), len);
    read_line(run->from, line, sizeof line);
    return line;
}

void broker_end(struct broker_run *run)
{
    char command[96];
    close(run->to);
    waitpid(run->pid, NULL, 0);
    close(run->from);
    snprintf(command, sizeof command, "rm -rf '%s'", run->home);
    assert_int_equal(system(command), 0);
}
