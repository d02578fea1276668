#include "alert.h"

#include <blotter/core/alloc.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COPY_BYTES_MAX = 64 << 10, FD_CLOSE_END = 1024, NOTE_MAX = 512, TITLE_MAX = 128 };

/* --- the terminal ------------------------------------------------------------------------- */

/* A sequence's text may not end it: the view's text is clean, ';' separates OSC 777's fields. */
static void without_semicolons(const char *from, char *out, size_t size)
{
    snprintf(out, size, "%s", from);
    for (char *at = out; *at != '\0'; at++) {
        if (*at == ';') {
            *at = ',';
        }
    }
}

static void notify(const struct tui_settings *settings, struct term *term,
                   const struct alert *alert)
{
    char named[TITLE_MAX], title[TITLE_MAX];
    char bytes[NOTE_MAX];
    int len;
    snprintf(named, sizeof named, "%s%s%s", alert->account != NULL ? alert->account : "",
             alert->account != NULL ? ": " : "", alert->words->title);
    without_semicolons(named, title, sizeof title);
    if (settings->notify == TUI_NOTIFY_OSC777) {
        len =
            snprintf(bytes, sizeof bytes, "\033]777;notify;%s;%s\033\\", title, alert->words->text);
    } else {
        len = snprintf(bytes, sizeof bytes, "\033]9;%s: %s\033\\", title, alert->words->text);
    }
    if (len > 0 && (size_t)len < sizeof bytes) {
        term_put(term, bytes, (size_t)len);
    }
}

bool alert_copy(struct term *term, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);
    if (len == 0 || len > COPY_BYTES_MAX || !term_is_modern(term)) {
        return false;
    }
    term_put(term, "\033]52;c;", 7);
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        unsigned long group = 0;
        for (size_t k = 0; k < 3; k++) {
            group = group << 8 | (k < have ? (unsigned char)text[i + k] : 0U);
        }
        char quad[4] = {digits[group >> 18 & 63], digits[group >> 12 & 63],
                        have > 1 ? digits[group >> 6 & 63] : '=',
                        have > 2 ? digits[group & 63] : '='};
        term_put(term, quad, sizeof quad);
    }
    term_put(term, "\033\\", 2);
    return true;
}

/* --- the command -------------------------------------------------------------------------- */

/* What the server sent goes into variables, never into the command's text. */
static void run_command(const char *command, const struct alert *alert)
{
    static const int usual[] = {SIGPIPE, SIGXFSZ, SIGINT,  SIGQUIT,
                                SIGTERM, SIGHUP,  SIGCHLD, SIGUSR1};
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    for (int fd = STDERR_FILENO + 1; fd < FD_CLOSE_END; fd++) {
        close(fd);
    }
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        signal(usual[i], SIG_DFL);
    }
    setenv("BLOTTER_EVENT", alarm_kind_name(alert->alarm->kind), 1);
    setenv("BLOTTER_VALUE", alert->words->value, 1);
    setenv("BLOTTER_LEVEL", alert->words->level, 1);
    setenv("BLOTTER_TITLE", alert->words->title, 1);
    setenv("BLOTTER_TEXT", alert->words->text, 1);
    if (alert->account != NULL) {
        setenv("BLOTTER_ACCOUNT", alert->account, 1);
    } else {
        unsetenv("BLOTTER_ACCOUNT");
    }
    unsetenv("BLOTTER_TOKEN");
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Twice removed, so that nobody has to wait for it. */
static void start_command(const char *command, const struct alert *alert)
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        pid_t grandchild = fork();
        if (grandchild == 0) {
            run_command(command, alert);
        }
        _exit(0);
    }
    if (child > 0) {
        waitpid(child, NULL, 0);
    }
}

void alert_raise(const struct tui_settings *settings, struct term *term, const struct alert *alert)
{
    if (settings->bell) {
        term_bell(term);
    }
    if (settings->notify != TUI_NOTIFY_NONE && term_is_modern(term)) {
        notify(settings, term, alert);
    }
    if (settings->on_event != NULL && settings->on_event[0] != '\0') {
        start_command(settings->on_event, alert);
    }
}
