/* Help: keys of the focused pane first, then the others, then what each mark means; searchable. */
#include "bar.h"
#include "frame.h"
#include "popup.h"

#include <blotter/core/utf8.h>
#include <blotter/view/legend.h>

#include <stdio.h>
#include <string.h>

#define KEYS_WIDTH 14
#define KEYS_WIDTH_ONE 20 /* where there is one column */
#define COLUMN_LEAST 38
#define COLUMNS_MOST 3
#define HELP_WIDTH 180
#define LINES_MAX 480

/* A line of the help: a heading, or a key with (a piece of) what it does. */
struct help_line {
    const char *left, *text;
    size_t len;
    enum role role; /* of the left part */
    bool heading;
};

struct help {
    const struct frame *frame;
    struct help_line lines[LINES_MAX];
    size_t count;
    int columns, keys_width, text_width;
};

static bool contains(const struct help *help, const char *a, const char *b)
{
    const char *needle = help->frame->screen->help_text;
    return needle[0] == '\0' || text_find(a, needle) != NULL || text_find(b, needle) != NULL;
}

static void add_line(struct help *help, struct help_line line)
{
    if (help->count < LINES_MAX) {
        help->lines[help->count++] = line;
    }
}

/* A mark or keys and what they mean, over as many lines as it takes, when it is looked for. */
static void add_entry(struct help *help, const char *left, const char *text)
{
    if (!contains(help, left, text)) {
        return;
    }
    const char *end = text + strlen(text);
    do {
        const char *stop = text_wrap(text, end, help->text_width);
        add_line(help, (struct help_line){left, text, (size_t)(stop - text), ROLE_KEY, false});
        left = "";
        text = stop;
    } while (text < end);
}

static void add_heading(struct help *help, const char *text)
{
    add_line(help, (struct help_line){text, "", 0, ROLE_HEADER, true});
}

/* A heading with nothing under it is none. */
static void close_section(struct help *help)
{
    if (help->count > 0 && help->lines[help->count - 1].heading) {
        help->count--;
    }
}

static const char *keys_of(const struct help *help, enum action action)
{
    const char *const *mapped = help->frame->input->keys;
    const char *keys = mapped != NULL ? mapped[action] : action_info(action)->keys;
    return keys != NULL ? keys : "";
}

/* The actions of a group that work in the scope, here or elsewhere. */
static void add_actions(struct help *help, const char *group, enum action_scope scope, bool here)
{
    enum pane pane = help->frame->screen->focus;
    for (int i = 0; i < ACTION_COUNT; i++) {
        enum action action = (enum action)i;
        const struct action_info *info = action_info(action);
        bool panes = (info->scopes & SCOPE_BIT(SCOPE_PANES)) != 0;
        bool fits = scope == SCOPE_PANES ? panes && action_works_in(action, pane) == here
                                         : !panes && (info->scopes & SCOPE_BIT(scope)) != 0;
        if (info->several && help->frame->input->accounts == NULL) {
            continue;
        }
        if (scope == SCOPE_COLUMNS && (info->scopes & SCOPE_BIT(SCOPE_SORT)) != 0) {
            continue; /* stands before it, in the other menu */
        }
        if (fits && (group == NULL || strcmp(info->group, group) == 0)) {
            add_entry(help, keys_of(help, action), info->help);
        }
    }
}

static void add_server(struct help *help)
{
    const struct screen_input *input = help->frame->input;
    add_heading(help, "Server");
    add_entry(help, "address", input->host != NULL && input->host[0] != '\0' ? input->host : "—");
    add_entry(help, "access", input->read_only ? "blotter only reads, and never trades" : "—");
    close_section(help);
}

static void collect(struct help *help)
{
    static const char *const groups[] = {"Move", "Rows",  "Sort and columns", "Data",
                                         "Look", "Panes", "Program"};
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        add_heading(help, groups[g]);
        add_actions(help, groups[g], SCOPE_PANES, true);
        close_section(help);
    }
    add_heading(help, "In other panes");
    add_actions(help, NULL, SCOPE_PANES, false);
    close_section(help);
    add_heading(help, "On the page of a symbol");
    add_actions(help, NULL, SCOPE_SYMBOL, true);
    close_section(help);
    add_heading(help, "In the menus of columns");
    add_actions(help, NULL, SCOPE_SORT, true);
    add_actions(help, NULL, SCOPE_COLUMNS, true);
    close_section(help);
    add_heading(help, "While a filter is typed");
    add_actions(help, NULL, SCOPE_PROMPT, true);
    close_section(help);
    add_server(help);
    add_heading(help, "Marks");
    const struct legend_row *row;
    for (size_t i = 0; (row = legend_row(i)) != NULL; i++) {
        add_entry(help, row->mark, row->meaning);
    }
    close_section(help);
}

static void measure(struct help *help, int width)
{
    int columns = width >= 118 ? COLUMNS_MOST : width / (2 * COLUMN_LEAST) > 0 ? 2 : 1;
    help->columns = columns;
    help->keys_width = columns > 1 ? KEYS_WIDTH : KEYS_WIDTH_ONE;
    help->keys_width = help->keys_width < width / 3 ? help->keys_width : width / 3;
    help->text_width = width / columns - help->keys_width - 2;
    help->text_width = help->text_width > 8 ? help->text_width : 8;
}

static void put_line(const struct help *help, const struct help_line *line, struct rect area)
{
    char out[256], text[256];
    int left = line->heading ? area.width : help->keys_width;
    text_fit(line->left, (struct text_fit){left - 2, TEXT_CUT_END}, out, sizeof out);
    canvas_put(help->frame->canvas, (struct rect){area.x + !line->heading, area.y, left - 1, 1},
               out, (struct style){line->role, line->heading ? CELL_BOLD : 0});
    if (!line->heading) {
        text_clean(line->text, line->len, text, sizeof text);
        canvas_put(
            help->frame->canvas,
            (struct rect){area.x + help->keys_width, area.y, area.width - help->keys_width, 1},
            text, plain(ROLE_TEXT));
    }
}

static void put_search(const struct help *help, struct rect inside)
{
    const struct screen *screen = help->frame->screen;
    char text[96];
    if (screen->help_typing || screen->help_text[0] != '\0') {
        snprintf(text, sizeof text, " /%s%s ", screen->help_text, screen->help_typing ? "▏" : "");
        canvas_put(help->frame->canvas,
                   (struct rect){inside.x + 1, inside.y + inside.height, inside.width - 2, 1}, text,
                   bold(ROLE_KEY));
    }
}

void paint_help(const struct frame *frame)
{
    static const int margins = 4;
    struct help help;
    char title[128];
    int width = frame->screen->columns < HELP_WIDTH ? frame->screen->columns : HELP_WIDTH;
    help.frame = frame;
    help.count = 0;
    measure(&help, width - margins);
    collect(&help);
    snprintf(title, sizeof title, " Keys · %s ", pane_info(frame->screen->focus)->title);
    int wanted = ((int)help.count + help.columns - 1) / help.columns + 2;
    struct rect inside = popup_frame(frame, (struct rect){0, 0, width, wanted}, title);
    int height = inside.height > 0 ? inside.height : 1;
    popup_keep_page(frame->screen, (int)help.count, height * help.columns);
    for (int i = 0; i < height * help.columns; i++) {
        size_t at = frame->screen->popup_top + (size_t)i;
        int column = (inside.width - 2) / help.columns;
        struct rect area = {inside.x + 1 + i / height * column, inside.y + i % height, column - 1,
                            1};
        if (at < help.count && inside.height > 0) {
            put_line(&help, &help.lines[at], area);
        }
    }
    popup_put_more(frame, inside);
    put_search(&help, inside);
}

/* --- searching ------------------------------------------------------------------------------ */

void help_search(struct screen *screen, enum action action)
{
    char *text = screen->help_text;
    size_t len = strlen(text);
    if (action == ACTION_FILTER) {
        screen->help_typing = true;
    } else if (action == ACTION_ACCEPT) {
        screen->help_typing = false;
    } else if (action == ACTION_BACK || action == ACTION_ERASE_ALL || action == ACTION_ERASE_WORD) {
        text[0] = '\0';
        screen->help_typing = action != ACTION_BACK;
    } else if (action == ACTION_ERASE) {
        screen->help_typing = len > 0;
        do {
            len -= len > 0;
        } while (len > 0 && ((unsigned char)text[len] & 0xC0u) == 0x80u);
        text[len] = '\0';
    }
    screen->popup_top = 0;
}

void help_char(struct screen *screen, uint32_t code)
{
    char bytes[4];
    size_t len = strlen(screen->help_text), more = utf8_put(code, bytes);
    if (len + more < sizeof screen->help_text) {
        memcpy(screen->help_text + len, bytes, more);
        screen->help_text[len + more] = '\0';
    }
    screen->popup_top = 0;
}
