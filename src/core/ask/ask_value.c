/* What addresses name: discovered values and symbols. */
#include "ask_private.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

static void clear(struct ask_value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        free(value->values[i]);
    }
    value->count = 0;
    value->known = false;
}

static struct ask_value *add(struct ask *ask, const char *name)
{
    if (ask->value_count == ASK_VALUES_MAX) {
        return NULL;
    }
    struct ask_value *value = &ask->values[ask->value_count++];
    value->name = mem_dup(name, strlen(name));
    return value;
}

void ask_values_init(struct ask *ask)
{
    for (size_t i = 0; i < ask->backend->discover_count; i++) {
        add(ask, ask->backend->discover[i].name);
    }
}

static void forget_symbols(struct ask *ask)
{
    for (size_t i = 0; i < ask->symbol_count; i++) {
        free(ask->symbols[i]);
    }
    free(ask->symbols);
    ask->symbols = NULL;
    ask->symbol_count = 0;
}

void ask_values_done(struct ask *ask)
{
    for (size_t i = 0; i < ask->value_count; i++) {
        clear(&ask->values[i]);
        free(ask->values[i].name);
    }
    forget_symbols(ask);
}

static struct ask_value *find(struct ask *ask, const char *name, size_t len)
{
    for (size_t i = 0; i < ask->value_count; i++) {
        struct ask_value *value = &ask->values[i];
        if (strlen(value->name) == len && memcmp(value->name, name, len) == 0) {
            return value;
        }
    }
    return NULL;
}

bool ask_value_set(struct ask_value *value, const char *const *values, size_t count)
{
    count = count < BACKEND_VALUES_MAX ? count : BACKEND_VALUES_MAX;
    bool others = value->count != count;
    for (size_t i = 0; i < count && !others; i++) {
        others = strcmp(value->values[i], values[i]) != 0;
    }
    clear(value);
    for (; value->count < count; value->count++) {
        value->values[value->count] = mem_dup(values[value->count], strlen(values[value->count]));
    }
    value->known = true;
    return others;
}

void ask_set_value(struct ask *ask, const char *name, const char *text)
{
    struct ask_value *value = find(ask, name, strlen(name));
    value = value != NULL ? value : add(ask, name);
    if (value != NULL) {
        ask_value_set(value, &text, 1);
        value->fixed = true;
    }
}

/* The name without what follows a colon. */
static size_t plain_length(const char *name, size_t len)
{
    const char *colon = memchr(name, ':', len);
    return colon != NULL ? (size_t)(colon - name) : len;
}

/* Walks the values that a path names. Start with *at = path. */
static struct ask_value *next_value(struct ask *ask, const char **at)
{
    const char *name;
    size_t len;
    while (backend_next_name(at, &name, &len)) {
        struct ask_value *value = find(ask, name, plain_length(name, len));
        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}

bool ask_forget_values(struct ask *ask, const struct ask_turn *turn)
{
    const char *at = turn->section->get.path;
    struct ask_value *value;
    bool any = false;
    while (at != NULL && (value = next_value(ask, &at)) != NULL) {
        if (!value->fixed) {
            value->known = false;
            any = true;
        }
    }
    return any;
}

/* Discoveries build on those before them only: below is the number of the one that asks. */
static struct ask_turn *missing_below(struct ask *ask, const char *path, size_t below)
{
    const char *at = path;
    struct ask_value *value;
    while (at != NULL && (value = next_value(ask, &at)) != NULL) {
        size_t index = (size_t)(value - ask->values);
        struct ask_turn *turn = ask_turn_of(ask, ASK_DISCOVER, index);
        if (!value->known && turn != NULL && index < below) {
            struct ask_turn *before = missing_below(ask, turn->section->get.path, index);
            return before != NULL ? before : turn;
        }
    }
    return NULL;
}

struct ask_turn *ask_missing(struct ask *ask, const char *path)
{
    return missing_below(ask, path, BACKEND_DISCOVER_MAX);
}

/* --- symbols --------------------------------------------------------------------------------- */

static const char *segment_of(const char *symbol)
{
    return symbol + strlen(symbol) + 1;
}

static bool same_symbols(const struct ask *ask, const struct ask_symbol *symbols, size_t count)
{
    bool same = ask->symbol_count == count;
    for (size_t i = 0; i < count && same; i++) {
        same = strcmp(ask->symbols[i], symbols[i].symbol) == 0 &&
               strcmp(segment_of(ask->symbols[i]), symbols[i].segment) == 0;
    }
    return same;
}

static char *keep_symbol(const struct ask_symbol *symbol)
{
    size_t len = strlen(symbol->symbol) + 1, more = strlen(symbol->segment) + 1;
    char *text = mem_alloc(len + more);
    memcpy(text, symbol->symbol, len);
    memcpy(text + len, symbol->segment, more);
    return text;
}

void ask_symbols(struct ask *ask, struct moment now, const struct ask_symbol *symbols, size_t count)
{
    count = count < ASK_SYMBOLS_MAX ? count : ASK_SYMBOLS_MAX;
    if (same_symbols(ask, symbols, count)) {
        return;
    }
    forget_symbols(ask);
    ask->symbols = mem_calloc(count + 1, sizeof *ask->symbols);
    for (; ask->symbol_count < count; ask->symbol_count++) {
        ask->symbols[ask->symbol_count] = keep_symbol(&symbols[ask->symbol_count]);
    }
    for (size_t i = 0; i < ask->turn_count && ask->running; i++) {
        if (ask->turns[i].target.kind == ASK_QUOTES) {
            ask->turns[i].outdated = ask->turns[i].under_way;
            ask_want(&ask->turns[i], now);
        }
    }
}

static bool is_of(const char *symbol, const struct backend_section *section)
{
    return section->segment == NULL || strcmp(section->segment, segment_of(symbol)) == 0;
}

static size_t count_symbols(const struct ask *ask, const struct backend_section *section)
{
    size_t count = 0;
    for (size_t i = 0; i < ask->symbol_count; i++) {
        count += is_of(ask->symbols[i], section);
    }
    return count;
}

static size_t per_request(const struct backend_section *section)
{
    return section->max > 0 ? (size_t)section->max : BACKEND_SYMBOLS_MAX;
}

static size_t count_chunks(const struct ask *ask, const struct ask_turn *turn)
{
    if (turn->target.kind != ASK_QUOTES) {
        return 1;
    }
    size_t per = per_request(turn->section);
    return (count_symbols(ask, turn->section) + per - 1) / per;
}

/* --- addresses ------------------------------------------------------------------------------- */

/* In how many ways the values that a path names go together. */
static size_t count_ways(const struct ask *ask, const char *path)
{
    size_t ways = 1;
    for (size_t i = 0; i < ask->value_count; i++) {
        if (path != NULL && backend_names(path, ask->values[i].name)) {
            ways *= ask->values[i].count;
        }
    }
    return ways < BACKEND_VALUES_MAX ? ways : BACKEND_VALUES_MAX;
}

size_t ask_parts(const struct ask *ask, const struct ask_turn *turn)
{
    return count_ways(ask, turn->section->get.path) * count_chunks(ask, turn);
}

struct lookup {
    const struct ask *ask;
    const char *path;
    size_t way;
};

static const char *look_up(void *user, const char *name, size_t len)
{
    const struct lookup *lookup = user;
    size_t way = lookup->way;
    for (size_t i = 0; i < lookup->ask->value_count; i++) {
        const struct ask_value *value = &lookup->ask->values[i];
        bool found = strlen(value->name) == len && memcmp(value->name, name, len) == 0;
        if (found) {
            return value->known && value->count > 0 ? value->values[way % value->count] : NULL;
        }
        if (value->count > 0 && backend_names(lookup->path, value->name)) {
            way /= value->count;
        }
    }
    return NULL;
}

bool ask_path(const struct ask *ask, const struct ask_turn *turn, struct buf *out)
{
    const char *path = turn->section->get.path;
    if (turn->next != NULL) {
        return buf_append_text(out, turn->next);
    }
    size_t chunks = count_chunks(ask, turn), per = per_request(turn->section);
    struct lookup lookup = {ask, path, chunks > 0 ? turn->at / chunks : 0};
    struct backend_filling filling = {.value = look_up, .user = &lookup};
    const char **symbols = NULL;
    if (turn->target.kind == ASK_QUOTES) {
        size_t seen = 0, skip = chunks > 0 ? turn->at % chunks * per : 0;
        symbols = mem_calloc(per, sizeof *symbols);
        for (size_t i = 0; i < ask->symbol_count && filling.symbol_count < per; i++) {
            if (is_of(ask->symbols[i], turn->section) && seen++ >= skip) {
                symbols[filling.symbol_count++] = ask->symbols[i];
            }
        }
        filling.symbols = symbols;
    }
    bool good = backend_fill(out, path, &filling);
    free((void *)symbols);
    return good;
}

bool ask_stream_path(const struct ask *ask, struct buf *out)
{
    struct lookup lookup = {ask, ask->backend->stream.get.path, 0};
    struct backend_filling filling = {.value = look_up, .user = &lookup};
    return ask->backend->stream.present && backend_fill(out, lookup.path, &filling);
}
