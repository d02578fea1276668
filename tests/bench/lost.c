/* lost: a stream that breaks or goes dead, what changed meanwhile, and a link that is slow. */
#include "link.h"
#include "scene.h"

#include <blotter/core/resource.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RETURN_MS = 20000, QUIET_MS = 300, HEARTBEAT_S = 2 };

struct opened {
    size_t from;
    const char *step;
};

static bool has_step(const struct subject *subject, const void *user)
{
    const struct opened *wanted = user;
    return steps_find(&subject->steps, wanted->from, wanted->step) != NULL;
}

/* Milliseconds from now until it tells the step; NAN when it does not in time. */
static double until_step_ms(struct subject *subject, const char *step, int64_t start_us,
                            int timeout_ms)
{
    struct opened wanted = {.from = subject->steps.count, .step = step};
    if (!subject_wait(subject, has_step, &wanted, timeout_ms)) {
        return NAN;
    }
    return (double)(steps_find(&subject->steps, wanted.from, step)->t_us - start_us) / 1000;
}

static bool start_through(struct subject *ret, struct scene *scene, enum subject_kind kind,
                          const struct link *link)
{
    struct subject_options options = {.url = link->url};
    return subject_start(ret, scene->bench, kind, &scene->server, &options) &&
           subject_wait_loaded(ret, NULL) && subject_wait_quiet(ret, QUIET_MS, 3000);
}

/* --- cut ---------------------------------------------------------------------------------- */

static double reopened_ms(struct scene *scene, enum subject_kind kind, struct link *link)
{
    struct subject subject;
    double ms = NAN;
    if (start_through(&subject, scene, kind, link)) {
        int64_t start_us = now_us();
        link_cut(link);
        ms = until_step_ms(&subject, "stream_open", start_us, RETURN_MS);
    }
    subject_free(&subject);
    return ms;
}

static void measure_reopened(struct bench *bench, struct scene *scene, struct link *link)
{
    struct samples samples = {0};
    for (int i = 0; i < bench_times(bench, 5, 2); i++) {
        double ms = reopened_ms(scene, SUBJECT_BLOTTER, link);
        if (!isnan(ms)) {
            samples_add(&samples, ms);
        }
    }
    bench_median(bench, "lost.reopened", &samples);
    bench_peer(bench, "lost.reopened", reopened_ms(scene, SUBJECT_PEER, link));
    if (samples.count > 0) {
        bench_note(bench, "lost.reopened", "at most %.0f ms", samples_at(&samples, 1));
    }
    samples_free(&samples);
}

/* --- half-open ---------------------------------------------------------------------------- */

/* A heartbeat over the link. Freezing right after one, the silence begins with the freeze. */
static void wait_heartbeat(struct subject *subject, const struct link *link)
{
    uint64_t bytes = link_bytes_down(link);
    int64_t until_us = now_us() + (int64_t)3 * HEARTBEAT_S * 1000000;
    while (link_bytes_down(link) == bytes && now_us() < until_us) {
        subject_run_until(subject, now_us() + 2000);
    }
}

static double noticed_heartbeats(struct scene *scene, enum subject_kind kind, struct link *link,
                                 int timeout_ms)
{
    struct subject subject;
    double ms = NAN;
    if (start_through(&subject, scene, kind, link)) {
        for (int i = 0; i < 3; i++) { /* two show their distance */
            wait_heartbeat(&subject, link);
        }
        subject_pump(&subject);
        int64_t start_us = now_us();
        link_freeze(link);
        ms = until_step_ms(&subject, "stream_lost", start_us, timeout_ms);
    }
    subject_free(&subject);
    return ms / (HEARTBEAT_S * 1000);
}

static void measure_halfopen(struct bench *bench, struct scene *scene, struct link *link)
{
    double noticed = noticed_heartbeats(scene, SUBJECT_BLOTTER, link, 4 * HEARTBEAT_S * 1000);
    if (!isnan(noticed)) {
        bench_figure(bench, "lost.halfopen", noticed);
    }
    double peer = noticed_heartbeats(scene, SUBJECT_PEER, link, 4 * HEARTBEAT_S * 1000);
    bench_peer(bench, "lost.halfopen", peer);
    bench_note(bench, "lost.halfopen", "%s%s",
               isnan(noticed) ? "not noticed within 4 heartbeats; " : "",
               bench->peer_dir[0] == '\0' ? "no peer"
               : isnan(peer)              ? "the peer did not notice within 4"
                                          : "");
}

/* --- missed changes ----------------------------------------------------------------------- */

static uint64_t fnv1a(const char *bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *bytes != '\0'; bytes++) {
        hash = (hash ^ (unsigned char)*bytes) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Panes whose last confirmed body is not what the server answers now; -1 when that is not known. */
static int panes_behind(const struct scene *scene, const struct subject *subject)
{
    static char body[65536];
    char wanted[32];
    int behind = 0, known = 0;
    for (size_t i = 0; i < subject->steps.count; i++) {
        const struct step *step = &subject->steps.list[i];
        enum resource resource;
        if (strcmp(step->name, "pane") != 0 ||
            !resource_parse(step->pane, strlen(step->pane), &resource)) {
            continue;
        }
        server_request(&scene->server, resource_info(resource)->path, NULL, body, sizeof body);
        snprintf(wanted, sizeof wanted, "%016" PRIx64, fnv1a(body));
        behind += strcmp(wanted, step->hash) != 0;
        known++;
    }
    return known == RESOURCE_COUNT ? behind : -1;
}

static void measure_missed(struct bench *bench, struct scene *scene, struct link *link)
{
    struct subject subject;
    if (start_through(&subject, scene, SUBJECT_BLOTTER, link)) {
        link_block(link, true);
        link_cut(link);
        subject_run_until(&subject, now_us() + 100000);
        size_t from = scene->witness.count;
        scene_change_orders(scene, 1);
        writer_finish(&scene->writer, 5000);
        witness_wait(&scene->witness, from + 1, 2000);
        link_block(link, false);
        until_step_ms(&subject, "stream_open", now_us(), RETURN_MS);
        subject_wait_quiet(&subject, 1200, RETURN_MS);
        subject_stop(&subject);
        int behind = panes_behind(scene, &subject);
        if (behind >= 0) {
            bench_figure(bench, "lost.missed", behind);
        }
        bench_note(bench, "lost.missed", "panes that differ from the server after it came back");
    }
    subject_free(&subject);
}

void measure_lost(struct bench *bench)
{
    static const char *const options[] = {"--heartbeat", "2", "--orders", "40", NULL};
    struct scene scene;
    struct link link;
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    struct link_options wire = {.port = scene.server.port};
    if (link_start(&link, &wire)) {
        measure_reopened(bench, &scene, &link);
        measure_halfopen(bench, &scene, &link);
        measure_missed(bench, &scene, &link);
        link_end(&link);
    }
    scene_end(&scene);
}
