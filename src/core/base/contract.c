#include <blotter/core/contract.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * U underlying: a letter, then letters, digits, "&", "-", "."; _ any blanks; y year, d day, M month
 * as two digits; m month as 1 to 9, O, N, D; B as three letters; R as C or P; X as CE or PE; F as
 * FUT; K strike with a point where it needs one; Z strike in thousandths, eight digits.
 * The first that fits a name to its end counts.
 */
static const char *const formats[] = {
    "U_yMdRZ",  /* AAPL  240119C00190000, AAPL240119C00190000: OCC */
    "UymdRK",   /* NIFTY26D31C24450 */
    "UymdKX",   /* BANKNIFTY24O3152000PE: weekly */
    "UyBKX",    /* NIFTY24OCT24500CE: monthly */
    "U_dB_K_X", /* NIFTY 31DEC 24450 CE: as shown here */
    "UyBF",     /* NIFTY24OCTFUT */
    "UdByF",    /* NIFTY31DEC26FUT */
};

static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '&' || c == '-' || c == '.';
}

/* Two digits; -1 when there are none. */
static int two(const char *at)
{
    return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + at[1] - '0' : -1;
}

static int month_of_letters(const char *at)
{
    for (int i = 0; i < 12; i++) {
        if (strncmp(at, months[i], 3) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static int month_of_code(char c)
{
    return c >= '1' && c <= '9' ? c - '0' : c == 'O' ? 10 : c == 'N' ? 11 : c == 'D' ? 12 : 0;
}

/* The strike's digits, without zeros that say nothing; the bytes used, 0 when it is none. */
static size_t take_strike(const char *at, struct contract *ret)
{
    size_t len = strspn(at, "0123456789");
    if (len > 0 && at[len] == '.' && is_digit(at[len + 1])) {
        len += 1 + strspn(at + len + 1, "0123456789");
    }
    if (len == 0 || len >= sizeof ret->strike || at[0] == '0') {
        return 0;
    }
    memcpy(ret->strike, at, len);
    ret->strike[len] = '\0';
    return len;
}

static size_t take_thousandths(const char *at, struct contract *ret)
{
    unsigned long value = 0;
    for (int i = 0; i < 8; i++) {
        if (!is_digit(at[i])) {
            return 0;
        }
        value = value * 10 + (unsigned long)(at[i] - '0');
    }
    int len = snprintf(ret->strike, sizeof ret->strike, "%lu.%03lu", value / 1000, value % 1000);
    while (len > 0 && (ret->strike[len - 1] == '0' || ret->strike[len - 1] == '.')) {
        bool point = ret->strike[len - 1] == '.';
        ret->strike[--len] = '\0';
        if (point) {
            break;
        }
    }
    return value > 0 ? 8 : 0;
}

static size_t take_right(const char *at, struct contract *ret)
{
    ret->right = *at == 'C' ? CONTRACT_CALL : CONTRACT_PUT;
    return *at == 'C' || *at == 'P';
}

/* The bytes that a letter of the format stands for; SIZE_MAX when it does not fit. */
static size_t take(char what, const char *at, struct contract *ret)
{
    size_t used = 0;
    switch (what) {
    case '_':
        return strspn(at, " ");
    case 'y':
        ret->year = 2000 + two(at);
        used = two(at) >= 0 ? 2 : 0;
        break;
    case 'd':
        ret->day = two(at);
        used = ret->day >= 1 && ret->day <= 31 ? 2 : 0;
        break;
    case 'M':
        ret->month = two(at);
        used = ret->month >= 1 && ret->month <= 12 ? 2 : 0;
        break;
    case 'm':
        ret->month = month_of_code(*at);
        used = ret->month > 0;
        break;
    case 'B':
        ret->month = month_of_letters(at);
        used = ret->month > 0 ? 3 : 0;
        break;
    case 'R':
        used = take_right(at, ret);
        break;
    case 'X':
        used = take_right(at, ret) != 0 && at[1] == 'E' ? 2 : 0;
        break;
    case 'F':
        used = strncmp(at, "FUT", 3) == 0 ? 3 : 0;
        break;
    case 'K':
        used = take_strike(at, ret);
        break;
    default:
        used = take_thousandths(at, ret);
        break;
    }
    return used > 0 ? used : SIZE_MAX;
}

static bool fits(const char *format, const char *at, struct contract *ret)
{
    for (; *format != '\0'; format++) {
        size_t used = take(*format, at, ret);
        if (used == SIZE_MAX) {
            return false;
        }
        at += used;
    }
    return *at == '\0';
}

bool contract_parse(const char *symbol, struct contract *ret)
{
    if (symbol[0] < 'A' || symbol[0] > 'Z') {
        return false;
    }
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        for (size_t len = 1; len < CONTRACT_UNDERLYING_BYTES && is_name(symbol[len - 1]); len++) {
            struct contract found = {.right = CONTRACT_FUTURE};
            bool ends = symbol[len] == ' ' || is_digit(symbol[len]);
            if (ends && fits(formats[f] + 1, symbol + len, &found)) {
                memcpy(found.underlying, symbol, len);
                *ret = found;
                return true;
            }
        }
    }
    return false;
}

/* "31DEC", "DEC" where the day is the month's own, "19JAN24" in another year than `year` (0: any
 * year is another). Returns its length. */
static size_t put_expiry(const struct contract *contract, int year, char out[CONTRACT_NAME_BYTES])
{
    size_t len = 0;
    if (contract->day > 0) {
        len += (size_t)snprintf(out, CONTRACT_NAME_BYTES, "%02d", contract->day);
    }
    len +=
        (size_t)snprintf(out + len, CONTRACT_NAME_BYTES - len, "%s", months[contract->month - 1]);
    if (contract->year != 0 && contract->year != year) {
        len += (size_t)snprintf(out + len, CONTRACT_NAME_BYTES - len, "%02d", contract->year % 100);
    }
    return len;
}

size_t contract_name(const struct contract *contract, int year, char out[CONTRACT_NAME_BYTES])
{
    static const char *const rights[] = {"FUT", "CE", "PE"};
    char expiry[CONTRACT_NAME_BYTES];
    put_expiry(contract, year, expiry);
    int len =
        snprintf(out, CONTRACT_NAME_BYTES, "%s %.10s %s%s%s", contract->underlying, expiry,
                 contract->strike, contract->strike[0] != '\0' ? " " : "", rights[contract->right]);
    return (size_t)len;
}
