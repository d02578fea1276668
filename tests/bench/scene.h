/*
 * scene: a server of our own with a still market, a witness on its stream and somebody who changes
 * its database: everything a measurement needs but the program that is measured.
 */
#ifndef BLOTTER_BENCH_SCENE_H
#define BLOTTER_BENCH_SCENE_H

#include "bench.h"
#include "subject.h"
#include "witness.h"

struct scene {
    struct bench *bench;
    struct server server;
    struct witness witness;
    struct writer writer;
    int64_t commanded_us;        /* when the last change was asked for */
    void (*on_pump)(void *user); /* called whenever something was taken in; NULL: nothing */
    void *user;
};

/* A server that is still (no market), can be written to, and has these further options (NULL:
 * none, at most 8 words). */
bool scene_start(struct scene *ret, struct bench *bench, const char *const *options);
void scene_end(struct scene *scene);

/* Changes the order that stands in that place of the list, 0 the newest: one event, one row. */
void scene_change_order(struct scene *scene, int place);
/* So many events in one transaction: rounds over all orders of the user. */
void scene_change_orders(struct scene *scene, int rounds);

/* Copies orders until the user has so many: quicker than to seed them. Call it before anything is
 * started on the scene. */
bool scene_grow_orders(struct scene *scene, int from, int to);

/* Takes in what came to the witness, the writer and the subject until the time. */
void scene_run_until(struct scene *scene, struct subject *subject, int64_t until_us);

/* Changes orders at a rate for a time; at most ten at once, so that any rate can be had. */
void scene_storm(struct scene *scene, struct subject *subject, double per_s, int64_t for_us);

/* The same, so much a second of every user: one change of each in a turn. */
void scene_storm_all(struct scene *scene, struct subject *subject, double per_s, int64_t for_us);

/* A config that names the server's first users as accounts a0, a1, …, into path. */
bool accounts_config(struct scene *scene, size_t accounts, char path[300]);
/* The dashboard on so many of them (one: without a config), everything loaded. Free it whatever is
 * returned. */
bool accounts_start(struct subject *ret, struct scene *scene, size_t accounts);

/* All requests the server answered so far, the mock's own and the stream's left out. */
long scene_requests(const struct scene *scene);

#endif
