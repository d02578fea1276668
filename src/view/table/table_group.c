/* Positions in groups: which there are, which lines head them, and their sums. */
#include "table_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/contract.h>
#include <blotter/core/derive.h>
#include <blotter/core/hash.h>
#include <blotter/core/span.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 1024 /* the rows of further ones stand with the last */

static const char *const words[] = {
    [TABLE_NO_GROUPS] = "",
    [TABLE_BY_UNDERLYING] = "by underlying",
    [TABLE_BY_EXPIRY] = "by expiry",
    [TABLE_BY_SECTOR] = "by sector",
};
static_assert(sizeof words / sizeof *words == TABLE_GROUPINGS, "a word per grouping");

const char *table_grouping_word(enum table_grouping grouping)
{
    return words[grouping];
}

/* What the server sends beside the model: "stock": {"sector": …}. */
static void sector_of(const struct row *row, char out[TABLE_GROUP_NAME])
{
    struct span stock, sector;
    char text[TABLE_GROUP_NAME];
    bool known = row->raw.ptr != NULL && span_member(row->raw, "stock", &stock) &&
                 span_type(stock) == SPAN_OBJECT && span_member(stock, "sector", &sector) &&
                 span_type(sector) == SPAN_STRING &&
                 span_string(sector, text, sizeof text) < sizeof text && text[0] != '\0';
    text_clean(known ? text : "no sector", strlen(known ? text : "no sector"), out,
               TABLE_GROUP_NAME);
}

static void name_of(const struct table *table, const struct position *position,
                    char out[TABLE_GROUP_NAME])
{
    struct contract contract;
    char name[CONTRACT_NAME_BYTES];
    bool is_contract = contract_parse(position->symbol, &contract);
    if (table->grouping == TABLE_BY_SECTOR) {
        sector_of(&position->row, out);
    } else if (table->grouping == TABLE_BY_EXPIRY) {
        snprintf(name, sizeof name, "%04d-%02d-%02d", contract.year % 10000, contract.month % 100,
                 contract.day % 100);
        snprintf(out, TABLE_GROUP_NAME, "%.31s", is_contract ? name : "no expiry");
    } else if (is_contract) {
        snprintf(out, TABLE_GROUP_NAME, "%s", contract.underlying);
    } else {
        text_clean(position->symbol, strlen(position->symbol), out, TABLE_GROUP_NAME);
    }
}

/* The place of a name among the groups, which are in order; *ret_there: it is one of them. */
static size_t find_group(const struct table *table, const char *name, bool *ret_there)
{
    size_t low = 0, high = table->group_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->groups[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_there = low < table->group_count && strcmp(table->groups[low].name, name) == 0;
    return low;
}

static void add_group(struct table *table, const char *name)
{
    bool there;
    size_t at = find_group(table, name, &there);
    if (there || table->group_count == GROUPS_MAX) {
        return;
    }
    if (table->group_count == table->group_room) {
        table->group_room = table->group_room * 2 + 16;
        table->groups = mem_realloc(table->groups, table->group_room * sizeof *table->groups);
    }
    memmove(table->groups + at + 1, table->groups + at,
            (table->group_count - at) * sizeof *table->groups);
    table->groups[at] = (struct table_group){.count = 0};
    snprintf(table->groups[at].name, sizeof table->groups[at].name, "%s", name);
    table->group_count++;
}

void table_groups_make(struct table *table, size_t first, size_t count)
{
    char name[TABLE_GROUP_NAME];
    table->group_count = 0;
    if (table->pane != PANE_POSITIONS || table->grouping == TABLE_NO_GROUPS) {
        return;
    }
    for (size_t i = first; i < first + count; i++) {
        name_of(table, &table->snapshot->positions[i], name);
        add_group(table, name);
    }
    for (size_t i = first; i < first + count; i++) {
        bool there;
        name_of(table, &table->snapshot->positions[i], name);
        size_t at = find_group(table, name, &there);
        at = at < table->group_count ? at : table->group_count - 1;
        table->marks[i].group = (uint16_t)at;
    }
}

/* --- folding -------------------------------------------------------------------------------- */

static bool is_folded(const struct table *table, uint64_t key)
{
    size_t i = 0;
    while (i < table->folded_count && table->folded[i] != key) {
        i++;
    }
    return i < table->folded_count;
}

void table_note_folded(struct table *table, uint64_t key)
{
    if (is_folded(table, key)) {
        return;
    }
    if (table->folded_count == TABLE_FOLDED_MAX) {
        memmove(table->folded, table->folded + 1, sizeof table->folded - sizeof *table->folded);
        table->folded_count--;
    }
    table->folded[table->folded_count++] = key;
}

void table_fold(struct table *table, uint64_t key)
{
    size_t kept = 0;
    bool was = is_folded(table, key);
    for (size_t i = 0; was && i < table->folded_count; i++) {
        if (table->folded[i] != key) {
            table->folded[kept++] = table->folded[i];
        }
    }
    if (was) {
        table->folded_count = kept;
    } else {
        table_note_folded(table, key);
    }
}

static void place_row(struct table *table, size_t i)
{
    struct table_group *group = &table->groups[table->marks[table->order[i]].group];
    const char *symbol = table->snapshot->positions[table->order[i]].symbol;
    group->first = group->count == 0 ? i : group->first;
    group->bare = group->count == 0 && table->grouping == TABLE_BY_UNDERLYING &&
                  strcmp(symbol, group->name) == 0;
    group->count++;
}

void table_groups_place(struct table *table)
{
    for (size_t i = 0; table->group_count > 0 && i < table->split; i++) {
        place_row(table, i);
    }
    for (size_t g = 0; g < table->group_count; g++) {
        struct table_group *group = &table->groups[g];
        group->key = hash_text(HASH_START + (uint64_t)table->grouping, group->name) | 1;
        group->folded = group->count > 0 && !group->bare && is_folded(table, group->key);
    }
}

/* --- lines ---------------------------------------------------------------------------------- */

size_t table_group_heads(const struct table *table)
{
    size_t heads = 0;
    for (size_t g = 0; g < table->group_count; g++) {
        heads += table->groups[g].count > 0 && !table->groups[g].bare;
    }
    return heads;
}

size_t table_group_hidden(const struct table *table)
{
    size_t hidden = 0;
    for (size_t g = 0; g < table->group_count; g++) {
        hidden += table->groups[g].folded ? table->groups[g].count : 0;
    }
    return hidden;
}

/* A line among the groups: the group it is of, NULL behind the last one, and its place in it. */
struct group_line {
    const struct table_group *group;
    size_t at; /* 0: the head, where there is one; behind the last group: lines since */
};

static struct group_line find_line(const struct table *table, size_t line)
{
    for (size_t g = 0; g < table->group_count; g++) {
        const struct table_group *group = &table->groups[g];
        if (group->count == 0) {
            continue;
        }
        size_t lines = (group->bare ? 0 : 1) + (group->folded ? 0 : group->count);
        if (line < lines) {
            return (struct group_line){group, line};
        }
        line -= lines;
    }
    return (struct group_line){NULL, line};
}

size_t table_group_row(const struct table *table, size_t line, size_t between)
{
    struct group_line found = find_line(table, line);
    const struct table_group *group = found.group;
    if (group == NULL) {
        return found.at < between ? TABLE_NO_ROW : table->split + found.at - between;
    }
    if (group->bare || group->folded) {
        return group->first + found.at;
    }
    return found.at == 0 ? TABLE_NO_ROW : group->first + found.at - 1;
}

const struct table_group *table_group_head(const struct table *table, size_t line)
{
    struct group_line found = find_line(table, line);
    return found.group != NULL && !found.group->bare && found.at == 0 ? found.group : NULL;
}

size_t table_group_line(const struct table *table, size_t i)
{
    size_t line = i;
    for (size_t g = 0; g < table->group_count && table->groups[g].first <= i; g++) {
        const struct table_group *group = &table->groups[g];
        size_t hidden = i - group->first + 1 < group->count ? i - group->first + 1 : group->count;
        line += group->count > 0 && !group->bare;
        line -= group->folded ? hidden : 0;
    }
    return line;
}

const struct table_group *table_group_of(const struct table *table, size_t i)
{
    for (size_t g = 0; g < table->group_count; g++) {
        const struct table_group *group = &table->groups[g];
        if (!group->bare && i >= group->first && i < group->first + group->count) {
            return group;
        }
    }
    return NULL;
}

bool table_is_member(const struct table *table, size_t row)
{
    return table->group_count > 0 && !position_is_closed(&table->snapshot->positions[row]) &&
           !table->groups[table->marks[row].group].bare;
}

void table_group_sum(const struct table *table, const struct table_group *group,
                     struct money *money)
{
    money_begin(money);
    for (size_t i = group->first; i < group->first + group->count; i++) {
        money_add(money, table->book, &table->snapshot->positions[table->order[i]]);
    }
    if (table->owners != NULL) {
        money_end_owned(money, NULL, 0);
    } else {
        money_end(money, NULL);
    }
}
