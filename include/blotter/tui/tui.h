/*
 * tui: the dashboard on a terminal. The one place that holds both a client and a terminal: keys
 * and mouse become actions of the screen or commands to the client, what the client reports is
 * painted once a turn, just before the wait.
 */
#ifndef BLOTTER_TUI_TUI_H
#define BLOTTER_TUI_TUI_H

#include <blotter/client/client.h>
#include <blotter/net/loop.h>
#include <blotter/view/format.h>

#include <stddef.h>

enum tui_color { TUI_COLOR_AUTO, TUI_COLOR_ALWAYS, TUI_COLOR_NEVER };
enum tui_notify { TUI_NOTIFY_NONE, TUI_NOTIFY_OSC9, TUI_NOTIFY_OSC777 };

/* One line of [keys]: an action's name and the keys that are to run it, separated by spaces. */
struct tui_key {
    const char *action;
    const char *keys;  /* "" unbinds it */
    const char *where; /* "file:line", for messages */
};

/* An account that is shown. The client is started and stopped by the tui; the texts live as long
 * as it is shown. */
struct tui_account {
    struct client *client;
    uint64_t serial;     /* another number for another client, never 0 */
    const char *name;    /* NULL: it is the only one, and nothing names it */
    const char *badge;   /* "REAL", "PAPER", "MOCK"; NULL: what the server says, "?" until it has */
    const char *host;    /* "127.0.0.1:4810" */
    const char *user;    /* the user's id, NULL when none was given */
    const char *section; /* a word for what is remembered of it alone, whoever is beside it */
};

struct tui_settings;

/*
 * Reads configuration again (SIGUSR1). Fills ret and returns true, or leaves it alone, writes a
 * sentence to error and returns false. What ret points to is looked at before the next call only.
 * Accounts may come and go: a client that is not among them any more is not touched again, so it
 * may be gone already, also where false is returned; one that is new is started.
 */
typedef bool (*tui_reload_fn)(void *user, struct tui_settings *ret, char *error, size_t error_size);

/* theme_dirs, state_path, state_server and log_path have to live as long as
 * tui_run; the rest is copied.
 */
struct tui_settings {
    const struct tui_account *accounts; /* copied; at most OWNERS_MAX */
    size_t account_count;
    const char *currency; /* "INR"; NULL: none is shown */

    const char *
        theme; /* a name, or a path when it holds a '/'; NULL: the remembered one, else "default" */
    bool shows_off; /* the demo: on a terminal with 24-bit colour it begins with a theme that has a
                       ground of its own, dark or light as COLORFGBG says */
    const char *const
        *theme_dirs; /* NULL-terminated, searched in order before the built-in ones; NULL: none */
    enum tui_color color;
    bool ascii; /* draw with ASCII only; a locale that is not UTF-8 has the same effect */
    bool mouse;
    bool hide_amounts; /* at start; a key toggles it */

    enum format_grouping grouping;
    const char *timezone; /* "local", "utc" or "Area/City"; NULL: local */

    const struct tui_key *keys; /* remapped keys */
    size_t key_count;

    resource_mask panes;    /* the panes to show; 0: all */
    int64_t quote_stale_ms; /* a quote older than this is marked stale; 0: never by age */

    bool bell;                       /* ring on an alert */
    enum tui_notify notify;          /* ask the terminal for a desktop notification on an alert */
    const struct screen_view *views; /* borrowed until the next settings */
    size_t view_count;
    const char *on_event; /* a command for /bin/sh, run with BLOTTER_* variables on each alert;
                             NULL: none */

    const char *state_path; /* where sort, columns, zoom and theme are remembered; NULL: nowhere */
    const char *state_server; /* a word for those whose focus and zoom they are: of the only one its
                                 section */

    tui_reload_fn reload; /* NULL: SIGUSR1 does nothing */
    void (*log)(void *user,
                const char *text); /* diagnostics, one line without newline; NULL: none */
    void *user_data;               /* for reload and log */
    const char *word;     /* for the user, once, at the start or behind a reload; NULL: nothing */
    const char *log_path; /* where that goes, said after a crash; NULL: nowhere */
};

void tui_settings_default(struct tui_settings *ret);

/*
 * Runs the dashboard on stdout's terminal until the user quits or a signal ends it. Starts the
 * clients, and stops them before the return; calls locale_start. Returns the exit status: 0
 * quit by the user; 1 the terminal failed; 2 the terminal, the theme or the key map cannot be used
 * (said on stderr, the screen untouched); 128+n signal n.
 */
int tui_run(struct loop *loop, const struct tui_settings *settings);

#endif
