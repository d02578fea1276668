#include <blotter/view/legend.h>

static const struct legend_row rows[] = {
    {"▸", "the selected row"},
    {"▾ ▹", "a group of positions, open and folded"},
    {"└", "an order that belongs to the one above it"},
    {"!", "due: rejected, unfilled at market, a stop or an alert passed; ! goes there"},
    {"≈", "nothing confirms it at the moment"},
    {"~", "blotter's figure, not the server's"},
    {"?", "a quote that is not known; as a badge: nobody has said yet"},
    {"—", "not known"},
    {"PASSED", "the price is beyond the stop or the target"},
    {"▲ ▼", "has just changed"},
    {"+ -", "gain and loss: sums carry their sign and nothing else"},
    {"◷ ◐ ✓ ✗", "waits, partly filled, filled, cancelled"},
    {"•••••", "an amount that is hidden"},
    {"####", "no room for the figure: it is never cut"},
    {"› …", "columns that do not fit; a text that goes on"},
    {"●", "live: the stream brings every change"},
    {"◍", "polling: no stream, asked now and then"},
    {"▮▮", "paused: the rows are held still"},
    {"○ ◌ ✗", "tries again, connects, offline"},
};

const struct legend_row *legend_row(size_t i)
{
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}
