/*
 * mock_wire: the mock over plain sockets, byte for byte.
 */
#ifndef BLOTTER_TESTS_E2E_MOCK_WIRE_H
#define BLOTTER_TESTS_E2E_MOCK_WIRE_H

#include <server.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PATIENCE_MS 10000 /* only a test that fails waits so long */

struct wire {
    int fd;
    char *bytes; /* what has come so far, NUL-terminated */
    size_t len, room;
    bool closed; /* the server ended the connection */
};

extern const char *wire_program; /* the mock's path, set by main */

int64_t wire_now_ms(void);

/* Ends the server as its user would; its exit status, 0 when it was ended before. */
int wire_stop(struct server *server);

void wire_open(struct wire *ret, const struct server *server);
void wire_close(struct wire *wire);

/* Writes text, in which $T stands for the first user's token. */
void wire_send(struct wire *wire, const struct server *server, const char *text);

/* Reads until what has come holds text (a later part when it has come before: forget first). False
 * at the end or after the patience. */
bool wire_wait(struct wire *wire, const char *text);

/* Reads one answer with a length; the status, 0 when none came. HEAD answers have no body. */
int wire_answer(struct wire *wire, bool head);

/* Reads until the server closes. */
bool wire_wait_end(struct wire *wire);
void wire_forget(struct wire *wire);

/* One request on a connection of its own; *wire must be closed. */
int wire_ask(struct wire *ret, const struct server *server, const char *request);

/* A header's value in the last answer, "" when absent. Overwritten by the next call. */
const char *wire_header(const struct wire *wire, const char *name);

/* Opens a stream and waits for its welcome. more: further header lines, each with CRLF. */
void wire_stream(struct wire *ret, const struct server *server, const char *more);

/* A number of /__mock/stats by its path of members, "streams/open"; -1 when absent. */
long wire_stat(const struct server *server, const char *path);

#endif
