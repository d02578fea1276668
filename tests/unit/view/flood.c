/* Ids that a hostile server chooses so that they meet: no more work than any others. */
#include "table/table.h"

#include <blotter/core/decode.h>
#include <blotter/view/screen.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { ROWS = 65536, BLOCKS = 16, LETTERS = 5, SLOTS = 1 << 20, ID_MAX = BLOCKS * LETTERS + 1 };

/* The low bits of the key's hash after some more letters; they depend on nothing but each other. */
static uint32_t hash_low(uint32_t state, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        state = (state ^ (unsigned char)*letters) * 0x1b3u;
    }
    return state & (SLOTS - 1);
}

static void letters_of(uint32_t number, char ret[LETTERS + 1])
{
    for (int i = 0; i < LETTERS; i++, number /= 26) {
        ret[i] = (char)('a' + number % 26);
    }
    ret[LETTERS] = '\0';
}

/* Two words that lead from one state to another, for each block: any choice of words meets. */
static void find_words(char words[BLOCKS][2][LETTERS + 1])
{
    uint32_t *seen = malloc(SLOTS * sizeof *seen), state = 0x84222325u & (SLOTS - 1);
    assert_non_null(seen);
    for (int block = 0; block < BLOCKS; block++) {
        memset(seen, 0, SLOTS * sizeof *seen);
        uint32_t number = 1, after = 0;
        for (;; number++) {
            letters_of(number, words[block][0]);
            after = hash_low(state, words[block][0]);
            if (seen[after] != 0) {
                break;
            }
            seen[after] = number;
        }
        letters_of(seen[after], words[block][1]);
        state = after;
    }
    free(seen);
}

enum kind { AT_RANDOM, CHOSEN, ALL_THE_SAME };

static void put_id(enum kind kind, char words[BLOCKS][2][LETTERS + 1], unsigned row, FILE *out)
{
    for (int block = 0; block < BLOCKS; block++) {
        char word[LETTERS + 1];
        unsigned choice = kind == ALL_THE_SAME ? 0 : row >> block & 1;
        letters_of((row + 1) * 2654435761u + (unsigned)block * 40503u, word);
        fputs(kind == AT_RANDOM ? word : words[block][choice], out);
    }
}

static struct snapshot *make_rows(enum kind kind, char words[BLOCKS][2][LETTERS + 1],
                                  unsigned first)
{
    char *body = NULL;
    size_t len = 0;
    struct fault fault;
    FILE *out = open_memstream(&body, &len);
    fputs("{\"positions\":[", out);
    for (unsigned i = 0; i < ROWS; i++) {
        fputs(i > 0 ? ",{\"id\":\"" : "{\"id\":\"", out);
        put_id(kind, words, (i + first) % ROWS, out);
        fputs("\",\"symbol\":\"S\",\"quantity\":5,\"averagePrice\":1,\"unrealizedPnL\":2,"
              "\"dayPnL\":3}",
              out);
    }
    fputs("]}", out);
    fclose(out);
    struct snapshot *rows = decode_body(RESOURCE_POSITIONS, body, len, &fault);
    free(body);
    assert_non_null(rows);
    return rows;
}

/* Processor time that it takes to show rows, and then the same with each somewhere else. */
static double show_and_move(enum kind kind, char words[BLOCKS][2][LETTERS + 1])
{
    struct snapshot *before = make_rows(kind, words, 0), *after = make_rows(kind, words, ROWS / 2);
    struct screen_input input;
    screen_input_init(&input);
    input.now = (struct moment){1000000, INT64_C(1730106126000)};
    struct screen *screen = screen_new(120, 40);
    struct canvas *canvas = canvas_new(1, 1);
    clock_t start = clock();
    for (unsigned version = 1; version <= 2; version++) {
        input.panes[RESOURCE_POSITIONS].shown = version == 1 ? before : after;
        input.panes[RESOURCE_POSITIONS].version = version;
        screen_render(screen, &input, SCREEN_ALL, canvas);
    }
    double taken = (double)(clock() - start) / CLOCKS_PER_SEC;
    screen_free(screen);
    canvas_free(canvas);
    snapshot_unref(before);
    snapshot_unref(after);
    return taken;
}

static void test_chosen_ids_cost_no_more_than_others(void **state)
{
    (void)state;
    static char words[BLOCKS][2][LETTERS + 1];
    find_words(words);
    double usual = show_and_move(AT_RANDOM, words);
    double chosen = show_and_move(CHOSEN, words);
    double same = show_and_move(ALL_THE_SAME, words);
    print_message("processor time: at random %.3f s, chosen %.3f s, all the same %.3f s\n", usual,
                  chosen, same);
    assert_true(chosen < 5 * usual + 0.05);
    assert_true(same < 5 * usual + 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chosen_ids_cost_no_more_than_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
