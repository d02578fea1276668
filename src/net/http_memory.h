/*
 * http_memory: libcurl keeps copies of what it sends, the token among it, in memory that it frees
 * as it is. Here every block is wiped before it is given back.
 */
#ifndef BLOTTER_NET_HTTP_MEMORY_H
#define BLOTTER_NET_HTTP_MEMORY_H

#include <stdbool.h>

/* Initialises libcurl with that memory, unless it is initialised already. False: it failed. */
bool http_memory_init(void);

#endif
