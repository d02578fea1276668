#include "secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void secret_fill(void *ret, size_t size)
{
    if (getentropy(ret, size) != 0) {
        fputs("blotter-mock: the system gives no random bytes\n", stderr);
        abort();
    }
}

void secret_token(char ret[SECRET_TOKEN_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[(SECRET_TOKEN_SIZE - 1) / 2];
    secret_fill(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[SECRET_TOKEN_SIZE - 1] = '\0';
}
