/* WCAG 2 contrast of two COLOR_RGB colours, 1 to 21: what the themes are measured by. */
#ifndef CONTRAST_H
#define CONTRAST_H

#include <blotter/tui/color.h>

#include <math.h>

static inline double linear(uint8_t channel)
{
    double value = channel / 255.0;
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static inline double luminance(struct color color)
{
    return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

static inline double color_contrast(struct color a, struct color b)
{
    double high = luminance(a);
    double low = luminance(b);
    if (high < low) {
        double swap = high;
        high = low;
        low = swap;
    }
    return (high + 0.05) / (low + 0.05);
}

#endif
