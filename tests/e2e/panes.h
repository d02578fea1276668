/*
 * panes: does what a client held of the panes equal what the server serves? The client's side is
 * its disk cache, written when it ended; the server's is asked anew.
 */
#ifndef BLOTTER_TESTS_PANES_H
#define BLOTTER_TESTS_PANES_H

#include "../support/server.h"

#include <stdbool.h>
#include <stddef.h>

/* cache_home is the client's XDG_CACHE_HOME. On a difference why says which pane and both sides. */
bool panes_equal(const char *cache_home, const struct server *server, char *why, size_t why_size);
/* The same of the very directory that the files are in: one of several accounts'. */
bool panes_equal_in(const char *directory, const struct server *server, char *why, size_t why_size);

/* The same for what --snapshot -o json printed. */
bool panes_snapshot_equal(const char *text, const struct server *server, char *why,
                          size_t why_size);

/* Removes the cache of a client from the directory. */
void panes_forget(const char *cache_home);

#endif
