/* Shared by the files of tui alone. */
#ifndef BLOTTER_TUI_TUI_PRIVATE_H
#define BLOTTER_TUI_TUI_PRIVATE_H

#include "input.h"
#include "keymap.h"
#include "pace.h"
#include "paint.h"
#include "remember.h"

#include <blotter/tui/term.h>
#include <blotter/tui/theme.h>
#include <blotter/tui/tui.h>
#include <blotter/view/screen.h>

enum { NOTICE_MAX = 200 };

/* An account that is shown, and what was last seen of it. */
struct tui_desk {
    struct tui *tui;
    struct client *client;
    uint64_t serial;
    const char *name; /* owner.name; NULL: it is the only one */
    const char *badge, *host, *user, *section;
    char
        badge_before[REMEMBER_BADGE_MAX]; /* as its server was when it was last seen; "": unknown */
    struct owner owner;                   /* among several */
    struct ask_state asking;              /* of the last screen_input */
    unsigned changed;                     /* since the last frame … */
    unsigned unpainted;   /* … and in a frame that the terminal has not taken whole */
    bool painted;         /* once at least */
    uint64_t events_seen; /* stream events up to the last frame */
    resource_mask loaded; /* panes that have been loaded once */
    resource_mask visible;
};

struct tui {
    struct loop *loop;
    struct tui_desk desks[OWNERS_MAX];
    size_t desk_count;
    bool running;                /* their clients are started */
    struct screen_joint *joint;  /* of several; NULL: not yet needed … */
    struct screen_input *inputs; /* … OWNERS_MAX */
    const struct owner *owners[OWNERS_MAX];
    struct screen_accounts accounts; /* of the last screen_input */
    struct tui_settings settings;
    char *on_event, *currency; /* settings' copies */
    struct term *term;
    struct paint *paint;
    struct screen *screen;
    struct canvas *canvas;
    struct keymap *keymap;
    struct input input;
    loop_fd_fn read; /* what the terminal has for us */
    struct theme theme;
    struct format format;
    struct loop_timer *frame_timer;  /* wakes the loop for the next frame */
    struct loop_timer *escape_timer; /* decides that an ESC was the Esc key */
    struct loop_timer *notice_timer;
    unsigned dirty;    /* SCREEN_ bits that the next frame takes in */
    bool frame_queued; /* a frame is waiting in the terminal's queue */
    bool suspended;    /* the terminal is the shell's */
    struct pace pace;
    enum pace_for frame_for; /* what the next frame is waited for */
    int64_t last_click_us;
    int last_click_x, last_click_y;
    int64_t alert_second; /* alerts are counted by the second */
    int alerts_in_second;
    char notice[NOTICE_MAX];
};

/* --- tui_setup.c: what settings become ---------------------------------------------------- */

/* Theme, keys, terminal from settings. False with a sentence; nothing has changed then. */
bool tui_apply(struct tui *tui, const struct tui_settings *settings, char error[TERM_ERROR_MAX]);
void tui_next_theme(struct tui *tui);
void tui_reload(struct tui *tui);

/* --- tui_accounts.c: whose clients are shown ---------------------------------------------- */

/* Those of the settings; the ones that are new are started, unless nothing runs yet. */
void tui_take_accounts(struct tui *tui, const struct tui_settings *settings);
void tui_start_accounts(struct tui *tui);
void tui_stop_accounts(struct tui *tui);
bool tui_is_several(const struct tui *tui); /* accounts are named */
void tui_fill_input(struct tui *tui, struct screen_input *ret);
/* What the server says it is; "": nothing yet. */
const char *tui_badge(const struct tui_desk *desk);
void tui_trigger(struct tui *tui, enum engine_trigger trigger, resource_mask which);
void tui_revalidate(struct tui *tui, resource_mask which); /* of those on the screen */
void tui_tell_visible(struct tui *tui);
void tui_tell_painted(struct tui *tui);
void tui_look(struct tui *tui);
/* Since the last call an event came, or a pane appeared at last. */
bool tui_has_news(struct tui *tui);

/* --- tui_frame.c: what is painted, and when ----------------------------------------------- */

void tui_frame(void *user);        /* the hook before the wait */
void tui_write(struct tui *tui);   /* what is queued, as far as the terminal takes it */
void tui_repaint(struct tui *tui); /* everything, with the next frame */
void tui_resize(struct tui *tui);

/* --- tui_notice.c: a sentence on the state bar -------------------------------------------- */

__attribute__((format(printf, 2, 3))) void tui_notice(struct tui *tui, const char *format, ...);
void tui_notice_over(void *user);

/* --- tui_keys.c: what the user does ------------------------------------------------------- */

void tui_read(void *user, int fd, unsigned events);
void tui_escape_over(void *user);
void tui_on_input(void *user, const struct input_event *event);
void tui_suspend(struct tui *tui);
void tui_resume(struct tui *tui);
void tui_save(struct tui *tui);

#endif
