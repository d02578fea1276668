/*
 * faults_spec: reads a fault's SPEC by the table of kinds. Only faults.c and faults_help ask.
 */
#ifndef BLOTTER_MOCK_FAULTS_SPEC_H
#define BLOTTER_MOCK_FAULTS_SPEC_H

#include "faults.h"
#include "faults_reply.h"

/* Who asks for the decision. */
enum faults_place { FAULTS_PLACE_ANSWER, FAULTS_PLACE_EVENT, FAULTS_PLACE_BYTES };

struct faults_spec {
    enum faults_place place;
    int what;       /* enum faults_reply_kind, faults_event or faults_bytes_kind, by place */
    unsigned about; /* a bit per enum faults_path */
    double probability;
    int64_t count, after;
    int64_t seed; /* -1: not given */
    int64_t bytes, rate, delay_ms;
    int retry_after_s;
    char to[256];
    char text[FAULTS_SPEC_MAX + 1]; /* as written: printable ASCII without quotes and backslashes */
};

/* False with *ret_error set; *ret is then not to be used. */
bool faults_spec_read(const char *text, struct faults_spec *ret, struct fault *ret_error);

/* What a request's path is about; false when no fault concerns it. */
bool faults_path_find(const char *path, enum faults_path *ret);

/* Whether path is prefix or lies below it: /a/b and /a/b/c and /a/b?q, not /a/bc. */
bool faults_path_begins(const char *path, const char *prefix);

#endif
