/*
 * ledger: what is kept of positions and orders from one list to the next, beside the engine: the
 * day's closings, and working orders that a cut list no longer holds.
 */
#ifndef BLOTTER_CLIENT_LEDGER_H
#define BLOTTER_CLIENT_LEDGER_H

#include <blotter/core/alarm.h>
#include <blotter/core/engine.h>
#include <blotter/core/event.h>
#include <blotter/core/money.h>
#include <blotter/core/tape.h>

typedef int32_t (*ledger_zone_fn)(const void *user, int64_t wall_ms);

struct ledger;

/* zone: how far the exchange's clock is ahead of UTC, in seconds; NULL: not at all. */
struct ledger *ledger_new(ledger_zone_fn zone, const void *user);
void ledger_free(struct ledger *ledger);

/* The panes in mask show other rows than before. */
void ledger_take(struct ledger *ledger, const struct engine *engine, unsigned mask,
                 struct moment now);

/* Once a turn, before ledger_take. True when another day of the exchange has begun, and once more a
 * minute later: what is shown is of the one before until it is read again. */
bool ledger_day(struct ledger *ledger, const struct engine *engine, struct moment now);

/* Whether orders are cut, from somebody who knows; before that the length of the list tells. */
void ledger_set_cut(struct ledger *ledger, bool cut);

/* After the engine has taken the event. True when it ended an order that was kept. */
bool ledger_event(struct ledger *ledger, const struct engine *engine, const struct event *event,
                  struct moment now);

/* What is to be told; copied. Once a turn, after ledger_take, alarms are looked for. */
void ledger_set_alarms(struct ledger *ledger, const struct alarm_settings *settings);
bool ledger_next_alarm(struct ledger *ledger, struct alarm *ret);

/* The tape's words for an alarm; false when the tape tells of it by itself. */
bool ledger_tape_entry(const struct alarm *alarm, struct tape_entry *ret);

struct money_book *ledger_book(const struct ledger *ledger);

/* NULL before orders were loaded. */
const struct snapshot *ledger_orders(const struct ledger *ledger, const struct engine *engine);

#endif
