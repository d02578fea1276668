/* Names of derivatives: every way of writing them, and what is none. */
#include <blotter/core/contract.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *symbol, *shown; /* shown in 2026; NULL: no contract */
} rows[] = {
    {"NIFTY26D31C24450", "NIFTY 31DEC 24450 CE"},
    {"NIFTY26D03P24500", "NIFTY 03DEC 24500 PE"},
    {"MIDCPNIFTY26D03P12600", "MIDCPNIFTY 03DEC 12600 PE"},
    {"FINNIFTY27128C23850", "FINNIFTY 28JAN27 23850 CE"},
    {"NIFTY24O31C24500", "NIFTY 31OCT24 24500 CE"},
    {"BANKNIFTY26O3152000PE", "BANKNIFTY 31OCT 52000 PE"},
    {"NIFTY2661324500CE", "NIFTY 13JUN 24500 CE"},
    {"NIFTY26OCT24500CE", "NIFTY OCT 24500 CE"},
    {"USDINR26OCT83.25PE", "USDINR OCT 83.25 PE"},
    {"NIFTY 31DEC 24450 CE", "NIFTY 31DEC 24450 CE"},
    {"NIFTY26OCTFUT", "NIFTY OCT FUT"},
    {"M&M26OCTFUT", "M&M OCT FUT"},
    {"BAJAJ-AUTO26OCT9000CE", "BAJAJ-AUTO OCT 9000 CE"},
    {"CRUDEOIL31DEC26FUT", "CRUDEOIL 31DEC FUT"},
    {"AAPL  260116C00190000", "AAPL 16JAN 190 CE"},
    {"AAPL260116P00192500", "AAPL 16JAN 192.5 PE"},
    {"SPXW  271217C04500000", "SPXW 17DEC27 4500 CE"},
    {"F     260320C00012123", "F 20MAR 12.123 CE"},
    {"BRKB7 260116C00400000", "BRKB7 16JAN 400 CE"},
    {"RELIANCE", NULL},
    {"NIFTY 50", NULL},
    {"M&M", NULL},
    {"", NULL},
    {"26D31C24450", NULL},
    {"NIFTY26X31C24450", NULL},
    {"NIFTY26D32C24450", NULL},
    {"NIFTY26D31C", NULL},
    {"NIFTY26D31C0", NULL},
    {"NIFTY26D31C24450X", NULL},
    {"NIFTY26D31Q24450", NULL},
    {"AAPL  261316C00190000", NULL},
    {"AAPL  260116C0019000", NULL},
    {"AAPL  260116C00000000", NULL},
    {"NIFTY26D31C12345678901234567", NULL},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ26D31C24450", NULL},
    {"nifty26D31C24450", NULL},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct contract contract;
        char shown[CONTRACT_NAME_BYTES] = "";
        bool is = contract_parse(rows[i].symbol, &contract);
        if (is) {
            size_t len = contract_name(&contract, 2026, shown);
            assert_int_equal(len, strlen(shown));
        }
        if (is != (rows[i].shown != NULL) || (is && strcmp(shown, rows[i].shown) != 0)) {
            fail_msg("'%s' is '%s', not '%s'", rows[i].symbol, is ? shown : "no contract",
                     rows[i].shown != NULL ? rows[i].shown : "no contract");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
