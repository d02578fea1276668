/*
 * backend: what the client needs besides http's settings to ask a backend that is described by
 * files: the files, the user's secrets, and what the config gives it.
 */
#ifndef BLOTTER_CLIENT_BACKEND_H
#define BLOTTER_CLIENT_BACKEND_H

#include <blotter/adapt/adapt.h>

#include <stdbool.h>
#include <stddef.h>

struct client_value {
    const char *name, *value; /* {name} is value, and is not discovered */
};

struct client_list {
    const char *name; /* of a watchlist that the user keeps in the config */
    const char *const *symbols;
    size_t symbol_count;
};

/* Everything is borrowed and must outlive the client. */
struct client_backend {
    struct adapt *adapt;
    /* The secret of that name, NULL when there is none: asked when headers are made, copied. */
    const char *(*secret)(void *user, const char *name, size_t len);
    /*
     * Run the commands that give secrets again, at most once a minute, and call done(client, ok),
     * at once or later. ok: there may be other secrets now. NULL: there are no commands.
     */
    void (*renew)(void *user, void (*done)(void *client, bool ok), void *client);
    void *user;
    const struct client_value *values;
    size_t value_count;
    const struct client_list *lists;
    size_t list_count;
};

#endif
