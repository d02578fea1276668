/*
 * Runs seeds of the simulation. Usage:
 *   sim [--seeds N] [--first S]      N seeds from S on (BLOTTER_SIM_SEEDS sets the default of N)
 *   sim --seconds T [--first S]      as many as fit in T seconds
 *   sim --seed S [--trace]           one
 */
#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PRESS_EACH 50 /* it takes longer than others */

struct options {
    uint64_t first, seeds;
    double seconds; /* 0: no limit */
    bool trace;
};

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool parse_number(const char *text, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long value = text != NULL ? strtoull(text, &end, 10) : 0;
    if (text == NULL || *text == '\0' || *end != '\0' || errno != 0) {
        return false;
    }
    *ret = value;
    return true;
}

static bool parse_options(int argc, char **argv, struct options *ret)
{
    parse_number(getenv("BLOTTER_SIM_SEEDS"), &ret->seeds);
    for (int i = 1; i < argc; i++) {
        uint64_t number = 0;
        if (strcmp(argv[i], "--trace") == 0) {
            ret->trace = true;
            continue;
        }
        if (i + 1 == argc || !parse_number(argv[i + 1], &number)) {
            return false;
        }
        if (strcmp(argv[i], "--seeds") == 0) {
            ret->seeds = number;
        } else if (strcmp(argv[i], "--first") == 0) {
            ret->first = number;
        } else if (strcmp(argv[i], "--seed") == 0) {
            ret->first = number;
            ret->seeds = 1;
        } else if (strcmp(argv[i], "--seconds") == 0) {
            ret->seconds = (double)number;
            ret->seeds = UINT64_MAX;
        } else {
            return false;
        }
        i++;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.first = 1, .seeds = 1000};
    if (!parse_options(argc, argv, &options)) {
        fprintf(stderr, "usage: sim [--seeds N | --seconds T] [--first S] | --seed S [--trace]\n");
        return 2;
    }
    static struct sim sim;
    double start = now_seconds();
    uint64_t done = 0;
    bool good = true;
    while (good && done < options.seeds) {
        if (options.seconds > 0 && now_seconds() - start >= options.seconds) {
            break;
        }
        good = sim_run(&sim, options.first + done, options.trace);
        if (good && (options.first + done) % PRESS_EACH == 0) {
            sim.broken = press_run(options.first + done);
            good = sim.broken == NULL;
        }
        done++;
    }
    if (!good) {
        uint64_t seed = sim.seed;
        printf("seed %llu: %s\n", (unsigned long long)seed, sim.broken);
        if (!options.trace) {
            sim_run(&sim, seed, true);
        }
        printf("replay: %s --seed %llu --trace\n", argv[0], (unsigned long long)seed);
    }
    double seconds = now_seconds() - start;
    printf("%llu seeds, %llu steps in %.1f s (%.0f seeds/s)\n", (unsigned long long)done,
           (unsigned long long)sim.steps, seconds, (double)done / seconds);
    sim_done(&sim);
    return good ? 0 : 1;
}
