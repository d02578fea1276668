#include "remember.h"

#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/ini.h>
#include <blotter/sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATE_BYTES_MAX = 128 << 10, PATH_BYTES_MAX = 4096 };

/* --- reading ------------------------------------------------------------------------------ */

struct reading {
    const struct remember_file *place;
    struct screen *screen;
    char *badge;
};

/* What is of no use on another server: a zoomed pane would be an empty screen there. */
static bool is_of_one_server(const char *name)
{
    static const char *const names[] = {"focus", "zoom", "orders.seen", "positions.folded",
                                        "badge"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_pair(void *user, const struct ini_pair *pair)
{
    struct reading *reading = user;
    bool common = pair->section[0] == '\0';
    if (common ? is_of_one_server(pair->name)
               : strcmp(pair->section, reading->place->server) != 0) {
        return true;
    }
    if (strcmp(pair->name, "badge") == 0) {
        snprintf(reading->badge, REMEMBER_BADGE_MAX, "%s", pair->value);
    } else {
        screen_remembered_set(reading->screen, pair->name, pair->value);
    }
    return true;
}

static void read_pairs(const char *path, ini_pair_fn take, void *user)
{
    struct ini_error error;
    struct file file;
    if (file_read(AT_FDCWD, path, 0, STATE_BYTES_MAX, &file)) {
        ini_read(file.bytes, file.len, take, user, &error);
        free(file.bytes);
    }
}

void remember_load(const struct remember_file *place, struct screen *screen,
                   char ret_badge[REMEMBER_BADGE_MAX])
{
    struct reading reading = {place, screen, ret_badge};
    ret_badge[0] = '\0';
    read_pairs(place->path, take_pair, &reading);
}

struct account_reading {
    const char *section;
    struct screen *screen;
    const struct owner *owner;
    char *badge;
};

static bool take_account_pair(void *user, const struct ini_pair *pair)
{
    struct account_reading *reading = user;
    if (strcmp(pair->section, reading->section) != 0) {
        return true;
    }
    if (strcmp(pair->name, "badge") == 0) {
        snprintf(reading->badge, REMEMBER_BADGE_MAX, "%s", pair->value);
    } else if (strcmp(pair->name, "orders.seen") == 0) {
        screen_seen_set(reading->screen, reading->owner, pair->value);
    }
    return true;
}

void remember_load_account(const char *path, const char *section, struct screen *screen,
                           const struct owner *owner, char ret_badge[REMEMBER_BADGE_MAX])
{
    struct account_reading reading = {section, screen, owner, ret_badge};
    ret_badge[0] = '\0';
    read_pairs(path, take_account_pair, &reading);
}

/* --- writing ------------------------------------------------------------------------------ */

/* What the file says of other servers, the newest first. */
struct others {
    const struct remember_file *place; /* not its */
    struct buf text;
    char section[INI_SECTION_BYTES_MAX + 1];
    int servers;
};

static bool is_written(const struct remember_file *place, const char *section)
{
    bool written = section[0] == '\0' || strcmp(section, place->server) == 0;
    for (size_t i = 0; i < place->account_count && !written; i++) {
        written = strcmp(section, place->accounts[i].section) == 0;
    }
    return written;
}

static bool keep_pair(void *user, const struct ini_pair *pair)
{
    struct others *others = user;
    if (is_written(others->place, pair->section)) {
        return true;
    }
    if (strcmp(pair->section, others->section) != 0) {
        snprintf(others->section, sizeof others->section, "%s", pair->section);
        if (++others->servers < REMEMBER_SERVERS_MAX) {
            buf_printf(&others->text, "\n[%s]\n", pair->section);
        }
    }
    if (others->servers < REMEMBER_SERVERS_MAX) {
        buf_printf(&others->text, "%s = %s\n", pair->name, pair->value);
    }
    return true;
}

static void write_screen(struct buf *out, struct screen *screen, bool common)
{
    const char *key, *value;
    for (size_t i = 0; screen_remembered_get(screen, i, &key, &value); i++) {
        if (value[0] != '\0' && !(common && is_of_one_server(key))) {
            buf_printf(out, "%s = %s\n", key, value);
        }
    }
}

/* What else an account's section says stays as it was left when it was the only one. */
struct account_writing {
    struct buf *out;
    const char *section;
    bool badge, seen; /* are written anew */
};

static bool keep_account_pair(void *user, const struct ini_pair *pair)
{
    const struct account_writing *writing = user;
    bool anew = (strcmp(pair->name, "badge") == 0 && writing->badge) ||
                (strcmp(pair->name, "orders.seen") == 0 && writing->seen);
    if (strcmp(pair->section, writing->section) == 0 && !anew) {
        buf_printf(writing->out, "%s = %s\n", pair->name, pair->value);
    }
    return true;
}

static void write_account(struct buf *out, const struct remember_file *place, size_t i,
                          struct screen *screen, const struct file *old)
{
    const struct remember_account *account = &place->accounts[i];
    struct account_writing writing = {out, account->section, account->badge[0] != '\0', false};
    struct ini_error error;
    const char *seen;
    buf_printf(out, "\n[%s]\n", account->section);
    for (size_t line = 0; screen_seen_get(screen, place->input, i, line, &seen); line++) {
        buf_printf(out, "orders.seen = %s\n", seen);
        writing.seen = true;
    }
    if (writing.badge) {
        buf_printf(out, "badge = %s\n", account->badge);
    }
    ini_read(old->bytes, old->len, keep_account_pair, &writing, &error);
}

static void write_pairs(struct buf *out, const struct remember_file *place, struct screen *screen,
                        const char *badge)
{
    struct others others = {.place = place};
    struct ini_error error;
    struct file old = {.bytes = NULL};
    buf_init(&others.text, STATE_BYTES_MAX / 2);
    if (file_read(AT_FDCWD, place->path, 0, STATE_BYTES_MAX, &old)) {
        ini_read(old.bytes, old.len, keep_pair, &others, &error);
    } else {
        old = (struct file){.bytes = NULL};
    }
    buf_append_text(out, "; What blotter remembers of its last runs. Yours to delete.\n");
    write_screen(out, screen, true);
    buf_printf(out, "\n[%s]\n", place->server);
    write_screen(out, screen, false);
    if (badge[0] != '\0') {
        buf_printf(out, "badge = %s\n", badge);
    }
    for (size_t i = 0; i < place->account_count; i++) {
        write_account(out, place, i, screen, &old);
    }
    if (others.text.len > 0) {
        buf_append(out, others.text.data, others.text.len);
    }
    buf_done(&others.text);
    free(old.bytes);
}

bool remember_save(const struct remember_file *place, struct screen *screen, const char *badge)
{
    char temporary[PATH_BYTES_MAX];
    int len = snprintf(temporary, sizeof temporary, "%s.%ld", place->path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    struct buf text;
    buf_init(&text, STATE_BYTES_MAX);
    write_pairs(&text, place, screen, badge);
    bool good =
        file_replace(AT_FDCWD, place->path, temporary, &(struct span){text.data, text.len}, 1);
    int reason = errno;
    buf_done(&text);
    errno = reason;
    return good;
}
