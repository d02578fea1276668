/*
 * owner: whose rows are whose where the rows of several accounts stand together. Rows of a single
 * account have no owner. Pure.
 */
#ifndef BLOTTER_CORE_OWNER_H
#define BLOTTER_CORE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNERS_MAX 32       /* accounts on one screen */
#define OWNER_NAME_BYTES 24 /* of an account's name, NUL included; a longer one is cut */
#define OWNER_CURRENCY_BYTES 12

/* What the money of an account is. Amounts of different kinds are never added. */
enum owner_kind {
    OWNER_UNTOLD, /* nobody has said yet */
    OWNER_REAL,
    OWNER_PAPER,
    OWNER_MOCK,
    OWNER_KINDS
};

/* "?", "real", "paper", "mock". Static storage. */
const char *owner_kind_name(enum owner_kind kind);

/* Of a badge's word, "REAL"; another word is untold. */
enum owner_kind owner_kind_of(const char *badge);

struct money_book;
struct history;
struct tape;

struct owner {
    char name[OWNER_NAME_BYTES]; /* the profile's: "kite" */
    uint64_t key;                /* of the name, never 0: ids of different accounts never meet */
    size_t number;               /* its place among the accounts */
    enum owner_kind kind;
    bool alone; /* kind or currency is not known yet: its money is added to no other account's */
    char currency[OWNER_CURRENCY_BYTES]; /* of amounts that name none; "": the server names none */
    const struct money_book *book;       /* what was seen of its day's closings; NULL: nothing */
    const struct history *history;       /* its curves; NULL: none */
    const struct tape *tape;             /* what happened in it; NULL: nothing is kept */
};

/* An owner of which nothing is known but the name and the place. */
void owner_init(struct owner *owner, const char *name, size_t number);

#endif
