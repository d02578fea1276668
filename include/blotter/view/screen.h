/*
 * screen: the whole dashboard as a value. It is told what is known (screen_input), what changed,
 * and what the user did; it draws on a canvas and answers with what the program should do.
 *
 * Pure: no clock, no terminal, no globals. It wakes nobody: screen_deadline says when something
 * must change by itself. Source: doc/screen.md.
 *
 * A frame: screen_render with the parts that changed since the last one; then show the canvas.
 */
#ifndef BLOTTER_VIEW_SCREEN_H
#define BLOTTER_VIEW_SCREEN_H

#include <blotter/core/ask.h>
#include <blotter/core/conn.h>
#include <blotter/core/engine.h>
#include <blotter/core/event_log.h>
#include <blotter/core/history.h>
#include <blotter/core/latency.h>
#include <blotter/core/money.h>
#include <blotter/core/tape.h>
#include <blotter/core/tapes.h>
#include <blotter/view/action.h>
#include <blotter/view/canvas.h>
#include <blotter/view/format.h>
#include <blotter/view/pane.h>

struct screen;

struct screen_view {
    const char *name, *filter;
};

struct screen_accounts;

/* Everything the screen may show. Borrowed for the call it is given to. */
struct screen_input {
    const struct screen_accounts *accounts; /* NULL: there is only one, of which all below is */
    struct moment now;
    struct pane_state panes[RESOURCE_COUNT]; /* from engine_pane */
    resource_mask wanted;                    /* the panes that exist in this run; 0 means all */
    resource_mask cut;                       /* of which the backend has more than it was asked */
    const struct conn_status *conn;          /* NULL: no stream in this run */
    const struct ask_state *asking;          /* how a backend is being asked; NULL: there is none */
    bool polling;                            /* from engine_polling */
    int64_t poll_next_ms;                    /* wall time of the next poll */
    int64_t poll_every_ms; /* how far polls are apart now; 0: taken from the last answer */
    const struct event_log *event_log; /* NULL: none */
    const struct tape *tape;           /* NULL: none */
    const struct history *history;     /* NULL: none */
    const struct series *past;         /* earlier days of screen_past_symbol; NULL: none */
    const char *day;                   /* a past day is shown; NULL: today */
    int64_t looked_ms;                 /* when the user looked in an earlier run; MODEL_NO_TIME */
    const struct money_book *book;     /* what was seen of the day's closings; NULL: nothing */
    uint64_t events, errors;           /* stream events received, errors */
    struct latency_summary event_latency, fetch_latency;
    const char *badge; /* "REAL", "PAPER", "MOCK", or "?" while nobody knows */
    const char *host;  /* "127.0.0.1:4810" */
    const char *
        client; /* client id, or user id; NULL or "": the account's client id is shown when known */
    const char *currency; /* "INR"; NULL or "": none is shown */
    bool read_only;
    struct format format;
    int64_t quote_stale_ms;          /* a quote older than this is marked stale; 0: never by age */
    const char *const *keys;         /* ACTION_COUNT texts of key names separated by spaces, after
                                        remapping; NULL: the defaults */
    const struct screen_view *views; /* filters by name, from the config */
    size_t view_count;
    const char *notice; /* one line for the state bar (a config error after a reload, "copied");
                           NULL: none */
};

/* Sets everything to nothing known: no rows, no times, no texts. */
void screen_input_init(struct screen_input *ret);

/* --- several accounts ----------------------------------------------------------------------- */

#define SCREEN_ALL_ACCOUNTS SIZE_MAX

struct screen_accounts {
    const struct owner *const *owners; /* live until another input is rendered */
    const struct screen_input *of;     /* what each would show if it were the only one; set anew
                                          before each screen_joint_fill, which may change it */
    size_t count;                      /* at most OWNERS_MAX */
    size_t shown;                      /* one of them, or SCREEN_ALL_ACCOUNTS */
    const struct tapes *tapes;         /* of all */
};

/* Their rows as one: what did not change since the last time is left as it is. */
struct screen_joint;

struct screen_joint *screen_joint_new(void);
void screen_joint_free(struct screen_joint *joint); /* NULL is fine */

/*
 * Makes ret show the accounts, all or one; of it only what all have in common is set before: the
 * time, the format, keys, views. accounts.shown and accounts.tapes are set here.
 */
void screen_joint_fill(struct screen_joint *joint, const struct screen *screen,
                       struct screen_accounts *accounts, struct screen_input *ret);

/* Parts that changed: RESOURCE_BIT(r), and these (the client's bits have the same values). */
#define SCREEN_CONN (1u << 8)      /* connection, polling, latency figures, identity, notice */
#define SCREEN_EVENT_LOG (1u << 9) /* events strip */
#define SCREEN_VIEW (1u << 10)     /* everything has to be drawn again */
#define SCREEN_TAPE (1u << 11)     /* a tape entry was added or completed */
#define SCREEN_HISTORY (1u << 12)  /* a curve has gone on */
#define SCREEN_ALL                                                                                 \
    (RESOURCE_ALL | SCREEN_CONN | SCREEN_EVENT_LOG | SCREEN_TAPE | SCREEN_HISTORY | SCREEN_VIEW)

struct screen *screen_new(int columns, int rows);
void screen_free(struct screen *screen); /* NULL is fine */

/* Other accounts will be shown: nothing that was held of those before is looked at again. */
void screen_forget_accounts(struct screen *screen);

/* The terminal has another size. */
void screen_resize(struct screen *screen, int columns, int rows);

/*
 * Takes in what changed and draws what has to be drawn again, also what deadlines that are now due
 * change. Brings the canvas to the screen's size first (a new size draws everything). Returns
 * false when the canvas was not touched.
 */
bool screen_render(struct screen *screen, const struct screen_input *input, unsigned changed,
                   struct canvas *canvas);

/* The symbol whose earlier days are to be shown (input->past) of an account, by its owner, or of
 * the only one (NULL); NULL: of none. */
const char *screen_past_symbol(const struct screen *screen, const struct owner *owner);

/* The monotonic time (us) at which screen_render has to be called even if nothing happens;
 * MOMENT_NEVER when none. */
int64_t screen_deadline(const struct screen *screen);

/* The resources whose rows are on the screen now. */
resource_mask screen_visible(const struct screen *screen);

/* --- what the user does --------------------------------------------------------------------- */

#define SCREEN_DO_RENDER (1u << 0) /* the view changed: call screen_render soon */
#define SCREEN_DO_QUIT (1u << 1)
#define SCREEN_DO_SUSPEND (1u << 2)
#define SCREEN_DO_REPAINT (1u << 3)    /* write the whole terminal again */
#define SCREEN_DO_REVALIDATE (1u << 4) /* ENGINE_MANUAL for `resources` */
#define SCREEN_DO_THEME (1u << 5)      /* next theme */
#define SCREEN_DO_COPY (1u << 6)       /* `copy` to the clipboard */
#define SCREEN_DO_SAVE (1u << 7)       /* what screen_remembered_get tells has changed */
#define SCREEN_DO_VISIBLE (1u << 8)    /* screen_visible may have changed */

struct screen_result {
    unsigned todo;           /* SCREEN_DO_ bits */
    resource_mask resources; /* for SCREEN_DO_REVALIDATE */
    const char *copy;        /* for SCREEN_DO_COPY: clean UTF-8, lives until the next call */
};

/* Which keys count now. In SCOPE_PROMPT printable characters go to screen_char. */
enum action_scope screen_scope(const struct screen *screen);

struct screen_result screen_action(struct screen *screen, const struct screen_input *input,
                                   enum action action);

/* A character typed into the filter prompt; ignored elsewhere and when it may not be shown. */
struct screen_result screen_char(struct screen *screen, const struct screen_input *input,
                                 uint32_t code);

enum screen_button { SCREEN_CLICK, SCREEN_DOUBLE_CLICK, SCREEN_WHEEL_UP, SCREEN_WHEEL_DOWN };
struct screen_result screen_mouse(struct screen *screen, const struct screen_input *input,
                                  enum screen_button button, int x, int y);

/* The terminal's window was entered: as good as a key. */
void screen_entered(struct screen *screen, const struct screen_input *input);

/* What goes elsewhere should not show them either. */
bool screen_hides_amounts(const struct screen *screen);

/* --- what is remembered between runs -------------------------------------------------------- */

/*
 * Pair i as text: "orders.sort" = "-time", "orders.columns" = "symbol,qty", "zoom" = "orders",
 * "focus" = "positions", "theme" = "nord". False past the end. Texts live until the next call.
 */
bool screen_remembered_get(struct screen *screen, size_t i, const char **ret_key,
                           const char **ret_value);

/* Takes a pair in. False when the key or the value is not known (a newer or older version's: to be
 * ignored). */
bool screen_remembered_set(struct screen *screen, const char *key, const char *value);

/*
 * Which rejected orders of one of several accounts were seen, as "orders.seen" of that account
 * alone says it: line i of those that are listed now; false past the last. The value lives until
 * the next call.
 */
bool screen_seen_get(struct screen *screen, const struct screen_input *input, size_t account,
                     size_t i, const char **ret_value);
bool screen_seen_set(struct screen *screen, const struct owner *owner, const char *value);

/* The theme's name is only kept here ("" at first), for the two functions above. */
const char *screen_theme(const struct screen *screen);

#endif
