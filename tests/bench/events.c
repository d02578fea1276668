/* events: from an event to the screen, and to the answer that confirms it. */
#include "scene.h"

#include <blotter/core/resource.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RATE = 50, SETTLE_MS = 3000, QUIET_MS = 300 };

/* The index of the answer to a read of the orders that contains event id; count when none. */
static size_t covering_answer(const struct steps *steps, size_t from, uint64_t id)
{
    for (size_t i = from; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        if (strcmp(step->name, "fetch_done") == 0 && strcmp(step->pane, "orders") == 0 &&
            step->id >= id) {
            return i;
        }
    }
    return steps->count;
}

/* When the server let it go: nobody can have it earlier, so the earlier of two readers. */
static int64_t emitted_us(const struct steps *steps, const struct seen *seen)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        if (step->id == seen->id && strcmp(step->name, "event") == 0) {
            return step->t_us < seen->t_us ? step->t_us : seen->t_us;
        }
    }
    return seen->t_us;
}

struct taken {
    struct samples patches, confirmations, marks;
    double events, cpu_us;
};

/* The first paint of the orders since an event came; a step that came together with it may do. */
static const struct step *paint_of(const struct steps *steps, size_t from, uint64_t id)
{
    for (size_t i = from; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        if (step->id >= id && strcmp(step->name, "event") == 0) {
            return steps_paint_after(steps, i, RESOURCE_BIT(RESOURCE_ORDERS));
        }
    }
    return NULL;
}

/*
 * Confirmed and on screen: the row has been painted and an answer that contains the event has
 * come, whichever is later. Marked: the frame after that answer, with its new "as of". The peer
 * has nothing on the screen before its answer, so there it is that frame.
 */
static void sample_confirmations(const struct witness *witness, size_t first_seen,
                                 const struct subject *subject, size_t from, struct taken *ret)
{
    const struct steps *steps = &subject->steps;
    for (size_t i = first_seen; i < witness->count; i++) {
        const struct seen *seen = &witness->list[i];
        size_t answer = covering_answer(steps, from, seen->id);
        const struct step *paint = paint_of(steps, from, seen->id);
        const struct step *mark =
            answer == steps->count ? NULL : steps_paint_after(steps, answer, ~0u);
        if (seen->id == 0 || answer == steps->count || paint == NULL || mark == NULL) {
            continue;
        }
        int64_t emitted = emitted_us(steps, seen), answered = steps->list[answer].t_us;
        int64_t shown = subject->kind == SUBJECT_PEER ? mark->t_us : paint->t_us;
        samples_add(&ret->confirmations,
                    (double)((shown > answered ? shown : answered) - emitted) / 1000);
        samples_add(&ret->marks, (double)(mark->t_us - emitted) / 1000);
    }
}

static void taken_free(struct taken *taken)
{
    samples_free(&taken->patches);
    samples_free(&taken->confirmations);
    samples_free(&taken->marks);
}

static void take_events(struct scene *scene, enum subject_kind kind, int seconds, struct taken *ret)
{
    struct subject subject;
    if (!subject_start(&subject, scene->bench, kind, &scene->server, NULL)) {
        return;
    }
    if (subject_wait_loaded(&subject, NULL) && subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS)) {
        size_t from = subject.steps.count, first_seen = scene->witness.count;
        struct usage before = {0}, after = {0};
        usage_read(subject_pid(&subject), &before);
        scene_storm(scene, &subject, RATE, (int64_t)seconds * 1000000);
        subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS);
        usage_read(subject_pid(&subject), &after);
        ret->cpu_us = (double)(after.cpu_ns - before.cpu_ns) / 1e3;
        steps_sample_patches(&subject.steps, from, &ret->patches);
        sample_confirmations(&scene->witness, first_seen, &subject, from, ret);
        ret->events = (double)(scene->witness.count - first_seen);
    }
    subject_free(&subject);
}

/* One read of the orders over a kept connection, by curl. */
static double kept_get_ms(const struct server *server)
{
    enum { GETS = 41 };
    char header[320], url[512], out[4096];
    const char *argv[6 + 3 * GETS + 3] = {"curl", "-s", "-H", header, "-w", "%{time_total}\n"};
    size_t argc = 6;
    struct samples samples = {0};
    snprintf(header, sizeof header, "Authorization: Bearer %s", server->token);
    snprintf(url, sizeof url, "%s%s", server->url, resource_info(RESOURCE_ORDERS)->path);
    for (int i = 0; i < GETS; i++) {
        argv[argc++] = "-o";
        argv[argc++] = "/dev/null";
        argv[argc++] = url;
    }
    process_run(argv, NULL, out, sizeof out, 10000);
    for (char *line = out, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        double seconds;
        if (sscanf(line, "%lf", &seconds) == 1) {
            samples_add(&samples, seconds * 1000);
        }
    }
    double median = samples_at(&samples, 0.5);
    samples_free(&samples);
    return median;
}

static void report_events(struct bench *bench, struct scene *scene, struct taken *ours,
                          struct taken *peers)
{
    double get_ms = kept_get_ms(&scene->server);
    bench_median(bench, "event.patch.p50", &ours->patches);
    bench_quantile(bench, "event.patch.p99", &ours->patches, 0.99);
    bench_median(bench, "event.confirm.p50", &ours->confirmations);
    bench_quantile(bench, "event.confirm.p99", &ours->confirmations, 0.99);
    bench_median(bench, "event.mark", &ours->marks);
    bench_peer(bench, "event.mark", samples_at(&peers->marks, 0.5));
    bench_peer(bench, "event.confirm.p50", samples_at(&peers->confirmations, 0.5));
    bench_peer(bench, "event.confirm.p99", samples_at(&peers->confirmations, 0.99));
    bench_limit(bench, "event.confirm.p50", get_ms, "one GET on a kept connection, by curl");
    char peer[64] = ""; /* without one there is nothing to tell */
    if (peers->events > 0) {
        snprintf(peer, sizeof peer, ", peer %.0f us", peers->cpu_us / peers->events);
    }
    if (ours->events > 0) {
        bench_note(bench, "event.confirm.p50", "CPU per event %.0f us%s",
                   ours->cpu_us / ours->events, peer);
    }
    if ((double)ours->confirmations.count < ours->events) {
        bench_note(bench, "event.confirm.p99", "%.0f of %.0f events were not confirmed",
                   ours->events - (double)ours->confirmations.count, ours->events);
    }
}

void measure_events(struct bench *bench)
{
    static const char *const options[] = {"--orders", "100", NULL};
    struct scene scene;
    struct taken ours = {.events = 0}, peers = {.events = 0};
    int seconds = bench_times(bench, 10, 3);
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    take_events(&scene, SUBJECT_BLOTTER, seconds, &ours);
    take_events(&scene, SUBJECT_PEER, seconds, &peers);
    report_events(bench, &scene, &ours, &peers);
    taken_free(&ours);
    taken_free(&peers);
    scene_end(&scene);
}

/* --- a storm on a slow server ------------------------------------------------------------- */

struct freeze {
    double confirmed_ms, painted_ms; /* the longest time without one */
};

static double longest_gap_ms(const struct steps *steps, size_t from, int64_t start_us,
                             int64_t end_us, bool answers)
{
    int64_t last_us = start_us, longest_us = 0;
    for (size_t i = from; i <= steps->count; i++) {
        bool end = i == steps->count;
        const struct step *step = end ? NULL : &steps->list[i];
        bool counts =
            step == NULL ||
            (answers ? strcmp(step->name, "fetch_done") == 0 && strcmp(step->pane, "orders") == 0
                     : step_is_paint(step) && (step->mask & RESOURCE_BIT(RESOURCE_ORDERS)) != 0);
        int64_t at_us = step == NULL ? end_us : step->t_us;
        if (counts && at_us <= end_us) {
            longest_us = at_us - last_us > longest_us ? at_us - last_us : longest_us;
            last_us = at_us;
        }
    }
    return (double)longest_us / 1000;
}

static struct freeze take_freeze(struct scene *scene, enum subject_kind kind, int seconds)
{
    struct freeze freeze = {NAN, NAN};
    struct subject subject;
    if (!subject_start(&subject, scene->bench, kind, &scene->server, NULL)) {
        return freeze;
    }
    if (subject_wait_loaded(&subject, NULL)) {
        subject_wait_quiet(&subject, 600, SETTLE_MS);
        size_t from = subject.steps.count;
        int64_t start_us = now_us();
        scene_storm(scene, &subject, 30, (int64_t)seconds * 1000000);
        int64_t end_us = now_us();
        subject_wait_quiet(&subject, 600, SETTLE_MS);
        freeze.painted_ms = longest_gap_ms(&subject.steps, from, start_us, end_us, false);
        /* An answer that the peer throws away confirms nothing: what counts there is the frame. */
        freeze.confirmed_ms = kind == SUBJECT_PEER
                                  ? freeze.painted_ms
                                  : longest_gap_ms(&subject.steps, from, start_us, end_us, true);
    }
    subject_free(&subject);
    return freeze;
}

void measure_slow_storm(struct bench *bench)
{
    static const char *const options[] = {"--orders", "100", "--latency", "400", NULL};
    struct scene scene;
    int seconds = bench_times(bench, 8, 4);
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    struct freeze ours = take_freeze(&scene, SUBJECT_BLOTTER, seconds);
    struct freeze peers = take_freeze(&scene, SUBJECT_PEER, seconds);
    if (!isnan(ours.painted_ms)) {
        bench_figure(bench, "storm.freeze", ours.confirmed_ms);
        bench_figure(bench, "storm.still", ours.painted_ms);
    }
    bench_peer(bench, "storm.freeze", peers.confirmed_ms);
    bench_peer(bench, "storm.still", peers.painted_ms);
    bench_note(bench, "storm.freeze", "budget: 2 x 400 ms + the gap of 250 ms; run of %d s",
               seconds);
    scene_end(&scene);
}
