/*
 * contract: what the name of a derivative says: underlying, expiry, right, strike. A table of the
 * ways in which such names are written; a name that is written in none of them stands for itself.
 */
#ifndef BLOTTER_CORE_CONTRACT_H
#define BLOTTER_CORE_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

#define CONTRACT_UNDERLYING_BYTES 24 /* longer ones are no name of a contract */
#define CONTRACT_NAME_BYTES 64

enum contract_right { CONTRACT_FUTURE, CONTRACT_CALL, CONTRACT_PUT };

struct contract {
    char underlying[CONTRACT_UNDERLYING_BYTES];
    int year, month, day; /* 2026, 1..12, 1..31; day 0: the month's own expiry */
    enum contract_right right;
    char strike[16]; /* as digits, "24450" or "312.5"; "" for a future */
};

/* False, and *ret left alone, when the name is written in no known way. */
bool contract_parse(const char *symbol, struct contract *ret);

/* "NIFTY 31DEC 24450 CE", "NIFTY DEC FUT". Returns its length. */
size_t contract_name(const struct contract *contract, int year, char out[CONTRACT_NAME_BYTES]);

#endif
