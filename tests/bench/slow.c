/* slow: a link with a round trip of 200 ms and 1 Mbit/s each way. */
#include "link.h"
#include "scene.h"

#include <blotter/core/resource.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ONE_WAY_MS = 100, BITS_PER_S = 1000000, EVENTS = 6, QUIET_MS = 1500, SETTLE_MS = 10000 };

struct slow {
    struct samples load, event;
    double bytes; /* per event; NAN: not known */
};

static void sample_events(struct scene *scene, struct subject *subject, const struct link *link,
                          struct slow *ret)
{
    uint64_t before = link_bytes_down(link) + link_bytes_up(link);
    for (int i = 0; i < EVENTS; i++) {
        size_t from = subject->steps.count, seen = scene->witness.count;
        scene_change_order(scene, i);
        scene_run_until(scene, subject, now_us() + 1500000);
        const struct step *patch =
            steps_find(&subject->steps, from, subject->kind == SUBJECT_PEER ? "paint" : "patch");
        const struct step *paint =
            patch == NULL
                ? NULL
                : steps_find(&subject->steps, (size_t)(patch - subject->steps.list), "paint");
        if (paint != NULL && scene->witness.count > seen) {
            samples_add(&ret->event, (double)(paint->t_us - scene->witness.list[seen].t_us) / 1000);
        }
    }
    ret->bytes = (double)(link_bytes_down(link) + link_bytes_up(link) - before) / (double)EVENTS;
}

static void take_slow(struct scene *scene, enum subject_kind kind, const struct link *link,
                      struct slow *ret)
{
    struct subject_options options = {.url = link->url, .extra = {"-Oallow_insecure=yes"}};
    int times = bench_times(scene->bench, 3, 1);
    for (int i = 0; i < times; i++) {
        struct subject subject;
        int64_t loaded_us;
        if (subject_start(&subject, scene->bench, kind, &scene->server, &options) &&
            subject_wait_loaded(&subject, &loaded_us)) {
            samples_add(&ret->load, (double)(loaded_us - subject.started_us) / 1000);
            if (i == times - 1 && subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS)) {
                sample_events(scene, &subject, link, ret);
            }
        }
        subject_free(&subject);
    }
}

static void report_slow(struct bench *bench, struct slow *ours, struct slow *peers)
{
    bench_median(bench, "slow.load", &ours->load);
    bench_peer(bench, "slow.load", samples_at(&peers->load, 0.5));
    bench_median(bench, "slow.event", &ours->event);
    bench_peer(bench, "slow.event", samples_at(&peers->event, 0.5));
    bench_limit(bench, "slow.event", ONE_WAY_MS, "one way over the link");
    if (!isnan(ours->bytes)) {
        bench_figure(bench, "slow.bytes", ours->bytes);
    }
    bench_peer(bench, "slow.bytes", peers->bytes);
    bench_note(bench, "slow.load",
               "a relay of our own: 100 ms each way, connecting is not delayed");
    bench_note(bench, "slow.event", "the peer shows nothing before its own read is answered");
}

void measure_slow_link(struct bench *bench)
{
    struct scene scene;
    struct link link;
    struct slow ours = {.bytes = NAN}, peers = {.bytes = NAN};
    if (!scene_start(&scene, bench, NULL)) {
        return;
    }
    struct link_options wire = {.port = scene.server.port,
                                .delay_ms = ONE_WAY_MS,
                                .bits_per_s = BITS_PER_S,
                                .outward = true};
    if (link_start(&link, &wire)) {
        take_slow(&scene, SUBJECT_BLOTTER, &link, &ours);
        take_slow(&scene, SUBJECT_PEER, &link, &peers);
        report_slow(bench, &ours, &peers);
        link_end(&link);
    } else {
        bench_note(bench, "slow.load", "this machine has no address but the loopback");
    }
    samples_free(&ours.load);
    samples_free(&ours.event);
    samples_free(&peers.load);
    samples_free(&peers.event);
    scene_end(&scene);
}
