/* adapt_private: a loaded backend from the inside. */
#ifndef BLOTTER_ADAPT_PRIVATE_H
#define BLOTTER_ADAPT_PRIVATE_H

#include "files.h"
#include "program.h"

struct adapt {
    struct backend_file ini, base, jq; /* base: that of `like`; empty without */
    char *id;
    char *url; /* a copy, for {url} */
    struct pairs pairs;
    struct backend backend;
    struct duty duties[READER_FUNCTIONS_MAX];
    size_t duty_count;
    bool pages, covers;      /* the .jq defines next_page, covers: there is a reason to ask */
    struct program *program; /* NULL before the compile */
    size_t others;           /* owners beside the first */
};

#endif
