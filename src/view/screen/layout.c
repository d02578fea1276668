#include "screen/layout.h"

#define ALL ((1u << PANE_COUNT) - 1u)

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static enum layout_kind kind_for(int columns, int rows)
{
    if (columns < 40 || rows < 10) {
        return LAYOUT_MINI;
    }
    if (columns < 96 || rows < 28) {
        return LAYOUT_SINGLE;
    }
    return columns < 140 || rows < 40 ? LAYOUT_MEDIUM : LAYOUT_FULL;
}

/* Cuts lines off the top of the rest (or, when negative, off its bottom). */
static struct rect cut_lines(struct rect *rest, int lines)
{
    struct rect cut = *rest;
    int n = clamp(lines < 0 ? -lines : lines, 0, rest->height);
    cut.height = n;
    rest->height -= n;
    if (lines < 0) {
        cut.y = rest->y + rest->height;
    } else {
        rest->y += n;
    }
    return cut;
}

static struct rect cut_columns(struct rect *rest, int columns)
{
    struct rect cut = *rest;
    cut.width = clamp(columns, 0, rest->width);
    rest->x += cut.width;
    rest->width -= cut.width;
    return cut;
}

static bool is_wanted(const struct layout *layout, enum pane pane)
{
    return layout->panes[pane].width != 0;
}

#define STACK_MAX 4
#define PAGE PANE_COUNT /* the symbol's page, in a stack */
#define LEAST 4         /* a frame, a title, a row */
#define ROOMY 12        /* what is not needed is not taken away below this */

struct stack {
    int panes[STACK_MAX];
    int need[STACK_MAX], lines[STACK_MAX];
    int count;
};

/* Who needs less than a fair part gets what he needs; the others share the rest alike. */
static void share(struct stack *stack, int lines)
{
    bool settled[STACK_MAX] = {false};
    int left = lines, open = stack->count;
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < stack->count; i++) {
            if (!settled[i] && open > 1 && stack->need[i] <= left / open) {
                stack->lines[i] = stack->need[i];
                left -= stack->need[i];
                settled[i] = more = true;
                open--;
            }
        }
    }
    for (int i = 0; i < stack->count; i++) {
        if (!settled[i]) {
            stack->lines[i] = left / open;
            left -= left / open--;
        }
    }
}

static void stack_add(struct stack *stack, const struct layout *layout, int pane, int need)
{
    if (pane == PAGE || is_wanted(layout, (enum pane)pane)) {
        stack->panes[stack->count] = pane;
        stack->need[stack->count++] = need < LEAST ? LEAST : need;
    }
}

/* One below the other; nothing is left over. */
static void stack_place(struct stack *stack, struct layout *layout, struct rect area)
{
    share(stack, area.height);
    for (int i = 0; i < stack->count; i++) {
        bool last = i + 1 == stack->count, page = stack->panes[i] == PAGE;
        struct rect *place = page ? &layout->symbol : &layout->panes[stack->panes[i]];
        *place = cut_lines(&area, last ? area.height : stack->lines[i]);
    }
}

static int need_of(const struct layout_request *request, enum pane pane)
{
    return request->need[pane] > 0 ? request->need[pane] : ROOMY;
}

#define PAGE_LINES 24       /* quote, curve, position and a story or two */
#define THREE_COLUMNS 236   /* from here on the page has a column of its own … */
#define PAGE_STACK_LINES 52 /* … and below this there is no room in the other one */

/* The page is never at the expense of the tables' columns: these are why the screen is wide. */
static bool has_own_column(const struct layout_request *request, const struct stack *right)
{
    return request->columns >= THREE_COLUMNS || request->rows < PAGE_STACK_LINES ||
           right->count == 0;
}

static void place_full(const struct layout_request *request, struct layout *layout,
                       struct rect body)
{
    struct stack left = {.count = 0}, right = {.count = 0};
    stack_add(&left, layout, PANE_ORDERS, need_of(request, PANE_ORDERS));
    stack_add(&left, layout, PANE_POSITIONS, need_of(request, PANE_POSITIONS));
    stack_add(&right, layout, PANE_ACCOUNT, need_of(request, PANE_ACCOUNT));
    stack_add(&right, layout, PANE_WATCHLIST, need_of(request, PANE_WATCHLIST));
    if (!request->strip) {
        stack_add(&right, layout, PANE_EVENTS, need_of(request, PANE_EVENTS));
    } else if (is_wanted(layout, PANE_EVENTS)) {
        bool alone = left.count + right.count == 0;
        layout->panes[PANE_EVENTS] =
            cut_lines(&body, alone ? -body.height : -clamp(body.height / 6, 5, 10));
    }
    bool dock = request->columns >= LAYOUT_DOCK_COLUMNS && left.count + right.count > 0;
    bool beside = dock && has_own_column(request, &right);
    if (beside) {
        struct rect rest = body;
        int page = clamp(request->columns * 22 / 100, 44, 90);
        body = cut_columns(&rest, body.width - page);
        layout->symbol = rest;
    } else if (dock) {
        stack_add(&right, layout, PAGE, PAGE_LINES);
    }
    int width = clamp(request->columns * (beside ? 22 : 33) / 100, beside ? 44 : 46, 66);
    struct rect left_area = cut_columns(&body, right.count == 0 ? body.width
                                               : left.count > 0 ? body.width - width
                                                                : 0);
    stack_place(&left, layout, left_area);
    stack_place(&right, layout, body);
}

/* Working orders over open positions; the newest of the tape under them. */
static void place_now(const struct layout_request *request, struct layout *layout, struct rect body)
{
    struct stack stack = {.count = 0};
    bool tape = is_wanted(layout, PANE_EVENTS);
    stack_add(&stack, layout, PANE_ORDERS, need_of(request, PANE_ORDERS));
    stack_add(&stack, layout, PANE_POSITIONS, need_of(request, PANE_POSITIONS));
    for (int i = 0; i < PANE_COUNT; i++) {
        layout->panes[i] = (struct rect){0};
    }
    layout->now = 1;
    layout->tape = tape ? cut_lines(&body, request->rows >= 22 ? -2 : -1) : (struct rect){0};
    stack_place(&stack, layout, body);
}

static bool is_now(const struct layout_request *request, const struct layout *layout)
{
    bool here = request->focus == PANE_ORDERS || request->focus == PANE_POSITIONS;
    return here && !request->zoom && request->columns >= 60 && request->rows >= 16 &&
           is_wanted(layout, PANE_ORDERS) && is_wanted(layout, PANE_POSITIONS);
}

/* The focused pane is always to be seen: account and events take the lower half while focused. */
static void place_medium(const struct layout_request *request, struct layout *layout,
                         struct rect body)
{
    bool account = is_wanted(layout, PANE_ACCOUNT), orders = is_wanted(layout, PANE_ORDERS);
    bool positions = is_wanted(layout, PANE_POSITIONS), watch = is_wanted(layout, PANE_WATCHLIST);
    bool lower = positions || watch;
    bool single = request->focus == PANE_ACCOUNT || request->focus == PANE_EVENTS;
    bool tape = request->told && is_wanted(layout, PANE_EVENTS) && request->focus != PANE_EVENTS &&
                (orders || lower);
    layout->panes[PANE_ACCOUNT] = layout->panes[PANE_EVENTS] = (struct rect){0};
    layout->tape = tape ? cut_lines(&body, -1) : (struct rect){0};
    layout->account_line = account ? cut_lines(&body, 1) : (struct rect){0};
    if (orders) {
        int below = single ? need_of(request, request->focus)
                           : clamp(need_of(request, PANE_WATCHLIST),
                                   positions ? need_of(request, PANE_POSITIONS) : 0, body.height);
        struct stack stack = {.need = {need_of(request, PANE_ORDERS), below}, .count = 2};
        share(&stack, body.height);
        layout->panes[PANE_ORDERS] =
            cut_lines(&body, lower || single ? stack.lines[0] : body.height);
    }
    layout->panes[PANE_POSITIONS] = layout->panes[PANE_WATCHLIST] = (struct rect){0};
    if (single || !lower) {
        layout->panes[single ? request->focus : PANE_EVENTS] =
            orders && !single ? (struct rect){0} : body;
        return;
    }
    if (positions) {
        layout->panes[PANE_POSITIONS] =
            cut_columns(&body, watch ? body.width * 61 / 100 : body.width);
    }
    if (watch) {
        layout->panes[PANE_WATCHLIST] = body;
    }
}

static void place_one(struct layout *layout, enum pane pane, struct rect area)
{
    for (int i = 0; i < PANE_COUNT; i++) {
        layout->panes[i] = (struct rect){0};
    }
    layout->panes[pane] = area;
}

static void mini(struct layout *layout)
{
    struct rect body = layout->body;
    layout->top = cut_lines(&body, 1);
    layout->state = cut_lines(&body, 1);
    layout->account_line = cut_lines(&body, 1);
    place_one(layout, PANE_ORDERS, (struct rect){0});
}

void layout_make(const struct layout_request *request, struct layout *ret)
{
    unsigned wanted = (request->wanted & ALL) != 0 ? request->wanted : ALL;
    struct rect body = {0, 0, request->columns, request->rows};
    *ret = (struct layout){.kind = kind_for(request->columns, request->rows), .body = body};
    for (int i = 0; i < PANE_COUNT; i++) {
        ret->panes[i].width = (wanted & LAYOUT_PANE_BIT(i)) != 0;
    }
    if (ret->kind == LAYOUT_MINI) {
        mini(ret);
        return;
    }
    ret->top = cut_lines(&body, 1);
    ret->state = cut_lines(&body, -1);
    ret->body = body;
    if (ret->kind == LAYOUT_SINGLE) {
        ret->tabs = cut_lines(&body, 1);
        if (is_now(request, ret)) {
            place_now(request, ret, body);
        } else {
            place_one(ret, request->focus, body);
        }
    } else if (request->zoom) {
        place_one(ret, request->focus, body);
    } else if (ret->kind == LAYOUT_MEDIUM) {
        place_medium(request, ret, body);
    } else {
        place_full(request, ret, body);
    }
}
