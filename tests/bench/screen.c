/* screen: keys to frames on a large table and in a storm, and bytes to the terminal. */
#include "scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SETTLE_MS = 20000, QUIET_MS = 400, ANSWER_MS = 2000, LAST_BYTE_US = 3000 };

/* --- one key ------------------------------------------------------------------------------ */

/* From the key to the last byte of the frame it causes; NAN when there is no answer. */
static double key_ms(struct subject *subject, const char *key)
{
    int fd = subject_fd(subject);
    subject_pump(subject);
    uint64_t seen = pty_bytes(subject->pty);
    int64_t start_us = now_us(), last_us = 0;
    int64_t until_us = start_us + (int64_t)ANSWER_MS * 1000;
    pty_send(subject->pty, key);
    while (wait_readable(fd, last_us == 0 ? until_us : last_us + LAST_BYTE_US)) {
        int64_t t_us = now_us();
        pty_pump(subject->pty);
        if (pty_bytes(subject->pty) == seen) {
            break; /* it ended */
        }
        seen = pty_bytes(subject->pty);
        last_us = t_us;
    }
    return last_us == 0 ? NAN : (double)(last_us - start_us) / 1000;
}

static void sample_keys(struct subject *subject, const char *key, int times, struct samples *ret)
{
    for (int i = 0; i < times; i++) {
        double ms = key_ms(subject, key);
        if (!isnan(ms)) {
            samples_add(ret, ms);
        }
        subject_run_until(subject, now_us() + 20000); /* a hand is not faster */
    }
}

void measure_frames(struct bench *bench)
{
    static const char *const options[] = {"--orders", "10000", "--orders-limit", "10000", NULL};
    struct scene scene;
    struct subject subject;
    struct samples scroll = {0}, sort = {0};
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    if (subject_start(&subject, bench, SUBJECT_BLOTTER, &scene.server, NULL) &&
        subject_wait_loaded(&subject, NULL) && subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS)) {
        /* Past the last visible row, so that every further line scrolls. */
        struct samples ignored = {0};
        sample_keys(&subject, "j", 50, &ignored);
        samples_free(&ignored);
        sample_keys(&subject, "j", bench_times(bench, 60, 20), &scroll);
        sample_keys(&subject, "s", bench_times(bench, 30, 10), &sort);
    }
    bench_median(bench, "frame.scroll", &scroll);
    bench_median(bench, "frame.sort", &sort);
    samples_free(&scroll);
    samples_free(&sort);
    subject_free(&subject);
    scene_end(&scene);
}

/* --- in a storm --------------------------------------------------------------------------- */

/* Tab moves the heavy border, and nothing else draws that corner. */
struct typist {
    struct subject *subject;
    char corner[48]; /* as it was when the key was sent */
    int row, col;
    int64_t sent_us, next_us;
    struct samples latencies;
};

static void read_corner(struct typist *typist, char *ret, size_t size)
{
    struct pty_cell cell;
    pty_cell(typist->subject->pty, typist->row, typist->col, &cell);
    snprintf(ret, size, "%s%d", cell.text, cell.reverse);
}

static void type_and_look(void *user)
{
    enum { BETWEEN_US = 60000 };
    struct typist *typist = user;
    char corner[sizeof typist->corner];
    int64_t now = now_us();
    read_corner(typist, corner, sizeof corner);
    if (typist->sent_us > 0 && strcmp(corner, typist->corner) != 0) {
        samples_add(&typist->latencies, (double)(now - typist->sent_us) / 1000);
        typist->sent_us = 0;
        typist->next_us = now + BETWEEN_US;
    } else if (typist->sent_us == 0 && now >= typist->next_us) {
        memcpy(typist->corner, corner, sizeof corner);
        typist->sent_us = now;
        /* There and back, so that the corner changes with every key. */
        pty_send(typist->subject->pty, typist->latencies.count % 2 == 0 ? "\t" : "\033[Z");
    }
}

/* The top left corner of the orders pane, which has the focus at the start. */
static bool find_corner(struct typist *typist)
{
    return pty_find(typist->subject->pty, "\u250f", &typist->row, &typist->col);
}

struct typing {
    const char *row;
    void (*storm)(struct scene *scene, struct subject *subject, double per_s, int64_t for_us);
    double per_s;
    const char *to; /* whom the counted events came to; "" for the only user */
};

/* Types while events come, when the subject is ready for it. */
static void type_in_storm(struct scene *scene, struct subject *subject, bool ready,
                          const struct typing *typing)
{
    struct bench *bench = scene->bench;
    struct typist typist = {.subject = subject};
    size_t first = scene->witness.count;
    int seconds = bench_times(bench, 8, 4);
    if (ready && subject_wait_quiet(subject, QUIET_MS, SETTLE_MS) && find_corner(&typist)) {
        scene->on_pump = type_and_look;
        /* cppcheck-suppress autoVariables ; taken back below */
        scene->user = &typist;
        typing->storm(scene, subject, typing->per_s, (int64_t)seconds * 1000000);
        scene->on_pump = NULL;
        scene->user = NULL;
    }
    bench_quantile(bench, typing->row, &typist.latencies, 0.99);
    bench_note(bench, typing->row, "median %.2f ms; %.0f events/s came%s",
               samples_at(&typist.latencies, 0.5), (double)(scene->witness.count - first) / seconds,
               typing->to);
    samples_free(&typist.latencies);
    subject_free(subject);
    scene_end(scene);
}

void measure_keys_in_storm(struct bench *bench)
{
    static const char *const options[] = {"--orders", "200", "--orders-limit", "200", NULL};
    static const struct typing typing = {"frame.storm.p99", scene_storm, 5000, ""};
    struct scene scene;
    struct subject subject;
    if (scene_start(&scene, bench, options)) {
        bool ready = subject_start(&subject, bench, SUBJECT_BLOTTER, &scene.server, NULL) &&
                     subject_wait_loaded(&subject, NULL);
        type_in_storm(&scene, &subject, ready, &typing);
    }
}

/* Thirty-two accounts, all of them busy. */
void measure_accounts_keys(struct bench *bench)
{
    enum { ACCOUNTS = 32, RATE = 50 };
    static const char *const options[] = {"--users", "32", "--orders", "40", NULL};
    static const struct typing typing = {"accounts.keys.p99", scene_storm_all, RATE,
                                         " to the first"};
    struct scene scene;
    struct subject subject;
    if (scene_start(&scene, bench, options)) {
        bool ready = accounts_start(&subject, &scene, ACCOUNTS);
        type_in_storm(&scene, &subject, ready, &typing);
    }
}

/* --- bytes -------------------------------------------------------------------------------- */

struct wanted_paint {
    size_t from;
};

static bool has_painted(const struct subject *subject, const void *user)
{
    const struct wanted_paint *wanted = user;
    return steps_find(&subject->steps, wanted->from, "paint") != NULL;
}

/* One event: the bytes of the frame that shows it, and of all that follows until the flash has
 * faded: the confirmation, too. */
static void bytes_for_event(struct scene *scene, struct subject *subject, int place,
                            struct samples *ret_frame, struct samples *ret_all)
{
    enum { FADED_MS = 1100 };
    struct wanted_paint wanted = {subject->steps.count};
    uint64_t before = pty_bytes(subject->pty);
    scene_change_order(scene, place);
    if (!subject_wait(subject, has_painted, &wanted, ANSWER_MS)) {
        return;
    }
    samples_add(ret_frame, (double)(pty_bytes(subject->pty) - before));
    scene_run_until(scene, subject, now_us() + FADED_MS * 1000);
    samples_add(ret_all, (double)(pty_bytes(subject->pty) - before));
}

static void sample_bytes(struct scene *scene, int rows, int cols, struct samples *ret_frame,
                         struct samples *ret_all)
{
    struct subject_options options = {.rows = rows, .cols = cols};
    struct subject subject;
    if (subject_start(&subject, scene->bench, SUBJECT_BLOTTER, &scene->server, &options) &&
        subject_wait_loaded(&subject, NULL) && subject_wait_quiet(&subject, 1000, SETTLE_MS)) {
        for (int i = 0; i < bench_times(scene->bench, 7, 3); i++) {
            bytes_for_event(scene, &subject, i, ret_frame, ret_all);
        }
    }
    subject_free(&subject);
}

void measure_bytes(struct bench *bench)
{
    struct scene scene;
    struct samples cell = {0}, small = {0}, frame = {0}, event = {0};
    if (!scene_start(&scene, bench, NULL)) {
        return;
    }
    sample_bytes(&scene, 20, 60, &cell, &small);
    sample_bytes(&scene, 48, 160, &frame, &event);
    bench_median(bench, "bytes.cell", &cell);
    bench_median(bench, "bytes.event", &event);
    bench_note(bench, "bytes.cell",
               "at 60x20, the counter in the state bar with it; %.0f B with "
               "confirmation and fading",
               samples_at(&small, 0.5));
    bench_note(bench, "bytes.event", "at 160x48; %.0f B of it in the first frame",
               samples_at(&frame, 0.5));
    samples_free(&cell);
    samples_free(&small);
    samples_free(&frame);
    samples_free(&event);
    scene_end(&scene);
}
