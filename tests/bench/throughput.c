/* throughput: bytes through the parser alone, events through --watch, and what an endless stream
 * leaves in memory. */
#include "firehose.h"
#include "peer.h"
#include "tool.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_MS = 60000 };

/* --- the parser --------------------------------------------------------------------------- */

/* How fast bytes can be looked at at all. */
static double memchr_mb_per_s(void)
{
    enum { BYTES = 1 << 26, ROUNDS = 24 }; /* larger than any cache */
    char *bytes = malloc(BYTES);
    size_t found = 0;
    if (bytes == NULL) {
        abort();
    }
    memset(bytes, 'x', BYTES);
    int64_t start_us = now_us();
    for (int i = 0; i < ROUNDS; i++) {
        bytes[i] = (char)('a' + i % 8); /* so that no round can be left out */
        found += memchr(bytes, '\n', BYTES) != NULL;
    }
    double seconds = (double)(now_us() - start_us) / 1e6;
    free(bytes);
    return found > 0 ? NAN : (double)BYTES * (double)ROUNDS / 1e6 / seconds;
}

void measure_parser(struct bench *bench)
{
    const char *arguments[] = {bench->quick ? "100" : "400", "210", NULL};
    struct samples peers = {0};
    double gb_per_s = tool_number(bench, "sse_bench", NULL, "typical events", "typical events");
    if (!isnan(gb_per_s)) {
        bench_figure(bench, "parser.sse", gb_per_s * 1000);
    }
    bench_note(bench, "parser.sse", isnan(gb_per_s) ? "sse_bench said nothing" : "best of 7");
    for (int i = 0; i < bench_times(bench, 3, 1); i++) {
        samples_add(&peers, peer_number(bench, "parse.js", arguments, RUN_MS));
    }
    bench_peer(bench, "parser.sse", samples_at(&peers, 0.5));
    bench_limit(bench, "parser.sse", memchr_mb_per_s(), "memchr");
    samples_free(&peers);
}

/* --- watch -------------------------------------------------------------------------------- */

/* count: NULL for ever. */
static bool start_watch(struct process *ret, const struct bench *bench, const char *url,
                        const char *count)
{
    const char *argv[] = {bench->blotter, "--watch", "-o",
                          "json",         "--url",   url,
                          "--user",       "u1",      count == NULL ? NULL : "--count",
                          count,          NULL};
    const char *env[] = {"BLOTTER_TOKEN=token", "XDG_CONFIG_HOME=/dev/null/none",
                         "XDG_CACHE_HOME=/dev/null/none", "XDG_STATE_HOME=/dev/null/none", NULL};
    return process_start(ret, argv, env, NULL, PROCESS_DISCARD);
}

/* Thousands of events a second, from the first byte sent to the end of the program. */
static double watch_rate(const struct bench *bench, struct firehose *firehose, uint64_t count,
                         double *ret_per_cpu_s)
{
    struct process process;
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    firehose_reset(firehose);
    if (!start_watch(&process, bench, firehose->url, text)) {
        return NAN;
    }
    int status = process_wait(&process, RUN_MS);
    double seconds = (double)(now_us() - firehose_began_us(firehose)) / 1e6;
    process_end(&process, SIGTERM);
    *ret_per_cpu_s = (double)count * 1e3 / (double)process.cpu_us;
    return status == 0 && firehose_began_us(firehose) > 0 ? (double)count / 1e3 / seconds : NAN;
}

static double curl_rate(const struct firehose *firehose, uint64_t count)
{
    char out[64];
    const char *argv[] = {"curl", "-sN", "-o", "/dev/null", firehose->url, NULL};
    int status = process_run(argv, NULL, out, sizeof out, RUN_MS);
    double seconds = (double)(now_us() - firehose_began_us(firehose)) / 1e6;
    return status == 0 ? (double)count / 1e3 / seconds : NAN;
}

void measure_watch(struct bench *bench)
{
    uint64_t count = bench->quick ? 500000 : 2000000;
    struct firehose firehose;
    struct samples ours = {0}, peers = {0}, curls = {0};
    char peer_count[32];
    double per_cpu_s = NAN;
    if (!firehose_start(&firehose, count)) {
        return;
    }
    snprintf(peer_count, sizeof peer_count, "%llu", (unsigned long long)count / 2);
    const char *arguments[] = {firehose.url, peer_count, NULL};
    for (int i = 0; i < bench_times(bench, 3, 1); i++) {
        double rate = watch_rate(bench, &firehose, count, &per_cpu_s);
        if (!isnan(rate)) {
            samples_add(&ours, rate);
        }
        samples_add(&peers, peer_number(bench, "watch.js", arguments, RUN_MS) / 1e3);
        samples_add(&curls, curl_rate(&firehose, count));
    }
    bench_median(bench, "watch.rate", &ours);
    bench_peer(bench, "watch.rate", samples_at(&peers, 0.5));
    bench_limit(bench, "watch.rate", samples_at(&curls, 0.5), "curl -sN to /dev/null");
    bench_note(bench, "watch.rate", "%.0f k a second of CPU; the peer parses and does not print",
               per_cpu_s);
    samples_free(&ours);
    samples_free(&peers);
    samples_free(&curls);
    firehose_end(&firehose);
}

/* --- endless ------------------------------------------------------------------------------ */

/* Waits until so many bytes were sent; false when the program ended or it took too long. */
static bool wait_sent(struct process *process, const struct firehose *firehose, uint64_t bytes)
{
    int64_t until_us = now_us() + (int64_t)RUN_MS * 1000;
    while (firehose_sent(firehose) < bytes) {
        if (now_us() > until_us || wait_readable(process->life_fd, now_us() + 20000)) {
            return false;
        }
    }
    return true;
}

void measure_endless(struct bench *bench)
{
    const uint64_t tenth = UINT64_C(1000000) * (bench->quick ? 20 : 100);
    struct firehose firehose;
    struct process process;
    struct usage first, last;
    if (!firehose_start(&firehose, 0)) {
        return;
    }
    if (start_watch(&process, bench, firehose.url, NULL)) {
        bool ran = wait_sent(&process, &firehose, tenth) && usage_read(process.pid, &first) &&
                   wait_sent(&process, &firehose, 10 * tenth) && usage_read(process.pid, &last);
        if (ran) {
            bench_figure(bench, "watch.growth", (double)(last.rss_kib - first.rss_kib));
        }
        bench_note(bench, "watch.growth", "over %.1f GB; resident %.1f MiB",
                   (double)firehose_sent(&firehose) / 1e9, ran ? (double)last.rss_kib / 1024 : NAN);
        process_end(&process, SIGTERM);
    }
    firehose_end(&firehose);
}
