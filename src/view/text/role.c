#include <blotter/view/role.h>

#include <assert.h>
#include <string.h>

static const struct role_info roles[] = {
    [ROLE_TEXT] = {"text", "ordinary text and figures"},
    [ROLE_DIM] = {"dim", "what may be overlooked: units, separators, closed rows, missing figures"},
    [ROLE_TITLE] = {"title", "a pane's title"},
    [ROLE_HEADER] = {"header", "column titles"},
    [ROLE_BORDER] = {"border", "frame of a pane"},
    [ROLE_BORDER_FOCUS] = {"border.focus", "frame of the pane that has the focus"},
    [ROLE_SELECTED] = {"selected", "the selected row"},
    [ROLE_MATCH] = {"match", "text that the filter found"},
    [ROLE_TOTAL] = {"total", "sums and counts at the foot of a pane"},
    [ROLE_KEY] = {"key", "a key's name in hints and help"},
    [ROLE_PNL_UP] = {"pnl.up", "a gain"},
    [ROLE_PNL_DOWN] = {"pnl.down", "a loss"},
    [ROLE_SIDE_BUY] = {"side.buy", "BUY, and long quantities"},
    [ROLE_SIDE_SELL] = {"side.sell", "SELL, and short quantities"},
    [ROLE_STATUS_PENDING] = {"status.pending", "an order that waits"},
    [ROLE_STATUS_PARTIAL] = {"status.partial", "an order that is filled in part"},
    [ROLE_STATUS_EXECUTED] = {"status.executed", "an executed order"},
    [ROLE_STATUS_CANCELLED] = {"status.cancelled", "a cancelled order"},
    [ROLE_STATUS_REJECTED] = {"status.rejected", "a rejected order"},
    [ROLE_STATUS_UNKNOWN] = {"status.unknown", "an order with a status that blotter does not know"},
    [ROLE_FLASH_UP] = {"flash.up", "a figure that has just risen"},
    [ROLE_FLASH_DOWN] = {"flash.down", "a figure that has just fallen"},
    [ROLE_STALE] = {"stale", "figures that nothing confirms any more"},
    [ROLE_PROVISIONAL] = {"provisional", "figures from an event that no answer has confirmed yet"},
    [ROLE_ALERT] = {"alert", "what needs attention: a rejected order, a crossed price"},
    [ROLE_SPARK] = {"spark", "curves"},
    [ROLE_BAR] = {"bar", "the used part of the margin bar"},
    [ROLE_BADGE_REAL] = {"badge.real", "the badge of an environment with real money"},
    [ROLE_BADGE_PAPER] = {"badge.paper", "the badge of a paper-trading environment"},
    [ROLE_BADGE_MOCK] = {"badge.mock", "the badge of the mock server"},
    [ROLE_CONN_LIVE] = {"conn.live", "the connection word while the stream is up"},
    [ROLE_CONN_WARN] = {"conn.warn", "the connection word while connecting, retrying or polling"},
    [ROLE_CONN_BAD] = {"conn.bad", "the connection word while offline or not authorised"},
    [ROLE_ACCOUNT_1] = {"account.1", "the name of the first of several accounts, and of the fifth"},
    [ROLE_ACCOUNT_2] = {"account.2", "the name of the second"},
    [ROLE_ACCOUNT_3] = {"account.3", "the name of the third"},
    [ROLE_ACCOUNT_4] = {"account.4", "the name of the fourth"},
};
static_assert(sizeof roles / sizeof *roles == ROLE_COUNT, "a row per role");

const struct role_info *role_info(enum role role)
{
    return &roles[role];
}

bool role_parse(const char *name, size_t len, enum role *ret)
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (strlen(roles[i].name) == len && memcmp(roles[i].name, name, len) == 0) {
            *ret = (enum role)i;
            return true;
        }
    }
    return false;
}
