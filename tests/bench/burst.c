/* burst: a thousand events in one transaction. */
#include "scene.h"

#include <blotter/core/resource.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    EVENTS = 1000,
    ROUNDS = 10,
    ORDERS = 100,
    PATIENCE_MS = 20000,
    QUIET_MS = 500,
    PEER_QUIET_MS = 2000
};

struct burst {
    struct samples requests, final_ms;
};

/* When the screen had everything: the first frame after the answer that covers the last event. */
static int64_t final_us(const struct steps *steps, size_t from, uint64_t last_id)
{
    bool covered = false;
    for (size_t i = from; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        covered = covered || (strcmp(step->name, "fetch_done") == 0 &&
                              strcmp(step->pane, "orders") == 0 && step->id >= last_id);
        if (covered && step_is_paint(step)) {
            return step->t_us;
        }
    }
    return 0;
}

/* The peer throws most of its answers away: its screen is final with its last frame. */
static int64_t last_paint_us(const struct steps *steps, size_t from)
{
    for (size_t i = steps->count; i > from; i--) {
        if (step_is_paint(&steps->list[i - 1])) {
            return steps->list[i - 1].t_us;
        }
    }
    return 0;
}

static int64_t emitted_us(const struct scene *scene, size_t first, const struct steps *steps,
                          size_t from)
{
    const struct step *event = steps_find(steps, from, "event");
    int64_t seen_us = scene->witness.list[first].t_us;
    return event != NULL && event->t_us < seen_us ? event->t_us : seen_us;
}

static void burst_once(struct scene *scene, struct subject *subject, struct burst *ret)
{
    size_t from = subject->steps.count, first = scene->witness.count;
    long requests = scene_requests(scene);
    scene_change_orders(scene, ROUNDS);
    int64_t until_us = now_us() + (int64_t)PATIENCE_MS * 1000;
    while (scene->witness.count < first + EVENTS && now_us() < until_us) {
        scene_run_until(scene, subject, now_us() + 1000);
    }
    subject_wait_quiet(subject, subject->kind == SUBJECT_PEER ? PEER_QUIET_MS : QUIET_MS,
                       PATIENCE_MS);
    if (scene->witness.count < first + EVENTS) {
        fprintf(stderr, "bench: %zu of %d events came\n", scene->witness.count - first, EVENTS);
        return;
    }
    uint64_t last_id = scene->witness.list[scene->witness.count - 1].id;
    int64_t end_us = subject->kind == SUBJECT_PEER ? last_paint_us(&subject->steps, from)
                                                   : final_us(&subject->steps, from, last_id);
    samples_add(&ret->requests, (double)(scene_requests(scene) - requests));
    if (end_us > 0) {
        samples_add(&ret->final_ms,
                    (double)(end_us - emitted_us(scene, first, &subject->steps, from)) / 1000);
    }
}

static void take_bursts(struct scene *scene, enum subject_kind kind, int times, struct burst *ret)
{
    struct subject subject;
    if (!subject_start(&subject, scene->bench, kind, &scene->server, NULL)) {
        return;
    }
    if (subject_wait_loaded(&subject, NULL) &&
        subject_wait_quiet(&subject, QUIET_MS, PATIENCE_MS)) {
        for (int i = 0; i < times; i++) {
            burst_once(scene, &subject, ret);
        }
    }
    subject_free(&subject);
}

void measure_burst(struct bench *bench)
{
    static const char *const options[] = {"--orders", "100", NULL};
    struct scene scene;
    struct burst ours = {.requests = {0}}, peers = {.requests = {0}};
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    take_bursts(&scene, SUBJECT_BLOTTER, bench_times(bench, 7, 3), &ours);
    take_bursts(&scene, SUBJECT_PEER, bench_times(bench, 2, 1), &peers);
    bench_median(bench, "burst.requests", &ours.requests);
    bench_median(bench, "burst.final", &ours.final_ms);
    bench_peer(bench, "burst.requests", samples_at(&peers.requests, 0.5));
    bench_peer(bench, "burst.final", samples_at(&peers.final_ms, 0.5));
    bench_limit(bench, "burst.requests", 1, "one request a pane");
    samples_free(&ours.requests);
    samples_free(&ours.final_ms);
    samples_free(&peers.requests);
    samples_free(&peers.final_ms);
    scene_end(&scene);
}
