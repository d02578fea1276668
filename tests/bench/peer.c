#include "peer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INSTALL_MS = 60000, ARGUMENTS_MAX = 8 };

#ifndef BENCH_ROOT
#define BENCH_ROOT "."
#endif

static bool runs(const char *program)
{
    char out[256];
    const char *argv[] = {program, "--version", NULL};
    return process_run(argv, NULL, out, sizeof out, 20000) == 0;
}

/* Copies the scripts each time (they may have changed); the packages are installed once. */
static bool copy_scripts(const char *source, const char *dir)
{
    static const char command[] = "cp \"$0\"/* \"$1\"/";
    char out[256];
    const char *argv[] = {"sh", "-c", command, source, dir, NULL};
    mkdir(dir, 0755);
    return process_run(argv, NULL, out, sizeof out, 10000) == 0;
}

static bool installed(const char *dir)
{
    char path[640];
    snprintf(path, sizeof path, "%s/node_modules/.package-lock.json", dir);
    return access(path, R_OK) == 0;
}

static bool install(const char *dir)
{
    char out[1024];
    const char *argv[] = {"npm",      "ci", "--no-audit", "--no-fund", "--ignore-scripts",
                          "--silent", NULL};
    return process_run(argv, dir, out, sizeof out, INSTALL_MS) == 0;
}

static const char *try_install(const char *source, const char *dir)
{
    if (!runs("node")) {
        return "node is not there";
    }
    if (!copy_scripts(source, dir)) {
        return "its scripts are not there";
    }
    if (!installed(dir) && (!runs("npm") || !install(dir))) {
        return "npm could not install it";
    }
    return NULL;
}

/* The page as it is served: built from the packages of the lock file. */
static const char *build_page(const char *dir)
{
    const char *chromium = getenv("CHROMIUM");
    const char *argv[] = {"npm", "run", "build", NULL};
    char out[4096];
    if (!runs(chromium == NULL ? "chromium" : chromium)) {
        return "chromium is not there (CHROMIUM may name another)";
    }
    return process_run(argv, dir, out, sizeof out, INSTALL_MS) == 0 ? NULL
                                                                    : "its page could not be built";
}

void peer_install(struct bench *bench)
{
    char dir[512];
    if (bench->peer_why[0] != '\0') {
        return;
    }
    snprintf(dir, sizeof dir, "%.400s/%s", bench->programs, bench->browser ? "browser" : "peer");
    const char *why = try_install(
        bench->browser ? BENCH_ROOT "/tests/bench/browser" : BENCH_ROOT "/tests/bench/peer", dir);
    why = why == NULL && bench->browser ? build_page(dir) : why;
    if (why == NULL) {
        snprintf(bench->peer_dir, sizeof bench->peer_dir, "%s", dir);
    } else {
        snprintf(bench->peer_why, sizeof bench->peer_why, "%s", why);
        fprintf(stderr, "bench: peer not installed: %s\n", why);
    }
}

double peer_number(const struct bench *bench, const char *script, const char *const *arguments,
                   int timeout_ms)
{
    char out[256], *end;
    const char *argv[ARGUMENTS_MAX + 3] = {"node", script};
    for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++) {
        argv[i + 2] = arguments[i];
    }
    if (bench->peer_dir[0] == '\0' ||
        process_run(argv, bench->peer_dir, out, sizeof out, timeout_ms) != 0) {
        return NAN;
    }
    double value = strtod(out, &end);
    return end == out ? NAN : value;
}
