/*
 * dice: the mock's own random numbers. Seeded, so that the same seed gives the same market, the
 * same faults and the same identifiers on every machine. Not for secrets.
 *
 * The generator is xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2018), its state filled by splitmix64 as its authors advise.
 */
#ifndef BLOTTER_MOCK_MARKET_DICE_H
#define BLOTTER_MOCK_MARKET_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state[4];
};

/* Any seed will do, zero included; streams of neighbouring seeds have nothing in common. */
void dice_seed(struct dice *dice, uint64_t seed);

uint64_t dice_next(struct dice *dice); /* 64 even bits */
uint64_t dice_below(struct dice *dice,
                    uint64_t bound); /* 0 … bound-1 without bias; 0 when bound is 0 */
int64_t dice_between(struct dice *dice, int64_t low, int64_t high); /* both ends included */
double dice_unit(struct dice *dice);                                /* [0, 1) */
bool dice_chance(struct dice *dice, double probability);            /* 1 is always, 0 never */
double dice_bell(struct dice *dice); /* about normal: mean 0, variance 1, within ±6 */

/* A version 4 UUID in 36 characters and a NUL. */
#define DICE_UUID_SIZE 37
void dice_uuid(struct dice *dice, char ret[DICE_UUID_SIZE]);

#endif
