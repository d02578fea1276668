/* load: from starting the program to seeing everything, from the server and from the disk cache. */
#include "scene.h"

#include <blotter/core/resource.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CURL_MS = 10000 };

/* The slowest of the four requests as curl sees it, each on a connection of its own. */
static double slowest_request_ms(const struct server *server)
{
    char header[320], url[512], out[64];
    double slowest = NAN;
    snprintf(header, sizeof header, "Authorization: Bearer %s", server->token);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const char *argv[] = {"curl",          "-s", "-o",   "/dev/null", "-w",
                              "%{time_total}", "-H", header, url,         NULL};
        snprintf(url, sizeof url, "%s%s", server->url, resource_info((enum resource)i)->path);
        if (process_run(argv, NULL, out, sizeof out, CURL_MS) == 0) {
            slowest = fmax(isnan(slowest) ? 0 : slowest, strtod(out, NULL) * 1000);
        }
    }
    return slowest;
}

/* ret_cpu: what the program itself used of a processor until then, which does not depend on who
 * else is busy. */
static void sample_load(struct scene *scene, enum subject_kind kind, int times,
                        struct samples *samples, struct samples *ret_cpu)
{
    struct usage usage;
    struct subject subject;
    for (int i = 0; i < times; i++) {
        int64_t loaded_us;
        if (!subject_start(&subject, scene->bench, kind, &scene->server, NULL)) {
            return;
        }
        if (subject_wait_loaded(&subject, &loaded_us)) {
            samples_add(samples, (double)(loaded_us - subject.started_us) / 1000);
            if (usage_read(subject_pid(&subject), &usage)) {
                samples_add(ret_cpu, (double)usage.cpu_ns / 1e6);
            }
        } else {
            fprintf(stderr, "bench: was not loaded in time%s%s\n",
                    subject.pty == NULL ? "" : "; its screen:\n",
                    subject.pty == NULL ? "" : pty_screen(subject.pty));
        }
        subject_free(&subject);
    }
}

struct load_row {
    const char *id, *latency;
    double factor; /* of the slowest request, plus ten milliseconds; 0: a fixed budget */
};

static void measure_load_row(struct bench *bench, const struct load_row *row)
{
    struct scene scene;
    struct samples ours = {0}, peers = {0}, slowest = {0}, cpu = {0}, peers_cpu = {0};
    const char *options[] = {"--latency", row->latency, NULL};
    if (!scene_start(&scene, bench, options)) {
        bench_note(bench, row->id, "the server did not start");
        return;
    }
    for (int i = 0; i < 3; i++) {
        samples_add(&slowest, slowest_request_ms(&scene.server));
    }
    sample_load(&scene, SUBJECT_BLOTTER, bench_times(bench, 11, 4), &ours, &cpu);
    sample_load(&scene, SUBJECT_PEER, bench_times(bench, 3, 2), &peers, &peers_cpu);
    double limit = samples_at(&slowest, 0.5);
    bench_median(bench, row->id, &ours);
    bench_peer(bench, row->id, samples_at(&peers, 0.5));
    bench_limit(bench, row->id, limit, "the slowest request, by curl");
    char budget[64] = "";
    if (row->factor > 0) {
        bench_result(bench, row->id)->budget = row->factor * limit + 10;
        snprintf(budget, sizeof budget, "; budget: %.2fx the limit + 10 ms", row->factor);
    }
    char peer[32] = "";
    if (peers_cpu.count > 0) {
        snprintf(peer, sizeof peer, ", peer %.0f ms", samples_at(&peers_cpu, 0.5));
    }
    bench_note(bench, row->id, "CPU %.1f ms%s%s", samples_at(&cpu, 0.5), peer, budget);
    samples_free(&cpu);
    samples_free(&peers_cpu);
    samples_free(&ours);
    samples_free(&peers);
    samples_free(&slowest);
    scene_end(&scene);
}

void measure_load(struct bench *bench)
{
    static const struct load_row load_rows[] = {
        {"load.0ms", "0", 0}, {"load.50ms", "50", 1.15}, {"load.200ms", "200", 1.05}};
    for (size_t i = 0; i < sizeof load_rows / sizeof load_rows[0]; i++) {
        if (bench_wants(bench, load_rows[i].id)) {
            measure_load_row(bench, &load_rows[i]);
        }
    }
}

/* --- from the disk cache ------------------------------------------------------------------ */

/* What it takes to start a program that does nothing, and this program to say its version. */
double load_exec_ms(const struct bench *bench)
{
    struct samples samples = {0};
    const char *argv[] = {bench->blotter, "--version", NULL};
    char out[1024];
    for (int i = 0; i < 11; i++) {
        int64_t start_us = now_us();
        process_run(argv, NULL, out, sizeof out, CURL_MS);
        samples_add(&samples, (double)(now_us() - start_us) / 1000);
    }
    double median = samples_at(&samples, 0.5);
    samples_free(&samples);
    return median;
}

/* A first run that leaves a cache behind: it is written at the end, too. */
static bool fill_cache(struct scene *scene, const struct subject_options *options)
{
    struct subject subject;
    bool loaded = subject_start(&subject, scene->bench, SUBJECT_BLOTTER, &scene->server, options) &&
                  subject_wait_loaded(&subject, NULL);
    subject_stop(&subject);
    subject_free(&subject);
    return loaded;
}

static bool has_first_paint(const struct subject *subject, const void *user)
{
    (void)user;
    return steps_find(&subject->steps, 0, "first_paint") != NULL;
}

/* The symbol of the newest order, which stands in the first row. */
static void newest_symbol(const struct server *server, char *ret, size_t size)
{
    static char body[1 << 16];
    ret[0] = '\0';
    if (server_request(server, resource_info(RESOURCE_ORDERS)->path, NULL, body, sizeof body) !=
        200) {
        return;
    }
    char *at = strstr(body, "\"symbol\":\"");
    if (at != NULL) {
        at += strlen("\"symbol\":\"");
        snprintf(ret, size, "%.*s", (int)strcspn(at, "\""), at);
    }
}

/* The server does not answer, so what is seen on the screen came from the disk. */
static bool sample_cached(struct scene *scene, const struct subject_options *options,
                          const char *symbol, struct samples *samples)
{
    struct subject subject;
    bool shown = subject_start(&subject, scene->bench, SUBJECT_BLOTTER, &scene->server, options) &&
                 subject_wait(&subject, has_first_paint, NULL, 5000) &&
                 pty_wait_text(subject.pty, symbol);
    if (shown) {
        const struct step *step = steps_find(&subject.steps, 0, "first_paint");
        samples_add(samples, (double)(step->t_us - subject.started_us) / 1000);
    }
    subject_free(&subject);
    return shown;
}

void measure_cached_frame(struct bench *bench)
{
    struct scene scene;
    struct samples samples = {0};
    char cache_dir[300], symbol[64];
    snprintf(cache_dir, sizeof cache_dir, "%s/cache", bench->work_dir);
    mkdir(cache_dir, 0700);
    struct subject_options options = {.cache_dir = cache_dir};
    if (!scene_start(&scene, bench, NULL)) {
        return;
    }
    newest_symbol(&scene.server, symbol, sizeof symbol);
    bool filled = fill_cache(&scene, &options);
    kill(scene.server.pid, SIGSTOP);
    for (int i = 0; filled && i < bench_times(bench, 21, 7); i++) {
        filled = sample_cached(&scene, &options, symbol, &samples);
    }
    kill(scene.server.pid, SIGCONT);
    bench_median(bench, "load.cached", &samples);
    bench_limit(bench, "load.cached", load_exec_ms(bench), "blotter --version");
    samples_free(&samples);
    scene_end(&scene);
}
