/*
 * proxy_link: one client's connection through the fault proxy, and the one to the server that
 * belongs to it. One request at a time; whatever is wrong ends the link. For proxy.c alone.
 */
#ifndef BLOTTER_MOCK_PROXY_LINK_H
#define BLOTTER_MOCK_PROXY_LINK_H

#include "faults.h"

#include <blotter/net/loop.h>

#include <stdint.h>

struct proxy_link;

/* What all links share. */
struct proxy_links {
    struct loop *loop;
    struct faults *faults;
    uint16_t upstream_port;
    struct proxy_link *first, *last;
    size_t count;
};

/* Takes over the accepted socket (non-blocking). `trusted`: the peer is on this machine. */
void proxy_link_new(struct proxy_links *links, int client, bool trusted);

/* Closes the links that have nothing left to say; true when there are none any more. */
bool proxy_links_drain(struct proxy_links *links);
void proxy_links_close(struct proxy_links *links); /* all of them, at once */

#endif
