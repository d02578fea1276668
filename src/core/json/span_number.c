#include <blotter/core/alloc.h>
#include <blotter/core/span.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of up to this many significant digits are exact doubles: below 2^53. */
#define EXACT_DIGITS 15
#define EXACT_POWER 22

/* A number taken apart: mantissa * 10^power, exact unless digits says that some were left out. */
struct decimal {
    uint64_t mantissa;
    int power;
    int digits; /* significant digits seen */
    bool negative;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *take_digits(const char *at, const char *end, struct decimal *decimal, int step)
{
    for (; at < end && is_digit(*at); at++) {
        if (decimal->digits > 0 || *at != '0') {
            decimal->digits += decimal->digits < 1000;
        }
        if (decimal->digits <= 18) {
            decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(*at - '0');
            decimal->power += step;
        }
    }
    return at;
}

/* Saturates: nothing that large is exact anyway. */
static const char *take_exponent(const char *at, const char *end, int *ret)
{
    bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    int value = 0;
    const char *first = at;
    for (; at < end && is_digit(*at); at++) {
        value = value < 100000 ? value * 10 + (*at - '0') : value;
    }
    *ret = negative ? -value : value;
    return at > first ? at : NULL;
}

/* The JSON grammar of a number over all of the bytes. */
static bool take_apart(const char *at, const char *end, struct decimal *ret)
{
    struct decimal decimal = {.negative = at < end && *at == '-'};
    at += decimal.negative;
    const char *first = at;
    at = take_digits(at, end, &decimal, 0);
    if (at == first || (*first == '0' && at > first + 1)) {
        return false;
    }
    if (at < end && *at == '.') {
        first = ++at;
        at = take_digits(at, end, &decimal, -1);
        if (at == first) {
            return false;
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        int exponent;
        at = take_exponent(at + 1, end, &exponent);
        if (at == NULL) {
            return false;
        }
        decimal.power += exponent;
    }
    *ret = decimal;
    return at == end;
}

/* Both factors are exact, so the one operation rounds correctly. */
static double exact_value(const struct decimal *decimal)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double value = (double)decimal->mantissa;
    value = decimal->power < 0 ? value / powers[-decimal->power] : value * powers[decimal->power];
    return decimal->negative ? -value : value;
}

/* strtod reads the decimal point of the locale in force, whatever that is: put that one in. */
static double slow_value(const char *text, size_t len)
{
    const char *point = localeconv()->decimal_point;
    size_t point_len = strlen(point);
    char small[128];
    size_t needed = len + point_len + 1;
    char *copy = needed <= sizeof small ? small : mem_alloc(needed);
    const char *dot = memchr(text, '.', len);
    size_t before = dot != NULL ? (size_t)(dot - text) : len;
    memcpy(copy, text, before);
    char *at = copy + before;
    if (dot != NULL) {
        memcpy(at, point, point_len);
        at += point_len;
        memcpy(at, dot + 1, len - before - 1);
        at += len - before - 1;
    }
    *at = '\0';
    double value = strtod(copy, NULL);
    if (copy != small) {
        free(copy);
    }
    return value;
}

/* The text of a number, or of a string that holds just a number. */
static bool number_text(struct span value, const char **ret_text, size_t *ret_len)
{
    enum span_type type = span_type(value);
    if (type != SPAN_NUMBER && type != SPAN_STRING) {
        return false;
    }
    size_t quotes = type == SPAN_STRING;
    *ret_text = value.ptr + quotes;
    *ret_len = value.len - 2 * quotes;
    return true;
}

bool span_double(struct span value, double *ret)
{
    const char *text;
    size_t len;
    struct decimal decimal;
    if (!number_text(value, &text, &len) || !take_apart(text, text + len, &decimal)) {
        return false;
    }
    double result;
    if (decimal.digits <= EXACT_DIGITS && abs(decimal.power) <= EXACT_POWER) {
        result = exact_value(&decimal);
    } else {
        result = slow_value(text, len);
    }
    if (!isfinite(result)) {
        return false;
    }
    *ret = result;
    return true;
}

/* Appends zeros to a magnitude. False when that goes past the limit. */
static bool take_power(uint64_t *magnitude, int zeros, uint64_t limit)
{
    for (; zeros > 0 && *magnitude > 0; zeros--) {
        if (*magnitude > limit / 10) {
            return false;
        }
        *magnitude *= 10;
    }
    return true;
}

/* Appends zeros and a digit. */
static bool take_decimal(uint64_t *magnitude, int zeros, uint64_t digit, uint64_t limit)
{
    if (!take_power(magnitude, zeros, limit) || *magnitude > (limit - digit) / 10) {
        return false;
    }
    *magnitude = *magnitude * 10 + digit;
    return true;
}

/* Zeros count only when a digit follows, so that those of a fraction are none. */
bool span_int64(struct span value, int64_t *ret)
{
    const char *text;
    size_t len;
    struct decimal unused;
    if (!number_text(value, &text, &len) || !take_apart(text, text + len, &unused)) {
        return false;
    }
    const char *end = text + len, *at = text;
    bool negative = *at == '-', fraction = false;
    uint64_t limit = (uint64_t)INT64_MAX + negative, magnitude = 0;
    int zeros = 0, exponent = 0, decimals = 0;
    for (at += negative; at < end && (is_digit(*at) || *at == '.'); at++) {
        fraction |= *at == '.';
        decimals += fraction && *at != '.';
        zeros += *at == '0';
        if (*at > '0') {
            if (!take_decimal(&magnitude, zeros, (uint64_t)(*at - '0'), limit)) {
                return false;
            }
            zeros = 0;
        }
    }
    if (at < end) {
        take_exponent(at + 1, end, &exponent);
    }
    zeros += exponent - decimals;
    if (magnitude > 0 && (zeros < 0 || !take_power(&magnitude, zeros, limit))) {
        return false;
    }
    *ret = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}
