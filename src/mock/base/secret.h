/*
 * secret: bytes that nobody can compute, from the system. Not for the market: nothing repeats them.
 */
#ifndef BLOTTER_MOCK_SECRET_H
#define BLOTTER_MOCK_SECRET_H

#include <stddef.h>

#define SECRET_BYTES_MAX 256

/* At most SECRET_BYTES_MAX. Ends the program when the system has none: there is no second best. */
void secret_fill(void *ret, size_t size);

/* 32 hexadecimal digits and a NUL, for a session's token. */
#define SECRET_TOKEN_SIZE 33
void secret_token(char ret[SECRET_TOKEN_SIZE]);

#endif
