#include "peer.h"
#include "print.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_MARKDOWN };

struct options {
    enum output output;
    bool list, strict, write;
    const char *growth;
    int idle_s, rows;
};

static void usage(FILE *out)
{
    fputs("usage: bench [OPTIONS]\n\n"
          "Measures every row of the budget table on the programs of this build.\n\n"
          "  --quick         fewer repetitions: two and a half minutes, noisier\n"
          "  --only GLOB     only the rows whose id matches, such as 'load.*'\n"
          "  --json          one JSON object instead of a table\n"
          "  --markdown      a table of Markdown\n"
          "  --write         the same into README.md and tests/bench/README.md\n"
          "  --list          the rows\n"
          "  --browser       the peer is a tab of a headless Chromium: React, swr, EventSource\n"
          "  --no-peer       without the peer\n"
          "  --strict        exit 1 when a budget is missed\n"
          "  --growth FILE   10 to 100,000 orders, 1 to 10,000 events/s: CSV into FILE, and a "
          "chart\n"
          "  --rows N        load, memory, patch and confirmation with N orders, 1,000,000 say\n"
          "  --idle SECONDS  CPU and wake-ups of an open stream with heartbeats\n"
          "  --help\n\n"
          "Exit: 0 measured, 1 failed (or missed, with --strict), 2 usage.\n",
          out);
}

/* --- options ------------------------------------------------------------------------------ */

enum {
    OPT_QUICK = 1,
    OPT_ONLY,
    OPT_JSON,
    OPT_MARKDOWN,
    OPT_WRITE,
    OPT_LIST,
    OPT_NO_PEER,
    OPT_BROWSER,
    OPT_STRICT,
    OPT_GROWTH,
    OPT_IDLE,
    OPT_ROWS,
    OPT_HELP
};

static const struct option long_options[] = {
    {"quick", no_argument, NULL, OPT_QUICK},     {"only", required_argument, NULL, OPT_ONLY},
    {"json", no_argument, NULL, OPT_JSON},       {"markdown", no_argument, NULL, OPT_MARKDOWN},
    {"write", no_argument, NULL, OPT_WRITE},     {"list", no_argument, NULL, OPT_LIST},
    {"no-peer", no_argument, NULL, OPT_NO_PEER}, {"browser", no_argument, NULL, OPT_BROWSER},
    {"strict", no_argument, NULL, OPT_STRICT},   {"growth", required_argument, NULL, OPT_GROWTH},
    {"idle", required_argument, NULL, OPT_IDLE}, {"rows", required_argument, NULL, OPT_ROWS},
    {"help", no_argument, NULL, OPT_HELP},       {NULL, 0, NULL, 0},
};

/* -1: go on; otherwise the exit status. */
static int take_option(struct bench *bench, struct options *options, int option)
{
    switch (option) {
    case OPT_QUICK:
        bench->quick = true;
        return -1;
    case OPT_ONLY:
        bench->only = optarg;
        return -1;
    case OPT_JSON:
        options->output = OUTPUT_JSON;
        return -1;
    case OPT_MARKDOWN:
        options->output = OUTPUT_MARKDOWN;
        return -1;
    case OPT_WRITE:
        options->write = true;
        return -1;
    case OPT_LIST:
        options->list = true;
        return -1;
    case OPT_BROWSER:
        bench->browser = true;
        return -1;
    case OPT_NO_PEER:
        snprintf(bench->peer_why, sizeof bench->peer_why, "not wanted");
        return -1;
    case OPT_STRICT:
        options->strict = true;
        return -1;
    case OPT_GROWTH:
        options->growth = optarg;
        return -1;
    case OPT_ROWS:
        options->rows = (int)strtol(optarg, NULL, 10);
        return -1;
    case OPT_IDLE:
        options->idle_s = (int)strtol(optarg, NULL, 10);
        return -1;
    default:
        usage(option == OPT_HELP ? stdout : stderr);
        return option == OPT_HELP ? 0 : 2;
    }
}

static int take_options(struct bench *bench, struct options *options, int argc, char **argv)
{
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        int status = take_option(bench, options, option);
        if (status >= 0) {
            return status;
        }
    }
    if (optind < argc) {
        usage(stderr);
        return 2;
    }
    return -1;
}

/* --- surroundings ------------------------------------------------------------------------- */

/* The programs lie in the build directory this one was built in. */
static bool find_programs(struct bench *bench, const char *self)
{
    char path[PATH_MAX];
    if (realpath(self, path) == NULL || strlen(path) > 400) {
        return false;
    }
    snprintf(bench->programs, sizeof bench->programs, "%s", dirname(path));
    snprintf(bench->blotter, sizeof bench->blotter, "%.400s/../../blotter", bench->programs);
    snprintf(bench->mock, sizeof bench->mock, "%.400s/../../blotter-mock", bench->programs);
    return true;
}

static bool make_work_dir(struct bench *bench)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(bench->work_dir, sizeof bench->work_dir, "%.200s/blotter-bench-XXXXXX",
             tmp == NULL ? "/tmp" : tmp);
    return mkdtemp(bench->work_dir) != NULL;
}

static void remove_work_dir(const struct bench *bench)
{
    char out[256];
    const char *argv[] = {"rm", "-rf", bench->work_dir, NULL};
    process_run(argv, NULL, out, sizeof out, 10000);
}

/* Ten thousand streams are ten thousand descriptors, here and in the server. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int list_rows(void)
{
    for (size_t i = 0; i < row_count; i++) {
        printf("%-18s %s\n", rows[i].id, rows[i].what);
    }
    return 0;
}

static int missed(const struct bench *bench)
{
    int count = 0;
    for (size_t i = 0; i < row_count; i++) {
        count += print_missed(&rows[i], &bench->results[i]);
    }
    return count;
}

static int run(struct bench *bench, const struct options *options)
{
    static void (*const printers[])(const struct bench *) = {print_text, print_json,
                                                             print_markdown};
    if (options->growth != NULL) {
        return growth_run(bench, options->growth);
    }
    if (options->rows > 0) {
        return growth_rows(bench, options->rows);
    }
    if (options->idle_s > 0) {
        return idle_run(bench, options->idle_s);
    }
    bench_run(bench);
    printers[options->output](bench);
    bool written = !options->write || print_documents(bench);
    int status = !written || (options->strict && missed(bench) > 0) ? 1 : 0;
    free(bench->results);
    return status;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct options options = {0};
    int status = take_options(&bench, &options, argc, argv);
    if (status >= 0) {
        return status;
    }
    if (options.list) {
        return list_rows();
    }
    if (!find_programs(&bench, argv[0]) || !make_work_dir(&bench)) {
        fprintf(stderr, "bench: cannot start: %s\n", strerror(errno));
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    peer_install(&bench);
    status = run(&bench, &options);
    if (getenv("KEEP") == NULL)
        remove_work_dir(&bench);
    return status;
}
