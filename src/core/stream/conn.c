#include <blotter/core/conn.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <blotter/core/alloc.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define BACKOFF_MIN_MS 10   /* doubling starts here even when the server asked for no delay */
#define SHORT_LIVES_FREE 16 /* streams that ended early before that slows us down */
#define BURST_MS 100        /* comments closer than this are one burst, not a heartbeat */
#define HEARTBEAT_MIN_MS 1000
#define EXPONENT_MAX 20

enum input {
    INPUT_START,
    INPUT_STOP,
    INPUT_OPENED,
    INPUT_REFUSED, /* an answer that may be another one later */
    INPUT_FINAL,   /* an answer that will not change */
    INPUT_LOST,
    INPUT_SILENT,
    INPUT_DUE,
    INPUT_AGAIN
};

struct conn {
    struct conn_settings settings;
    struct conn_status status;
    enum conn_action action;
    int64_t base_ms; /* first delay, ours or the server's */
    int64_t cap_ms;
    uint64_t random;
    int failures;    /* attempts in a row that did not become a good stream */
    int short_lives; /* streams in a row that ended before they were good */
    bool heard;      /* the present stream brought at least a byte */
    bool paused;
    int64_t since_us;     /* when the phase began */
    int64_t heard_us;     /* when the last byte came, or reading was taken up again */
    int64_t retry_at_us;  /* CONN_WAITING */
    int64_t comment_us;   /* the last comment of this connection, MOMENT_NEVER when none */
    int64_t distance_ms;  /* of the last two comments of this connection; 0 when not known */
    int64_t heartbeat_ms; /* the longest distance that counts; 0 when not known */
    bool doubtful;        /* silence was noticed once: perhaps there was no such heartbeat */
};

static const char *const phase_names[] = {
    [CONN_IDLE] = "idle",       [CONN_CONNECTING] = "connecting", [CONN_LIVE] = "live",
    [CONN_WAITING] = "waiting", [CONN_ENDED] = "ended",
};
static_assert(sizeof phase_names / sizeof *phase_names == CONN_ENDED + 1, "a name per phase");

const char *conn_phase_name(enum conn_phase phase)
{
    return phase_names[phase];
}

/* ---- life ---- */

void conn_settings_default(struct conn_settings *ret)
{
    *ret = (struct conn_settings){
        .retry_ms = 1000,
        .max_retry_ms = 30000,
        .watchdog_ms = 75000,
        .good_after_ms = 30000,
    };
}

struct conn *conn_new(const struct conn_settings *settings)
{
    struct conn *conn = mem_calloc(1, sizeof *conn);
    conn->settings = *settings;
    conn->base_ms =
        settings->retry_ms < settings->max_retry_ms ? settings->retry_ms : settings->max_retry_ms;
    conn->cap_ms = settings->max_retry_ms;
    conn->random = settings->seed;
    conn->comment_us = MOMENT_NEVER;
    conn->status.lost_at_ms = INT64_MIN;
    fault_set(&conn->status.fault, FAULT_NONE, 0, "%s", "");
    return conn;
}

void conn_free(struct conn *conn)
{
    free(conn);
}

/* ---- how long to wait ---- */

/* splitmix64: all that jitter needs, and the same for the same seed. */
static uint64_t random_next(struct conn *conn)
{
    uint64_t x = conn->random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/*
 * The standard wants the reconnection time at least; what goes beyond it is jittered over its
 * whole range. The first attempt waits exactly the reconnection time.
 */
static int64_t delay_ms(struct conn *conn, int exponent)
{
    if (exponent == 0) {
        return conn->base_ms;
    }
    int64_t top = conn->base_ms > BACKOFF_MIN_MS ? conn->base_ms : BACKOFF_MIN_MS;
    top <<= exponent < EXPONENT_MAX ? exponent : EXPONENT_MAX;
    top = top < conn->cap_ms ? top : conn->cap_ms;
    top = top > conn->base_ms ? top : conn->base_ms;
    return conn->base_ms + (int64_t)(random_next(conn) % (uint64_t)(top - conn->base_ms + 1));
}

/* The exponent of the next delay, from how the last attempt or stream went. */
static int exponent_after(struct conn *conn, enum conn_phase was, int64_t lived_ms)
{
    if (was != CONN_LIVE) {
        return conn->failures++;
    }
    if (lived_ms >= conn->settings.good_after_ms) {
        conn->failures = 0;
        conn->short_lives = 0;
        return 0;
    }
    conn->short_lives++;
    int over = conn->short_lives > SHORT_LIVES_FREE ? conn->short_lives - SHORT_LIVES_FREE : 0;
    /* A server may close after each event, as the standard allows; one that brings nothing may not.
     */
    return conn->heard && over > 1 ? 1 : over;
}

/* ---- the one function that changes the phase ---- */

#define IN(phase) (1u << (phase))

struct transition {
    enum input input;
    unsigned from; /* a set of phases */
    enum conn_phase to;
    enum conn_action action;
};

static const struct transition transitions[] = {
    {INPUT_START, IN(CONN_IDLE) | IN(CONN_ENDED), CONN_CONNECTING, CONN_CONNECT},
    {INPUT_STOP, IN(CONN_IDLE) | IN(CONN_WAITING), CONN_ENDED, CONN_NOTHING},
    {INPUT_STOP, IN(CONN_CONNECTING) | IN(CONN_LIVE), CONN_ENDED, CONN_CLOSE},
    {INPUT_OPENED, IN(CONN_CONNECTING), CONN_LIVE, CONN_NOTHING},
    {INPUT_REFUSED, IN(CONN_CONNECTING), CONN_WAITING, CONN_CLOSE},
    {INPUT_FINAL, IN(CONN_CONNECTING), CONN_ENDED, CONN_CLOSE},
    {INPUT_LOST, IN(CONN_CONNECTING) | IN(CONN_LIVE), CONN_WAITING, CONN_CLOSE},
    {INPUT_SILENT, IN(CONN_CONNECTING) | IN(CONN_LIVE), CONN_WAITING, CONN_CLOSE},
    {INPUT_DUE, IN(CONN_WAITING), CONN_CONNECTING, CONN_CONNECT},
    {INPUT_AGAIN, IN(CONN_WAITING) | IN(CONN_LIVE), CONN_CONNECTING, CONN_CONNECT},
};

static const struct transition *transition_find(enum conn_phase from, enum input input)
{
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++) {
        if (transitions[i].input == input && (transitions[i].from & IN(from))) {
            return &transitions[i];
        }
    }
    return NULL;
}

static void enter_waiting(struct conn *conn, enum conn_phase was, struct moment now)
{
    int64_t lived_ms = (now.mono_us - conn->since_us) / 1000;
    int64_t wait_ms = delay_ms(conn, exponent_after(conn, was, lived_ms));
    int64_t asked_ms = conn->status.fault.retry_after_ms;
    asked_ms = asked_ms < DAY_MS ? asked_ms : DAY_MS;
    wait_ms = wait_ms > asked_ms ? wait_ms : asked_ms;
    conn->retry_at_us = now.mono_us + wait_ms * 1000;
    conn->status.retry_at_ms = now.wall_ms + wait_ms;
}

static void enter_live(struct conn *conn, struct moment now)
{
    conn->heard = false;
    conn->status.attempt = 0;
    conn->status.live_since_ms = now.wall_ms;
    conn->comment_us = MOMENT_NEVER;
    conn->distance_ms = 0;
}

/* fault: the reason to show, NULL to leave the present one. False when the input means nothing. */
static bool conn_move(struct conn *conn, enum input input, const struct fault *fault,
                      struct moment now)
{
    enum conn_phase was = conn->status.phase;
    const struct transition *row = transition_find(was, input);
    if (row == NULL) {
        return false;
    }
    conn->status.phase = row->to;
    conn->action = row->action;
    if (was == CONN_LIVE) {
        conn->status.lost_at_ms = now.wall_ms;
    }
    if (fault != NULL) {
        conn->status.fault = *fault;
    }
    if (row->to == CONN_WAITING) {
        enter_waiting(conn, was, now);
    } else if (row->to == CONN_LIVE) {
        enter_live(conn, now);
    } else if (row->to == CONN_CONNECTING) {
        conn->status.attempt++;
    }
    conn->since_us = now.mono_us;
    conn->heard_us = now.mono_us;
    return true;
}

static const struct fault no_fault = {.retry_after_ms = -1};

/* ---- inputs ---- */

void conn_start(struct conn *conn, struct moment now)
{
    conn_move(conn, INPUT_START, &no_fault, now);
}

void conn_stop(struct conn *conn, struct moment now)
{
    conn_move(conn, INPUT_STOP, &no_fault, now);
}

static const char *refusal(int status, bool again)
{
    switch (status) {
    case 401:
        return "not authorised: the token is missing or no longer valid";
    case 403:
        return "not authorised: the token's user may not see this";
    case 404:
        return "the server has no stream at this address";
    case 429:
        return "too many requests: the server asks for patience";
    default:
        return again ? "the server failed"
                     : "the server answered with a status that opens no stream";
    }
}

static void answered_badly(struct conn *conn, int status, int64_t retry_after_ms, struct moment now)
{
    struct fault fault;
    bool auth = status == 401 || status == 403;
    bool again = status == 429 || (status >= 500 && status <= 599);
    fault_set(&fault, auth ? FAULT_AUTH : FAULT_HTTP, status, "%s (HTTP %d)",
              refusal(status, again), status);
    fault.retry_after_ms = retry_after_ms;
    conn_move(conn, again ? INPUT_REFUSED : INPUT_FINAL, &fault, now);
}

void conn_answered(struct conn *conn, int status, const char *content_type, int64_t retry_after_ms,
                   struct moment now)
{
    if (status == 204) {
        conn_move(conn, INPUT_FINAL, &no_fault, now);
    } else if (status != 200) {
        answered_badly(conn, status, retry_after_ms, now);
    } else if (!conn_type_is_stream(content_type)) {
        struct fault fault;
        fault_set(&fault, FAULT_TYPE, status, "the answer is %.60s instead of text/event-stream",
                  content_type != NULL ? content_type : "of no type");
        conn_move(conn, INPUT_FINAL, &fault, now);
    } else {
        conn_move(conn, INPUT_OPENED, &no_fault, now);
    }
}

void conn_bytes(struct conn *conn, struct moment now)
{
    conn->heard = true;
    conn->heard_us = now.mono_us;
}

/*
 * A greeting is a comment too, and a server's timer may beat soon after it: that distance says
 * nothing. One distance is believed at first; once it has misled us, only two alike are.
 */
static void distance_seen(struct conn *conn, int64_t distance_ms)
{
    int64_t before_ms = conn->distance_ms;
    bool alike = distance_ms <= 2 * before_ms && before_ms <= 2 * distance_ms;
    int64_t longer_ms = alike && before_ms > distance_ms ? before_ms : distance_ms;
    longer_ms = longer_ms > HEARTBEAT_MIN_MS ? longer_ms : HEARTBEAT_MIN_MS;
    if ((alike || !conn->doubtful) && longer_ms > conn->heartbeat_ms) {
        conn->heartbeat_ms = longer_ms;
    }
    conn->distance_ms = distance_ms;
}

void conn_comment(struct conn *conn, struct moment now)
{
    if (conn->comment_us != MOMENT_NEVER) {
        int64_t distance_ms = (now.mono_us - conn->comment_us) / 1000;
        if (distance_ms >= BURST_MS) {
            distance_seen(conn, distance_ms);
        }
    }
    conn->comment_us = now.mono_us;
}

void conn_lost(struct conn *conn, const struct fault *fault, struct moment now)
{
    struct fault ended;
    if (fault == NULL) {
        fault_set(&ended, FAULT_NETWORK, 0, "the server ended the stream");
        fault = &ended;
    }
    bool lasting =
        fault->kind == FAULT_AUTH || fault->kind == FAULT_CONFIG || fault->kind == FAULT_TYPE;
    bool final = conn->status.phase == CONN_CONNECTING && lasting;
    conn_move(conn, final ? INPUT_FINAL : INPUT_LOST, fault, now);
}

void conn_retry_field(struct conn *conn, int64_t retry_ms)
{
    conn->base_ms = retry_ms < DAY_MS ? retry_ms : DAY_MS;
    conn->cap_ms =
        conn->base_ms > conn->settings.max_retry_ms ? conn->base_ms : conn->settings.max_retry_ms;
}

static int64_t silence_allowed_ms(const struct conn *conn)
{
    bool known = conn->status.phase == CONN_LIVE && conn->heartbeat_ms > 0;
    return known ? conn->heartbeat_ms * 5 / 2 : conn->settings.watchdog_ms;
}

void conn_tick(struct conn *conn, struct moment now)
{
    if (now.mono_us < conn_deadline_us(conn)) {
        return;
    }
    if (conn->status.phase == CONN_WAITING) {
        conn_move(conn, INPUT_DUE, NULL, now);
        return;
    }
    struct fault fault;
    fault_set(&fault, FAULT_TIMEOUT, 0, "nothing was heard for %g s",
              (double)silence_allowed_ms(conn) / 1000);
    conn->doubtful = conn->doubtful || conn->heartbeat_ms > 0;
    conn->heartbeat_ms = 0; /* what we took for its heartbeat may have been none */
    conn_move(conn, INPUT_SILENT, &fault, now);
}

void conn_retry_now(struct conn *conn, struct moment now)
{
    int64_t silent_ms = (now.mono_us - conn->heard_us) / 1000;
    int64_t usual_ms = silence_allowed_ms(conn) * 2 / 5;
    if (conn->status.phase != CONN_LIVE || silent_ms > usual_ms) {
        conn_move(conn, INPUT_AGAIN, NULL, now);
    }
}

void conn_resumed(struct conn *conn, struct moment now)
{
    struct fault fault;
    fault_set(&fault, FAULT_NETWORK, 0, "we were suspended");
    conn_move(conn, INPUT_AGAIN, &fault, now);
}

void conn_pause(struct conn *conn, bool paused, struct moment now)
{
    conn->paused = paused;
    conn->heard_us = now.mono_us;
}

/* ---- outputs ---- */

enum conn_action conn_take_action(struct conn *conn)
{
    enum conn_action action = conn->action;
    conn->action = CONN_NOTHING;
    return action;
}

int64_t conn_deadline_us(const struct conn *conn)
{
    switch (conn->status.phase) {
    case CONN_WAITING:
        return conn->retry_at_us;
    case CONN_CONNECTING:
    case CONN_LIVE:
        return conn->paused ? MOMENT_NEVER : conn->heard_us + silence_allowed_ms(conn) * 1000;
    case CONN_IDLE:
    case CONN_ENDED:
    default:
        return MOMENT_NEVER;
    }
}

const struct conn_status *conn_status(const struct conn *conn)
{
    return &conn->status;
}

/* ---- the content type ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of one element of a comma-separated list; commas inside quotes do not count. */
static const char *element_end(const char *at)
{
    bool quoted = false;
    while (*at != '\0' && (quoted || *at != ',')) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (quoted && *at == '\\' && at[1] != '\0') {
            at++;
        }
        at++;
    }
    return at;
}

static bool is_token(const char *at, const char *end)
{
    if (at == end) {
        return false;
    }
    for (; at < end; at++) {
        bool word =
            (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
        if (!word && (*at == '\0' || strchr("!#$%&'*+-.^_`|~", *at) == NULL)) {
            return false;
        }
    }
    return true;
}

/* One element's type and subtype without parameters. False when it is no valid type, or any type.
 */
static bool essence(const char *at, const char *end, const char **ret_at, const char **ret_end)
{
    const char *stop = memchr(at, ';', (size_t)(end - at));
    stop = stop != NULL ? stop : end;
    while (at < stop && is_space(*at)) {
        at++;
    }
    while (stop > at && is_space(stop[-1])) {
        stop--;
    }
    const char *slash = memchr(at, '/', (size_t)(stop - at));
    if (slash == NULL || !is_token(at, slash) || !is_token(slash + 1, stop) ||
        (stop - at == 3 && memcmp(at, "*/*", 3) == 0)) {
        return false;
    }
    *ret_at = at;
    *ret_end = stop;
    return true;
}

/* As fetch extracts a MIME type: of several values the last valid one counts. */
bool conn_type_is_stream(const char *content_type)
{
    static const char wanted[] = "text/event-stream";
    bool is_stream = false;
    const char *at = content_type != NULL ? content_type : "";
    for (;;) {
        const char *end = element_end(at);
        const char *from;
        const char *to;
        if (essence(at, end, &from, &to)) {
            is_stream = (size_t)(to - from) == sizeof wanted - 1 &&
                        strncasecmp(from, wanted, sizeof wanted - 1) == 0;
        }
        if (*end == '\0') {
            return is_stream;
        }
        at = end + 1;
    }
}
