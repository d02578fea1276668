/* accounts: several at once: what eight cost more than one, and what is done for thirty-two. */
#include "scene.h"

#include <blotter/core/resource.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    EIGHT = 8,
    CURL_MS = 10000,
    SETTLE_MS = 20000,
    QUIET_MS = 500,
    RATE = 50,
    HEARTBEAT_S = 2,
    SETTLE_S = 5
};

/* --- what is started -------------------------------------------------------------------------- */

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool good = file != NULL && fputs(text, file) >= 0;
    good = file != NULL && fclose(file) == 0 && good;
    return good && chmod(path, 0600) == 0;
}

/* A config with the server's first users as accounts a0, a1, …. */
bool accounts_config(struct scene *scene, size_t accounts, char path[300])
{
    static char text[16384];
    char user[128], token[256], file[300];
    size_t len = (size_t)snprintf(text, sizeof text, "[main]\nprofiles = a0");
    for (size_t i = 1; i < accounts; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, ", a%zu", i);
    }
    len += (size_t)snprintf(text + len, sizeof text - len, "\n");
    for (size_t i = 0; i < accounts; i++) {
        snprintf(file, sizeof file, "%.240s/token-%zu", scene->bench->work_dir, i);
        if (!server_user(&scene->server, i, user, token) || !write_file(file, token)) {
            return false;
        }
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "[profile.a%zu]\nurl = %s\nuser = %s\ntoken_file = %s\n", i,
                                scene->server.url, user, file);
    }
    snprintf(path, 300, "%.240s/accounts-%zu.ini", scene->bench->work_dir, accounts);
    return len < sizeof text && write_file(path, text);
}

/* The dashboard on so many of the server's users, everything loaded. */
bool accounts_start(struct subject *ret, struct scene *scene, size_t accounts)
{
    char config[300];
    struct subject_options options = {.config = config, .accounts = accounts};
    struct subject_options *given = accounts > 1 ? &options : NULL;
    *ret = (struct subject){.process = {.pid = -1, .out_fd = -1, .life_fd = -1}};
    ret->steps.fd = -1;
    return (accounts < 2 || accounts_config(scene, accounts, config)) &&
           subject_start(ret, scene->bench, SUBJECT_BLOTTER, &scene->server, given) &&
           subject_wait_loaded(ret, NULL);
}

/* --- first load ---------------------------------------------------------------------------------
 */

/* The slowest of every account's requests, all asked at once, each on a connection of its own. */
static double slowest_request_ms(const struct scene *scene)
{
    enum { ALL = EIGHT * RESOURCE_COUNT, WORDS = 8 };
    static char out[8192], headers[EIGHT][320], urls[RESOURCE_COUNT][512];
    const char *argv[6 + ALL * WORDS + 1] = {"curl",           "-s", "-Z", "--no-progress-meter",
                                             "--parallel-max", "64"};
    size_t argc = 6;
    char user[128], token[256];
    double slowest = NAN;
    for (size_t i = 0; i < EIGHT; i++) {
        server_user(&scene->server, i, user, token);
        snprintf(headers[i], sizeof headers[i], "Authorization: Bearer %s", token);
        for (int r = 0; r < RESOURCE_COUNT; r++) {
            snprintf(urls[r], sizeof urls[r], "%s%s", scene->server.url,
                     resource_info((enum resource)r)->path);
            const char *const words[] = {"--next",          "-o", "/dev/null", "-w",
                                         "%{time_total}\n", "-H", headers[i],  urls[r]};
            size_t from = argc > 6 ? 0 : 1;
            memcpy(argv + argc, words + from, (WORDS - from) * sizeof *words);
            argc += WORDS - from;
        }
    }
    process_run(argv, NULL, out, sizeof out, CURL_MS);
    for (char *line = out, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        double seconds;
        if (sscanf(line, "%lf", &seconds) == 1) {
            slowest = fmax(isnan(slowest) ? 0 : slowest, seconds * 1000);
        }
    }
    return slowest;
}

void measure_accounts_load(struct bench *bench)
{
    static const char *const options[] = {"--users",   "8",  "--orders", "100",
                                          "--latency", "50", NULL};
    struct scene scene;
    struct samples ours = {0}, slowest = {0};
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        samples_add(&slowest, slowest_request_ms(&scene));
    }
    for (int i = 0; i < bench_times(bench, 11, 4); i++) {
        struct subject subject;
        int64_t loaded_us;
        if (accounts_start(&subject, &scene, EIGHT) && subject_wait_loaded(&subject, &loaded_us)) {
            samples_add(&ours, (double)(loaded_us - subject.started_us) / 1000);
        }
        subject_free(&subject);
    }
    double limit = samples_at(&slowest, 0.5);
    bench_median(bench, "accounts.load", &ours);
    bench_limit(bench, "accounts.load", limit, "the slowest of 32 requests, by curl");
    bench_result(bench, "accounts.load")->budget = limit + 15;
    bench_note(bench, "accounts.load", "server latency 50 ms; budget: the limit + 15 ms");
    samples_free(&ours);
    samples_free(&slowest);
    scene_end(&scene);
}

/* --- memory -------------------------------------------------------------------------------------
 */

static double resident_mib(struct scene *scene, size_t accounts)
{
    struct subject subject;
    struct usage usage;
    double mib = NAN;
    if (accounts_start(&subject, scene, accounts) &&
        subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS) &&
        usage_read(subject_pid(&subject), &usage)) {
        mib = (double)usage.rss_kib / 1024;
    }
    subject_free(&subject);
    return mib;
}

void measure_accounts_memory(struct bench *bench)
{
    static const char *const options[] = {"--users", "8", "--orders", "100", NULL};
    struct scene scene;
    struct samples more = {0};
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    for (int i = 0; i < bench_times(bench, 3, 1); i++) {
        double one = resident_mib(&scene, 1), eight = resident_mib(&scene, EIGHT);
        if (!isnan(one) && !isnan(eight)) {
            samples_add(&more, (eight - one) / (EIGHT - 1));
            bench_note(bench, "accounts.memory", "one: %.1f MiB, eight: %.1f MiB", one, eight);
        }
    }
    bench_median(bench, "accounts.memory", &more);
    samples_free(&more);
    scene_end(&scene);
}

/* --- an event -----------------------------------------------------------------------------------
 */

/* Every order event of the first account whose row was patched, up to the frame on the terminal. */
static double patched_ms(struct scene *scene, size_t accounts, int seconds)
{
    struct samples samples = {0};
    struct subject subject;
    if (accounts_start(&subject, scene, accounts) &&
        subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS)) {
        size_t from = subject.steps.count;
        scene_storm(scene, &subject, RATE, (int64_t)seconds * 1000000);
        subject_wait_quiet(&subject, QUIET_MS, SETTLE_MS);
        steps_sample_patches(&subject.steps, from, &samples);
    }
    double median = samples_at(&samples, 0.5);
    subject_free(&subject);
    samples_free(&samples);
    return median;
}

void measure_accounts_patch(struct bench *bench)
{
    static const char *const options[] = {"--users", "8", "--orders", "100", NULL};
    struct scene scene;
    struct samples ratios = {0};
    int seconds = bench_times(bench, 10, 3);
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    for (int i = 0; i < bench_times(bench, 3, 1); i++) {
        double one = patched_ms(&scene, 1, seconds), eight = patched_ms(&scene, EIGHT, seconds);
        if (!isnan(one) && !isnan(eight)) {
            samples_add(&ratios, eight / one);
            bench_note(bench, "accounts.patch", "one: %.3f ms, eight: %.3f ms", one, eight);
        }
    }
    bench_median(bench, "accounts.patch", &ratios);
    samples_free(&ratios);
    scene_end(&scene);
}

/* --- idle ---------------------------------------------------------------------------------------
 */

void measure_accounts_idle(struct bench *bench)
{
    static const char *const options[] = {"--users",     "8", "--orders", "100",
                                          "--heartbeat", "2", NULL};
    struct scene scene;
    struct subject subject;
    struct usage before, after;
    int seconds = bench_times(bench, 20, 6);
    if (!scene_start(&scene, bench, options)) {
        return;
    }
    if (accounts_start(&subject, &scene, EIGHT)) {
        wait_readable(-1, now_us() + SETTLE_S * 1000000); /* the marks fade */
        bool told = usage_read(subject_pid(&subject), &before);
        wait_readable(-1, now_us() + (int64_t)seconds * 1000000);
        if (told && usage_read(subject_pid(&subject), &after)) {
            double beats = (double)seconds / HEARTBEAT_S * EIGHT;
            bench_figure(bench, "accounts.wakeups",
                         (double)(after.switches - before.switches) / beats);
            bench_note(bench, "accounts.wakeups", "CPU %.2f ms in %d s",
                       (double)(after.cpu_ns - before.cpu_ns) / 1e6, seconds);
        }
    }
    subject_free(&subject);
    scene_end(&scene);
}
