#include <blotter/view/action.h>

#include <assert.h>
#include <string.h>

#define PANES SCOPE_BIT(SCOPE_PANES)
#define HELP SCOPE_BIT(SCOPE_HELP)
#define DETAIL SCOPE_BIT(SCOPE_DETAIL)
#define SYMBOL SCOPE_BIT(SCOPE_SYMBOL)
#define COLUMNS SCOPE_BIT(SCOPE_COLUMNS)
#define SORT SCOPE_BIT(SCOPE_SORT)
#define PROMPT SCOPE_BIT(SCOPE_PROMPT)
#define LISTS (PANES | HELP | DETAIL | COLUMNS | SORT | SYMBOL)
#define POPUPS (HELP | DETAIL | COLUMNS | SORT | SYMBOL)

/* The panes in which an action does something. */
#define ORDERS (1u << PANE_ORDERS)
#define POSITIONS (1u << PANE_POSITIONS)
#define WATCHLIST (1u << PANE_WATCHLIST)
#define TABLES (ORDERS | POSITIONS | WATCHLIST)
#define ROWS (TABLES | 1u << PANE_ACCOUNT)

static const char move[] = "Move", panes[] = "Panes", rows[] = "Rows",
                  columns[] = "Sort and columns";
static const char data[] = "Data", look[] = "Look", prompt[] = "Filter prompt",
                  program[] = "Program";

static const struct action_info actions[] = {
    [ACTION_UP] = {"up", "Up k", LISTS, move, "up", "One line up"},
    [ACTION_DOWN] = {"down", "Down j", LISTS, move, "down", "One line down"},
    [ACTION_PAGE_UP] = {"page-up", "PgUp C-u", LISTS, move, "page up", "One page up"},
    [ACTION_PAGE_DOWN] = {"page-down", "PgDn C-d", LISTS, move, "page down", "One page down"},
    [ACTION_TOP] = {"top", "g Home", LISTS, move, "top", "To the first line"},
    [ACTION_BOTTOM] = {"bottom", "G End", LISTS, move, "bottom", "To the last line"},
    [ACTION_LEFT] =
        {"left", "Left h", PANES | SYMBOL, move, "left",
         "Scroll the columns back; of a symbol, a shorter time: 5 days, the day, 30 minutes",
         TABLES},
    [ACTION_RIGHT] = {"right", "Right l", PANES | SYMBOL, move, "right",
                      "Scroll the columns on, to those that do not fit; of a symbol, a longer time",
                      TABLES},
    [ACTION_FOCUS_NEXT] = {"focus-next", "Tab", PANES, panes, "next pane", "Focus the next pane"},
    [ACTION_FOCUS_PREVIOUS] = {"focus-previous", "S-Tab", PANES, panes, "previous pane",
                               "Focus the previous pane"},
    [ACTION_FOCUS_ORDERS] = {"focus-orders", "1", PANES, panes, "orders", "Focus the orders"},
    [ACTION_FOCUS_POSITIONS] = {"focus-positions", "2", PANES, panes, "positions",
                                "Focus the positions"},
    [ACTION_FOCUS_ACCOUNT] = {"focus-account", "3", PANES, panes, "account", "Focus the account"},
    [ACTION_FOCUS_WATCHLIST] = {"focus-watchlist", "4", PANES, panes, "watchlist",
                                "Focus the watchlist"},
    [ACTION_FOCUS_EVENTS] = {"focus-events", "5", PANES, panes, "tape", "Focus the tape"},
    [ACTION_ZOOM] = {"zoom", "z", PANES, panes, "zoom",
                     "Give the focused pane the whole screen, or back"},
    [ACTION_DETAIL] = {"detail", "Enter", PANES, rows, "symbol",
                       "Show the symbol: quote, curve, position, and the story of each order"},
    [ACTION_FIELDS] = {"fields", "v", PANES | SYMBOL, rows, "all fields",
                       "Show every field that the server sent for the row"},
    [ACTION_BACK] = {"back", "Esc", SCOPE_EVERYWHERE, panes, "back",
                     "Close what is open, clear the filter, leave the zoom; never quits"},
    [ACTION_FILTER] = {"filter", "/", PANES | HELP, rows, "filter",
                       "Show only rows that are looked for: nifty side:buy pnl<0 qty>100 !cnc",
                       TABLES},
    [ACTION_VIEW] = {"view", "o", PANES, rows, "working/all",
                     "The next of the order views: working, all, filled, cancelled, rejected",
                     ORDERS},
    [ACTION_GROUP] = {"group", "u", PANES, rows, "group",
                      "Group the positions: by underlying, by expiry, by sector, not at all"},
    [ACTION_FOLD] =
        {"fold", "Space", PANES, rows, "fold",
         "Fold the group of the selected position to its one line of sums, or unfold it",
         POSITIONS},
    [ACTION_MATCH_NEXT] = {"next-match", "n", PANES, rows, "next",
                           "To the next row that the filter found", TABLES},
    [ACTION_MATCH_PREVIOUS] = {"previous-match", "N", PANES, rows, "previous",
                               "To the previous row that the filter found", TABLES},
    [ACTION_SORT] = {"sort", "s", PANES | SORT, columns, "sort",
                     "A menu of the columns to sort by; closes it as well", TABLES},
    [ACTION_SORT_BY] = {"sort-by", "Enter Space", SORT, columns, "sort by this",
                        "Sort by the column; by the same one again: the other way round"},
    [ACTION_SORT_REVERSE] = {"sort-reverse", "S", PANES | SORT, columns, "reverse",
                             "Turn the sort order round", TABLES},
    [ACTION_SORT_LEFT] = {"sort-left", "<", PANES, columns, "sort left",
                          "Sort by the column to the left", TABLES},
    [ACTION_SORT_RIGHT] = {"sort-right", ">", PANES, columns, "sort right",
                           "Sort by the column to the right", TABLES},
    [ACTION_COLUMNS] = {"columns", "c", PANES, columns, "columns", "Choose and order the columns",
                        ROWS},
    [ACTION_COLUMN_TOGGLE] = {"column-toggle", "Space Enter", COLUMNS, columns, "show/hide",
                              "Show or hide the column"},
    [ACTION_COLUMN_EARLIER] = {"column-earlier", "K <", COLUMNS, columns, "earlier",
                               "Move the column to the left"},
    [ACTION_COLUMN_LATER] = {"column-later", "J >", COLUMNS, columns, "later",
                             "Move the column to the right"},
    [ACTION_COLUMN_RESET] = {"column-reset", "r", COLUMNS | SORT, columns, "default",
                             "Back to the default columns, or order"},
    [ACTION_LIST_PREVIOUS] = {"list-previous", "[", PANES, panes, "previous list",
                              "Previous watchlist", WATCHLIST},
    [ACTION_LIST_NEXT] = {"list-next", "]", PANES, panes, "next list", "Next watchlist", WATCHLIST},
    [ACTION_ACCOUNT_PREVIOUS] = {"account-previous", "(", PANES, panes, "previous account",
                                 "Show the previous of several accounts alone, or all of them",
                                 .several = true},
    [ACTION_ACCOUNT_NEXT] = {"account-next", ")", PANES, panes, "next account",
                             "Show the next of several accounts alone, or all of them",
                             .several = true},
    [ACTION_ACCOUNT_ALL] = {"account-all", "0", PANES, panes, "all accounts",
                            "Show all accounts together", .several = true},
    [ACTION_REVALIDATE] = {"revalidate", "r", PANES, data, "refresh",
                           "Ask the server about the focused pane"},
    [ACTION_REVALIDATE_ALL] = {"revalidate-all", "R", PANES, data, "refresh all",
                               "Ask the server about everything, and try the stream at once"},
    [ACTION_EVENTS] = {"events", "e", PANES, data, "events",
                       "Show what was fetched, and why, in place of the tape; or back"},
    [ACTION_DUE] = {"due", "!", PANES, data, "next due",
                    "To the next row that wants attention: rejected, waiting at market, beyond its "
                    "stop or alert; it is seen then"},
    [ACTION_SEEN] = {"seen", "M-s", PANES, data, "seen",
                     "Take back every attention mark of the pane", TABLES},
    [ACTION_PAUSE] = {"pause", "p", PANES, data, "pause",
                      "Hold the rows still; the state bar counts what arrives"},
    [ACTION_HIDE_AMOUNTS] = {"hide-amounts", "P", PANES | SYMBOL, look, "amounts",
                             "Hide amounts from people who look over your shoulder"},
    [ACTION_COPY] = {"copy", "y", PANES | DETAIL | SYMBOL, rows, "copy",
                     "Copy the symbol or the field (OSC 52)"},
    [ACTION_COPY_ROW] = {"copy-row", "Y", PANES | DETAIL | SYMBOL, rows, "copy row",
                         "Copy the row as the server sent it"},
    [ACTION_THEME_NEXT] = {"theme-next", "T", PANES | HELP | SYMBOL, look, "theme", "Next theme"},
    [ACTION_HELP] = {"help", "? F1", PANES, program, "help",
                     "All keys, those of the focused pane first, and what the marks mean"},
    [ACTION_CLOSE] = {"close", "q", POPUPS, program, "close", "Close what is open"},
    [ACTION_ACCEPT] = {"accept", "Enter", PROMPT, prompt, "keep", "Keep the filter"},
    [ACTION_RECENT] = {"recent", "Up", PROMPT, prompt, "recent", "A filter that was used before"},
    [ACTION_ERASE] = {"erase", "Backspace C-h", PROMPT, prompt, "erase", "Erase a character"},
    [ACTION_ERASE_WORD] = {"erase-word", "C-w", PROMPT, prompt, "erase word", "Erase a word"},
    [ACTION_ERASE_ALL] = {"erase-all", "C-u", PROMPT, prompt, "erase all", "Erase everything"},
    [ACTION_REPAINT] = {"repaint", "C-l", SCOPE_EVERYWHERE, program, "repaint",
                        "Write the whole screen again"},
    [ACTION_SUSPEND] = {"suspend", "C-z", SCOPE_EVERYWHERE, program, "suspend",
                        "Stop, back to the shell; fg comes back and revalidates"},
    [ACTION_QUIT] = {"quit", "q", PANES, program, "quit", "Quit"},
    [ACTION_INTERRUPT] = {"interrupt", "C-c", SCOPE_EVERYWHERE, program, "quit",
                          "Quit, from everywhere"},
};
static_assert(sizeof actions / sizeof *actions == ACTION_COUNT, "a row per action");

const struct action_info *action_info(enum action action)
{
    return &actions[action];
}

bool action_parse(const char *name, size_t len, enum action *ret)
{
    for (int i = 0; i < ACTION_COUNT; i++) {
        if (strlen(actions[i].name) == len && memcmp(actions[i].name, name, len) == 0) {
            *ret = (enum action)i;
            return true;
        }
    }
    return false;
}

bool action_works_in(enum action action, enum pane pane)
{
    return actions[action].panes == 0 || (actions[action].panes & 1u << pane) != 0;
}
