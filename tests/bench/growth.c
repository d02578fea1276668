/* growth: whether the cost of a row, or of an event, grows with their number. */
#include "scene.h"

#include <blotter/core/resource.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SETTLE_MS = 30000, QUIET_MS = 500, CHART_WIDTH = 40, SEEDED_MAX = 1000 };

/* What is told about one size, and about one rate. NAN: not measured. */
struct by_orders {
    double orders, load_ms, rss_mib, patch_ms, confirm_ms, key_ms;
};
struct by_rate {
    double wanted, came, cpu_us, requests, patch_p50, patch_p99, paints;
};

/* --- one event ---------------------------------------------------------------------------- */

static double patch_ms(const struct steps *steps, size_t from)
{
    const struct step *patch = steps_find(steps, from, "patch");
    for (const struct step *step = patch; step != NULL && step < steps->list + steps->count;
         step++) {
        if (step_is_paint(step)) {
            return (double)(step->t_us - patch->t_us) / 1000;
        }
    }
    return NAN;
}

/* Confirmed and on screen: answered and painted, whichever is later. */
static double confirm_ms(const struct steps *steps, size_t from)
{
    const struct step *event = steps_find(steps, from, "event");
    const struct step *done = steps_find(steps, from, "fetch_done");
    double painted = patch_ms(steps, from);
    if (event == NULL || done == NULL || isnan(painted)) {
        return NAN;
    }
    return fmax(painted, (double)(done->t_us - event->t_us) / 1000);
}

static bool is_confirmed(const struct subject *subject, const void *user)
{
    return !isnan(confirm_ms(&subject->steps, *(const size_t *)user));
}

static void take_changes(struct scene *scene, struct subject *subject, struct by_orders *ret)
{
    struct samples patches = {0}, confirmations = {0};
    for (int i = 0; i < bench_times(scene->bench, 5, 2); i++) {
        size_t from = subject->steps.count;
        scene_change_order(scene, i);
        subject_wait(subject, is_confirmed, &from, SETTLE_MS);
        subject_wait_quiet(subject, QUIET_MS, SETTLE_MS);
        samples_add(&patches, patch_ms(&subject->steps, from));
        samples_add(&confirmations, confirm_ms(&subject->steps, from));
        writer_finish(&scene->writer, 1000);
        witness_pump(&scene->witness);
    }
    ret->patch_ms = samples_at(&patches, 0.5);
    ret->confirm_ms = samples_at(&confirmations, 0.5);
    samples_free(&patches);
    samples_free(&confirmations);
}

static double page_ms(struct subject *subject)
{
    struct samples samples = {0};
    for (int i = 0; i < 9; i++) {
        uint64_t seen = pty_bytes(subject->pty);
        int64_t start_us = now_us();
        pty_send(subject->pty, i % 2 == 0 ? "G" : "g");
        while (pty_bytes(subject->pty) == seen &&
               wait_readable(subject_fd(subject), start_us + 500000)) {
            pty_pump(subject->pty);
        }
        samples_add(&samples, (double)(now_us() - start_us) / 1000);
        subject_run_until(subject, now_us() + 20000);
    }
    double median = samples_at(&samples, 0.5);
    samples_free(&samples);
    return median;
}

static struct by_orders take_orders(struct bench *bench, int orders)
{
    struct by_orders ret = {orders, NAN, NAN, NAN, NAN, NAN};
    char limit[16], seeded[16];
    const char *options[] = {"--orders", seeded, "--orders-limit", limit, NULL};
    int from = orders < SEEDED_MAX ? orders : SEEDED_MAX;
    struct scene scene;
    struct subject subject = {.steps.fd = -1, .process = {.pid = -1, .out_fd = -1, .life_fd = -1}};
    struct usage usage;
    int64_t loaded_us;
    static const struct subject_options many = {
        .extra = {"-Ohttp.body_max=1G", "-Ohttp.timeout_s=120"}};
    snprintf(limit, sizeof limit, "%d", orders);
    snprintf(seeded, sizeof seeded, "%d", from);
    if (!scene_start(&scene, bench, options)) {
        return ret;
    }
    if (scene_grow_orders(&scene, from, orders) &&
        subject_start(&subject, bench, SUBJECT_BLOTTER, &scene.server, &many) &&
        subject_wait_loaded(&subject, &loaded_us) &&
        subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS)) {
        ret.load_ms = (double)(loaded_us - subject.started_us) / 1000;
        ret.rss_mib =
            usage_read(subject_pid(&subject), &usage) ? (double)usage.rss_kib / 1024 : NAN;
        take_changes(&scene, &subject, &ret);
        ret.key_ms = page_ms(&subject);
    }
    subject_free(&subject);
    scene_end(&scene);
    return ret;
}

/* --- one rate ----------------------------------------------------------------------------- */

static void count_steps(const struct steps *steps, size_t from, struct by_rate *ret)
{
    struct samples patches = {0};
    double requests = 0, paints = 0;
    int64_t patched_us = 0;
    for (size_t i = from; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        requests += strcmp(step->name, "fetch_start") == 0;
        if (strcmp(step->name, "patch") == 0 && patched_us == 0) {
            patched_us = step->t_us;
        } else if (step_is_paint(step)) {
            paints++;
            if (patched_us != 0) {
                samples_add(&patches, (double)(step->t_us - patched_us) / 1000);
            }
            patched_us = 0;
        }
    }
    ret->requests = requests;
    ret->paints = paints;
    ret->patch_p50 = samples_at(&patches, 0.5);
    ret->patch_p99 = samples_at(&patches, 0.99);
    samples_free(&patches);
}

static struct by_rate take_rate(struct bench *bench, int rate, int seconds)
{
    static const char *const options[] = {"--orders", "100", NULL};
    struct by_rate ret = {rate, NAN, NAN, NAN, NAN, NAN, NAN};
    struct scene scene;
    struct subject subject;
    struct usage before, after;
    if (!scene_start(&scene, bench, options)) {
        return ret;
    }
    if (subject_start(&subject, bench, SUBJECT_BLOTTER, &scene.server, NULL) &&
        subject_wait_loaded(&subject, NULL) && subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS) &&
        usage_read(subject_pid(&subject), &before)) {
        size_t from = subject.steps.count, first = scene.witness.count;
        scene_storm(&scene, &subject, rate, (int64_t)seconds * 1000000);
        usage_read(subject_pid(&subject), &after);
        double events = (double)(scene.witness.count - first);
        count_steps(&subject.steps, from, &ret);
        ret.came = events / seconds;
        ret.requests /= seconds;
        ret.paints /= seconds;
        ret.cpu_us = (double)(after.cpu_ns - before.cpu_ns) / 1e3 / fmax(events, 1);
    }
    subject_free(&subject);
    scene_end(&scene);
    return ret;
}

/* --- telling ------------------------------------------------------------------------------ */

/* A bar on a logarithmic scale: each doubling is a fixed length, from 0.01 to 100,000. */
static void bar(const char *label, double n, double value, const char *unit)
{
    double decades = isnan(value) || value <= 0 ? 0 : log10(value / 0.01);
    int length = (int)(decades / 7 * (double)CHART_WIDTH + 0.5);
    length = length < 0 ? 0 : length > CHART_WIDTH ? CHART_WIDTH : length;
    printf("%10.0f %-10s |%.*s%*s %.3g %s\n", n, label, length,
           "########################################", CHART_WIDTH - length, "", value, unit);
}

static void chart_orders(const struct by_orders *list, size_t count)
{
    printf("\norders; bars are logarithmic\n");
    for (size_t i = 0; i < count; i++) {
        bar("load", list[i].orders, list[i].load_ms, "ms");
        bar("per row", list[i].orders, list[i].load_ms * 1000 / list[i].orders, "us");
        bar("memory", list[i].orders, list[i].rss_mib, "MiB");
        bar("patch", list[i].orders, list[i].patch_ms, "ms");
        bar("confirm", list[i].orders, list[i].confirm_ms, "ms");
        bar("page", list[i].orders, list[i].key_ms, "ms");
    }
}

static void chart_rates(const struct by_rate *list, size_t count)
{
    printf("\nevents per second, 100 orders; bars are logarithmic\n");
    for (size_t i = 0; i < count; i++) {
        bar("CPU/event", list[i].wanted, list[i].cpu_us, "us");
        bar("requests/s", list[i].wanted, list[i].requests, "");
        bar("frames/s", list[i].wanted, list[i].paints, "");
        bar("patch p50", list[i].wanted, list[i].patch_p50, "ms");
        bar("patch p99", list[i].wanted, list[i].patch_p99, "ms");
    }
}

static void csv_orders(FILE *csv, const struct by_orders *row)
{
    fprintf(csv,
            "orders,%.0f,load_ms,%.3f,rss_mib,%.2f,patch_ms,%.3f,confirm_ms,%.3f,page_ms,%.3f\n",
            row->orders, row->load_ms, row->rss_mib, row->patch_ms, row->confirm_ms, row->key_ms);
}

static void csv_rate(FILE *csv, const struct by_rate *row)
{
    fprintf(csv,
            "events_per_s,%.0f,came_per_s,%.0f,cpu_us_per_event,%.2f,requests_per_s,%.1f,"
            "frames_per_s,%.1f,patch_p50_ms,%.3f,patch_p99_ms,%.3f\n",
            row->wanted, row->came, row->cpu_us, row->requests, row->paints, row->patch_p50,
            row->patch_p99);
}

int growth_rows(struct bench *bench, int orders)
{
    struct by_orders row = take_orders(bench, orders);
    printf("%d orders: loaded after %.0f ms (%.1f us a row), resident %.1f MiB, an event on the "
           "screen after %.2f ms and confirmed after %.0f ms, first to last line %.1f ms\n",
           orders, row.load_ms, row.load_ms * 1000 / orders, row.rss_mib, row.patch_ms,
           row.confirm_ms, row.key_ms);
    return isnan(row.load_ms) ? 1 : 0;
}

int growth_run(struct bench *bench, const char *csv_path)
{
    static const int orders[] = {10, 100, 1000, 10000, 100000};
    static const int rates[] = {1, 10, 100, 1000, 10000};
    enum { ORDERS = sizeof orders / sizeof orders[0], RATES = sizeof rates / sizeof rates[0] };
    struct by_orders by_orders[ORDERS];
    struct by_rate by_rate[RATES];
    FILE *csv = fopen(csv_path, "w");
    if (csv == NULL) {
        perror(csv_path);
        return 1;
    }
    for (size_t i = 0; i < ORDERS; i++) {
        by_orders[i] = take_orders(bench, orders[i]);
        csv_orders(csv, &by_orders[i]);
    }
    for (size_t i = 0; i < RATES; i++) {
        by_rate[i] = take_rate(bench, rates[i], bench_times(bench, 8, 3));
        csv_rate(csv, &by_rate[i]);
    }
    chart_orders(by_orders, ORDERS);
    chart_rates(by_rate, RATES);
    return fclose(csv) == 0 ? 0 : 1;
}
