/*
 * call: one request and its answer, without a socket: what the routes work on.
 */
#ifndef BLOTTER_MOCK_CALL_H
#define BLOTTER_MOCK_CALL_H

#include "base/text.h"
#include "db/db.h"

#define CALL_ID_SIZE 80
#define CALL_USER_IDS 4

struct call {
    /* The request. Borrowed texts; NULL where absent. */
    const char *method, *path;
    const char *authorization, *cookie;
    const char *user_ids[CALL_USER_IDS]; /* every ?userId= */
    size_t user_id_count;                /* may be more than there is room for */
    const char *body;
    size_t body_len;
    bool from_loopback;

    /* What routing found. */
    const char *user;      /* whose token it is */
    char id[CALL_ID_SIZE]; /* the {} of the path */
    size_t route;          /* index for the counters */
    bool counted;          /* false for /__mock/ */
    bool is_stream;        /* answer with an event stream for user */

    /* The answer. */
    int status;
    struct text reply;
    const char *content_type; /* NULL: JSON when there is a reply */
    const char *allow;        /* for 405 */
    const char *location;
    bool is_read; /* has an ETag and last_id, may be answered by 304 */
    int64_t last_id;
    uint64_t hash;     /* of the reply */
    int retry_after_s; /* 0: none */
    bool is_busy;      /* another process holds the database: nothing was done, ask again soon */
};

/* The methods that are counted; the last stands for all others. */
#define CALL_METHODS 7
extern const char *const call_methods[CALL_METHODS];
size_t call_method(const struct call *call);

/* Replaces the answer by {"error":"…"}. */
void call_fail(struct call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One member of a JSON body. */
enum call_kind {
    CALL_TEXT,     /* a string of 1 to 100 bytes, not of blanks alone */
    CALL_QUANTITY, /* a whole number from 1 on */
    CALL_WHOLE,    /* a whole number, any */
    CALL_PRICE,    /* a number above 0 */
    CALL_PRICE_OR_NULL,
    CALL_OBJECT
};
struct call_member {
    const char *name;
    enum call_kind kind;
    bool required;
};
struct call_value {
    bool given; /* absent, and null where the member is optional, are not */
    bool null;  /* CALL_PRICE_OR_NULL */
    const char *text;
    int64_t whole;
    double number; /* NAN when not given */
    void *object;  /* json_t, borrowed */
};

/*
 * Reads members of the call's body (or, with object, of that object) into values, one per row.
 * False after call_fail(400) when the body is no JSON object or a member is not what it must be.
 * Texts live until call_body_done.
 */
struct call_body {
    void *root; /* json_t */
};
bool call_body_read(struct call *call, struct call_body *body, void *object,
                    const struct call_member *members, struct call_value *ret_values);
void call_body_done(struct call_body *body);

#endif
