#include "../support/crew.h"
#include "matrix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HANDS = 8, WORD_MAX = 32 };

static const struct matrix *running; /* what the hands, which are copies of us, work on */

static size_t columns_of(const struct matrix *matrix)
{
    size_t count = 0;
    while (count < MATRIX_COLUMNS_MAX && matrix->columns[count] != NULL) {
        count++;
    }
    return count;
}

static void *arrive(void)
{
    static struct trust trust;
    trust_up(&trust);
    if (running->arrive != NULL) {
        running->arrive(&trust);
    }
    return &trust;
}

static void leave(void *world)
{
    if (running->leave != NULL) {
        running->leave(world);
    }
    trust_down(world);
}

static bool is_good(const char *word)
{
    return strcmp(word, MATRIX_OK) == 0 || strcmp(word, MATRIX_NOT_MEANT) == 0 ||
           strncmp(word, MATRIX_SKIPPED, strlen(MATRIX_SKIPPED)) == 0;
}

static bool meet(void *world, size_t job, void *result)
{
    struct trust *t = world;
    size_t columns = columns_of(running);
    t->why[0] = '\0';
    const char *word = running->meet(t, job / columns, job % columns);
    snprintf(result, WORD_MAX, "%s", word);
    if (!is_good(word)) {
        print_error("%s, %s: %s. %.3000s\n", running->name(job / columns),
                    running->columns[job % columns], word, t->why);
    }
    return is_good(word);
}

void matrix_run(const struct matrix *matrix)
{
    size_t columns = columns_of(matrix);
    size_t jobs = matrix->rows * columns;
    char *words = calloc(jobs + 1, WORD_MAX);
    const struct crew crew = {.jobs = jobs,
                              .hands = HANDS,
                              .arrive = arrive,
                              .leave = leave,
                              .work = meet,
                              .results = words,
                              .result_size = WORD_MAX};
    assert_non_null(words);
    running = matrix;
    size_t bad = crew_run(&crew);
    print_message("%-26s", matrix->title);
    for (size_t c = 0; c < columns; c++) {
        print_message(" %-12s", matrix->columns[c]);
    }
    for (size_t i = 0; i < jobs; i++) {
        const char *word = words + i * WORD_MAX;
        if (i % columns == 0) {
            print_message("\n%-26s", matrix->name(i / columns));
        }
        print_message(" %-12s", *word != '\0' ? word : "NOT DONE");
    }
    print_message("\n");
    free(words);
    assert_int_equal(bad, 0);
}
