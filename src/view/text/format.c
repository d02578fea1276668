#include <blotter/core/moment.h>
#include <blotter/view/format.h>
#include <blotter/view/text.h>

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXPONENT_FROM 1e15 /* a double has no more whole digits to show */
#define SCALED_MAX 9e15    /* below 2^53: every integer is exact */
#define DECIMALS_MAX 9
#define PRICE_DIGITS 4 /* that a small price shows */
#define PRICE_SMALL 1  /* below this, decimals that are asked for may show fewer of them */
#define DAY_MS INT64_C(86400000)

void format_default(struct format *ret)
{
    *ret = (struct format){.grouping = FORMAT_INDIAN};
}

enum format_grouping format_grouping_of(enum format_grouping wish, const char *currency)
{
    bool other = currency != NULL && *currency != '\0' && strcmp(currency, "INR") != 0;
    return wish != FORMAT_OF_ACCOUNT ? wish : other ? FORMAT_WESTERN : FORMAT_INDIAN;
}

static const double powers[DECIMALS_MAX + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* Rounds half away from zero; what is a half but for the representation counts as one. */
static double round_scaled(double magnitude, int decimals)
{
    double scaled = magnitude * powers[decimals];
    double whole = floor(scaled);
    return scaled - whole >= 0.5 - scaled * 2.3e-16 ? whole + 1 : whole;
}

/* Text that grows to the left. */
struct tail {
    char *start, *at;
};

static void tail_put(struct tail *tail, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(tail->at - tail->start) >= len) {
        tail->at -= len;
        memcpy(tail->at, text, len);
    }
}

static void tail_digit(struct tail *tail, unsigned digit)
{
    tail_put(tail, (const char[]){(char)('0' + digit), '\0'});
}

/* Digits in the group-th group from the right; 0: no further grouping. */
static int group_size(const struct format *format, unsigned flags, int group)
{
    if ((flags & FORMAT_PLAIN) != 0 || format->grouping == FORMAT_NO_GROUPING) {
        return 0;
    }
    if (format->grouping == FORMAT_INDIAN) {
        return group == 0 ? 3 : 2;
    }
    if (format->grouping == FORMAT_WESTERN || format->locale_grouping[0] == '\0') {
        return 3;
    }
    int last = (int)strnlen(format->locale_grouping, sizeof format->locale_grouping) - 1;
    unsigned char size = (unsigned char)format->locale_grouping[group < last ? group : last];
    return size >= CHAR_MAX ? 0 : size;
}

static const char *separator(const struct format *format)
{
    bool locale = format->grouping == FORMAT_LOCALE && format->locale_grouping[0] != '\0';
    return locale && format->locale_separator[0] != '\0' ? format->locale_separator : ",";
}

static const char *decimal_point(const struct format *format)
{
    bool locale = format->grouping == FORMAT_LOCALE && format->locale_decimal[0] != '\0';
    return locale ? format->locale_decimal : ".";
}

static void put_whole(const struct format *format, unsigned flags, uint64_t whole,
                      struct tail *tail)
{
    int group = 0, in_group = 0, size = group_size(format, flags, 0);
    do {
        if (size > 0 && in_group == size) {
            tail_put(tail, separator(format));
            size = group_size(format, flags, ++group);
            in_group = 0;
        }
        tail_digit(tail, (unsigned)(whole % 10));
        whole /= 10;
        in_group++;
    } while (whole > 0);
}

static void put_scaled(const struct format *format, struct format_figure figure, double scaled,
                       struct tail *tail)
{
    uint64_t rest = (uint64_t)scaled;
    for (int i = 0; i < figure.decimals; i++) {
        tail_digit(tail, (unsigned)(rest % 10));
        rest /= 10;
    }
    if (figure.decimals > 0) {
        tail_put(tail, decimal_point(format));
    }
    put_whole(format, figure.flags, rest, tail);
}

static void put_exponent(double magnitude, struct tail *tail)
{
    char text[32];
    if (magnitude < 1) {
        snprintf(text, sizeof text, "%.*g", PRICE_DIGITS, magnitude);
    } else {
        snprintf(text, sizeof text, "%.6e", magnitude);
    }
    for (char *at = text; *at != '\0'; at++) {
        if (*at == ',') {
            *at = '.'; /* a program may have set LC_NUMERIC */
        }
    }
    tail_put(tail, text);
}

static int whole_text(const char *text, char out[FORMAT_MAX])
{
    snprintf(out, FORMAT_MAX, "%s", text);
    return text_width(out);
}

/* The decimals that show a price as it was sent, or four of its digits; over DECIMALS_MAX when
 * there are not enough. */
static int price_decimals(double magnitude)
{
    int decimals = 1; /* to its first digit */
    while (decimals <= DECIMALS_MAX && magnitude * powers[decimals] < 1) {
        decimals++;
    }
    int last = decimals + PRICE_DIGITS - 1;
    while (decimals < last && decimals <= DECIMALS_MAX) {
        double scaled = magnitude * powers[decimals];
        if (fabs(scaled - nearbyint(scaled)) <= 1e-9 * scaled) {
            break;
        }
        decimals++;
    }
    return decimals;
}

bool format_price_is_small(double value, int decimals)
{
    double magnitude = fabs(value);
    return magnitude > 0 && magnitude < PRICE_SMALL && price_decimals(magnitude) > decimals;
}

int format_number(const struct format *format, struct format_figure figure, char out[FORMAT_MAX])
{
    if (isnan(figure.value)) {
        return whole_text(FORMAT_MISSING, out);
    }
    if (isinf(figure.value)) {
        return whole_text(FORMAT_HASHES, out);
    }
    char buffer[FORMAT_MAX];
    struct tail tail = {buffer, buffer + sizeof buffer - 1};
    *tail.at = '\0';
    figure.decimals = figure.decimals < 0              ? 0
                      : figure.decimals > DECIMALS_MAX ? DECIMALS_MAX
                                                       : figure.decimals;
    double magnitude = fabs(figure.value);
    bool exponent = magnitude >= EXPONENT_FROM;
    while (figure.decimals > 0 && !exponent && magnitude * powers[figure.decimals] >= SCALED_MAX) {
        figure.decimals--; /* those digits are not in the double */
    }
    if ((figure.flags & FORMAT_PRICE) != 0 && magnitude < PRICE_SMALL && magnitude > 0) {
        int needed = price_decimals(magnitude);
        exponent = needed > DECIMALS_MAX;
        figure.decimals = needed > figure.decimals && !exponent ? needed : figure.decimals;
    }
    double scaled = exponent ? 1 : round_scaled(magnitude, figure.decimals);
    tail_put(&tail, (figure.flags & FORMAT_PERCENT) != 0 ? "%" : "");
    if (exponent) {
        put_exponent(magnitude, &tail);
    } else {
        put_scaled(format, figure, scaled, &tail);
    }
    if (scaled > 0 && figure.value < 0) {
        tail_put(&tail, "-");
    } else if (scaled > 0 && (figure.flags & FORMAT_SIGN) != 0) {
        tail_put(&tail, "+");
    }
    tail_put(&tail, (figure.flags & FORMAT_DERIVED) != 0 ? "~" : "");
    size_t len = (size_t)(buffer + sizeof buffer - 1 - tail.at);
    memcpy(out, tail.at, len + 1);
    return format->grouping == FORMAT_LOCALE ? text_width_n(out, len) : (int)len;
}

void format_money(const char *currency, const char *figure, char out[FORMAT_MAX])
{
    static const struct {
        const char *currency, *sign;
    } signs[] = {{"", "¤"}, {"USD", "$"}, {"EUR", "€"}, {"GBP", "£"}, {"INR", "₹"}, {"JPY", "¥"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strcmp(signs[i].currency, currency) == 0) {
            snprintf(out, FORMAT_MAX, "%s%s", signs[i].sign, figure);
            return;
        }
    }
    char word[8];
    size_t len = text_clean(currency, strlen(currency), word, sizeof word);
    snprintf(out, FORMAT_MAX, "%s%s%s", word, len > 0 ? " " : "", figure);
}

int format_decimals(double value, int low, int high)
{
    double magnitude = fabs(value);
    int decimals = low;
    while (decimals < high && magnitude < 1e9) {
        double scaled = magnitude * powers[decimals];
        bool lost = scaled > 0 && nearbyint(scaled) < 1; /* however little there is of it */
        if (!lost && fabs(scaled - nearbyint(scaled)) <= 1e-9 + scaled * 4e-16) {
            break;
        }
        decimals++;
    }
    return decimals;
}

struct civil {
    int64_t year;
    int month, day, hour, minute, second, ms;
    int64_t days; /* since 1970-01-01 */
};

/* Proleptic Gregorian date of a day number: eras of 400 years that begin in March. */
static void civil_date(int64_t days, struct civil *ret)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t march = (5 * of_year + 2) / 153;
    ret->day = (int)(of_year - (153 * march + 2) / 5 + 1);
    ret->month = (int)(march < 10 ? march + 3 : march - 9);
    ret->year = year + era * 400 + (ret->month <= 2 ? 1 : 0);
}

static int32_t zone_offset(const struct format *format, int64_t wall_ms)
{
    return format->zone != NULL ? format->zone(format->zone_user, wall_ms) : 0;
}

static bool time_is_known(int64_t wall_ms)
{
    return wall_ms > -INT64_C(62135596800000) && wall_ms < INT64_C(253402300800000);
}

static struct civil civil_at(const struct format *format, int64_t wall_ms)
{
    int32_t ahead_s = zone_offset(format, wall_ms);
    int64_t days = moment_day(wall_ms, ahead_s);
    int in_day = (int)(wall_ms + (int64_t)ahead_s * 1000 - days * DAY_MS);
    struct civil civil = {.hour = in_day / 3600000,
                          .minute = in_day / 60000 % 60,
                          .second = in_day / 1000 % 60,
                          .ms = in_day % 1000,
                          .days = days};
    civil_date(days, &civil);
    return civil;
}

/* Two digits and what follows them. By hand: a screen full of times is formatted for every frame.
 */
static char *put_two(char *out, int value, char behind)
{
    *out++ = (char)('0' + value / 10 % 10);
    *out++ = (char)('0' + value % 10);
    *out++ = behind;
    return out;
}

/* HH:MM, HH:MM:SS or HH:MM:SS.mmm. */
static int put_clock(const struct civil *at, enum format_clock style, char out[FORMAT_MAX])
{
    char *end = put_two(out, at->hour, ':');
    end = put_two(end, at->minute, style == FORMAT_CLOCK_MINUTE ? '\0' : ':');
    if (style != FORMAT_CLOCK_MINUTE) {
        end = put_two(end, at->second, style == FORMAT_CLOCK_MS ? '.' : '\0');
    }
    if (style == FORMAT_CLOCK_MS) {
        *end++ = (char)('0' + at->ms / 100 % 10);
        end = put_two(end, at->ms % 100, '\0');
    }
    return (int)(end - 1 - out);
}

/* YYYY-MM-DD HH:MM:SS +HH:MM. */
static int put_full(const struct civil *at, int32_t offset_minutes, char out[FORMAT_MAX])
{
    int offset = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    char *end = put_two(out, (int)(at->year / 100), '-') - 1;
    end = put_two(end, (int)(at->year % 100), '-');
    end = put_two(put_two(end, at->month, '-'), at->day, ' ');
    end = put_two(put_two(put_two(end, at->hour, ':'), at->minute, ':'), at->second, ' ');
    *end++ = offset_minutes < 0 ? '-' : '+';
    end = put_two(put_two(end, offset / 60, ':'), offset % 60, '\0');
    return (int)(end - 1 - out);
}

int format_clock(const struct format *format, enum format_clock style, int64_t wall_ms,
                 char out[FORMAT_MAX])
{
    if (!time_is_known(wall_ms)) {
        return whole_text(FORMAT_MISSING, out);
    }
    struct civil at = civil_at(format, wall_ms);
    return style == FORMAT_CLOCK_FULL ? put_full(&at, zone_offset(format, wall_ms) / 60, out)
                                      : put_clock(&at, style, out);
}

int format_time(const struct format *format, int64_t wall_ms, int64_t now_ms, char out[FORMAT_MAX])
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (!time_is_known(wall_ms) || !time_is_known(now_ms)) {
        return whole_text(FORMAT_MISSING, out);
    }
    struct civil at = civil_at(format, wall_ms), now = civil_at(format, now_ms);
    if (at.days == now.days) {
        return put_clock(&at, FORMAT_CLOCK, out);
    }
    return snprintf(out, FORMAT_MAX, "%02d %s", at.day, months[at.month - 1]);
}

int64_t format_day_end(const struct format *format, int64_t wall_ms)
{
    int64_t days = moment_day(wall_ms, zone_offset(format, wall_ms));
    int64_t local = (days + 1) * DAY_MS;
    int64_t as_now = local - (int64_t)zone_offset(format, wall_ms) * 1000;
    int64_t as_then = local - (int64_t)zone_offset(format, as_now) * 1000;
    int64_t first = as_now < as_then ? as_now : as_then; /* clocks may be put today, … */
    bool begun = moment_day(first, zone_offset(format, first)) > days;
    return begun ? first : as_now < as_then ? as_then : as_now; /* … and even at midnight */
}

int format_ms(int64_t us, char out[FORMAT_MAX])
{
    struct format format = {.grouping = FORMAT_WESTERN};
    double ms = (double)us / 1000.0;
    return format_number(&format,
                         (struct format_figure){.value = ms, .decimals = ms < 99.95 ? 1 : 0}, out);
}
