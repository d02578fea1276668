/* What settings become: looks, keys, terminal; at start and again on SIGUSR1. */
#include "tui_private.h"

#include <blotter/core/alloc.h>
#include <blotter/tui/zone.h>

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { THEMES_TRIED_MAX = 64 };

void tui_settings_default(struct tui_settings *ret)
{
    *ret = (struct tui_settings){
        .mouse = true,
        .grouping = FORMAT_INDIAN,
        .panes = RESOURCE_ALL,
    };
}

static bool locale_is_utf8(void)
{
    const char *codeset = nl_langinfo(CODESET);
    return strcasecmp(codeset, "UTF-8") == 0 || strcasecmp(codeset, "utf8") == 0;
}

static struct keymap *make_keymap(const struct tui_settings *settings, char error[TERM_ERROR_MAX])
{
    char why[KEYMAP_ERROR_MAX];
    struct keymap *keymap = keymap_new();
    for (size_t i = 0; i < settings->key_count; i++) {
        const struct tui_key *key = &settings->keys[i];
        if (!keymap_bind(keymap, key->action, key->keys, why)) {
            snprintf(error, TERM_ERROR_MAX, "%.90s: %.160s",
                     key->where == NULL ? "[keys]" : key->where, why);
            keymap_free(keymap);
            return NULL;
        }
    }
    if (!keymap_check(keymap, why)) {
        snprintf(error, TERM_ERROR_MAX, "[keys]: %.240s", why);
        keymap_free(keymap);
        return NULL;
    }
    return keymap;
}

/* "15;0" or "0;default;15": the colours of text and ground, as rxvt, Konsole and others say. */
static bool ground_is_light(void)
{
    const char *colors = getenv("COLORFGBG");
    const char *last = colors != NULL ? strrchr(colors, ';') : NULL;
    return last != NULL && (strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0);
}

/* The Linux console shows a box for what its font lacks. */
static bool is_console(void)
{
    const char *name = getenv("TERM");
    return name != NULL && strncmp(name, "linux", 5) == 0;
}

static const char *theme_wanted(const struct tui *tui, const struct tui_settings *settings)
{
    if (settings->theme != NULL && settings->theme[0] != '\0') {
        return settings->theme;
    }
    const char *remembered = screen_theme(tui->screen);
    if (remembered != NULL && remembered[0] != '\0') {
        return remembered;
    }
    bool grand = settings->shows_off && term_depth(tui->term) == COLOR_TRUE;
    return !grand ? "default" : ground_is_light() ? "light" : "dark";
}

static bool load_theme(const struct tui *tui, const struct tui_settings *settings,
                       struct theme *ret, char error[TERM_ERROR_MAX])
{
    struct theme_error why;
    const char *name = theme_wanted(tui, settings);
    if (theme_load(name, settings->theme_dirs, ret, &why)) {
        return true;
    }
    if (settings->theme == NULL && theme_load("default", NULL, ret, &why)) {
        return true; /* a remembered theme that is gone is nobody's mistake */
    }
    snprintf(error, TERM_ERROR_MAX, "%.250s", why.text);
    return false;
}

static void apply_terminal(struct tui *tui, const struct tui_settings *settings)
{
    struct term_settings term = {.mouse = settings->mouse, .log_path = settings->log_path};
    term.color = settings->color == TUI_COLOR_ALWAYS  ? TERM_COLOR_ALWAYS
                 : settings->color == TUI_COLOR_NEVER ? TERM_COLOR_NEVER
                                                      : TERM_COLOR_AUTO;
    term_set(tui->term, &term);
}

static char *copy_text(const char *text)
{
    return text == NULL ? NULL : mem_dup(text, strlen(text));
}

/* A reload that is refused must not leave us with what it has freed. */
static void keep_settings(struct tui *tui, const struct tui_settings *settings)
{
    char *on_event = copy_text(settings->on_event);
    char *currency = copy_text(settings->currency);
    free(tui->on_event);
    free(tui->currency);
    tui->on_event = on_event;
    tui->currency = currency;
    tui->settings = *settings;
    tui->settings.on_event = on_event;
    tui->settings.currency = currency;
    tui->settings.accounts = NULL;
    tui->settings.keys = NULL;
    tui->settings.key_count = 0;
    tui->settings.theme = NULL;
    tui->settings.timezone = NULL;
}

bool tui_apply(struct tui *tui, const struct tui_settings *settings, char error[TERM_ERROR_MAX])
{
    struct theme theme;
    if (!load_theme(tui, settings, &theme, error)) {
        return false;
    }
    struct keymap *keymap = make_keymap(settings, error);
    if (keymap == NULL) {
        return false;
    }
    keymap_free(tui->keymap);
    tui->keymap = keymap;
    tui->theme = theme;
    keep_settings(tui, settings);
    apply_terminal(tui, settings);
    paint_set_theme(tui->paint, &tui->theme, term_depth(tui->term));
    tui->canvas->console = is_console();
    tui->canvas->ascii = settings->ascii || !locale_is_utf8();
    format_default(&tui->format);
    tui->format.grouping = format_grouping_of(settings->grouping, NULL);
    zone_apply(&tui->format, settings->timezone);
    return true;
}

void tui_next_theme(struct tui *tui)
{
    char name[THEME_NAME_MAX];
    struct theme theme;
    struct theme_error why;
    snprintf(name, sizeof name, "%s", tui->theme.name);
    for (int tries = 0; tries < THEMES_TRIED_MAX; tries++) {
        char next[THEME_NAME_MAX];
        theme_next(name, tui->settings.theme_dirs, next);
        memcpy(name, next, sizeof name);
        if (theme_load(name, tui->settings.theme_dirs, &theme, &why)) {
            tui->theme = theme;
            paint_set_theme(tui->paint, &theme, term_depth(tui->term));
            screen_remembered_set(tui->screen, "theme", name);
            tui_repaint(tui);
            tui_notice(tui, "theme %s", name);
            return;
        }
        tui_notice(tui, "%s", why.text); /* somebody's broken file: said, and passed over */
    }
}

void tui_reload(struct tui *tui)
{
    char error[TERM_ERROR_MAX];
    struct tui_settings settings = tui->settings;
    tui_reload_fn reload = tui->settings.reload;
    if (reload == NULL) {
        return;
    }
    bool read = reload(tui->settings.user_data, &settings, error, sizeof error);
    if (read) {
        tui_take_accounts(tui, &settings); /* those that are gone are gone already */
    }
    if (!read || !tui_apply(tui, &settings, error)) {
        tui_notice(tui, "not reloaded: %s", error);
        return;
    }
    tui_repaint(tui);
    tui_notice(tui, "%s", settings.word != NULL ? settings.word : "configuration reloaded");
}
