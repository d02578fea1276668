#include "cells.h"

#include <blotter/core/contract.h>
#include <blotter/core/derive.h>
#include <blotter/core/suggest.h>
#include <blotter/view/filter.h>
#include <blotter/view/text.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What people call the columns; some call one only what it is of some orders. */
static const struct {
    enum pane pane;
    enum filter_only only;
    const char *name, *column;
} aliases[] = {
    {PANE_ORDERS, FILTER_OVER, "slip", "go"},
    {PANE_ORDERS, FILTER_WORKING, "to-go", "go"},
    {PANE_POSITIONS, FILTER_ANY, "pnl", "unrl-pnl"},
    {PANE_POSITIONS, FILTER_ANY, "day", "day-pnl"},
    {PANE_POSITIONS, FILTER_ANY, "product", "prod"},
    {PANE_ORDERS, FILTER_ANY, "product", "prod"},
    {PANE_ORDERS, FILTER_ANY, "limit", "price"},
    {PANE_ORDERS, FILTER_ANY, "quantity", "qty"},
    {PANE_POSITIONS, FILTER_ANY, "quantity", "qty"},
    {PANE_POSITIONS, FILTER_ANY, "realized", "realised"},
    {PANE_WATCHLIST, FILTER_ANY, "change", "chg"},
    {PANE_WATCHLIST, FILTER_ANY, "volume", "vol"},
    {PANE_WATCHLIST, FILTER_ANY, "exchange", "exch"},
    {PANE_POSITIONS, FILTER_ANY, "percent", "pnl-percent"},
    {PANE_WATCHLIST, FILTER_ANY, "percent", "chg-percent"},
};

static size_t find_field(enum pane pane, const char *name, struct filter_term *term)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (aliases[i].pane == pane && strcasecmp(aliases[i].name, name) == 0) {
            name = aliases[i].column;
            term->only = aliases[i].only;
            break;
        }
    }
    size_t count, at = 0;
    const struct column *columns = columns_of(pane, &count);
    while (at < count && strcasecmp(columns[at].name, name) != 0) {
        at++;
    }
    return at;
}

static bool no_field(enum pane pane, const char *name, char error[FILTER_ERROR_MAX])
{
    struct suggest suggest;
    size_t count;
    const struct column *columns = columns_of(pane, &count);
    suggest_init(&suggest, name);
    for (size_t i = 0; i < count; i++) {
        suggest_offer(&suggest, columns[i].name);
    }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (aliases[i].pane == pane) {
            suggest_offer(&suggest, aliases[i].name);
        }
    }
    if (suggest.best != NULL) {
        snprintf(error, FILTER_ERROR_MAX, "no field '%.24s' (did you mean '%.24s'?)", name,
                 suggest.best);
    } else {
        snprintf(error, FILTER_ERROR_MAX, "no field '%.24s'", name);
    }
    return false;
}

/* --- words ---------------------------------------------------------------------------------- */

static const struct {
    const char *sign;
    enum filter_op op;
} signs[] = {
    {"<=", FILTER_LESS_EQUAL}, {">=", FILTER_MORE_EQUAL}, {"<", FILTER_LESS},
    {">", FILTER_MORE},        {"=", FILTER_EQUAL},       {":", FILTER_HOLDS},
};

/* A number with its thousands: "2.5k", "1m", "-500". */
static bool read_number(const char *text, double *ret)
{
    char *end;
    if (strspn(text, "+-.,0123456789") == 0) {
        return false;
    }
    double number = strtod(text, &end);
    double unit = *end == 'k' || *end == 'K' ? 1e3 : *end == 'm' || *end == 'M' ? 1e6 : 0;
    end += unit > 0;
    if (end == text || *end != '\0' || !isfinite(number)) {
        return false;
    }
    *ret = number * (unit > 0 ? unit : 1);
    return true;
}

static unsigned classes_of(const char *word)
{
    for (int i = 0; i < ORDER_VIEW_COUNT; i++) {
        if (strcasecmp(order_view_info((enum order_view)i)->name, word) == 0) {
            return order_view_info((enum order_view)i)->classes;
        }
    }
    return 0;
}

static bool compile_value(enum pane pane, const char *value, struct filter_term *term,
                          char error[FILTER_ERROR_MAX])
{
    size_t count;
    const struct column *column = &columns_of(pane, &count)[term->column];
    bool text = column->kind == COLUMN_TEXT;
    if (text && term->op == FILTER_EQUAL) {
        term->op = FILTER_HOLDS;
    }
    if (!text && term->op == FILTER_HOLDS) {
        term->op = FILTER_EQUAL;
    }
    if (*value == '\0') {
        snprintf(error, FILTER_ERROR_MAX, "'%.24s' wants something to look for", column->name);
        return false;
    }
    if (text && term->op != FILTER_HOLDS) {
        snprintf(error, FILTER_ERROR_MAX, "'%.24s' is a text: %.24s:%.24s", column->name,
                 column->name, value);
        return false;
    }
    if (column->kind == COLUMN_TIME || column->kind == COLUMN_SPARK) {
        snprintf(error, FILTER_ERROR_MAX, "'%.24s' cannot be compared", column->name);
        return false;
    }
    if (!text && !read_number(value, &term->number)) {
        snprintf(error, FILTER_ERROR_MAX, "'%.24s' wants a number, not '%.24s'", column->name,
                 value);
        return false;
    }
    snprintf(term->word, sizeof term->word, "%s", value);
    term->classes =
        pane == PANE_ORDERS && strcmp(column->name, "status") == 0 ? classes_of(value) : 0;
    return true;
}

/* A word up to a blank that is not between quotes; the quotes go. False when it is too long. */
static bool take_word(const char **at, char out[FILTER_WORD_MAX], size_t *ret_plain)
{
    size_t len = 0;
    bool quoted = false;
    *ret_plain = SIZE_MAX; /* how much of it stands before the first quote */
    for (; **at != '\0' && (quoted || **at != ' '); ++*at) {
        if (**at == '"') {
            quoted = !quoted;
            *ret_plain = *ret_plain == SIZE_MAX ? len : *ret_plain;
            continue;
        }
        if (len + 1 >= FILTER_WORD_MAX) {
            return false;
        }
        out[len++] = **at;
    }
    out[len] = '\0';
    return true;
}

static bool compile_word(enum pane pane, const char *word, size_t plain, struct filter_term *term,
                         char error[FILTER_ERROR_MAX])
{
    *term = (struct filter_term){.op = FILTER_HOLDS, .column = -1};
    if (word[0] == '@' && plain > 0) {
        snprintf(error, FILTER_ERROR_MAX, "Enter takes the view '%.32s'", word + 1);
        return false;
    }
    if (word[0] == '!' && plain > 0) {
        term->negate = true;
        word++;
        plain -= plain != SIZE_MAX;
    }
    size_t len = strcspn(word, "<>=:");
    if (word[len] == '\0' || len >= plain || len == 0) {
        snprintf(term->word, sizeof term->word, "%s", word);
        return true;
    }
    char name[FILTER_WORD_MAX];
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    size_t s = 0, count;
    while (strncmp(word + len, signs[s].sign, strlen(signs[s].sign)) != 0) {
        s++;
    }
    term->op = signs[s].op;
    size_t field = find_field(pane, name, term);
    columns_of(pane, &count);
    if (field == count) {
        return no_field(pane, name, error);
    }
    term->column = (int)field;
    return compile_value(pane, word + len + strlen(signs[s].sign), term, error);
}

bool filter_compile(enum pane pane, const char *text, struct filter *ret,
                    char error[FILTER_ERROR_MAX])
{
    struct filter filter = {.count = 0};
    char later[FILTER_ERROR_MAX] = ""; /* the first mistake is told */
    bool good = true;
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        char word[FILTER_WORD_MAX];
        size_t plain;
        if (filter.count == FILTER_TERMS_MAX || !take_word(&text, word, &plain)) {
            snprintf(good ? error : later, FILTER_ERROR_MAX,
                     "too long: %d words of %d bytes at most", FILTER_TERMS_MAX,
                     FILTER_WORD_MAX - 1);
            good = false;
            break;
        }
        struct filter_term *term = &filter.terms[filter.count];
        bool understood = compile_word(pane, word, plain, term, good ? error : later);
        filter.count += understood && term->word[0] != '\0';
        good = good && understood;
    }
    *ret = filter;
    return good;
}

/* --- rows ----------------------------------------------------------------------------------- */

static bool holds(const struct column *column, const struct row *row, const char *word)
{
    const char *text = column->text(row);
    if (text_find(text, word) != NULL) {
        return true;
    }
    struct contract contract;
    char name[CONTRACT_NAME_BYTES];
    if ((column->flags & COLUMN_MIDDLE) == 0 || !contract_parse(text, &contract)) {
        return false;
    }
    contract_name(&contract, contract.year, name); /* what it is called on the screen */
    return text_find(name, word) != NULL;
}

static bool any_holds(enum pane pane, const struct row *row, const char *word)
{
    size_t count;
    const struct column *columns = columns_of(pane, &count);
    for (size_t i = 0; i < count; i++) {
        if ((columns[i].flags & COLUMN_SEARCHED) != 0 && holds(&columns[i], row, word)) {
            return true;
        }
    }
    return false;
}

static bool compares(enum filter_op op, double value, double number)
{
    switch (op) {
    case FILTER_LESS:
        return value < number;
    case FILTER_LESS_EQUAL:
        return value <= number;
    case FILTER_MORE:
        return value > number;
    case FILTER_MORE_EQUAL:
        return value >= number;
    default:
        return fabs(value - number) <= 1e-9 * (1 + fabs(number));
    }
}

static bool term_concerns(const struct filter_term *term, const struct row *row)
{
    return term->only == FILTER_ANY ||
           order_is_working((const void *)row) == (term->only == FILTER_WORKING);
}

/* What is not known is neither less nor more. */
static bool term_passes(const struct filter_term *term, enum pane pane, const struct row *row,
                        double placed_at)
{
    if (term->column < 0) {
        return any_holds(pane, row, term->word);
    }
    size_t count;
    const struct column *column = &columns_of(pane, &count)[term->column];
    bool derived = false;
    struct order copy;
    if (term->classes != 0) {
        const struct order *order = (const void *)row;
        return (term->classes & 1u << (order->gone ? ORDER_CLASS_COUNT : order->class)) != 0;
    }
    if (term->op == FILTER_HOLDS) {
        return column->text != NULL && holds(column, row, term->word);
    }
    if (column->number == NULL || !term_concerns(term, row)) {
        return false;
    }
    row = column->number == order_go ? order_go_row(row, placed_at, &copy) : row;
    return compares(term->op, column->number(row, &derived), term->number);
}

bool filter_passes(const struct filter *filter, enum pane pane, const struct row *row,
                   double placed_at)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (term_passes(&filter->terms[i], pane, row, placed_at) == filter->terms[i].negate) {
            return false;
        }
    }
    return true;
}

const char *filter_needle(const struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_term *term = &filter->terms[i];
        if (term->op == FILTER_HOLDS && !term->negate && term->classes == 0) {
            return term->word;
        }
    }
    return "";
}
