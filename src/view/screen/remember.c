/* What is remembered between runs, as key=value pairs. */
#include "frame.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_out {
    char *out;
    size_t capacity, len;
};

static void out_put(struct text_out *text, const char *piece)
{
    if (text->len < text->capacity) {
        int wrote = snprintf(text->out + text->len, text->capacity - text->len, "%s", piece);
        text->len += wrote > 0 ? (size_t)wrote : 0;
    }
}

static const char *column_name(enum pane pane, size_t i)
{
    size_t count;
    return columns_of(pane, &count)[i].name;
}

static void sort_to_text(const struct table *table, struct text_out *text)
{
    if (!table->sorted) {
        out_put(text, "default");
        return;
    }
    out_put(text, table->sort < 0 ? "" : table->descending ? "-" : "+");
    out_put(text, table->sort < 0 ? "server" : column_name(table->pane, (size_t)table->sort));
}

static void columns_to_text(const struct table *table, struct text_out *text)
{
    if (table->chosen_count == 0) {
        out_put(text, "default");
    }
    for (size_t i = 0; i < table->chosen_count; i++) {
        out_put(text, i > 0 ? "," : "");
        out_put(text, column_name(table->pane, table->chosen[i]));
    }
}

static bool sort_from_text(struct table *table, const char *text)
{
    bool signed_name = text[0] == '-' || text[0] == '+';
    const char *name = text + signed_name;
    size_t count, at = column_find(table->pane, name, strlen(name));
    columns_of(table->pane, &count);
    if (strcmp(text, "default") == 0) {
        table_sort_usual(table);
        return true;
    }
    if (strcmp(text, "server") == 0) {
        table->sort = TABLE_SERVER_ORDER;
        table->descending = false;
    } else if (at < count) {
        table->sort = (int)at;
        table->descending = text[0] == '-';
    } else {
        return false;
    }
    table->sorted = true;
    return true;
}

/* Takes a list of names; nothing changes when one is unknown or said twice. */
static bool columns_from_text(struct table *table, const char *text)
{
    uint8_t chosen[COLUMNS_MAX];
    size_t used = 0, count;
    columns_of(table->pane, &count);
    if (strcmp(text, "default") == 0) {
        table->chosen_count = 0;
        return true;
    }
    while (*text != '\0') {
        size_t len = strcspn(text, ","), at = column_find(table->pane, text, len);
        if (at >= count || memchr(chosen, (int)at, used) != NULL) {
            return false;
        }
        chosen[used++] = (uint8_t)at;
        text += len + (text[len] == ',');
    }
    if (used == 0) {
        return false;
    }
    memcpy(table->chosen, chosen, used);
    table->chosen_count = used;
    return true;
}

/* As many keys as a line of the file has room for. */
#define SEEN_A_LINE ((size_t)8)
#define SEEN_LINES (TABLE_SEEN_MAX / SEEN_A_LINE)
#define FOLDED_LINES (TABLE_FOLDED_MAX / SEEN_A_LINE)

struct keys {
    const uint64_t *all;
    size_t count;
};

static void keys_to_text(struct keys keys, size_t line, struct text_out *text)
{
    size_t first = line * SEEN_A_LINE, end = first + SEEN_A_LINE;
    for (size_t i = first; i < keys.count && i < end; i++) {
        char key[24];
        snprintf(key, sizeof key, "%s%016" PRIx64, i > first ? "," : "", keys.all[i]);
        out_put(text, key);
    }
}

/* Keys of an owner's rows, as they are without one; NULL: they have none. */
static bool keys_from_text(struct table *table, const struct owner *owner, const char *text,
                           void (*note)(struct table *table, uint64_t key))
{
    while (*text != '\0') {
        char *end;
        uint64_t key = strtoull(text, &end, 16);
        if (end - text != 16 || (*end != ',' && *end != '\0')) {
            return false;
        }
        note(table, model_key_owned(key, owner));
        text = end + (*end == ',');
    }
    return true;
}

/* Three keys of the screen, two for every pane with columns, the orders seen, the groups folded,
 * the orders' view and how positions are grouped. */
enum {
    REMEMBER_FOCUS,
    REMEMBER_ZOOM,
    REMEMBER_THEME,
    REMEMBER_TABLES,
    REMEMBER_SEEN = REMEMBER_TABLES + 2 * RESOURCE_COUNT,
    REMEMBER_FOLDED = REMEMBER_SEEN + SEEN_LINES,
    REMEMBER_VIEW = REMEMBER_FOLDED + FOLDED_LINES,
    REMEMBER_GROUPING,
    REMEMBER_COUNT
};

static void table_to_text(struct screen *screen, size_t i, struct text_out *value)
{
    static const char *const words[] = {"sort", "columns"};
    const struct table *table = &screen->tables[(i - REMEMBER_TABLES) / 2];
    size_t what = (i - REMEMBER_TABLES) % 2;
    snprintf(screen->remembered_key, sizeof screen->remembered_key, "%s.%s",
             pane_info(table->pane)->name, words[what]);
    if (what == 0) {
        sort_to_text(table, value);
    } else {
        columns_to_text(table, value);
    }
}

static const char *const grouping_names[] = {
    [TABLE_NO_GROUPS] = "none",
    [TABLE_BY_UNDERLYING] = "underlying",
    [TABLE_BY_EXPIRY] = "expiry",
    [TABLE_BY_SECTOR] = "sector",
};
static_assert(sizeof grouping_names / sizeof *grouping_names == TABLE_GROUPINGS, "a name each");

bool screen_remembered_get(struct screen *screen, size_t i, const char **ret_key,
                           const char **ret_value)
{
    struct text_out value = {screen->remembered_value, sizeof screen->remembered_value, 0};
    static const char *const keys[] = {"focus", "zoom", "theme"};
    screen->remembered_value[0] = '\0';
    if (i >= REMEMBER_COUNT) {
        return false;
    }
    const struct table *orders = &screen->tables[RESOURCE_ORDERS];
    const struct table *positions = &screen->tables[RESOURCE_POSITIONS];
    if (i == REMEMBER_GROUPING) {
        snprintf(screen->remembered_key, sizeof screen->remembered_key, "positions.grouping");
        out_put(&value, grouping_names[positions->grouping]);
    } else if (i == REMEMBER_VIEW) {
        snprintf(screen->remembered_key, sizeof screen->remembered_key, "orders.view");
        out_put(&value, order_view_info(orders->view)->name);
    } else if (i >= REMEMBER_FOLDED) {
        snprintf(screen->remembered_key, sizeof screen->remembered_key, "positions.folded");
        keys_to_text((struct keys){positions->folded, positions->folded_count}, i - REMEMBER_FOLDED,
                     &value);
    } else if (i >= REMEMBER_SEEN) {
        snprintf(screen->remembered_key, sizeof screen->remembered_key, "orders.seen");
        keys_to_text((struct keys){orders->seen, orders->seen_count}, i - REMEMBER_SEEN, &value);
    } else if (i >= REMEMBER_TABLES) {
        table_to_text(screen, i, &value);
    } else {
        snprintf(screen->remembered_key, sizeof screen->remembered_key, "%s", keys[i]);
        out_put(&value, i == REMEMBER_FOCUS  ? pane_info(screen->focus)->name
                        : i == REMEMBER_ZOOM ? (screen->zoom ? "on" : "off")
                                             : screen->theme);
    }
    *ret_key = screen->remembered_key;
    *ret_value = screen->remembered_value;
    return true;
}

static bool set_table(struct screen *screen, const char *key, const char *value)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct table *table = &screen->tables[i];
        const char *name = pane_info(table->pane)->name;
        size_t len = strlen(name);
        if (strncmp(key, name, len) != 0 || key[len] != '.') {
            continue;
        }
        if (strcmp(key + len + 1, "sort") == 0) {
            return sort_from_text(table, value);
        }
        return strcmp(key + len + 1, "columns") == 0 && columns_from_text(table, value);
    }
    return false;
}

static bool set_view(struct screen *screen, const char *value)
{
    for (int i = 0; i < ORDER_VIEW_COUNT; i++) {
        if (strcmp(order_view_info((enum order_view)i)->name, value) == 0) {
            screen->tables[RESOURCE_ORDERS].view = (enum order_view)i;
            return true;
        }
    }
    return false;
}

static bool set_grouping(struct screen *screen, const char *value)
{
    for (int i = 0; i < TABLE_GROUPINGS; i++) {
        if (strcmp(grouping_names[i], value) == 0) {
            screen->tables[RESOURCE_POSITIONS].grouping = (enum table_grouping)i;
            return true;
        }
    }
    return false;
}

bool screen_remembered_set(struct screen *screen, const char *key, const char *value)
{
    enum pane pane;
    screen->dirty |= SCREEN_ALL;
    screen->retake = RESOURCE_ALL;
    if (strcmp(key, "focus") == 0 && pane_parse(value, &pane)) {
        screen->focus = pane;
        return true;
    }
    if (strcmp(key, "zoom") == 0 && (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)) {
        screen->zoom = strcmp(value, "on") == 0;
        return true;
    }
    if (strcmp(key, "theme") == 0 && strlen(value) < sizeof screen->theme) {
        snprintf(screen->theme, sizeof screen->theme, "%s", value);
        return true;
    }
    if (strcmp(key, "orders.seen") == 0) {
        return keys_from_text(&screen->tables[RESOURCE_ORDERS], NULL, value, table_note_seen);
    }
    if (strcmp(key, "positions.folded") == 0) {
        return keys_from_text(&screen->tables[RESOURCE_POSITIONS], NULL, value, table_note_folded);
    }
    if (strcmp(key, "positions.grouping") == 0) {
        return set_grouping(screen, value);
    }
    return strcmp(key, "orders.view") == 0 ? set_view(screen, value)
                                           : set_table(screen, key, value);
}

bool screen_seen_get(struct screen *screen, const struct screen_input *input, size_t account,
                     size_t i, const char **ret_value)
{
    struct text_out value = {screen->remembered_value, sizeof screen->remembered_value, 0};
    const struct table *table = &screen->tables[RESOURCE_ORDERS];
    const struct snapshot *orders = input->accounts->of[account].panes[RESOURCE_ORDERS].shown;
    const struct owner *owner = input->accounts->owners[account];
    uint64_t seen[TABLE_SEEN_MAX];
    size_t count = 0;
    for (size_t k = 0; orders != NULL && k < orders->row_count && count < TABLE_SEEN_MAX; k++) {
        const char *id = orders->orders[k].row.id;
        bool rejected = orders->orders[k].class == ORDER_REJECTED;
        if (rejected && table_has_seen(table, model_key(id, owner))) {
            seen[count++] = model_key(id, NULL);
        }
    }
    screen->remembered_value[0] = '\0';
    keys_to_text((struct keys){seen, count}, i, &value);
    *ret_value = screen->remembered_value;
    return screen->remembered_value[0] != '\0';
}

bool screen_seen_set(struct screen *screen, const struct owner *owner, const char *value)
{
    screen->dirty |= SCREEN_ALL;
    screen->retake |= RESOURCE_BIT(RESOURCE_ORDERS);
    return keys_from_text(&screen->tables[RESOURCE_ORDERS], owner, value, table_note_seen);
}
