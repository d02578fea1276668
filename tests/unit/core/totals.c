/* What accounts come to: never of two kinds, never of two currencies, never more than is known. */
#include <blotter/core/money.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ACCOUNTS 4

struct row_in {
    const char *badge, *currency;
    double day, balance; /* NAN: not loaded */
    bool stale, alone;
};

static void expect(const char *name, const struct row_in rows[ACCOUNTS], const char *told)
{
    struct owner owners[ACCOUNTS];
    struct money money[ACCOUNTS];
    struct account account[ACCOUNTS];
    struct money_account accounts[ACCOUNTS];
    struct money_totals totals;
    size_t count = 0;
    for (; count < ACCOUNTS && rows[count].badge != NULL; count++) {
        const struct row_in *in = &rows[count];
        char owner[8];
        snprintf(owner, sizeof owner, "a%zu", count);
        owner_init(&owners[count], owner, count);
        owners[count].kind = owner_kind_of(in->badge);
        owners[count].alone = in->alone;
        snprintf(owners[count].currency, sizeof owners[count].currency, "%s", in->currency);
        struct position position = {.row = {.id = "p", .user = ""},
                                    .symbol = "S",
                                    .currency = "",
                                    .value_currency = "",
                                    .status = "",
                                    .quantity = 1,
                                    .day_pnl = in->day,
                                    .unrealized_pnl = in->day,
                                    .realized_pnl = NAN,
                                    .booked_pnl = NAN,
                                    .current_value = NAN,
                                    .invested_value = NAN,
                                    .average_price = NAN,
                                    .current_price = NAN,
                                    .bid = NAN,
                                    .ask = NAN,
                                    .multiplier = NAN};
        money_begin(&money[count]);
        money_add(&money[count], NULL, &position);
        money_end(&money[count], NULL);
        money[count].known = MONEY_BOOKED_WHOLE;
        account[count] = (struct account){
            .currency = in->currency, .balance = in->balance, .net_liq = (double)NAN};
        accounts[count] =
            (struct money_account){.owner = &owners[count],
                                   .money = isnan(in->day) ? NULL : &money[count],
                                   .account = isnan(in->balance) ? NULL : &account[count],
                                   .stale = in->stale};
    }
    money_totals_of(&totals, accounts, count);
    char text[512] = "";
    for (size_t i = 0; i < totals.count; i++) {
        const struct money_total *total = &totals.totals[i];
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s %s %zu day %.0f%s liq %.0f%s",
                 i > 0 ? "; " : "",
                 total->alone != NULL ? total->alone->name : owner_kind_name(total->kind),
                 total->currency, total->members, total->day.value,
                 money_total_is_whole(total, &total->day) ? "" : "~", total->net_liq.value,
                 money_total_is_whole(total, &total->net_liq) ? "" : "~");
    }
    if (strcmp(text, told) != 0) {
        fail_msg("%s: %s\nshould be %s", name, text, told);
    }
}

static void test_totals(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct row_in rows[ACCOUNTS];
        const char *told;
    } cases[] = {
        {"of one kind",
         {{"REAL", "INR", 5, 100}, {"REAL", "INR", 7, 10}},
         "real INR 2 day 12 liq 122"},
        {"kinds are never added",
         {{"REAL", "INR", 5, 100}, {"MOCK", "INR", 1000, 1}, {"PAPER", "INR", 50, 1}},
         "real INR 1 day 5 liq 105; mock INR 1 day 1000 liq 1001; paper INR 1 day 50 liq 51"},
        {"currencies neither",
         {{"REAL", "INR", 5, 100}, {"REAL", "USD", 7, 10}},
         "real INR 1 day 5 liq 105; real USD 1 day 7 liq 17"},
        {"no name is a currency of its own",
         {{"MOCK", "", 5, 1}, {"MOCK", "", 7, 1}},
         "mock  2 day 12 liq 14"},
        {"who has not said is added to nobody",
         {{"REAL", "INR", 5, 1}, {"?", "", 7, 1, .alone = true}, {"?", "", 9, 1, .alone = true}},
         "real INR 1 day 5 liq 6; a1  1 day 7 liq 8; a2  1 day 9 liq 10"},
        {"a dead member",
         {{"REAL", "INR", 5, 1}, {"REAL", "INR", 7, 1, .stale = true}},
         "real INR 2 day 12~ liq 14~"},
        {"a member that is not loaded",
         {{"REAL", "INR", 5, 1}, {"REAL", "INR", NAN, NAN}},
         "real INR 2 day 5~ liq 6~"},
        {"nothing is known", {{"REAL", "INR", NAN, NAN}}, "real INR 1 day nan~ liq nan~"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(cases[i].name, cases[i].rows, cases[i].told);
    }
}

/* Rows of several accounts, and more kinds of them than there are sums for. */
static void test_rows_of_several_accounts(void **state)
{
    (void)state;
    struct owner owners[MONEY_SUMS_MAX + 2];
    struct money money;
    money_begin(&money);
    for (size_t i = 0; i < MONEY_SUMS_MAX + 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "a%zu", i);
        owner_init(&owners[i], name, i);
        struct position position = {.row = {.id = "p", .owner = &owners[i], .stale = i == 1},
                                    .symbol = "S",
                                    .currency = "",
                                    .value_currency = "",
                                    .status = "",
                                    .quantity = 1,
                                    .day_pnl = 1};
        money_add(&money, NULL, &position);
    }
    money_end_owned(&money, NULL, 0);
    assert_int_equal(money.count, MONEY_SUMS_MAX);
    assert_int_equal(money.sums[0].open.unknown, 2);
    assert_false(money.sums[0].stale);
    assert_true(money.sums[1].stale);
    assert_ptr_equal(money.sums[1].alone, &owners[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_rows_of_several_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
