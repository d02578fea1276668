/*
 * faults_reply: the wrong answers themselves, word for word. Only faults.c asks.
 */
#ifndef BLOTTER_MOCK_FAULTS_REPLY_H
#define BLOTTER_MOCK_FAULTS_REPLY_H

#include "faults.h"

/* What a request is about, by its path. */
enum faults_path {
    FAULTS_PATH_ORDERS,
    FAULTS_PATH_POSITIONS,
    FAULTS_PATH_ACCOUNT,
    FAULTS_PATH_WATCHLISTS,
    FAULTS_PATH_STREAM,
    FAULTS_PATH_COUNT
};

enum faults_reply_kind {
    FAULTS_REPLY_401,
    FAULTS_REPLY_403,
    FAULTS_REPLY_404,
    FAULTS_REPLY_429,
    FAULTS_REPLY_500,
    FAULTS_REPLY_502,
    FAULTS_REPLY_503,
    FAULTS_REPLY_204,
    FAULTS_REPLY_REDIRECT,
    FAULTS_REPLY_LOGIN,
    FAULTS_REPLY_LOOP,
    FAULTS_REPLY_HTML,
    FAULTS_REPLY_SUCCESS_FALSE,
    FAULTS_REPLY_GARBAGE,
    FAULTS_REPLY_WRONG_TYPE,
    FAULTS_REPLY_SHORT_JSON,
    FAULTS_REPLY_LOGIN_PAGE, /* where LOGIN leads */
    FAULTS_REPLY_COUNT
};

#define FAULTS_LOGIN_PATH "/auth/login"

/*
 * Fills *ret. `path` is the request's, `about` what it is about; `to` is where REDIRECT leads, and
 * retry_after_s what the kinds that have a Retry-After say.
 */
struct faults_reply_order {
    enum faults_reply_kind kind;
    enum faults_path about;
    const char *path;
    const char *to;
    int retry_after_s;
};
void faults_reply_fill(const struct faults_reply_order *order, struct faults_reply *ret);

#endif
