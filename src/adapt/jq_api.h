/*
 * jq_api: what is used of libjq, loaded when a backend is compiled: a run without one neither loads
 * nor starts it.
 */
#ifndef BLOTTER_ADAPT_JQ_API_H
#define BLOTTER_ADAPT_JQ_API_H

#include <jq.h>
#include <stdbool.h>

struct jq_api {
    jq_state *(*init)(void);
    void (*teardown)(jq_state **);
    void (*set_nomem_handler)(jq_state *, void (*)(void *), void *);
    void (*set_error_cb)(jq_state *, jq_msg_cb, void *);
    void (*set_input_cb)(jq_state *, jq_input_cb, void *);
    void (*set_debug_cb)(jq_state *, jq_msg_cb, void *);
    int (*compile_args)(jq_state *, const char *, jv);
    void (*start)(jq_state *, jv, int);
    jv (*next)(jq_state *);
    jv_kind (*get_kind)(jv);
    jv (*copy)(jv);
    void (*free)(jv);
    jv (*invalid)(void);
    int (*invalid_has_msg)(jv);
    jv (*invalid_get_msg)(jv);
    jv (*object)(void);
    jv (*array)(void);
    jv (*array_append)(jv, jv);
    int (*array_length)(jv);
    jv (*array_get)(jv, int);
    jv (*array_set)(jv, int, jv);
    jv (*null)(void);
    int (*object_iter)(jv);
    int (*object_iter_next)(jv, int);
    int (*object_iter_valid)(jv, int);
    jv (*object_iter_key)(jv, int);
    jv (*object_iter_value)(jv, int);
    jv (*string)(const char *);
    const char *(*string_value)(jv);
    int (*string_length_bytes)(jv);
    jv (*parse_sized)(const char *, int);
    jv (*dump_string)(jv, int);
};

/* NULL when the library is not there. Loaded once and kept. */
const struct jq_api *jq_api_open(void);

#endif
