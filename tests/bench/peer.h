/* peer: swr and eventsource on Node, installed into the build directory by this benchmark alone. */
#ifndef BLOTTER_BENCH_PEER_H
#define BLOTTER_BENCH_PEER_H

#include "bench.h"
#include "process.h"

/* Sets peer_dir, or peer_why when it cannot be had. */
void peer_install(struct bench *bench);

/* Runs `node SCRIPT ARGUMENT…` (NULL-terminated) and returns the number it prints; NAN on failure.
 */
double peer_number(const struct bench *bench, const char *script, const char *const *arguments,
                   int timeout_ms);

#endif
