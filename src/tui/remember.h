/*
 * remember: what is remembered between runs, as an INI file in the state directory. How things look
 * (theme, columns, sorting) stands on top and is where a server seen for the first time begins; a
 * section for each server holds all that was left there: another server has other panes and rows.
 * Several accounts together have a section, and each one's holds what is of it alone, as when it is
 * the only one: what its server is, and which rejected orders were seen.
 */
#ifndef BLOTTER_TUI_REMEMBER_H
#define BLOTTER_TUI_REMEMBER_H

#include <blotter/view/screen.h>

#define REMEMBER_BADGE_MAX 8
#define REMEMBER_SERVERS_MAX 40 /* the newest are kept */

/* One of several accounts. */
struct remember_account {
    const char *section;
    const char *badge; /* "": not known */
};

struct remember_file {
    const char *path;
    const char *server;                      /* the section's name */
    const struct remember_account *accounts; /* in the order of input's … */
    size_t account_count;
    const struct screen_input *input; /* … of what is to be saved; NULL without accounts */
};

/* Lines that are not understood are left out. A missing file is an empty one. ret_badge: what the
 * server said it is when it was last seen, "" when that is not known. */
void remember_load(const struct remember_file *place, struct screen *screen,
                   char ret_badge[REMEMBER_BADGE_MAX]);

/* What is of one of several accounts. */
void remember_load_account(const char *path, const char *section, struct screen *screen,
                           const struct owner *owner, char ret_badge[REMEMBER_BADGE_MAX]);

/* Written to a temporary name and renamed, 0600; what it says of other servers is kept. False when
 * that failed (errno says why). */
bool remember_save(const struct remember_file *place, struct screen *screen, const char *badge);

#endif
