#include "place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void place_init(struct test_place *place)
{
    snprintf(place->root, sizeof place->root, "/tmp/blotter-adapt-XXXXXX");
    assert_non_null(mkdtemp(place->root));
    snprintf(place->user, sizeof place->user, "%s/user", place->root);
    snprintf(place->shipped, sizeof place->shipped, "%s/shipped", place->root);
    assert_int_equal(mkdir(place->user, 0700), 0);
    assert_int_equal(mkdir(place->shipped, 0700), 0);
}

void place_done(struct test_place *place)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", place->root);
    assert_int_equal(system(command), 0);
}

void place_write(const struct test_place *place, const char *path, const char *text)
{
    char full[256];
    snprintf(full, sizeof full, "%s/%s", place->root, path);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    fclose(file);
    assert_int_equal(chmod(full, 0600), 0);
}

/* Leaves out the root wherever it stands. */
static void shorten(struct buf *text, const char *root)
{
    char cut[80];
    snprintf(cut, sizeof cut, "%s/", root);
    char *at = text->data != NULL ? strstr(text->data, cut) : NULL;
    for (; at != NULL; at = strstr(at, cut)) {
        memmove(at, at + strlen(cut), strlen(at + strlen(cut)) + 1);
        text->len -= strlen(cut);
    }
}

struct adapt *place_load(const struct test_place *place, const char *name, struct buf *out)
{
    static const char *const values[] = {"configured"};
    struct adapt_source source = {.user_dir = place->user,
                                  .shipped_dir = place->shipped,
                                  .url = "https://user.example",
                                  .values = values,
                                  .value_count = 1};
    struct adapt *adapt = adapt_load(name, &source, out);
    if (adapt != NULL && !adapt_compile(adapt, out)) {
        adapt_free(adapt);
        adapt = NULL;
    }
    shorten(out, place->root);
    return adapt;
}
