#include "scene.h"

#include <blotter/core/resource.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { OPTIONS_MAX = 8, FIXED = 8, VISIBLE_ROWS = 8, BATCH_US = 10000 };

bool scene_start(struct scene *ret, struct bench *bench, const char *const *options)
{
    const char *args[FIXED + OPTIONS_MAX + 1] = {"--rate", "0", "--quotes",   "0",
                                                 "--seed", "1", "--allow-sql"};
    size_t count = 7;
    for (size_t i = 0; options != NULL && options[i] != NULL && i < OPTIONS_MAX; i++) {
        args[count++] = options[i];
    }
    *ret = (struct scene){.bench = bench, .witness = {.fd = -1}, .writer = {.fd = -1}};
    if (!server_start(&ret->server, bench->mock, args)) {
        fprintf(stderr, "bench: the server did not start\n");
        return false;
    }
    if (!witness_open(&ret->witness, &ret->server)) {
        fprintf(stderr, "bench: the server's stream did not open\n");
        scene_end(ret);
        return false;
    }
    return true;
}

void scene_end(struct scene *scene)
{
    writer_finish(&scene->writer, 1000);
    witness_close(&scene->witness);
    server_end(&scene->server, SIGTERM);
}

/* --- changes ------------------------------------------------------------------------------ */

static void change(struct scene *scene, const char *sql)
{
    scene->commanded_us = now_us();
    writer_send(&scene->writer, &scene->server, sql);
}

void scene_change_order(struct scene *scene, int place)
{
    char sql[512];
    snprintf(
        sql, sizeof sql,
        "update orders set quantity = 1 + (quantity %% 900) where id = (select o.id from orders o "
        "join trading_accounts a on a.id = o.tradingAccountId where a.userId = '%s' "
        "order by o.createdAt desc limit 1 offset %d)",
        scene->server.user, place);
    change(scene, sql);
}

void scene_change_orders(struct scene *scene, int rounds)
{
    char sql[4096] = "begin;";
    for (int i = 0; i < rounds && strlen(sql) + 300 < sizeof sql; i++) {
        size_t len = strlen(sql);
        snprintf(sql + len, sizeof sql - len,
                 "update orders set quantity = 1 + (quantity %% 900) where tradingAccountId = "
                 "(select id from trading_accounts where userId = '%s');",
                 scene->server.user);
    }
    snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "commit");
    change(scene, sql);
}

/* In pieces: the server gives one statement two seconds. The + keeps it from sorting all rows of
 * the account's index for the sake of its first. */
bool scene_grow_orders(struct scene *scene, int from, int to)
{
    enum { GROW_MS = 60000, PIECE = 10000 };
    char sql[1024];
    int piece = PIECE;
    for (int have = from; have + from <= to;) {
        int copies = (to - have < piece ? to - have : piece) / from;
        copies = copies < 1 ? 1 : copies;
        snprintf(
            sql, sizeof sql,
            "insert into orders (id, tradingAccountId, stockId, symbol, quantity, orderType, "
            "orderSide, price, averagePrice, filledQuantity, productType, status, createdAt, "
            "executedAt) select lower(hex(randomblob(16))), tradingAccountId, stockId, symbol, "
            "quantity, orderType, orderSide, price, averagePrice, filledQuantity, productType, "
            "status, createdAt, executedAt from (select * from orders where +tradingAccountId = "
            "(select id from trading_accounts where userId = '%s') order by rowid limit %d), "
            "(with recursive n(i) as (select 1 union all select i + 1 from n where i < %d) "
            "select i from n)",
            scene->server.user, from, copies);
        if (!writer_send(&scene->writer, &scene->server, sql) ||
            !writer_finish(&scene->writer, GROW_MS)) {
            piece /= 2;
            if (piece < from) {
                fprintf(stderr, "bench: the server refuses more than %d orders\n", have);
                return false;
            }
            continue;
        }
        witness_pump(&scene->witness);
        have += copies * from;
    }
    return true;
}

/* Some of the newest orders, all in one transaction. */
static void change_some(struct scene *scene, int count)
{
    char sql[512];
    if (count == 1) {
        static int place;
        scene_change_order(scene, place++ % VISIBLE_ROWS);
        return;
    }
    snprintf(
        sql, sizeof sql,
        "update orders set quantity = 1 + (quantity %% 900) where id in (select o.id from orders o "
        "join trading_accounts a on a.id = o.tradingAccountId where a.userId = '%s' "
        "order by o.createdAt desc limit %d)",
        scene->server.user, count);
    change(scene, sql);
}

/* --- running ------------------------------------------------------------------------------ */

static void pump(struct scene *scene, struct subject *subject)
{
    witness_pump(&scene->witness);
    writer_pump(&scene->writer);
    if (subject != NULL) {
        subject_pump(subject);
    }
    if (scene->on_pump != NULL) {
        scene->on_pump(scene->user);
    }
}

/* The witness is read first: its stamps are what latencies are counted from. */
static void wait_once(struct scene *scene, struct subject *subject, int64_t until_us)
{
    struct pollfd poll_fds[] = {
        {.fd = scene->witness.fd, .events = POLLIN},
        {.fd = scene->writer.fd, .events = POLLIN},
        {.fd = subject == NULL ? -1 : subject_fd(subject), .events = POLLIN},
    };
    wait_many(poll_fds, 3, until_us);
    pump(scene, subject);
}

void scene_run_until(struct scene *scene, struct subject *subject, int64_t until_us)
{
    while (now_us() < until_us) {
        wait_once(scene, subject, until_us);
    }
    pump(scene, subject);
}

void scene_storm(struct scene *scene, struct subject *subject, double per_s, int64_t for_us)
{
    int batch = (int)(per_s * (double)BATCH_US / 1e6);
    batch = batch < 1 ? 1 : batch;
    int64_t start_us = now_us(), next_us = start_us;
    for (int64_t i = 1; next_us < start_us + for_us; i++) {
        change_some(scene, batch);
        next_us = start_us + (int64_t)((double)(i * batch) * 1e6 / per_s);
        scene_run_until(scene, subject, next_us < start_us + for_us ? next_us : start_us + for_us);
    }
}

void scene_storm_all(struct scene *scene, struct subject *subject, double per_s, int64_t for_us)
{
    int64_t start_us = now_us(), next_us = start_us, step_us = (int64_t)(1e6 / per_s);
    while (next_us < start_us + for_us) {
        change(scene, "update orders set quantity = 1 + (quantity % 900) where id in (select "
                      "(select o.id from orders o where o.tradingAccountId = a.id order by "
                      "o.createdAt desc limit 1) from trading_accounts a)");
        next_us += step_us;
        scene_run_until(scene, subject, next_us);
    }
}

long scene_requests(const struct scene *scene)
{
    long total = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        long count = server_count(&scene->server, resource_info((enum resource)i)->path);
        total += count < 0 ? 0 : count;
    }
    return total;
}
