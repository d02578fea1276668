/* A place with backends in it, for the tests of the adapt floor. */
#ifndef BLOTTER_TEST_ADAPT_PLACE_H
#define BLOTTER_TEST_ADAPT_PLACE_H

#include <blotter/adapt/adapt.h>

struct test_place {
    char root[64], user[80], shipped[80];
};

void place_init(struct test_place *place);
void place_done(struct test_place *place);

/* Writes a file, mode 0600; path is below root. Its full path goes to out when that is not NULL. */
void place_write(const struct test_place *place, const char *path, const char *text);

/* Loads by name, and compiles; the sentences, without the place's path, go to out (initialised).
 * NULL when there are any. */
struct adapt *place_load(const struct test_place *place, const char *name, struct buf *out);

#endif
