#include "desk.h"

#include <blotter/core/alloc.h>
#include <blotter/core/decode.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER(id, symbol, side, product, type, qty, filled, price, avg, ltp, status, at)           \
    "{\"id\":\"" id "\",\"symbol\":\"" symbol "\",\"quantity\":" #qty ",\"orderType\":\"" type     \
    "\",\"orderSide\":\"" side "\",\"price\":" #price ",\"averagePrice\":" #avg                    \
    ",\"filledQuantity\":" #filled ",\"productType\":\"" product "\",\"status\":\"" status         \
    "\",\"createdAt\":\"2024-10-28T" at                                                            \
    ".000Z\",\"executedAt\":null,\"stock\":{\"symbol\":\"" symbol "\",\"name\":\"" symbol          \
    " Ltd\",\"ltp\":" #ltp ",\"instrumentId\":\"NSE-1\"}}"

const char desk_orders[] =
    "{\"success\":true,\"orders\":[" ORDER("o1", "RELIANCE", "BUY", "MIS", "LIMIT", 250, 0, 2945, null, 2947.35, "PENDING", "09:01:58") "," ORDER(
        "o2",
        "NIFTY24O31C24500", "SELL", "NRML", "LIMIT", 75, 25,
        182.5, 182.5, 181.9, "PENDING",
        "09:00:12") "," ORDER("o3", "TCS", "SELL", "CNC", "MARKET", 40, 40, null, 4118.2, 4121,
                              "EXECUTED",
                              "08:52:40") "," ORDER("o4", "INFY", "BUY", "MIS", "LIMIT", 120, 0,
                                                    1502, null, 1511.25, "CANCELLED",
                                                    "08:28:47") "," ORDER("o5", "ADANIENT", "BUY",
                                                                          "MIS", "MARKET", 500,
                                                                          0, null, null, 2871.05,
                                                                          "REJECTED",
                                                                          "08:11:20") "," ORDER("o"
                                                                                                "6",
                                                                                                "BA"
                                                                                                "NK"
                                                                                                "NI"
                                                                                                "FT"
                                                                                                "Y2"
                                                                                                "4O"
                                                                                                "31"
                                                                                                "52"
                                                                                                "00"
                                                                                                "0P"
                                                                                                "E",
                                                                                                "BU"
                                                                                                "Y",
                                                                                                "NR"
                                                                                                "M"
                                                                                                "L",
                                                                                                "LI"
                                                                                                "MI"
                                                                                                "T",
                                                                                                30,
                                                                                                30,
                                                                                                415,
                                                                                                414.8,
                                                                                                402.15,
                                                                                                "EX"
                                                                                                "EC"
                                                                                                "UT"
                                                                                                "E"
                                                                                                "D",
                                                                                                "05"
                                                                                                ":4"
                                                                                                "2:"
                                                                                                "0"
                                                                                                "9") "," ORDER("o7",
                                                                                                               "SBIN",
                                                                                                               "BUY",
                                                                                                               "CNC",
                                                                                                               "LIMIT",
                                                                                                               1000,
                                                                                                               1000,
                                                                                                               812.5,
                                                                                                               812.45,
                                                                                                               819.3,
                                                                                                               "EXECUTED",
                                                                                                               "05:02:31") "," ORDER("o8",
                                                                                                                                     "HDFCBANK",
                                                                                                                                     "BUY",
                                                                                                                                     "CNC",
                                                                                                                                     "AMO",
                                                                                                                                     10,
                                                                                                                                     0,
                                                                                                                                     1700,
                                                                                                                                     null,
                                                                                                                                     1711.1,
                                                                                                                                     "QUEUED",
                                                                                                                                     "03:50:00") "]}";

#define POSITION(id, symbol, qty, avg, unrl, day, sl, target, ltp, value, invested)                \
    "{\"id\":\"" id "\",\"symbol\":\"" symbol "\",\"quantity\":" #qty ",\"averagePrice\":" #avg    \
    ",\"unrealizedPnL\":" #unrl ",\"dayPnL\":" #day ",\"stopLoss\":" #sl ",\"target\":" #target    \
    ",\"createdAt\":\"2024-10-28T04:00:00.000Z\",\"stock\":null,\"currentPrice\":" #ltp            \
    ",\"currentValue\":" #value ",\"investedValue\":" #invested

const char desk_positions[] = "{\"success\":true,\"positions\":[" POSITION(
    "p1", "SBIN", 1000, 812.45, 6850, 6850, null, null, 819.3, 819300,
    812450) "}," POSITION("p2", "NIFTY24O31C24500", -25, 182.5, 15, 15, 210, 120, 181.9, -4547.5,
                          -4562.5) "}," POSITION("p3", "BANKNIFTY24O3152000PE", 30, 414.8, -379.5,
                                                 -379.5, null, null, 402.15, 12064.5,
                                                 12444) "}," POSITION("p4", "HDFCBANK", 50, 1690.4,
                                                                      1035, -205, null, 1800,
                                                                      1711.1, 85555,
                                                                      84520) "}," POSITION("p5",
                                                                                           "TCS", 0,
                                                                                           4118.2,
                                                                                           0, 0,
                                                                                           null,
                                                                                           null,
                                                                                           4121, 0,
                                                                                           0) ",\"s"
                                                                                              "tatu"
                                                                                              "s\":"
                                                                                              "\"CL"
                                                                                              "OSED"
                                                                                              "\","
                                                                                              "\"is"
                                                                                              "Clos"
                                                                                              "ed\""
                                                                                              ":tru"
                                                                                              "e,"
                                                                                              "\"re"
                                                                                              "aliz"
                                                                                              "edPn"
                                                                                              "L\":"
                                                                                              "-124"
                                                                                              "0}]"
                                                                                              "}";

const char desk_account[] =
    "{\"success\":true,\"account\":{\"id\":\"a1\",\"userId\":\"u1\",\"balance\":1234567,"
    "\"availableMargin\":987120,\"usedMargin\":247447,\"clientId\":\"VT10293\","
    "\"createdAt\":\"2024-01-17T03:45:00.000Z\",\"updatedAt\":\"2024-10-28T09:01:58.000Z\"}}";

#define ITEM(id, symbol, ltp, open, high, low, close, volume, change, percent)                     \
    "{\"id\":\"" id "\",\"watchlistId\":\"w1\",\"stockId\":\"s" id "\",\"token\":1,"               \
    "\"createdAt\":\"2024-10-28T04:00:00.000Z\",\"stock\":{\"id\":\"s" id                          \
    "\",\"instrumentId\":\"NSE-" id "\",\"symbol\":\"" symbol                                      \
    "\",\"exchange\":\"NSE\",\"name\":\"" symbol " Limited\",\"segment\":\"NSE\",\"ltp\":" #ltp    \
    ",\"open\":" #open ",\"high\":" #high ",\"low\":" #low ",\"close\":" #close                    \
    ",\"volume\":" #volume ",\"change\":" #change ",\"changePercent\":" #percent                   \
    ",\"updatedAt\":\"2024-10-28T09:02:00.000Z\"}}"

const char desk_watchlists[] =
    "{\"watchlists\":[{\"id\":\"w1\",\"userId\":\"u1\",\"name\":\"Default\",\"items\":"
    "[" ITEM("1", "RELIANCE", 2947.35, 2935, 2950, 2930, 2935.25, 2653828, 12.1, 0.41) "," ITEM(
        "2", "SBIN", 819.3, 812, 820, 811, 812.45, 1200000, 6.85,
        0.84) "," ITEM("3", "INFY", 1511.25, 1520, 1522, 1509, 1521.05, 800000, -9.8,
                       -0.64) "," ITEM("4", "ADANIENT", 2871.05, 2900, 2905, 2860, 2902.25, 640000,
                                       -31.2,
                                       -1.07) "," ITEM("5", "TATAMOTORS", null, null, null, null,
                                                       null, null, null,
                                                       null) "," ITEM("6",
                                                                      "BANKNIFTY24O3152000P"
                                                                      "E",
                                                                      402.15, 415, 420, 398, 414.8,
                                                                      12000, null,
                                                                      null) "]},{\"id\":"
                                                                            "\"w2\","
                                                                            "\"userId\":"
                                                                            "\"u1\","
                                                                            "\"name\":"
                                                                            "\"Options\","
                                                                            "\"items\":"
                                                                            "[" ITEM(
                                                                                "7",
                                                                                "NIFTY"
                                                                                "24O31"
                                                                                "C2450"
                                                                                "0",
                                                                                181.9, 180, 190,
                                                                                178, 182.5, 90000,
                                                                                -0.6,
                                                                                -0.33) "]},{\"id\":"
                                                                                       "\"w3\","
                                                                                       "\"userId\":"
                                                                                       "\"u1\","
                                                                                       "\"name\":"
                                                                                       "\"Empty "
                                                                                       "one\","
                                                                                       "\"items\":["
                                                                                       "]}]}";

int32_t desk_zone(const void *user, int64_t wall_ms)
{
    (void)user;
    (void)wall_ms;
    return 19800;
}

void desk_load(struct desk *desk, enum resource resource, const char *body)
{
    struct pane_state *state = &desk->input.panes[resource];
    struct fault fault = {0};
    snapshot_unref((struct snapshot *)(uintptr_t)state->shown);
    state->shown = body != NULL ? decode_body(resource, body, strlen(body), &fault) : NULL;
    state->confirmed_ms =
        body != NULL ? desk->input.now.wall_ms - 1000 * (int64_t)resource : MODEL_NO_TIME;
    state->shown_ms = state->confirmed_ms;
    state->fetch_us = 1800;
    if (body != NULL && state->shown == NULL) {
        fprintf(stderr, "desk: %s\n", fault.text);
        abort();
    }
}

void desk_load_many(struct desk *desk, size_t n)
{
    static const char *const states[] = {"PENDING", "EXECUTED", "CANCELLED", "REJECTED"};
    size_t capacity = n * 320 + 64, len = 0;
    char *body = mem_alloc(capacity);
    len += (size_t)snprintf(body, capacity, "{\"orders\":[");
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(
            body + len, capacity - len,
            "%s{\"id\":\"o%06zu\",\"symbol\":\"SYM%zu\",\"quantity\":%zu,\"orderType\":\"LIMIT\","
            "\"orderSide\":\"%s\",\"price\":%zu.25,\"averagePrice\":null,\"filledQuantity\":0,"
            "\"productType\":\"MIS\",\"status\":\"%s\",\"createdAt\":\"2024-10-28T0%zu:%02zu:%02zu."
            "000Z\","
            "\"executedAt\":null,\"stock\":null}",
            i > 0 ? "," : "", i, i * 7919 % 997, 1 + i % 500, i % 3 == 0 ? "SELL" : "BUY",
            100 + i * 31 % 4000, states[i % 4], i % 9, i % 60, i * 7 % 60);
    }
    snprintf(body + len, capacity - len, "]}");
    desk_load(desk, RESOURCE_ORDERS, body);
    free(body);
}

static void note(struct desk *desk, const struct event_log_entry *entry)
{
    event_log_add(desk->event_log, entry);
    desk->input.events++;
}

static struct tape_entry entry_of(enum tape_kind kind, int64_t ago_s, enum tape_side side,
                                  double quantity, const char *symbol)
{
    struct tape_entry entry;
    tape_entry_init(&entry, kind, DESK_NOW_MS - ago_s * 1000);
    entry.side = side;
    entry.quantity = quantity;
    snprintf(entry.symbol, sizeof entry.symbol, "%s", symbol);
    snprintf(entry.type, sizeof entry.type, "LIMIT");
    if (kind <= TAPE_CLOSED) { /* as the ids of the orders above, where there is one */
        snprintf(entry.id, sizeof entry.id, "%s",
                 strcmp(symbol, "RELIANCE") == 0   ? "o1"
                 : strcmp(symbol, "TCS") == 0      ? "o3"
                 : strcmp(symbol, "ADANIENT") == 0 ? "o5"
                                                   : symbol);
    }
    return entry;
}

/* The tape of the sketches, the oldest first. */
static void make_tape(struct desk *desk)
{
    desk->tape = tape_new();
    struct tape_entry entry = entry_of(TAPE_FILLED, 5404, TAPE_BUY, 27, "LT");
    entry.price = entry.limit = 3503.15;
    tape_add(desk->tape, &entry);
    entry = entry_of(TAPE_REJECTED, 3046, TAPE_BUY, 500, "ADANIENT");
    snprintf(entry.text, sizeof entry.text, "margin exceeds: need 14,35,525");
    tape_add(desk->tape, &entry);
    entry = entry_of(TAPE_STOP, 622, TAPE_NO_SIDE, NAN, "NIFTY24O31C24500");
    entry.price = 183.4;
    entry.limit = 183;
    tape_add(desk->tape, &entry);
    entry = entry_of(TAPE_CLOSED, 236, TAPE_NO_SIDE, NAN, "COALINDIA");
    entry.amount = 1719.9;
    tape_add(desk->tape, &entry);
    entry = entry_of(TAPE_STREAM, 75, TAPE_NO_SIDE, NAN, "");
    entry.took_ms = 4100;
    entry.filled = 6;
    tape_add(desk->tape, &entry);
    entry = entry_of(TAPE_PLACED, 8, TAPE_BUY, 250, "RELIANCE");
    entry.limit = 2945;
    entry.ltp = 2949.1;
    tape_add(desk->tape, &entry);
    entry = entry_of(TAPE_FILLED, 1, TAPE_SELL, 40, "TCS");
    entry.price = 4118.2;
    entry.limit = 4115;
    entry.took_ms = 3000;
    tape_add(desk->tape, &entry);
    desk->input.tape = desk->tape;
}

/* The day since 09:15 with a gap in it, and the prices of what is watched. */
static void make_history(struct desk *desk)
{
    static const double ways[][2] = {{2921, 2947.35}, {812, 819.3}, {1522, 1511.25}};
    static const char *const symbols[] = {"RELIANCE", "SBIN", "INFY"};
    const int minutes = 317;
    desk->history = history_new();
    for (int i = 0; i <= minutes; i++) {
        int64_t at_ms = DESK_NOW_MS - (int64_t)(minutes - i) * 60000;
        bool gap = i >= 107 && i < 125;
        double wave = (i % 60 < 30 ? i % 60 : 60 - i % 60) - 15;
        history_add(desk->history, HISTORY_DAY, at_ms,
                    gap ? (double)NAN : -1310 + i * 24.0 + wave * 60);
        for (size_t k = 0; k < 3; k++) {
            double price = ways[k][0] + (ways[k][1] - ways[k][0]) * i / minutes + wave * 0.2;
            history_add_price(desk->history, symbols[k], at_ms,
                              gap            ? (double)NAN
                              : i == minutes ? ways[k][1]
                                             : price);
        }
    }
    desk->input.history = desk->history;
}

void desk_open(struct desk *desk, int columns, int rows)
{
    *desk = (struct desk){
        .conn = {.phase = CONN_LIVE, .live_since_ms = DESK_NOW_MS - 76000, .heard_ms = INT64_MIN}};
    struct screen_input *input = &desk->input;
    screen_input_init(input);
    input->now = (struct moment){DESK_NOW_US, DESK_NOW_MS};
    desk_load(desk, RESOURCE_ORDERS, desk_orders);
    desk_load(desk, RESOURCE_POSITIONS, desk_positions);
    desk_load(desk, RESOURCE_ACCOUNT, desk_account);
    desk_load(desk, RESOURCE_WATCHLISTS, desk_watchlists);
    input->conn = &desk->conn;
    input->event_latency = (struct latency_summary){218, 600, 1400, 2100};
    input->fetch_latency = (struct latency_summary){20, 1100, 2400, 4000};
    input->badge = "MOCK";
    input->host = "127.0.0.1:4810";
    input->client = "VT10293";
    input->currency = "INR";
    input->read_only = true;
    input->format.zone = desk_zone;
    desk->event_log = event_log_new();
    input->event_log = desk->event_log;
    note(desk, &(struct event_log_entry){.wall_ms = DESK_NOW_MS - 76010,
                                         .name = "stream",
                                         .what = "reconnected after 4.1 s (attempt 2)",
                                         .outcome = EVENT_LOG_NOTED});
    note(desk, &(struct event_log_entry){.wall_ms = DESK_NOW_MS - 7598,
                                         .name = "order_placed",
                                         .what = "RELIANCE BUY 250 @ 2945",
                                         .panes = RESOURCE_BIT(RESOURCE_ORDERS),
                                         .outcome = EVENT_LOG_CONFIRMED,
                                         .status = 200,
                                         .fetch_us = 1800,
                                         .rows = 8});
    note(desk, &(struct event_log_entry){.wall_ms = DESK_NOW_MS - 882,
                                         .name = "positions_pnl_updated",
                                         .what = "3 rows",
                                         .panes = RESOURCE_BIT(RESOURCE_POSITIONS),
                                         .outcome = EVENT_LOG_PATCHED});
    make_tape(desk);
    make_history(desk);
    desk->screen = screen_new(columns, rows);
    desk->canvas = canvas_new(columns, rows);
}

void desk_close(struct desk *desk)
{
    screen_free(desk->screen);
    canvas_free(desk->canvas);
    event_log_free(desk->event_log);
    tape_free(desk->tape);
    history_free(desk->history);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        snapshot_unref((struct snapshot *)(uintptr_t)desk->input.panes[i].shown);
    }
}

void desk_offline(struct desk *desk)
{
    desk->conn = (struct conn_status){.phase = CONN_WAITING,
                                      .attempt = 4,
                                      .lost_at_ms = DESK_NOW_MS - 60000,
                                      .retry_at_ms = DESK_NOW_MS + 56000};
    fault_set(&desk->conn.fault, FAULT_CONNECT, 0, "connect timed out");
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        desk->input.panes[i].stale = true;
        desk->input.panes[i].fault = desk->conn.fault;
        desk->input.panes[i].fault_ms = DESK_NOW_MS;
        desk->input.panes[i].retry_ms = DESK_NOW_MS + 56000;
    }
}

void desk_later(struct desk *desk, int64_t ms)
{
    desk->input.now.mono_us += ms * 1000;
    desk->input.now.wall_ms += ms;
}

char *desk_text(struct desk *desk, unsigned changed)
{
    screen_render(desk->screen, &desk->input, changed, desk->canvas);
    return canvas_text(desk->canvas);
}

struct screen_result desk_do(struct desk *desk, enum action action)
{
    return screen_action(desk->screen, &desk->input, action);
}

void desk_type(struct desk *desk, const char *text)
{
    for (; *text != '\0'; text++) {
        screen_char(desk->screen, &desk->input, (unsigned char)*text);
    }
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = mem_calloc(1, 1 << 18);
    if (file != NULL) {
        size_t len = fread(text, 1, (1 << 18) - 1, file);
        text[len] = '\0';
        fclose(file);
    }
    return text;
}

void desk_compare(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.txt", dir, name);
    if (getenv("BLOTTER_UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "wb");
        if (file == NULL) {
            abort();
        }
        fputs(text, file);
        fclose(file);
        return;
    }
    char *expected = read_all(path);
    if (strcmp(expected, text) != 0) {
        fprintf(stderr, "--- %s should be\n%s--- but is\n%s", path, expected, text);
        fprintf(stderr, "%s looks different (BLOTTER_UPDATE_GOLDEN=1 accepts it)\n", name);
        abort();
    }
    free(expected);
}

char *canvas_text(const struct canvas *canvas)
{
    size_t row_max = (size_t)canvas->columns * TEXT_CLUSTER_MAX + 1;
    char *text = mem_alloc(row_max * (size_t)canvas->rows + 1), *at = text;
    for (int y = 0; y < canvas->rows; y++) {
        char *line = at;
        for (int x = 0; x < canvas->columns; x++) {
            const struct cell *cell = canvas_cell(canvas, x, y);
            size_t len = strnlen(cell->text, sizeof cell->text);
            memcpy(at, cell->text, len);
            at += len;
        }
        while (at > line && at[-1] == ' ') {
            at--;
        }
        *at++ = '\n';
    }
    *at = '\0';
    return text;
}
