#include <blotter/view/table.h>

#include <blotter/core/alloc.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLASH_US 800000      /* a changed cell is marked for at most this long */
#define FLASH_GRID_US 100000 /* and flashes end together, so that few wake-ups end them all */

void table_init(struct table *table, enum pane pane)
{
    *table = (struct table){
        .pane = pane, .sort = TABLE_SERVER_ORDER, .flash_end_us = MOMENT_NEVER, .total = 0};
    static const struct {
        enum pane pane;
        const char *column;
    } defaults[] = {{PANE_ORDERS, "time"}, {PANE_POSITIONS, "abs-pnl"}};
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        if (defaults[i].pane == pane) {
            table->sort = (int)column_find(pane, defaults[i].column, strlen(defaults[i].column));
            table->descending = true;
        }
    }
}

void table_done(struct table *table)
{
    free(table->marks);
    free(table->curves);
    free(table->order);
    table->marks = NULL;
    table->curves = NULL;
    table->order = NULL;
}

uint64_t table_key(const char *id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *id != '\0'; id++) {
        hash = (hash ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
    }
    return hash != 0 ? hash : 1;
}

/* --- what changed --------------------------------------------------------------------------- */

/* The marks of the rows before, found by place at first and by hash where rows have moved. */
struct past {
    const struct table_mark *marks;
    const struct table_curve *curves;
    size_t count;
    uint32_t *slots; /* made when first needed */
    size_t mask;
};

static void past_index(struct past *past)
{
    size_t size = 16;
    while (size < past->count * 2) {
        size *= 2;
    }
    past->slots = mem_calloc(size, sizeof *past->slots);
    past->mask = size - 1;
    for (size_t i = 0; i < past->count; i++) {
        size_t at = (size_t)past->marks[i].key & past->mask;
        while (past->slots[at] != 0) {
            at = (at + 1) & past->mask;
        }
        past->slots[at] = (uint32_t)(i + 1);
    }
}

/* The index in the rows before, or past->count. */
static size_t past_find(struct past *past, uint64_t key, size_t guess)
{
    if (guess < past->count && past->marks[guess].key == key) {
        return guess;
    }
    if (past->count == 0) {
        return 0;
    }
    if (past->slots == NULL) {
        past_index(past);
    }
    for (size_t at = (size_t)key & past->mask; past->slots[at] != 0; at = (at + 1) & past->mask) {
        if (past->marks[past->slots[at] - 1].key == key) {
            return past->slots[at] - 1;
        }
    }
    return past->count;
}

static double flash_value(const struct column *column, const struct row *row)
{
    bool derived;
    if (column->number != NULL) {
        return column->number(row, &derived);
    }
    return column->text != NULL ? (double)(table_key(column->text(row)) >> 12) : (double)NAN;
}

static void read_values(const struct table *table, const struct row *row, struct table_mark *mark)
{
    size_t count, at = 0;
    const struct column *columns = columns_of(table->pane, &count);
    for (size_t i = 0; i < count && at < COLUMN_FLASH_MAX; i++) {
        if ((columns[i].flags & COLUMN_FLASHES) != 0) {
            mark->value[at++] = flash_value(&columns[i], row);
        }
    }
}

static void compare(struct table_mark *mark, const struct table_mark *before,
                    const struct table_news *news)
{
    bool changed = false;
    mark->flash_until_us = before->flash_until_us;
    memcpy(mark->direction, before->direction, sizeof mark->direction);
    for (size_t i = 0; i < COLUMN_FLASH_MAX && !news->quiet; i++) {
        double was = before->value[i], is = mark->value[i];
        if (is < was || is > was) {
            mark->direction[i] = is > was ? 1 : -1;
            changed = true;
        }
    }
    if (changed) {
        int64_t end = news->now.mono_us + FLASH_US;
        mark->flash_until_us = end - end % FLASH_GRID_US;
    }
}

static bool crossed(const struct watch_item *item, double ltp_before)
{
    double ltp = item->ltp, at = item->alert_price;
    if (strcmp(item->alert_type, "ABOVE") == 0) {
        return ltp >= at;
    }
    if (strcmp(item->alert_type, "BELOW") == 0) {
        return ltp <= at;
    }
    return (ltp_before < at && ltp >= at) || (ltp_before > at && ltp <= at);
}

static bool wants_attention(const struct table *table, const struct row *row,
                            const struct table_mark *before)
{
    const void *typed = row;
    if (table->pane == PANE_ORDERS) {
        return order_state(typed) == ORDER_REJECTED;
    }
    if (table->pane == PANE_WATCHLIST) {
        return crossed(typed, before != NULL ? before->value[0] : (double)NAN);
    }
    return false;
}

static bool was_seen(const struct table *table, uint64_t key)
{
    size_t i = 0;
    while (i < table->seen_count && table->seen[i] != key) {
        i++;
    }
    return i < table->seen_count;
}

void table_note_seen(struct table *table, uint64_t key)
{
    if (was_seen(table, key)) {
        return;
    }
    if (table->seen_count == TABLE_SEEN_MAX) {
        memmove(table->seen, table->seen + 1, sizeof table->seen - sizeof *table->seen);
        table->seen_count--;
    }
    table->seen[table->seen_count++] = key;
}

/* Attention sticks until it was seen; a price alert that was seen rings again after it left. */
static void attend(struct table *table, const struct row *row, struct table_mark *mark,
                   const struct table_mark *before)
{
    bool wanted = wants_attention(table, row, before);
    bool both = table->pane == PANE_WATCHLIST && before != NULL && before->attention;
    mark->attention = wanted || (both && !before->seen);
    mark->seen = before != NULL ? before->seen && wanted && before->attention
                                : wanted && was_seen(table, mark->key);
}

static void add_quote(struct table_curve *curve, double ltp)
{
    if (isnan(ltp)) {
        return;
    }
    if (curve->count == TABLE_SPARK_MAX) {
        memmove(curve->quotes, curve->quotes + 1, sizeof curve->quotes - sizeof *curve->quotes);
        curve->count--;
    }
    curve->quotes[curve->count++] = (float)ltp;
}

static void follow(struct table *table, size_t i, struct past *past, size_t was)
{
    struct table_curve *curve = &table->curves[i];
    const struct table_mark *mark = &table->marks[i];
    bool known = was < past->count;
    *curve = known ? past->curves[was] : (struct table_curve){0};
    double before = known ? past->marks[was].value[0] : (double)NAN;
    if (isnan(before) || mark->value[0] < before || mark->value[0] > before) {
        add_quote(curve, mark->value[0]);
    }
}

static void take_row(struct table *table, const struct table_news *news, struct past *past,
                     size_t i)
{
    const struct row *row = model_row(news->snapshot, i);
    struct table_mark *mark = &table->marks[i];
    *mark = (struct table_mark){.key = table_key(row->id), .value = {NAN, NAN, NAN}};
    read_values(table, row, mark);
    size_t was = past_find(past, mark->key, i);
    const struct table_mark *before = was < past->count ? &past->marks[was] : NULL;
    if (before != NULL) {
        compare(mark, before, news);
    }
    attend(table, row, mark, before);
    if (table->curves != NULL) {
        follow(table, i, past, was);
    }
    bool is_news = mark->attention && !mark->seen && (before == NULL || !before->attention);
    if (is_news && past->count > 0 && news->alert != NULL) {
        news->alert(news->user, table->pane, row);
    }
}

static void note_marks(struct table *table)
{
    table->attention_count = 0;
    table->flash_end_us = MOMENT_NEVER;
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_mark *mark = &table->marks[i];
        table->attention_count += mark->attention && !mark->seen;
        if (mark->flash_until_us != 0 && mark->flash_until_us < table->flash_end_us) {
            table->flash_end_us = mark->flash_until_us;
        }
    }
}

bool table_tick(struct table *table, int64_t now_us)
{
    if (now_us < table->flash_end_us) {
        return false;
    }
    for (size_t i = 0; i < table->row_count; i++) {
        struct table_mark *mark = &table->marks[i];
        if (mark->flash_until_us != 0 && mark->flash_until_us <= now_us) {
            mark->flash_until_us = 0;
            memset(mark->direction, 0, sizeof mark->direction);
        }
    }
    note_marks(table);
    return true;
}

/* --- measuring ------------------------------------------------------------------------------ */

static void widen(struct column_extent *extent, double value)
{
    if (isnan(value)) {
        return;
    }
    if (fabs(value) >= 1e15) {
        extent->huge = true;
        return;
    }
    extent->low = extent->any && extent->low < value ? extent->low : value;
    extent->high = extent->any && extent->high > value ? extent->high : value;
    extent->any = true;
}

static int quick_width(const char *text, int limit)
{
    int width = 0;
    for (; width < limit && text[width] != '\0'; width++) {
        if ((unsigned char)text[width] >= 0x80) {
            return text_width(text);
        }
    }
    return width;
}

static void measure_cell(const struct column *column, const struct row *row,
                         struct column_extent *extent)
{
    if (column->kind == COLUMN_TEXT && column->text != NULL) {
        if (extent->text_width < column->width_max) {
            int width = quick_width(column->text(row), column->width_max);
            extent->text_width = width > extent->text_width ? width : extent->text_width;
        }
        return;
    }
    if (column->kind == COLUMN_TIME || column->number == NULL) {
        return;
    }
    double value = column->number(row, &extent->derived);
    widen(extent, value);
    if (column->other != NULL) {
        widen(extent, column->other(row));
    }
    if (extent->decimals < column->decimals_high && !isnan(value)) {
        extent->decimals = format_decimals(value, extent->decimals, column->decimals_high);
    }
}

static void add_up(double *sum, double value)
{
    if (!isnan(value)) {
        *sum = isnan(*sum) ? value : *sum + value;
    }
}

static void sum_positions(struct table *table)
{
    struct position_totals totals = {NAN, NAN, NAN, NAN, NAN, 0, 0};
    for (size_t i = 0; i < table->row_count; i++) {
        const struct position *position = &table->snapshot->positions[i];
        bool closed = position_is_closed(position);
        add_up(&totals.day, position->day_pnl);
        add_up(&totals.realized, position_realized(position));
        totals.closed += closed;
        totals.open += !closed;
        if (!closed) {
            add_up(&totals.unrealized, position->unrealized_pnl);
            add_up(&totals.invested, position_invested(position));
            add_up(&totals.value, position->current_value);
        }
    }
    table->totals = totals;
}

/* Extents only grow, so that columns do not tremble with every figure that needs a digit more. */
void table_measure(struct table *table)
{
    size_t count, used = 0;
    const struct column *columns = columns_of(table->pane, &count);
    uint8_t shown[COLUMNS_MAX];
    for (size_t c = 0; c < count; c++) {
        table->extents[c].huge = table->extents[c].derived = false;
        if (table->extents[c].decimals < columns[c].decimals_low) {
            table->extents[c].decimals = columns[c].decimals_low;
        }
        if (columns[c].show != COLUMN_OPTIONAL ||
            memchr(table->chosen, (int)c, table->chosen_count)) {
            shown[used++] = (uint8_t)c;
        }
    }
    for (size_t i = 0; i < table->row_count; i++) {
        const struct row *row = model_row(table->snapshot, i);
        for (size_t c = 0; c < used; c++) {
            measure_cell(&columns[shown[c]], row, &table->extents[shown[c]]);
        }
    }
    if (table->pane == PANE_POSITIONS && table->snapshot != NULL) {
        sum_positions(table);
    }
}

/* --- order, selection, anchor --------------------------------------------------------------- */

static bool row_matches(const struct table *table, const struct row *row)
{
    bool negate = table->filter[0] == '!';
    const char *needle = table->filter + negate;
    if (*needle == '\0') {
        return true;
    }
    size_t count;
    const struct column *columns = columns_of(table->pane, &count);
    for (size_t i = 0; i < count; i++) {
        if ((columns[i].flags & COLUMN_SEARCHED) != 0 && text_find(columns[i].text(row), needle)) {
            return !negate;
        }
    }
    return negate;
}

bool table_filter_hides(const struct table *table)
{
    return table->order_count < table->total;
}

static size_t find_key(const struct table *table, uint64_t key)
{
    size_t i = 0;
    while (key != 0 && i < table->order_count && table->marks[table->order[i]].key != key) {
        i++;
    }
    return key != 0 ? i : table->order_count;
}

static uint64_t key_at(const struct table *table, size_t i)
{
    return i < table->order_count ? table->marks[table->order[i]].key : 0;
}

static void remember(struct table *table)
{
    table->selected = key_at(table, table->cursor);
    table->neighbours[0] = key_at(table, table->cursor + 1);
    table->neighbours[1] = table->cursor > 0 ? key_at(table, table->cursor - 1) : 0;
    table->top_key = key_at(table, table->top);
}

/* The cursor goes where its row went; else to a neighbour; else it stays at its place. */
static void settle(struct table *table)
{
    const uint64_t wanted[] = {table->selected, table->neighbours[0], table->neighbours[1]};
    size_t last = table->order_count > 0 ? table->order_count - 1 : 0;
    if (!table->chosen_row) {
        table->cursor = table->top = 0;
        remember(table);
        return;
    }
    size_t found = table->order_count;
    for (size_t i = 0; i < 3 && found == table->order_count; i++) {
        found = find_key(table, wanted[i]);
    }
    table->cursor = found < table->order_count ? found
                    : table->cursor < last     ? table->cursor
                                               : last;
    if (table->top > 0) { /* at the very top we stay there, so that new rows are seen */
        size_t top = find_key(table, table->top_key);
        table->top = top < table->order_count ? top : table->top < last ? table->top : last;
    }
    remember(table);
}

/* Rows of the list that is shown: [first, first + count). */
static void list_range(struct table *table, size_t *ret_first, size_t *ret_count)
{
    const struct snapshot *snapshot = table->snapshot;
    *ret_first = 0;
    *ret_count = table->row_count;
    if (snapshot == NULL || table->pane != PANE_WATCHLIST) {
        return;
    }
    table->list_count = snapshot->list_count;
    for (size_t i = 0; i < snapshot->list_count; i++) {
        if (table_key(snapshot->lists[i].id) == table->list_key) {
            table->list = i;
        }
    }
    table->list = table->list < snapshot->list_count ? table->list : 0;
    if (snapshot->list_count > 0) {
        table->list_key = table_key(snapshot->lists[table->list].id);
        *ret_first = snapshot->lists[table->list].first;
        *ret_count = snapshot->lists[table->list].count;
    }
}

void table_forget_widths(struct table *table)
{
    memset(table->extents, 0, sizeof table->extents);
}

void table_arrange(struct table *table)
{
    size_t first, count;
    list_range(table, &first, &count);
    table->order = mem_realloc(table->order, (count + 1) * sizeof *table->order);
    table->order_count = 0;
    table->total = count;
    for (size_t i = first; i < first + count; i++) {
        if (row_matches(table, model_row(table->snapshot, i))) {
            table->order[table->order_count++] = (uint32_t)i;
        }
    }
    table_sort_rows(table, table->order, table->order_count);
    settle(table);
}

void table_take(struct table *table, const struct table_news *news)
{
    struct past past = {.marks = table->marks, .curves = table->curves, .count = table->row_count};
    size_t count = news->snapshot != NULL ? news->snapshot->row_count : 0;
    table->snapshot = news->snapshot;
    table->row_count = count;
    table->marks = mem_calloc(count + 1, sizeof *table->marks);
    table->curves =
        table->pane == PANE_WATCHLIST ? mem_calloc(count + 1, sizeof *table->curves) : NULL;
    for (size_t i = 0; i < count; i++) {
        take_row(table, news, &past, i);
    }
    free(past.slots);
    free((void *)(uintptr_t)past.marks);
    free((void *)(uintptr_t)past.curves);
    note_marks(table);
    table_measure(table);
    table_arrange(table);
}

const struct row *table_row(const struct table *table, size_t i)
{
    return i < table->order_count ? model_row(table->snapshot, table->order[i]) : NULL;
}

const struct row *table_selected(const struct table *table)
{
    return table_row(table, table->cursor);
}

/* A rejection is final and stays seen; a price may cross its mark again. */
static void see(struct table *table, struct table_mark *mark)
{
    if (mark->attention && !mark->seen && table->pane == PANE_ORDERS) {
        table_note_seen(table, mark->key);
    }
    mark->seen = mark->attention;
}

void table_select(struct table *table, size_t i)
{
    size_t last = table->order_count > 0 ? table->order_count - 1 : 0;
    size_t to = i < last ? i : last;
    if (to != table->cursor) {
        if (table->cursor < table->order_count) {
            see(table, &table->marks[table->order[table->cursor]]);
        }
        note_marks(table);
    }
    table->chosen_row = true;
    table->cursor = to;
    remember(table);
}

void table_move(struct table *table, long by)
{
    long to = (long)table->cursor + by;
    table_select(table, to < 0 ? 0 : (size_t)to);
}

void table_see_all(struct table *table)
{
    for (size_t i = table->row_count; i-- > 0;) { /* the server's first are the newest */
        see(table, &table->marks[i]);
    }
    note_marks(table);
}

void table_scroll(struct table *table, size_t lines)
{
    if (lines == 0) {
        return;
    }
    size_t last_top = table->order_count > lines ? table->order_count - lines : 0;
    if (table->cursor < table->top) {
        table->top = table->cursor;
    } else if (table->cursor >= table->top + lines) {
        table->top = table->cursor - lines + 1;
    }
    table->top = table->top < last_top ? table->top : last_top;
    table->top_key = key_at(table, table->top);
}

void table_next_list(struct table *table, int by)
{
    if (table->list_count < 2) {
        return;
    }
    table->list = (table->list + table->list_count + (size_t)(by > 0 ? 1 : -1)) % table->list_count;
    table->list_key = table_key(table->snapshot->lists[table->list].id);
    table->selected = 0;
    table->neighbours[0] = table->neighbours[1] = 0;
    table->cursor = table->top = 0;
    table_arrange(table);
}

size_t table_columns(const struct table *table, bool narrow, uint8_t out[COLUMNS_MAX])
{
    size_t count, used = 0;
    const struct column *columns = columns_of(table->pane, &count);
    if (table->chosen_count > 0) {
        memcpy(out, table->chosen, table->chosen_count);
        return table->chosen_count;
    }
    for (size_t i = 0; i < count; i++) {
        enum column_show show = columns[i].show;
        if (show == COLUMN_DEFAULT || show == (narrow ? COLUMN_NARROW : COLUMN_WIDE)) {
            out[used++] = (uint8_t)i;
        }
    }
    return used;
}
