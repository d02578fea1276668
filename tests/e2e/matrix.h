/*
 * matrix: a table of faults, each met in several ways, all of them side by side: every meeting has
 * a directory and, when it wants, a server of its own. Prints the table; fails when a cell is bad.
 */
#ifndef BLOTTER_TESTS_MATRIX_H
#define BLOTTER_TESTS_MATRIX_H

#include "trust.h"

enum { MATRIX_COLUMNS_MAX = 4 };

/* What a cell may say when it is not bad; one that begins with MATRIX_SKIPPED tells why. */
#define MATRIX_OK "ok"
#define MATRIX_NOT_MEANT "-"
#define MATRIX_SKIPPED "skipped"

struct matrix {
    const char *title;
    const char *columns[MATRIX_COLUMNS_MAX]; /* up to the first NULL */
    size_t rows;
    const char *(*name)(size_t row);
    /* Returns a word or two for the cell; t->why has the rest. */
    const char *(*meet)(struct trust *t, size_t row, size_t column);
    void (*arrive)(struct trust *t); /* before a hand's first meeting; NULL: nothing */
    void (*leave)(struct trust *t);  /* after its last; NULL: nothing */
};

void matrix_run(const struct matrix *matrix);

#endif
