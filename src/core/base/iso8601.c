#include <blotter/core/iso8601.h>

#include <stdio.h>

#define MS_PER_DAY ((int64_t)86400000)
#define NS_PER_MS 1000000
#define NS_PER_S ((int64_t)1000000000)

struct reader {
    const char *at;
    const char *end;
};

static bool take_char(struct reader *reader, char wanted)
{
    if (reader->at == reader->end || *reader->at != wanted) {
        return false;
    }
    reader->at++;
    return true;
}

static bool take_either(struct reader *reader, const char wanted[2])
{
    return take_char(reader, wanted[0]) || take_char(reader, wanted[1]);
}

/* Exactly count digits, their value at most max. */
static bool take_digits(struct reader *reader, int count, int max, int *ret)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (reader->at == reader->end || *reader->at < '0' || *reader->at > '9') {
            return false;
        }
        value = value * 10 + (*reader->at++ - '0');
    }
    if (value > max) {
        return false;
    }
    *ret = value;
    return true;
}

static bool take_fraction(struct reader *reader, int *ret_ns)
{
    int ns = 0;
    int weight = 100000000;
    const char *first = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        ns += (*reader->at++ - '0') * weight;
        weight /= 10;
    }
    *ret_ns = ns;
    return reader->at > first;
}

/* Z, or hours and minutes with or without a colon, or hours alone; a blank may stand before. */
static bool take_zone(struct reader *reader, int *ret_minutes)
{
    int hours, minutes = 0;
    take_char(reader, ' ');
    if (take_either(reader, "Zz")) {
        *ret_minutes = 0;
        return true;
    }
    bool west = reader->at < reader->end && *reader->at == '-';
    if (!take_either(reader, "+-") || !take_digits(reader, 2, 23, &hours)) {
        return false;
    }
    bool colon = take_char(reader, ':');
    if ((colon || reader->at < reader->end) && !take_digits(reader, 2, 59, &minutes)) {
        return false;
    }
    *ret_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01. Counting years from March puts the leap day at a year's end. */
static int64_t days_from_date(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int m = (month + 9) % 12;
    int64_t days = (int64_t)365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1;
    return days - 719468;
}

static bool take_date(struct reader *reader, int64_t *ret_days)
{
    int year;
    int month;
    int day;
    if (!take_digits(reader, 4, 9999, &year) || !take_char(reader, '-') ||
        !take_digits(reader, 2, 12, &month) || !take_char(reader, '-') ||
        !take_digits(reader, 2, 31, &day)) {
        return false;
    }
    if (year < 1 || month < 1 || day < 1 || day > days_in_month(year, month)) {
        return false;
    }
    *ret_days = days_from_date(year, month, day);
    return true;
}

/* Seconds and their fraction may be left out, as Java does when they are zero. */
static bool take_clock(struct reader *reader, int64_t *ret_s, int *ret_ns)
{
    int hour, minute, second = 0;
    *ret_ns = 0;
    if (!take_digits(reader, 2, 23, &hour) || !take_char(reader, ':') ||
        !take_digits(reader, 2, 59, &minute)) {
        return false;
    }
    if (take_char(reader, ':') && (!take_digits(reader, 2, 59, &second) ||
                                   (take_either(reader, ".,") && !take_fraction(reader, ret_ns)))) {
        return false;
    }
    *ret_s = (int64_t)(hour * 60 + minute) * 60 + second;
    return true;
}

/* Seconds since 1970 and the fraction. */
static bool take_time(const char *text, size_t len, int64_t *ret_s, int *ret_ns)
{
    struct reader reader = {text, text + len};
    int64_t days, seconds;
    int zone;
    if (!take_date(&reader, &days) || !(take_either(&reader, "Tt") || take_char(&reader, ' ')) ||
        !take_clock(&reader, &seconds, ret_ns) || !take_zone(&reader, &zone) ||
        reader.at != reader.end) {
        return false;
    }
    *ret_s = days * 86400 + seconds - (int64_t)zone * 60;
    return true;
}

bool iso8601_parse(const char *text, size_t len, int64_t *ret_ms)
{
    int64_t seconds;
    int ns;
    if (!take_time(text, len, &seconds, &ns)) {
        return false;
    }
    *ret_ms = seconds * 1000 + ns / NS_PER_MS;
    return true;
}

bool iso8601_parse_ns(const char *text, size_t len, int64_t *ret_ns)
{
    int64_t seconds;
    int ns;
    if (!take_time(text, len, &seconds, &ns) || seconds <= INT64_MIN / NS_PER_S ||
        seconds >= INT64_MAX / NS_PER_S) {
        return false;
    }
    *ret_ns = seconds * NS_PER_S + ns;
    return true;
}

void iso8601_format(int64_t ms, char out[ISO8601_SIZE])
{
    const int64_t first = days_from_date(1, 1, 1) * MS_PER_DAY;
    const int64_t last = (days_from_date(9999, 12, 31) + 1) * MS_PER_DAY - 1;
    out[0] = '\0';
    if (ms < first || ms > last) {
        return;
    }
    int64_t days = (ms - first) / MS_PER_DAY;
    int rest = (int)((ms - first) % MS_PER_DAY);
    /* An estimate that is never too late, then at most a few steps. */
    int year = (int)(days / 366) + 1;
    while (days_from_date(year + 1, 1, 1) - days_from_date(1, 1, 1) <= days) {
        year++;
    }
    int day = (int)(days - (days_from_date(year, 1, 1) - days_from_date(1, 1, 1)));
    int month = 1;
    while (day >= days_in_month(year, month)) {
        day -= days_in_month(year, month++);
    }
    snprintf(out, ISO8601_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year % 10000u,
             (unsigned)month % 100u, (unsigned)(day + 1) % 100u, (unsigned)(rest / 3600000) % 100u,
             (unsigned)(rest / 60000 % 60), (unsigned)(rest / 1000 % 60), (unsigned)(rest % 1000));
}
