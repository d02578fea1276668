#include "theme_builtin.h"

#include <blotter/core/ini.h>
#include <blotter/core/suggest.h>
#include <blotter/sys/file.h>
#include <blotter/tui/theme.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORD_MAX_BYTES = 64, NAMES_MAX = 128 };

/* A role's line as written: what it leaves open is filled from `text` once all is read. */
struct line {
    bool has_fg, has_bg;
    struct look look;
};

struct reader {
    const char *label;
    const char *const *dirs;
    int depth; /* how many inherit= lead here */
    struct line *lines;
    struct theme_error *error;
    int error_line;
};

struct attribute {
    const char *name;
    unsigned bit;
};

static const struct attribute attributes[] = {
    {"bold", THEME_BOLD},       {"dim", THEME_DIM},       {"underline", THEME_UNDERLINE},
    {"reverse", THEME_REVERSE}, {"italic", THEME_ITALIC},
};

static bool read_named(struct reader *reader, const char *name);

__attribute__((format(printf, 2, 3))) static bool fail(struct reader *reader, const char *format,
                                                       ...)
{
    char text[THEME_ERROR_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (reader->error_line > 0) {
        snprintf(reader->error->text, sizeof reader->error->text, "%.80s:%d: %.160s", reader->label,
                 reader->error_line, text);
    } else {
        snprintf(reader->error->text, sizeof reader->error->text, "%.80s: %.160s", reader->label,
                 text);
    }
    return false;
}

/* --- one line ----------------------------------------------------------------------------- */

static bool next_word(const char **at, char word[WORD_MAX_BYTES])
{
    *at += strspn(*at, " \t");
    size_t len = strcspn(*at, " \t");
    snprintf(word, WORD_MAX_BYTES, "%.*s", (int)len, *at);
    *at += len;
    return len > 0;
}

static bool take_attribute(const char *word, struct look *look)
{
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (strcasecmp(word, attributes[i].name) == 0) {
            look->attributes |= attributes[i].bit;
            return true;
        }
    }
    return false;
}

static bool read_look(struct reader *reader, const char *value, struct line *ret)
{
    char word[WORD_MAX_BYTES];
    struct line line = {0};
    while (next_word(&value, word)) {
        bool background = strcasecmp(word, "on") == 0;
        if (background && !next_word(&value, word)) {
            return fail(reader, "a colour has to follow 'on'");
        }
        if (!background && take_attribute(word, &line.look)) {
            continue;
        }
        if (!color_parse(word, background ? &line.look.bg : &line.look.fg)) {
            return fail(reader, "'%s' is neither a colour nor an attribute", word);
        }
        line.has_fg |= !background;
        line.has_bg |= background;
    }
    *ret = line;
    return true;
}

static bool unknown_role(struct reader *reader, const char *name)
{
    struct suggest suggest;
    suggest_init(&suggest, name);
    for (int role = 0; role < ROLE_COUNT; role++) {
        suggest_offer(&suggest, role_info((enum role)role)->name);
    }
    suggest_offer(&suggest, "inherit");
    if (suggest.best == NULL) {
        return fail(reader, "unknown role '%.60s'", name);
    }
    return fail(reader, "unknown role '%.60s' (did you mean '%s'?)", name, suggest.best);
}

static bool take_pair(void *user, const struct ini_pair *pair)
{
    struct reader *reader = user;
    enum role role;
    reader->error_line = pair->line;
    if (strcmp(pair->name, "inherit") == 0) {
        return true; /* was the first pass */
    }
    if (!role_parse(pair->name, strlen(pair->name), &role)) {
        return unknown_role(reader, pair->name);
    }
    return read_look(reader, pair->value, &reader->lines[role]);
}

static bool take_inherit(void *user, const struct ini_pair *pair)
{
    struct reader *reader = user;
    reader->error_line = pair->line;
    if (strcmp(pair->name, "inherit") != 0) {
        return true;
    }
    if (reader->depth >= THEME_INHERIT_MAX) {
        return fail(reader, "themes inherit from each other in a circle");
    }
    struct reader parent = *reader;
    parent.depth++;
    parent.error_line = 0;
    return read_named(&parent, pair->value);
}

/* --- one file ----------------------------------------------------------------------------- */

/* What a theme inherits is read first, wherever the line stands. */
static bool read_text(struct reader *reader, const char *text, size_t len)
{
    static const ini_pair_fn passes[] = {take_inherit, take_pair};
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        struct ini_error error = {0};
        if (!ini_read(text, len, passes[i], reader, &error)) {
            if (error.text[0] != '\0') {
                reader->error_line = error.line;
                fail(reader, "%s", error.text);
            }
            return false;
        }
    }
    return true;
}

static bool read_path(struct reader *reader, const char *path, bool *ret_found)
{
    struct file file;
    reader->label = path;
    reader->error_line = 0;
    bool read = file_read(AT_FDCWD, path, 0, THEME_BYTES_MAX, &file);
    *ret_found = read || (errno != ENOENT && errno != ENOTDIR);
    if (!read && errno == EFBIG) {
        return fail(reader, "is larger than %d bytes", THEME_BYTES_MAX);
    }
    if (!read) {
        return fail(reader, "%s", errno == EINVAL ? "is not a file" : strerror(errno));
    }
    bool good = read_text(reader, file.bytes, file.len);
    free(file.bytes);
    return good;
}

static bool unknown_theme(struct reader *reader, const char *name)
{
    struct suggest suggest;
    suggest_init(&suggest, name);
    for (size_t i = 0; i < theme_builtin_count; i++) {
        suggest_offer(&suggest, theme_builtins[i].name);
    }
    if (suggest.best == NULL) {
        return fail(reader, "unknown theme '%.60s'", name);
    }
    return fail(reader, "unknown theme '%.60s' (did you mean '%s'?)", name, suggest.best);
}

static bool read_builtin(struct reader *reader, const char *name)
{
    for (size_t i = 0; i < theme_builtin_count; i++) {
        const struct theme_builtin *builtin = &theme_builtins[i];
        if (strcmp(name, builtin->name) == 0) {
            reader->label = builtin->file;
            return read_text(reader, builtin->text, *builtin->len);
        }
    }
    return unknown_theme(reader, name);
}

static bool read_named(struct reader *reader, const char *name)
{
    bool found = false;
    if (strchr(name, '/') != NULL) {
        return read_path(reader, name, &found);
    }
    /* A theme that inherits from its own name means the next one of that name: the built-in. */
    char own[THEME_ERROR_MAX];
    snprintf(own, sizeof own, "%s", reader->label);
    for (const char *const *dir = reader->dirs; dir != NULL && *dir != NULL; dir++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.ini", *dir, name);
        if (reader->depth > 0 && strcmp(path, own) == 0) {
            continue;
        }
        bool good = read_path(reader, path, &found);
        if (found) {
            return good;
        }
    }
    snprintf(reader->error->text, sizeof reader->error->text, "%s", "");
    reader->label = "theme";
    reader->error_line = 0;
    return read_builtin(reader, name);
}

/* --- the whole theme ---------------------------------------------------------------------- */

static void finish(const struct line *lines, struct theme *ret)
{
    const struct line *text = &lines[ROLE_TEXT];
    for (int role = 0; role < ROLE_COUNT; role++) {
        ret->roles[role] = lines[role].look;
        if (!lines[role].has_fg) {
            ret->roles[role].fg = text->look.fg;
        }
        if (!lines[role].has_bg) {
            ret->roles[role].bg = text->look.bg;
        }
    }
}

bool theme_parse(const char *label, const char *text, size_t len, const char *const *dirs,
                 struct theme *ret, struct theme_error *ret_error)
{
    struct line lines[ROLE_COUNT] = {0};
    struct reader reader = {.label = label, .dirs = dirs, .lines = lines, .error = ret_error};
    if (!read_text(&reader, text, len)) {
        return false;
    }
    snprintf(ret->name, sizeof ret->name, "%s", label);
    finish(lines, ret);
    return true;
}

bool theme_load(const char *name, const char *const *dirs, struct theme *ret,
                struct theme_error *ret_error)
{
    struct line lines[ROLE_COUNT] = {0};
    struct reader reader = {.label = "theme", .dirs = dirs, .lines = lines, .error = ret_error};
    if (!read_named(&reader, name)) {
        return false;
    }
    snprintf(ret->name, sizeof ret->name, "%s", name);
    finish(lines, ret);
    return true;
}

const char *theme_builtin(size_t i)
{
    return i < theme_builtin_count ? theme_builtins[i].name : NULL;
}

/* --- what comes after it ------------------------------------------------------------------ */

struct names {
    size_t count;
    char names[NAMES_MAX][THEME_NAME_MAX];
};

static void names_add(struct names *names, const char *name, size_t len)
{
    if (names->count == NAMES_MAX || len == 0 || len >= THEME_NAME_MAX) {
        return;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (strlen(names->names[i]) == len && memcmp(names->names[i], name, len) == 0) {
            return;
        }
    }
    memcpy(names->names[names->count], name, len);
    names->names[names->count++][len] = '\0';
}

static void names_add_dir(struct names *names, const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && strcmp(entry->d_name + len - 4, ".ini") == 0) {
            names_add(names, entry->d_name, len - 4);
        }
    }
    closedir(dir);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

void theme_next(const char *name, const char *const *dirs, char ret[THEME_NAME_MAX])
{
    struct names *names = calloc(1, sizeof *names);
    if (names == NULL) {
        abort();
    }
    for (size_t i = 0; i < theme_builtin_count; i++) {
        names_add(names, theme_builtins[i].name, strlen(theme_builtins[i].name));
    }
    size_t shipped = names->count;
    for (const char *const *dir = dirs; dir != NULL && *dir != NULL; dir++) {
        names_add_dir(names, *dir);
    }
    qsort(names->names + shipped, names->count - shipped, THEME_NAME_MAX, compare_names);
    size_t next = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0) {
            next = (i + 1) % names->count;
        }
    }
    snprintf(ret, THEME_NAME_MAX, "%s", names->names[next]);
    free(names);
}

/* --- on a terminal ------------------------------------------------------------------------ */

bool look_equal(const struct look *a, const struct look *b)
{
    return a == b || (a->attributes == b->attributes && color_equal(a->fg, b->fg) &&
                      color_equal(a->bg, b->bg));
}

/* Bright black as text is the trap of 8 colours: without brightness it is black on black. */
static void reduce_to_8(struct look *look)
{
    if (look->fg.kind != COLOR_INDEX) {
        return;
    }
    if (look->fg.index == 8) {
        look->fg.kind = COLOR_DEFAULT;
        look->attributes |= THEME_DIM;
    } else if (look->fg.index > 8) {
        look->attributes |= THEME_BOLD;
    }
}

/*
 * On the selection each cell keeps its colour and gets the selection's ground, unless it has one of
 * its own (a flash). A selection that is shown in reverse is one colour, not a rainbow.
 */
static struct look role_look(const struct theme *theme, enum role role, unsigned attributes_of_cell)
{
    struct look look = theme->roles[role];
    const struct look *selection = &theme->roles[ROLE_SELECTED];
    if ((attributes_of_cell & CELL_SELECTED) != 0 &&
        color_equal(look.bg, theme->roles[ROLE_TEXT].bg)) {
        unsigned bold = look.attributes & THEME_BOLD;
        look.bg = selection->bg;
        if ((selection->attributes & THEME_REVERSE) != 0) {
            look = *selection;
            look.attributes |= bold;
        } else if (role == ROLE_TEXT) {
            look = *selection;
        } else {
            look.attributes |= selection->attributes & THEME_BOLD;
        }
    }
    look.attributes |= attributes_of_cell & ~(unsigned)CELL_SELECTED;
    return look;
}

struct look theme_look(const struct theme *theme, enum role role, unsigned attributes_of_cell,
                       enum color_depth depth)
{
    struct look look = role_look(theme, role, attributes_of_cell);
    if (depth == COLOR_MONO) {
        /* What stood out by its background alone still has to stand out. */
        if (!color_equal(look.bg, theme->roles[ROLE_TEXT].bg)) {
            look.attributes |= THEME_REVERSE;
        }
    }
    look.bg = color_reduce(look.bg, depth);
    look.fg = color_reduce(look.fg, depth == COLOR_8 ? COLOR_16 : depth);
    if (depth == COLOR_8) {
        reduce_to_8(&look);
        look.fg = color_reduce(look.fg, depth);
    }
    if (look.fg.kind == COLOR_INDEX && color_equal(look.fg, look.bg)) {
        look.fg = (struct color){.kind = COLOR_INDEX, .index = look.bg.index % 8 >= 3 ? 0 : 7};
    }
    return look;
}
