/* memory: what stays resident once everything is loaded and shown. */
#include "scene.h"

#include <math.h>
#include <stdio.h>

enum { SETTLE_MS = 20000, QUIET_MS = 500 };

static double resident_mib(struct scene *scene, enum subject_kind kind)
{
    struct subject subject;
    struct usage usage;
    double mib = NAN;
    if (!subject_start(&subject, scene->bench, kind, &scene->server, NULL)) {
        return NAN;
    }
    if (subject_wait_loaded(&subject, NULL) && subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS) &&
        usage_read(subject_pid(&subject), &usage)) {
        mib = (double)usage.rss_kib / 1024;
    }
    subject_free(&subject);
    return mib;
}

static void measure_orders(struct bench *bench, const char *id, const char *orders)
{
    const char *options[] = {"--orders", orders, "--orders-limit", orders, NULL};
    struct samples ours = {0}, peers = {0};
    struct scene scene;
    if (!bench_wants(bench, id) || !scene_start(&scene, bench, options)) {
        return;
    }
    for (int i = 0; i < bench_times(bench, 3, 1); i++) {
        double mib = resident_mib(&scene, SUBJECT_BLOTTER);
        if (!isnan(mib)) {
            samples_add(&ours, mib);
        }
    }
    samples_add(&peers, resident_mib(&scene, SUBJECT_PEER));
    bench_median(bench, id, &ours);
    bench_peer(bench, id, samples_at(&peers, 0.5));
    samples_free(&ours);
    samples_free(&peers);
    scene_end(&scene);
}

void measure_memory(struct bench *bench)
{
    measure_orders(bench, "memory.100", "100");
    measure_orders(bench, "memory.10000", "10000");
}
