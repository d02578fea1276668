#include <blotter/view/layout.h>

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

/* Two panes one above the other; one that is not wanted leaves its lines to the other. */
static void stack(struct layout *layout, struct rect area, const enum pane panes[2],
                  int upper_lines)
{
    bool upper = layout->panes[panes[0]].width != 0, lower = layout->panes[panes[1]].width != 0;
    if (upper) {
        layout->panes[panes[0]] = cut_lines(&area, lower ? upper_lines : area.height);
    }
    if (lower) {
        layout->panes[panes[1]] = area;
    }
}

static bool is_wanted(const struct layout *layout, enum pane pane)
{
    return layout->panes[pane].width != 0;
}

static void place_full(const struct layout_request *request, struct layout *layout,
                       struct rect body)
{
    static const enum pane left[] = {PANE_ORDERS, PANE_POSITIONS};
    static const enum pane right[] = {PANE_ACCOUNT, PANE_WATCHLIST};
    bool any_left = is_wanted(layout, PANE_ORDERS) || is_wanted(layout, PANE_POSITIONS);
    bool any_right = is_wanted(layout, PANE_ACCOUNT) || is_wanted(layout, PANE_WATCHLIST);
    if (is_wanted(layout, PANE_EVENTS)) {
        bool alone = !any_left && !any_right;
        layout->panes[PANE_EVENTS] =
            cut_lines(&body, alone ? -body.height : -clamp(body.height / 6, 5, 10));
    }
    int width = clamp(request->columns * 33 / 100, 46, 66);
    struct rect left_area = cut_columns(&body, !any_right ? body.width
                                               : any_left ? body.width - width
                                                          : 0);
    stack(layout, left_area, left, left_area.height * 55 / 100);
    stack(layout, body, right, request->account_lines + 2);
}

/* The focused pane is always to be seen: account and events take the lower half while focused. */
static void place_medium(const struct layout_request *request, struct layout *layout,
                         struct rect body)
{
    bool account = is_wanted(layout, PANE_ACCOUNT), orders = is_wanted(layout, PANE_ORDERS);
    bool positions = is_wanted(layout, PANE_POSITIONS), watch = is_wanted(layout, PANE_WATCHLIST);
    bool lower = positions || watch;
    bool single = request->focus == PANE_ACCOUNT || request->focus == PANE_EVENTS;
    layout->panes[PANE_ACCOUNT] = layout->panes[PANE_EVENTS] = (struct rect){0};
    layout->account_line = account ? cut_lines(&body, 1) : (struct rect){0};
    if (orders) {
        int lines = lower || single ? body.height * 52 / 100 : body.height;
        layout->panes[PANE_ORDERS] = cut_lines(&body, lines);
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
        place_one(ret, request->focus, body);
    } else if (request->zoom) {
        place_one(ret, request->focus, body);
    } else if (ret->kind == LAYOUT_MEDIUM) {
        place_medium(request, ret, body);
    } else {
        place_full(request, ret, body);
    }
}
