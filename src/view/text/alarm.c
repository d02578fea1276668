#include <blotter/view/alarm.h>
#include <blotter/view/text.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static void figure(const struct format *format, double value, int low, int high,
                   char out[FORMAT_MAX])
{
    format_number(format, (struct format_figure){value, format_decimals(value, low, high), 0}, out);
}

static void plain(double value, char out[FORMAT_MAX])
{
    struct format_figure whole = {value, format_decimals(value, 0, 6), FORMAT_PLAIN};
    struct format format;
    format_default(&format);
    out[0] = '\0';
    if (!isnan(value)) {
        format_number(&format, whole, out);
    }
}

static const char *side_word(enum order_side side)
{
    return side == ORDER_BUY ? "BUY " : side == ORDER_SELL ? "SELL " : "";
}

static void say_order(const struct alarm *alarm, const struct format *format, bool hide, char *out,
                      size_t capacity)
{
    char quantity[FORMAT_MAX], price[FORMAT_MAX];
    bool filled = alarm->kind == ALARM_FILLED,
         reason = alarm->reason[0] != '\0' && !hide && !filled;
    figure(format, alarm->quantity, 0, 9, quantity);
    figure(format, alarm->value, 2, 4, price);
    snprintf(out, capacity, "%s%s%s%s%s%s%s%.120s", side_word(alarm->side), hide ? "" : quantity,
             hide ? "" : " ", filled ? "filled" : "rejected", filled ? " @ " : "",
             filled ? price : "", reason ? ": " : "", reason ? alarm->reason : "");
}

static void say_level(const struct alarm *alarm, const struct format *format, bool hide, char *out,
                      size_t capacity)
{
    char value[FORMAT_MAX], level[FORMAT_MAX];
    bool amount = alarm->kind == ALARM_DAY_LOSS && hide;
    figure(format, alarm->value, 2, 4, value);
    figure(format, alarm->level, 2, 4, level);
    switch (alarm->kind) {
    case ALARM_STOP:
        snprintf(out, capacity, "stop %s passed at %s", level, value);
        break;
    case ALARM_TARGET:
        snprintf(out, capacity, "target %s reached at %s", level, value);
        break;
    case ALARM_DAY_LOSS:
        snprintf(out, capacity, "P&L of the day%s%s is beyond %s", amount ? "" : " ",
                 amount ? "" : value, amount ? "its limit" : level);
        break;
    case ALARM_MARGIN:
        snprintf(out, capacity, "margin is at %.0f %%, beyond %.0f %%", alarm->value, alarm->level);
        break;
    default:
        snprintf(out, capacity, "crossed %s at %s", level, value);
        break;
    }
}

void alarm_say(const struct alarm *alarm, const struct format *format, bool hide,
               struct alarm_words *ret)
{
    char text[512];
    const char *title = alarm->kind == ALARM_DAY_LOSS ? "Day"
                        : alarm->kind == ALARM_MARGIN ? "Margin"
                                                      : alarm->symbol;
    bool order = alarm->kind == ALARM_REJECTED || alarm->kind == ALARM_FILLED;
    if (order) {
        say_order(alarm, format, hide, text, sizeof text);
    } else {
        say_level(alarm, format, hide, text, sizeof text);
    }
    text_clean(title, strlen(title), ret->title, sizeof ret->title);
    text_clean(text, strlen(text), ret->text, sizeof ret->text);
    plain(hide && alarm->kind == ALARM_DAY_LOSS ? (double)NAN : alarm->value, ret->value);
    plain(hide && alarm->kind == ALARM_DAY_LOSS ? (double)NAN : alarm->level, ret->level);
}
