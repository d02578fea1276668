/* The stream's connection under any sequence of inputs: its promises hold after each. */
#include <blotter/core/conn.h>

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void step(struct conn *conn, uint8_t what, uint8_t with, struct moment now)
{
    static const int statuses[] = {200, 200, 200, 204, 301, 401, 404, 429, 500, 503};
    struct fault fault;
    fault_set(&fault, (enum fault_kind)(1 + with % (FAULT_KIND_COUNT - 1)), 0, "x");
    switch (what % 12) {
    case 0:
        conn_start(conn, now);
        break;
    case 1:
        conn_stop(conn, now);
        break;
    case 2:
    case 3:
        conn_answered(conn, statuses[with % 10], with & 16 ? "text/html" : "text/event-stream",
                      with & 32 ? (int64_t)with * 1000 : -1, now);
        break;
    case 4:
        conn_bytes(conn, now);
        break;
    case 5:
        conn_comment(conn, now);
        break;
    case 6:
        conn_lost(conn, with & 1 ? &fault : NULL, now);
        break;
    case 7:
        conn_retry_field(conn, (int64_t)with << (with % 56));
        break;
    case 8:
        conn_tick(conn, now);
        break;
    case 9:
        (with & 1 ? conn_resumed : conn_retry_now)(conn, now);
        break;
    case 10:
        with & 1 ? conn_way_open(conn, now) : conn_way_closed(conn);
        break;
    default:
        conn_pause(conn, with & 1, now);
        break;
    }
}

static void check(struct conn *conn, enum conn_phase before, struct moment now)
{
    const struct conn_status *status = conn_status(conn);
    int64_t deadline_us = conn_deadline_us(conn);
    enum conn_action action = conn_take_action(conn);
    MUST(conn_take_action(conn) == CONN_NOTHING);
    MUST(status->phase <= CONN_ENDED);
    MUST((status->phase == CONN_IDLE || status->phase == CONN_ENDED) ? deadline_us == MOMENT_NEVER
                                                                     : deadline_us > 0);
    MUST(status->phase != CONN_WAITING || deadline_us <= now.mono_us + INT64_C(86400000000));
    MUST(status->phase != CONN_LIVE || (status->attempt == 0 && status->fault.kind == FAULT_NONE));
    MUST(action != CONN_CONNECT || status->phase == CONN_CONNECTING);
    MUST(status->phase == CONN_LIVE || !status->quiet);
    MUST(!(before != CONN_CONNECTING && status->phase == CONN_CONNECTING) ||
         action == CONN_CONNECT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conn_settings settings;
    conn_settings_default(&settings);
    settings.seed = size;
    struct conn *conn = conn_new(&settings);
    struct moment now = {1000000, 1000};
    for (size_t i = 0; i + 2 < size; i += 3) {
        enum conn_phase before = conn_status(conn)->phase;
        now.mono_us += (int64_t)data[i] * data[i] * 2000;
        now.wall_ms += (int8_t)data[i] * 1000;
        step(conn, data[i + 1], data[i + 2], now);
        check(conn, before, now);
    }
    conn_free(conn);
    return 0;
}
