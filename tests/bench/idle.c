/* idle: an open stream on which nothing comes but heartbeats. */
#include "scene.h"

#include <math.h>
#include <stdio.h>

enum { HEARTBEAT_S = 2, SETTLE_S = 5, QUIET_MS = 400 };

struct idle {
    double cpu_ms, wakeups, requests; /* NAN when not measured */
};

struct idler {
    struct subject subject;
    struct usage before, after;
    bool up;
};

static void idler_start(struct idler *idler, struct scene *scene, enum subject_kind kind)
{
    idler->up = subject_start(&idler->subject, scene->bench, kind, &scene->server, NULL) &&
                subject_wait_loaded(&idler->subject, NULL);
}

static struct idle idler_result(const struct idler *idler, int heartbeats)
{
    if (!idler->up) {
        return (struct idle){NAN, NAN, NAN};
    }
    return (struct idle){
        .cpu_ms = (double)(idler->after.cpu_ns - idler->before.cpu_ns) / 1e6,
        .wakeups = (double)(idler->after.switches - idler->before.switches) / heartbeats,
    };
}

/* Nothing of ours runs meanwhile: the only thing waited for is the end of the time. */
static void idle_for(struct idler *idlers, int seconds)
{
    for (int i = 0; i < 2; i++) {
        idlers[i].up =
            idlers[i].up && usage_read(subject_pid(&idlers[i].subject), &idlers[i].before);
    }
    wait_readable(-1, now_us() + (int64_t)seconds * 1000000);
    for (int i = 0; i < 2; i++) {
        idlers[i].up =
            idlers[i].up && usage_read(subject_pid(&idlers[i].subject), &idlers[i].after);
    }
}

/* Both at once: neither does anything, so they cannot be in each other's way. */
static bool take_idle(struct bench *bench, int seconds, struct idle *ret_ours,
                      struct idle *ret_peers)
{
    static const char *const options[] = {"--heartbeat", "2", NULL};
    struct scene scene;
    struct idler idlers[2] = {{.up = false}, {.up = false}};
    if (!scene_start(&scene, bench, options)) {
        return false;
    }
    idler_start(&idlers[0], &scene, SUBJECT_BLOTTER);
    idler_start(&idlers[1], &scene, SUBJECT_PEER);
    wait_readable(-1, now_us() + SETTLE_S * 1000000); /* the cache is written, the marks fade */
    long requests = scene_requests(&scene);
    idle_for(idlers, seconds);
    *ret_ours = idler_result(&idlers[0], seconds / HEARTBEAT_S);
    *ret_peers = idler_result(&idlers[1], seconds / HEARTBEAT_S);
    ret_ours->requests = (double)(scene_requests(&scene) - requests);
    subject_free(&idlers[0].subject);
    subject_free(&idlers[1].subject);
    scene_end(&scene);
    return true;
}

void measure_idle(struct bench *bench)
{
    struct idle ours, peers;
    int seconds = bench_times(bench, 20, 6);
    if (!take_idle(bench, seconds, &ours, &peers)) {
        return;
    }
    if (!isnan(ours.cpu_ms)) {
        double to_20_s = 20.0 / seconds;
        bench_figure(bench, "idle.requests", ours.requests);
        bench_figure(bench, "idle.cpu", ours.cpu_ms * to_20_s);
        bench_figure(bench, "idle.wakeups", ours.wakeups);
        bench_peer(bench, "idle.cpu", peers.cpu_ms * to_20_s);
        bench_peer(bench, "idle.wakeups", peers.wakeups);
        bench_limit(bench, "idle.wakeups", 1, "the heartbeat itself");
        bench_note(bench, "idle.cpu", "in %d s, with a heartbeat every %d s", seconds, HEARTBEAT_S);
    }
}

int idle_run(struct bench *bench, int seconds)
{
    struct idle ours, peers;
    seconds = seconds < HEARTBEAT_S ? HEARTBEAT_S : seconds;
    if (!take_idle(bench, seconds, &ours, &peers) || isnan(ours.cpu_ms)) {
        fprintf(stderr, "bench: idle could not be measured\n");
        return 1;
    }
    printf("idle for %d s, a heartbeat every %d s\n", seconds, HEARTBEAT_S);
    printf("blotter  CPU %8.2f ms  wake-ups per heartbeat %5.2f  requests %.0f\n", ours.cpu_ms,
           ours.wakeups, ours.requests);
    if (!isnan(peers.cpu_ms)) {
        printf("peer     CPU %8.2f ms  wake-ups per heartbeat %5.2f\n", peers.cpu_ms,
               peers.wakeups);
    }
    return 0;
}
