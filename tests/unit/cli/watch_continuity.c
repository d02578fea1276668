#include "watch_continuity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct step {
    const char *id; /* of the event itself; NULL: none */
    const char *name;
    const char *gap; /* a part of the reason; NULL: none */
};

static void test_what_goes_on_and_what_does_not(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct watch_continuity before;
        struct step steps[4];
    } rows[] = {
        {"the first time", {0}, {{"7", "connected", NULL}, {"8", "order_placed", NULL}}},
        {"the first time, without ids",
         {0},
         {{NULL, "connected", NULL}, {NULL, "order_placed", NULL}}},
        {"goes on", {7, true, false}, {{"7", "connected", NULL}, {"9", "order_placed", NULL}}},
        {"nothing is held",
         {7, true, false},
         {{"9", "connected", "another place"}, {"9", "resync", "no longer holds"}}},
        {"does not replay",
         {7, true, false},
         {{"9", "connected", "another place"}, {"10", "order_placed", NULL}}},
        {"another database, ids lower", {7, true, false}, {{"3", "connected", "another place"}}},
        {"ids are gone",
         {7, true, false},
         {{NULL, "connected", "no ids"}, {NULL, "order_placed", NULL}}},
        {"had none, has none", {0, true, false}, {{NULL, "connected", "no ids"}}},
        {"had none, has some", {0, true, false}, {{"3", "connected", "another place"}}},
        {"no welcome, goes ahead",
         {7, true, false},
         {{"8", "order_placed", "does not say"}, {"9", "order_placed", NULL}}},
        {"no welcome, ids anew",
         {7, true, false},
         {{"2", "order_placed", "begin anew"}, {"3", "order_placed", NULL}}},
        {"no welcome, no ids",
         {7, true, false},
         {{NULL, "order_placed", "no ids"}, {NULL, "order_placed", NULL}}},
        {"quotes tell nothing",
         {7, true, false},
         {{NULL, "quotes_updated", NULL}, {"7", "connected", NULL}}},
        {"ids go back",
         {7, true, true},
         {{"8", "order_placed", NULL},
          {"5", "order_placed", "begin anew"},
          {"6", "order_placed", NULL}}},
        {"twice", {7, true, true}, {{"8", "order_placed", NULL}, {"8", "order_placed", NULL}}},
        {"resync in between",
         {7, true, true},
         {{"9", "resync", "no longer holds"}, {"10", "order_placed", NULL}}},
        {"no number", {7, true, false}, {{"abc", "connected", "no ids"}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct watch_continuity place = rows[i].before;
        if (!place.joined) {
            watch_continuity_opened(&place);
        }
        for (size_t j = 0; j < 4 && rows[i].steps[j].name != NULL; j++) {
            const struct step *step = &rows[i].steps[j];
            char data[96];
            struct event event;
            snprintf(data, sizeof data, "{\"event\":\"%s\",\"data\":{}}", step->name);
            const char *id = step->id == NULL ? "7" : step->id; /* in force from before */
            struct sse_event sse = {"message",       7, data, strlen(data), id, strlen(id),
                                    step->id != NULL};
            assert_true(event_parse(&sse, &event));
            const char *gap = watch_continuity_event(&place, &sse, &event);
            bool right =
                step->gap == NULL ? gap == NULL : gap != NULL && strstr(gap, step->gap) != NULL;
            if (!right) {
                fail_msg("%s, step %zu: %s", rows[i].name, j, gap == NULL ? "no gap" : gap);
            }
        }
    }
}

static void test_ids_are_plain_decimals(void **state)
{
    (void)state;
    assert_true(watch_continuity_number("12", 2) == 12);
    assert_true(watch_continuity_number("18446744073709551620", 20) == 0);
    assert_true(watch_continuity_number("-1", 2) == 0);
    assert_true(watch_continuity_number("1 ", 2) == 0);
    assert_true(watch_continuity_number("", 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_goes_on_and_what_does_not),
        cmocka_unit_test(test_ids_are_plain_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
