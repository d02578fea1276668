#include "usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SAMPLES_MAX = 16384,
    WARM_UP_PERCENT = 30,
    WARM_UP_MINUTES =
        3,              /* and so long: what was seen today fills its tables up to their ceilings */
    JUDGED_MINUTES = 2, /* less tells nothing */
    ROWS_SHOWN = 12,
    /* Buffers that grow to the largest burst they met do so by steps; a leak does it by events. */
    STEPS_KIB = 4096,
    KIB_PER_MINUTE_MAX = 48,
    FDS_MAX = 6 /* on the average of a third of the run: connections come and go */
};
#define BYTES_PER_EVENT_MAX 16.0

struct sample {
    double minutes, events;
    double kib[USAGE_SUBJECTS];
    int fds[USAGE_SUBJECTS];
};

struct usage {
    struct sample samples[SAMPLES_MAX];
    size_t count;
};

static const char *const names[] = {"dashboard", "watch", "mock"};

struct usage *usage_new(void)
{
    struct usage *usage = calloc(1, sizeof *usage);
    if (usage == NULL) {
        abort();
    }
    return usage;
}

void usage_free(struct usage *usage)
{
    free(usage);
}

/* --- a sample --------------------------------------------------------------------------------- */

static double resident_kib(pid_t pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static int open_fds(pid_t pid)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

void usage_take(struct usage *usage, const pid_t pids[USAGE_SUBJECTS], int64_t after_ms,
                uint64_t events)
{
    if (usage->count == SAMPLES_MAX) {
        return;
    }
    struct sample *sample = &usage->samples[usage->count++];
    sample->minutes = (double)after_ms / 60000;
    sample->events = (double)events;
    for (int i = 0; i < USAGE_SUBJECTS; i++) {
        sample->kib[i] = resident_kib(pids[i]);
        sample->fds[i] = open_fds(pids[i]);
    }
}

/* --- the judgement ---------------------------------------------------------------------------- */

static double minutes_of(const struct usage *usage)
{
    return usage->samples[usage->count - 1].minutes;
}

static bool is_long(const struct usage *usage)
{
    return minutes_of(usage) >= WARM_UP_MINUTES + JUDGED_MINUTES;
}

static size_t warm(const struct usage *usage)
{
    size_t from = usage->count * WARM_UP_PERCENT / 100;
    while (is_long(usage) && usage->samples[from].minutes < WARM_UP_MINUTES) {
        from++;
    }
    return from;
}

/* KiB by least squares over time (a minute) or events (one), the warm-up left out. */
static double slope(const struct usage *usage, int subject, bool over_events)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    const struct sample *first = &usage->samples[warm(usage)];
    for (size_t i = warm(usage); i < usage->count; i++) {
        const struct sample *at = &usage->samples[i];
        double from = over_events ? at->events - first->events : at->minutes - first->minutes;
        n += 1;
        x += from;
        y += at->kib[subject];
        xx += from * from;
        xy += from * at->kib[subject];
    }
    double spread = n * xx - x * x;
    return spread > 0 ? (n * xy - x * y) / spread : 0;
}

/* Growth is judged by the fitted line over all that was measured: steps up to a bound are buffers,
 * what goes on beyond it per event or per minute is a leak. */
static bool grows(const struct usage *usage, int subject)
{
    const struct sample *first = &usage->samples[warm(usage)];
    const struct sample *last = &usage->samples[usage->count - 1];
    double minutes = last->minutes - first->minutes;
    double per_minute = slope(usage, subject, false);
    double per_event = slope(usage, subject, true) * 1024;
    return per_minute * minutes > (double)STEPS_KIB &&
           (per_event > (double)BYTES_PER_EVENT_MAX || per_minute > (double)KIB_PER_MINUTE_MAX);
}

/* The average over a third of what was measured, counted from 0. */
static double mean_fds(const struct usage *usage, int subject, size_t third)
{
    size_t length = (usage->count - warm(usage)) / 3, from = warm(usage) + third * length;
    double sum = 0;
    for (size_t i = from; i < from + length; i++) {
        sum += usage->samples[i].fds[subject];
    }
    return length > 0 ? sum / (double)length : 0;
}

static bool judge(const struct usage *usage, int i, bool judges_memory)
{
    size_t from = warm(usage);
    double fds_first = mean_fds(usage, i, 0), fds_last = mean_fds(usage, i, 2);
    printf("soak: %-10s %10.0f %10.0f %12.1f %12.3f %6.1f %6.1f\n", names[i],
           usage->samples[from].kib[i], usage->samples[usage->count - 1].kib[i],
           slope(usage, i, false), slope(usage, i, true) * 1024, fds_first, fds_last);
    bool flat = true;
    if (judges_memory && is_long(usage) && grows(usage, i)) {
        printf("soak: FAILED: the memory of the %s grows\n", names[i]);
        flat = false;
    }
    if (fds_last > fds_first + (double)FDS_MAX) {
        printf("soak: FAILED: the descriptors of the %s grow\n", names[i]);
        flat = false;
    }
    return flat;
}

bool usage_report(const struct usage *usage, bool judges_memory)
{
    bool flat = true;
    if (usage->count == 0) {
        return true;
    }
    for (size_t i = 0; i < usage->count; i += usage->count / ROWS_SHOWN + 1) {
        const struct sample *at = &usage->samples[i];
        printf("soak: after %5.1f min %8.0f %8.0f %8.0f KiB, %10.0f events\n", at->minutes,
               at->kib[USAGE_CLIENT], at->kib[USAGE_WATCH], at->kib[USAGE_MOCK], at->events);
    }
    printf("soak: %-10s %10s %10s %12s %12s %13s\n", "warmed up", "KiB first", "KiB last",
           "KiB/min", "bytes/event", "fds (mean)");
    for (int i = 0; i < USAGE_SUBJECTS; i++) {
        flat = judge(usage, i, judges_memory) && flat;
    }
    return flat;
}
