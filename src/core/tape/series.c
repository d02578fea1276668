#include <blotter/core/alloc.h>
#include <blotter/core/series.h>

#include <math.h>
#include <stdlib.h>

void series_init(struct series *series, int64_t step)
{
    *series = (struct series){.step = step, .low = NAN, .high = NAN};
}

void series_done(struct series *series)
{
    free(series->points);
    *series = (struct series){0};
}

void series_clear(struct series *series, int64_t step)
{
    series_done(series);
    series_init(series, step);
}

/* Coarser than this nothing becomes: then the older half goes. */
#define STEP_MAX INT64_C(3600000)

static bool same(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) && isnan(b) : !(a < b || a > b);
}

/* Twice as coarse; gaps keep their beginning. */
static void thin(struct series *series)
{
    size_t kept = 1;
    series->step = series->step < 1 ? 1 : series->step < STEP_MAX ? series->step * 2 : STEP_MAX;
    for (size_t i = 1; i < series->count; i++) {
        struct series_point *last = &series->points[kept - 1], *next = &series->points[i];
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is full */
        bool near = next->x - last->x < series->step && !isnan(last->y) && !isnan(next->y);
        if (near) {
            last->y = next->y;
        } else {
            series->points[kept++] = *next;
        }
    }
    /* Nothing but gaps, or points far apart: the older half goes. */
    if (kept > SERIES_POINTS_MAX * 3 / 4) {
        size_t gone = kept / 2;
        for (size_t i = gone; i < kept; i++) {
            series->points[i - gone] = series->points[i];
        }
        kept -= gone;
    }
    series->count = kept;
}

static void append(struct series *series, int64_t x, double y)
{
    if (series->count == SERIES_POINTS_MAX) {
        thin(series);
    }
    if (series->points == NULL || series->count == series->room) {
        series->room = series->room == 0 ? 32 : series->room * 2;
        series->points = mem_realloc_array(series->points, series->room, sizeof *series->points);
    }
    series->points[series->count++] = (struct series_point){x, y};
}

void series_add(struct series *series, int64_t x, double y)
{
    struct series_point *last = series->count > 0 ? &series->points[series->count - 1] : NULL;
    if (isinf(y) || (last == NULL && isnan(y)) || (last != NULL && x < last->x)) {
        return;
    }
    if (!isnan(y)) {
        series->low = isnan(series->low) || y < series->low ? y : series->low;
        series->high = isnan(series->high) || y > series->high ? y : series->high;
    }
    if (last != NULL && same(last->y, y)) {
        return;
    }
    if (last != NULL && x - last->x < series->step && !isnan(y) && !isnan(last->y)) {
        last->y = y;
    } else {
        append(series, x, y);
    }
}
