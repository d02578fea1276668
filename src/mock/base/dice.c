#include "dice.h"

#include <blotter/core/hash.h>

#include <stdio.h>

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

void dice_seed(struct dice *dice, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        dice->state[i] = hash_next(&seed);
    }
}

uint64_t dice_next(struct dice *dice)
{
    uint64_t *state = dice->state;
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

/* Draws again in the last, incomplete stretch of bounds: without that small numbers come up more.
 */
uint64_t dice_below(struct dice *dice, uint64_t bound)
{
    if (bound == 0) {
        return 0;
    }
    uint64_t skip = (UINT64_MAX % bound + 1) % bound;
    uint64_t drawn = dice_next(dice);
    while (drawn < skip) {
        drawn = dice_next(dice);
    }
    return drawn % bound;
}

int64_t dice_between(struct dice *dice, int64_t low, int64_t high)
{
    return low + (int64_t)dice_below(dice, (uint64_t)(high - low) + 1);
}

double dice_unit(struct dice *dice)
{
    return (double)(dice_next(dice) >> 11) * 0x1p-53;
}

bool dice_chance(struct dice *dice, double probability)
{
    return dice_unit(dice) < probability;
}

/* The sum of twelve even draws: variance 12 × 1/12, and no tail that could ruin an account. */
double dice_bell(struct dice *dice)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) {
        sum += dice_unit(dice);
    }
    return sum - 6;
}

void dice_uuid(struct dice *dice, char ret[DICE_UUID_SIZE])
{
    uint64_t high = dice_next(dice);
    uint64_t low = dice_next(dice);
    snprintf(ret, DICE_UUID_SIZE, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32),
             (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff),
             (unsigned)(0x8000 | (low >> 48 & 0x3fff)),
             (unsigned long long)(low & UINT64_C(0xffffffffffff)));
}
