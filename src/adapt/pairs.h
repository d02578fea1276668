/*
 * pairs: a backend's .ini as lines that may be laid over those of another one (`like`). Each keeps
 * its file and line.
 */
#ifndef BLOTTER_ADAPT_PAIRS_H
#define BLOTTER_ADAPT_PAIRS_H

#include "complaints.h"

struct pair {
    char *section, *name, *value; /* owned */
    struct place at;
};

struct head {
    char *section; /* owned */
    struct place at;
};

struct pairs {
    struct pair *rows;
    size_t count;
    struct head *heads; /* each section once, in the file's order */
    size_t head_count;
};

void pairs_done(struct pairs *pairs);

/* Reads the text of the file at path (borrowed, must outlive pairs). Every line that is none is
 * complained about, and so is what stands there a second time; the rest is kept. */
void pairs_read(struct pairs *ret, const char *path, const char *text, size_t len,
                struct complaints *complaints);

/* What stands in over takes the place of what base says of the same name, and comes behind it
 * otherwise. over is empty after. */
void pairs_lay_over(struct pairs *base, struct pairs *over);

/* NULL when there is none. */
const struct pair *pairs_find(const struct pairs *pairs, const char *section, const char *name);
const struct head *pairs_head(const struct pairs *pairs, const char *section);

#endif
