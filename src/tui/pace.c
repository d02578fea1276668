#include "pace.h"

#include <assert.h>

enum {
    SECOND_US = 1000000,
    GAP_US = SECOND_US / PACE_FRAMES_MAX + 1,
    /* A burst and what is earned in the second after it make PACE_FRAMES_MAX together. */
    COST_US = SECOND_US / (PACE_FRAMES_MAX - PACE_BURST) + 1,
    CREDIT_MAX_US = PACE_BURST * COST_US
};

/* What a frame leaves behind for those that are waited for more. */
static const int64_t reserves_us[] = {
    [PACE_CONFIRMATION] = INT64_C(3) * COST_US, /* a key and two events */
    [PACE_EVENT] = COST_US,                     /* a key */
    [PACE_KEY] = 0,
};
static_assert(sizeof reserves_us / sizeof *reserves_us == PACE_FOR_COUNT, "a row each");

static int64_t credit_at(const struct pace *pace, int64_t now_us)
{
    int64_t credit = pace->credit_us + (now_us - pace->last_us);
    return !pace->started || credit > CREDIT_MAX_US ? CREDIT_MAX_US : credit;
}

int64_t pace_next_us(const struct pace *pace, enum pace_for what)
{
    if (!pace->started) {
        return INT64_MIN;
    }
    int64_t missing = COST_US + reserves_us[what] - pace->credit_us;
    int64_t earned_us = pace->last_us + (missing > 0 ? missing : 0);
    int64_t apart_us = pace->last_us + GAP_US;
    return what != PACE_CONFIRMATION || earned_us > apart_us ? earned_us : apart_us;
}

void pace_painted(struct pace *pace, int64_t now_us)
{
    pace->credit_us = credit_at(pace, now_us) - COST_US;
    pace->last_us = now_us;
    pace->started = true;
}
