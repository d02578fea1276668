/* Rows of several accounts in one list. */
#include <blotter/core/decode.h>
#include <blotter/core/join.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct pair {
    struct owner owners[2];
    struct snapshot *rows[2];
    struct join_part parts[2];
    struct join *join;
};

/* "o1 o2" as orders, the symbol of each the given one. */
static struct snapshot *orders(const char *ids, const char *symbol)
{
    char body[4096] = "{\"orders\":[";
    struct fault fault;
    for (const char *at = ids; *at != '\0'; at += strspn(at, " ")) {
        size_t len = strlen(body), id = strcspn(at, " ");
        snprintf(body + len, sizeof body - len,
                 "%s{\"id\":\"%.*s\",\"symbol\":\"%s\",\"quantity\":1,\"orderSide\":\"BUY\","
                 "\"status\":\"PENDING\",\"filledQuantity\":0}",
                 at > ids ? "," : "", (int)id, at, symbol);
        at += id;
    }
    size_t len = strlen(body);
    snprintf(body + len, sizeof body - len, "]}");
    struct snapshot *rows = decode_body(RESOURCE_ORDERS, body, strlen(body), &fault);
    assert_non_null(rows);
    return rows;
}

static void set_rows(struct pair *pair, size_t i, struct snapshot *rows)
{
    struct snapshot *before = pair->rows[i];
    pair->rows[i] = rows;
    pair->parts[i].rows = rows;
    pair->parts[i].version++;
    join_take(pair->join, pair->parts, 2);
    snapshot_unref(before);
}

static void open_pair(struct pair *pair, const char *a, const char *b)
{
    memset(pair, 0, sizeof *pair);
    pair->join = join_new(RESOURCE_ORDERS);
    owner_init(&pair->owners[0], "kite", 0);
    owner_init(&pair->owners[1], "alpaca", 1);
    for (size_t i = 0; i < 2; i++) {
        pair->parts[i] = (struct join_part){.owner = &pair->owners[i], .version = 1};
    }
    set_rows(pair, 0, orders(a, "A"));
    set_rows(pair, 1, orders(b, "B"));
}

static void close_pair(struct pair *pair)
{
    join_free(pair->join);
    snapshot_unref(pair->rows[0]);
    snapshot_unref(pair->rows[1]);
}

static void expect(const struct pair *pair, const char *told)
{
    char text[1024] = "";
    const struct snapshot *shown = join_shown(pair->join);
    for (size_t i = 0; i < shown->row_count; i++) {
        const struct order *order = &shown->orders[i];
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s.%s.%s%s", i > 0 ? " " : "",
                 order->row.owner->name, order->row.id, order->symbol, order->row.stale ? "~" : "");
    }
    assert_string_equal(text, told);
}

static void test_rows_stand_by_accounts(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, "o2 o1", "o1");
    expect(&pair, "kite.o2.A kite.o1.A alpaca.o1.B");
    set_rows(&pair, 0, orders("o3 o2 o1", "A"));
    expect(&pair, "kite.o3.A kite.o2.A kite.o1.A alpaca.o1.B");
    set_rows(&pair, 0, NULL);
    expect(&pair, "alpaca.o1.B");
    set_rows(&pair, 1, NULL);
    assert_null(join_shown(pair.join));
    set_rows(&pair, 1, orders("o9", "C"));
    expect(&pair, "alpaca.o9.C");
    close_pair(&pair);
}

/* The same id, byte for byte the same row, in two accounts: two rows for whoever keeps marks. */
static void test_ids_that_collide_never_meet(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, "o1", "o1");
    set_rows(&pair, 1, orders("o1", "A"));
    const struct snapshot *shown = join_shown(pair.join);
    const struct row *a = model_row(shown, 0), *b = model_row(shown, 1);
    assert_string_equal(a->id, b->id);
    assert_true(model_key(a->id, a->owner) != model_key(b->id, b->owner));
    assert_true(a->version != b->version && a->version != 0 && b->version != 0);
    assert_int_equal(model_find_beside(shown, 0, "o1"), 0);
    assert_int_equal(model_find_beside(shown, 1, "o1"), 1);
    assert_int_equal(model_find_beside(shown, 1, "o2"), 2);
    struct snapshot *copy = snapshot_copy(shown); /* while paused */
    assert_int_equal(model_find_beside(copy, 1, "o1"), 1);
    snapshot_unref(copy);
    close_pair(&pair);
}

/* What changed is changed where it stands: nobody else's rows get another version, or place. */
static void test_an_account_touches_its_own_rows_alone(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, "o2 o1", "o5");
    const struct snapshot *shown = join_shown(pair.join);
    uint64_t others = model_row(shown, 2)->version, own = model_row(shown, 0)->version;
    set_rows(&pair, 0, orders("o2 o1", "X"));
    assert_ptr_equal(join_shown(pair.join), shown);
    expect(&pair, "kite.o2.X kite.o1.X alpaca.o5.B");
    assert_true(model_row(shown, 0)->version != own);
    assert_true(model_row(shown, 2)->version == others);
    set_rows(&pair, 0, orders("o1 o2", "X")); /* other places: another snapshot */
    assert_ptr_not_equal(join_shown(pair.join), shown);
    expect(&pair, "kite.o1.X kite.o2.X alpaca.o5.B");
    close_pair(&pair);
}

static void test_a_dead_account_marks_its_own_rows(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair, "o1", "o1 o2");
    uint64_t before[] = {model_row(join_shown(pair.join), 0)->version,
                         model_row(join_shown(pair.join), 1)->version};
    pair.parts[1].stale = true;
    join_take(pair.join, pair.parts, 2);
    expect(&pair, "kite.o1.A alpaca.o1.B~ alpaca.o2.B~");
    assert_true(model_row(join_shown(pair.join), 0)->version == before[0]);
    assert_true(model_row(join_shown(pair.join), 1)->version != before[1]);
    pair.parts[1].stale = false;
    join_take(pair.join, pair.parts, 2);
    expect(&pair, "kite.o1.A alpaca.o1.B alpaca.o2.B");
    assert_true(model_row(join_shown(pair.join), 1)->version == before[1]);
    close_pair(&pair);
}

static void test_lists_keep_their_rows(void **state)
{
    (void)state;
    static const char body[] =
        "{\"watchlists\":[{\"id\":\"w\",\"name\":\"Main\",\"items\":["
        "{\"id\":\"i1\",\"symbol\":\"A\"},{\"id\":\"i2\",\"symbol\":\"B\"}]}]}";
    struct fault fault;
    struct owner owners[2];
    struct join_part parts[2];
    struct snapshot *rows = decode_body(RESOURCE_WATCHLISTS, body, sizeof body - 1, &fault);
    assert_non_null(rows);
    for (size_t i = 0; i < 2; i++) {
        owner_init(&owners[i], i == 0 ? "a" : "b", i);
        parts[i] = (struct join_part){rows, &owners[i], 1, false};
    }
    struct join *join = join_new(RESOURCE_WATCHLISTS);
    join_take(join, parts, 2);
    const struct snapshot *shown = join_shown(join);
    assert_int_equal(shown->row_count, 4);
    assert_int_equal(shown->list_count, 2);
    assert_int_equal(shown->lists[1].first, 2);
    assert_int_equal(shown->lists[1].count, 2);
    assert_ptr_equal(shown->lists[1].owner, &owners[1]);
    join_free(join);
    snapshot_unref(rows);
}

/* As many accounts as there may be, the number of each kept. */
static void test_as_many_accounts_as_there_may_be(void **state)
{
    (void)state;
    struct owner owners[OWNERS_MAX];
    struct join_part parts[OWNERS_MAX];
    struct snapshot *rows = orders("o1 o2", "S");
    struct join *join = join_new(RESOURCE_ORDERS);
    for (size_t i = 0; i < OWNERS_MAX; i++) {
        char name[64]; /* longer than is kept */
        snprintf(name, sizeof name, "an account with a long name, number %zu", i);
        owner_init(&owners[i], name, i);
        parts[i] = (struct join_part){rows, &owners[i], 1, false};
        assert_true(strlen(owners[i].name) < OWNER_NAME_BYTES);
    }
    join_take(join, parts, OWNERS_MAX);
    assert_int_equal(join_shown(join)->row_count, 2 * OWNERS_MAX);
    assert_int_equal(model_row(join_shown(join), 2 * OWNERS_MAX - 1)->owner->number,
                     OWNERS_MAX - 1);
    assert_true(owners[3].key != owners[4].key);
    join_free(join);
    snapshot_unref(rows);
}

static void test_kinds_by_their_words(void **state)
{
    (void)state;
    static const struct {
        const char *badge;
        enum owner_kind kind;
    } rows[] = {{"REAL", OWNER_REAL}, {"paper", OWNER_PAPER}, {"MOCK", OWNER_MOCK},
                {"?", OWNER_UNTOLD},  {"", OWNER_UNTOLD},     {"DEMO", OWNER_UNTOLD}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(owner_kind_of(rows[i].badge), rows[i].kind);
    }
    assert_string_equal(owner_kind_name(OWNER_PAPER), "paper");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_stand_by_accounts),
        cmocka_unit_test(test_ids_that_collide_never_meet),
        cmocka_unit_test(test_an_account_touches_its_own_rows_alone),
        cmocka_unit_test(test_a_dead_account_marks_its_own_rows),
        cmocka_unit_test(test_lists_keep_their_rows),
        cmocka_unit_test(test_as_many_accounts_as_there_may_be),
        cmocka_unit_test(test_kinds_by_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
