/* check_members: what a backend's functions made of the answers, for --check-config. */
#ifndef BLOTTER_CLI_CHECK_MEMBERS_H
#define BLOTTER_CLI_CHECK_MEMBERS_H

#include <blotter/core/resource.h>
#include <blotter/core/span.h>

/* Prints which members the rows of a checked body have, below the line that counts the rows. */
void check_members(enum resource resource, struct span body);

/* The same for the updates of quotes. */
void check_quotes(struct span updates);

#endif
