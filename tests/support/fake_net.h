/*
 * fake_net: the net floor as a script: time stands still until it is moved, requests wait until
 * they are answered. The loop, http and the transfers below the stream are here; the stream itself
 * is the real one (src/net/stream.c is built into the test). Nothing of it touches a socket.
 */
#ifndef BLOTTER_TESTS_FAKE_NET_H
#define BLOTTER_TESTS_FAKE_NET_H

#include <blotter/net/http.h>
#include <blotter/net/loop.h>

struct loop *fake_loop(void); /* to be freed by fake_loop_free */
void fake_loop_free(struct loop *loop);

/* One turn: what is due, then the hooks; again while something is due. */
void fake_turn(struct loop *loop);
unsigned fake_turns(const struct loop *loop); /* so far: each is a wake-up */
/* Moves the clocks on, from deadline to deadline. */
void fake_pass(struct loop *loop, int64_t ms);
/* The machine sleeps: only the wall clock goes on; one turn when it wakes. */
void fake_sleep(struct loop *loop, int64_t ms);
/* Somebody sets the clock. */
void fake_set_wall(struct loop *loop, int64_t ms);
/* Calls what watches fd. */
void fake_ready(struct loop *loop, int fd, unsigned events);

/* What loop_run is here: it plays the step and returns what that says, or what loop_quit said. */
void fake_on_run(struct loop *loop, int (*step)(struct loop *loop));
bool fake_has_quit(const struct loop *loop);

/* The requests that wait for an answer, and all there ever were. */
size_t fake_waiting(const struct loop *loop);
size_t fake_asked(const struct loop *loop);
const char *fake_path(const struct loop *loop, size_t i); /* of those that wait; "stream" for one */
unsigned fake_forgotten(const struct loop *loop);         /* times connections were forgotten */
const char *fake_token(const struct loop *loop);          /* last set; NULL when none was */

/* Answers the first that waits and whose path begins so; false when there is none. Then a turn. */
bool fake_answer(struct loop *loop, const char *path, const char *body);
bool fake_fail(struct loop *loop, const char *path, enum fault_kind kind, int status);

/* The same for the stream's request. */
bool fake_stream_waits(const struct loop *loop);
bool fake_stream_paused(const struct loop *loop);
void fake_stream_head(struct loop *loop, int status, const char *type);
void fake_stream_bytes(struct loop *loop, const char *bytes);
void fake_stream_end(struct loop *loop, enum fault_kind kind); /* FAULT_NONE: it ended */
/* 200, and the first byte. */
void fake_stream_open(struct loop *loop);

#endif
