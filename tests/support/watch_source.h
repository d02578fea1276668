/* A server for --watch as the tests want it: the path /s, everything else by default. */
#ifndef BLOTTER_TESTS_WATCH_SOURCE_H
#define BLOTTER_TESTS_WATCH_SOURCE_H

#include "watch.h"

static inline void watch_source_at(struct watch_source *ret, const char *url)
{
    *ret = (struct watch_source){.path = "/s"};
    http_settings_default(&ret->http);
    conn_settings_default(&ret->conn);
    ret->http.url = url;
}

#endif
