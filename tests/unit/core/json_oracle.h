/*
 * json_oracle: what jansson thinks of a text. Apart, since jansson's names and ours collide.
 */
#ifndef BLOTTER_TESTS_JSON_ORACLE_H
#define BLOTTER_TESTS_JSON_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

struct oracle_member {
    const char *key;
    bool is_string, is_number;
    const char *string; /* NULL when it holds a NUL */
    double number;
};

enum oracle_verdict {
    ORACLE_ACCEPTS,
    ORACLE_REJECTS,
    ORACLE_TOO_STRICT /* rejected for what we accept on purpose: encoding, lone surrogates, huge
                         numbers */
};

/* visit is called for each member when the text is an object. */
enum oracle_verdict oracle_check(const char *text, size_t len,
                                 void (*visit)(void *user, const struct oracle_member *member),
                                 void *user);

#endif
