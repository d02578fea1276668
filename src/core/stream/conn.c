#include <blotter/core/alloc.h>
#include <blotter/core/conn.h>
#include <blotter/core/hash.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define FLOOR_MS 1000      /* no server makes us come back sooner */
#define BACKOFF_MIN_MS 10  /* doubling starts here even when the user wants no delay */
#define SHORT_LIVES_FREE 3 /* streams that ended early before that slows us down */
#define LIFE_MIN_MS 1000   /* a stream that lived so long earns a wait of no more than twice that */
#define BURST_MS 100       /* comments closer than this are one burst, not a heartbeat */
#define HEARTBEAT_MIN_MS 1000
#define EXPONENT_MAX 20
/* Probes of a network that is away, in first delays: 3 to 5 s for five minutes, then doubling. */
#define PROBE_MIN 3
#define PROBE_MAX 5
#define PROBING_MS ((int64_t)5 * 60 * 1000)
#define HANGING_MS 3000 /* without an answer for so long it may hang in a dead connection */
/* What the server ended for good is tried again no sooner than that, doubling. */
#define AFTERLIFE_MIN_MS 5000
#define AFTERLIFE_MAX_MS ((int64_t)10 * 60 * 1000)

enum input {
    INPUT_START,
    INPUT_STOP,
    INPUT_OPENED,
    INPUT_HEARD,    /* the first byte */
    INPUT_REFUSED,  /* an answer that may be another one later */
    INPUT_FINAL,    /* an answer that will not change */
    INPUT_UNWANTED, /* what came is not what was asked for */
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
    int late_probes; /* those among them that got no answer after PROBING_MS */
    int short_lives; /* streams in a row that ended before they were good */
    int refusals;    /* streams that were live and not what was asked for */
    int afterlives;  /* tries in a row after the server had ended it for good */
    bool asked;      /* CONN_WAITING: the server said for how long */
    bool after_life; /* CONN_WAITING: a live stream ended, which is no matter of the way */
    bool nudged;     /* the present request is the second because the first hung */
    bool paused;
    int64_t down_us;      /* since when there has been no live stream */
    int64_t since_us;     /* when the phase began */
    int64_t heard_us;     /* when the last byte came, or reading was taken up again */
    int64_t retry_at_us;  /* CONN_WAITING */
    int64_t comment_us;   /* the last comment of this connection, MOMENT_NEVER when none */
    int64_t distance_ms;  /* of the last two comments of this connection; 0 when not known */
    int64_t heartbeat_ms; /* the longest distance that counts; 0 when not known */
    bool doubtful;        /* silence was noticed once: perhaps there was no such heartbeat */
};

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
    conn->status.lost_at_ms = conn->status.heard_ms = INT64_MIN;
    fault_set(&conn->status.fault, FAULT_NONE, 0, "%s", "");
    return conn;
}

void conn_free(struct conn *conn)
{
    free(conn);
}

/* ---- how long to wait ---- */

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Anything from least to most, both included. */
static int64_t jittered(struct conn *conn, int64_t least_ms, int64_t most_ms)
{
    int64_t more_ms = greater(most_ms - least_ms, 0);
    return least_ms + (int64_t)(hash_next(&conn->random) % (uint64_t)(more_ms + 1));
}

/* least_ms doubled so many times, within the cap. */
static int64_t doubled(const struct conn *conn, int64_t least_ms, int times)
{
    int64_t top_ms = greater(least_ms, BACKOFF_MIN_MS) << lesser(times, EXPONENT_MAX);
    return lesser(top_ms, conn->cap_ms);
}

/*
 * The standard wants the reconnection time at least; what goes beyond it is jittered over its
 * whole range. The first attempt waits exactly the reconnection time.
 */
static int64_t wait_refused(struct conn *conn, int failures)
{
    return failures == 0 ? conn->base_ms
                         : jittered(conn, conn->base_ms, doubled(conn, conn->base_ms, failures));
}

/*
 * Nobody answers: the network is away, and what is wanted is to know soon that it is back. One
 * probe every few seconds presses nobody; after minutes we are in no hurry any more.
 */
static int64_t wait_unanswered(struct conn *conn, int failures, struct moment now)
{
    int64_t step_ms = greater(conn->settings.retry_ms, BACKOFF_MIN_MS);
    int64_t least_ms = greater(conn->base_ms, lesser(PROBE_MIN * step_ms, conn->cap_ms));
    int64_t most_ms = lesser(PROBE_MAX * step_ms, conn->cap_ms);
    if (failures == 0) {
        return conn->base_ms;
    }
    if (now.mono_us - conn->down_us > PROBING_MS * 1000) {
        most_ms = doubled(conn, most_ms, ++conn->late_probes);
    }
    return jittered(conn, least_ms, most_ms);
}

/*
 * A stream that held is opened anew at once. Those that end again and again are waited for longer
 * and longer; but where a server lets each live for its ten seconds, most of the time is theirs.
 */
static int64_t wait_after_life(struct conn *conn, int64_t lived_ms)
{
    conn->failures = lived_ms >= conn->settings.good_after_ms ? 0 : conn->failures;
    conn->short_lives = lived_ms >= conn->settings.good_after_ms ? 0 : conn->short_lives + 1;
    int over = conn->short_lives - SHORT_LIVES_FREE;
    if (over <= 0) {
        return conn->base_ms;
    }
    int64_t most_ms = doubled(conn, conn->base_ms, over);
    return jittered(conn, conn->base_ms,
                    lived_ms < LIFE_MIN_MS ? most_ms : lesser(most_ms, 2 * lived_ms));
}

/* ---- the one function that changes the phase ---- */

#define IN(phase) (1u << (phase))
#define OPEN (IN(CONN_CONNECTING) | IN(CONN_SILENT) | IN(CONN_LIVE))

struct transition {
    enum input input;
    unsigned from; /* a set of phases */
    enum conn_phase to;
    enum conn_action action;
};

static const struct transition transitions[] = {
    {INPUT_START, IN(CONN_IDLE) | IN(CONN_ENDED), CONN_CONNECTING, CONN_CONNECT},
    {INPUT_STOP, IN(CONN_IDLE) | IN(CONN_WAITING), CONN_ENDED, CONN_NOTHING},
    {INPUT_STOP, OPEN, CONN_ENDED, CONN_CLOSE},
    {INPUT_OPENED, IN(CONN_CONNECTING), CONN_SILENT, CONN_NOTHING},
    {INPUT_HEARD, IN(CONN_SILENT), CONN_LIVE, CONN_NOTHING},
    {INPUT_REFUSED, IN(CONN_CONNECTING), CONN_WAITING, CONN_CLOSE},
    {INPUT_FINAL, IN(CONN_CONNECTING), CONN_ENDED, CONN_CLOSE},
    {INPUT_UNWANTED, IN(CONN_SILENT) | IN(CONN_LIVE), CONN_ENDED, CONN_CLOSE},
    {INPUT_LOST, OPEN, CONN_WAITING, CONN_CLOSE},
    {INPUT_SILENT, OPEN, CONN_WAITING, CONN_CLOSE},
    {INPUT_DUE, IN(CONN_WAITING) | IN(CONN_ENDED), CONN_CONNECTING, CONN_CONNECT},
    {INPUT_AGAIN, OPEN | IN(CONN_WAITING), CONN_CONNECTING, CONN_CONNECT},
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

/* Whether an attempt ended without a word of the server. A tunnel accepts, then closes. */
static bool is_unanswered(const struct fault *fault)
{
    return fault_is_outage(fault->kind) || fault->kind == FAULT_TIMEOUT ||
           fault->kind == FAULT_NETWORK;
}

static int64_t wait_ms_after(struct conn *conn, enum conn_phase was, struct moment now)
{
    if (was == CONN_LIVE) {
        return wait_after_life(conn, (now.mono_us - conn->since_us) / 1000);
    }
    int failures = conn->failures++;
    return was == CONN_CONNECTING && is_unanswered(&conn->status.fault)
               ? wait_unanswered(conn, failures, now)
               : wait_refused(conn, failures);
}

static void enter_waiting(struct conn *conn, enum conn_phase was, struct moment now)
{
    int64_t wait_ms = wait_ms_after(conn, was, now);
    int64_t asked_ms = lesser(conn->status.fault.retry_after_ms, DAY_MS);
    conn->asked = asked_ms > 0;
    conn->after_life = was == CONN_LIVE;
    wait_ms = greater(wait_ms, asked_ms);
    conn->retry_at_us = now.mono_us + wait_ms * 1000;
    conn->status.retry_at_ms = now.wall_ms + wait_ms;
}

static void enter_live(struct conn *conn, struct moment now)
{
    conn->status.attempt = 0;
    conn->status.live_since_ms = now.wall_ms;
    conn->comment_us = MOMENT_NEVER;
    conn->distance_ms = 0;
    conn->late_probes = 0;
    conn->afterlives = 0;
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
        conn->down_us = now.mono_us;
    }
    if (fault != NULL) {
        conn->status.fault = *fault;
    }
    conn->status.quiet = false;
    if (row->to == CONN_WAITING) {
        enter_waiting(conn, was, now);
    } else if (row->to == CONN_LIVE) {
        enter_live(conn, now);
    } else if (row->to == CONN_CONNECTING) {
        conn->status.attempt++;
        conn->nudged = false;
    }
    conn->since_us = now.mono_us;
    conn->heard_us = now.mono_us;
    return true;
}

static const struct fault no_fault = {.retry_after_ms = -1};

/* ---- inputs ---- */

void conn_start(struct conn *conn, struct moment now)
{
    if (conn_move(conn, INPUT_START, &no_fault, now)) {
        conn->down_us = now.mono_us;
        conn->afterlives = 0;
    }
}

void conn_stop(struct conn *conn, struct moment now)
{
    conn_move(conn, INPUT_STOP, &no_fault, now);
}

static const char *refusal(int status, bool again)
{
    switch (status) {
    case 204:
        return "the server ended the stream for good";
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
    bool auth = status == 401 || (status == 403 && !conn->settings.may_refuse);
    bool again =
        status == 408 || status == 425 || status == 429 || (status >= 500 && status <= 599);
    fault_set(&fault, auth ? FAULT_AUTH : FAULT_HTTP, status, "%s (HTTP %d)",
              refusal(status, again), status);
    fault.retry_after_ms = retry_after_ms;
    conn_move(conn, again ? INPUT_REFUSED : INPUT_FINAL, &fault, now);
}

void conn_answered(struct conn *conn, int status, const char *content_type, int64_t retry_after_ms,
                   struct moment now)
{
    if (status != 200) {
        answered_badly(conn, status, retry_after_ms, now);
    } else if (!conn->settings.any_type && !conn_type_is_stream(content_type)) {
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
    conn_move(conn, INPUT_HEARD, &no_fault, now);
    conn->heard_us = now.mono_us;
    conn->status.heard_ms = now.wall_ms;
    conn->status.quiet = false;
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

void conn_dismissed(struct conn *conn, struct moment now)
{
    struct fault fault;
    fault_set(&fault, FAULT_NETWORK, 0, "the server gave the connection up");
    conn_lost(conn, &fault, now);
}

/* It was live each time: that says nothing for the next. */
void conn_refuse(struct conn *conn, const struct fault *why, struct moment now)
{
    if (conn_move(conn, INPUT_UNWANTED, why, now)) {
        conn->afterlives = conn->refusals;
        conn->refusals += conn->refusals < EXPONENT_MAX;
    }
}

void conn_retry_field(struct conn *conn, int64_t retry_ms)
{
    int64_t floor_ms = lesser(conn->settings.retry_ms, FLOOR_MS);
    conn->base_ms = greater(lesser(retry_ms, DAY_MS), floor_ms);
    conn->cap_ms = greater(conn->base_ms, conn->settings.max_retry_ms);
}

static int64_t silence_allowed_ms(const struct conn *conn)
{
    int64_t heartbeat_ms = greater(conn->heartbeat_ms, conn->settings.heartbeat_ms);
    bool known = conn->status.phase == CONN_LIVE && heartbeat_ms > 0;
    return known ? heartbeat_ms * 5 / 2 : conn->settings.watchdog_ms;
}

/* The heartbeat, or what the watchdog takes for it: it allows two and a half. */
static int64_t usual_silence_ms(const struct conn *conn)
{
    return silence_allowed_ms(conn) * 2 / 5;
}

/* From when on silence is worth a word. */
static int64_t quiet_at_us(const struct conn *conn)
{
    return conn->heard_us + usual_silence_ms(conn) * 1200;
}

static void give_up_silent(struct conn *conn, struct moment now)
{
    struct fault fault;
    fault_set(&fault, FAULT_TIMEOUT, 0, "nothing was heard for %g s",
              (double)silence_allowed_ms(conn) / 1000);
    conn->doubtful = conn->doubtful || conn->heartbeat_ms > 0;
    conn->heartbeat_ms = 0; /* what we took for its heartbeat may have been none */
    conn_move(conn, INPUT_SILENT, &fault, now);
}

static int64_t watchdog_us(const struct conn *conn)
{
    return conn->heard_us + silence_allowed_ms(conn) * 1000;
}

void conn_tick(struct conn *conn, struct moment now)
{
    if (now.mono_us < conn_deadline_us(conn)) {
        return;
    }
    if (conn->status.phase == CONN_WAITING) {
        conn_move(conn, INPUT_DUE, NULL, now);
    } else if (now.mono_us >= watchdog_us(conn)) {
        give_up_silent(conn, now);
    } else {
        conn->status.quiet = true;
        conn->status.quiet_since_ms = now.wall_ms - (now.mono_us - conn->heard_us) / 1000;
    }
}

/* No answer for so long that the connection may be one which the past has broken. */
static bool is_hanging(const struct conn *conn, struct moment now)
{
    return conn->status.phase == CONN_CONNECTING &&
           now.mono_us - conn->since_us >= HANGING_MS * INT64_C(1000);
}

void conn_retry_now(struct conn *conn, struct moment now)
{
    int64_t silent_ms = (now.mono_us - conn->heard_us) / 1000;
    bool heard = conn->status.phase == CONN_LIVE || conn->status.phase == CONN_SILENT;
    if (conn->status.phase == CONN_WAITING || is_hanging(conn, now) ||
        (heard && silent_ms > usual_silence_ms(conn))) {
        conn_move(conn, INPUT_AGAIN, NULL, now);
    }
}

/* What came from the server and was meant for good: but a gateway says so for a minute, and a token
 * that is good for others is hardly bad for the stream. */
static bool may_come_back(const struct conn_status *status)
{
    return status->phase == CONN_ENDED &&
           (status->fault.kind == FAULT_HTTP || status->fault.kind == FAULT_TYPE ||
            status->fault.kind == FAULT_SERVER || status->fault.kind == FAULT_AUTH);
}

void conn_way_open(struct conn *conn, struct moment now)
{
    int64_t since_ms = (now.mono_us - conn->since_us) / 1000;
    if (is_hanging(conn, now) && !conn->nudged) {
        conn_move(conn, INPUT_AGAIN, NULL, now);
        conn->nudged = true;
    } else if (may_come_back(&conn->status)) {
        int64_t rest_ms = (int64_t)AFTERLIFE_MIN_MS << lesser(conn->afterlives, EXPONENT_MAX);
        if (since_ms >= lesser(rest_ms, AFTERLIFE_MAX_MS)) {
            conn->afterlives++;
            conn_move(conn, INPUT_DUE, NULL, now);
        }
    } else if (conn->status.phase == CONN_WAITING && !conn->asked && !conn->after_life) {
        int64_t least_ms = lesser(conn->base_ms, FLOOR_MS);
        int64_t sooner_us = greater(conn->since_us + least_ms * 1000, now.mono_us);
        if (sooner_us < conn->retry_at_us) {
            conn->retry_at_us = sooner_us;
            conn->status.retry_at_ms = now.wall_ms + (sooner_us - now.mono_us) / 1000;
        }
        conn_tick(conn, now);
    }
}

void conn_way_closed(struct conn *conn)
{
    conn->after_life = false; /* it was no matter of that stream alone */
}

void conn_resumed(struct conn *conn, struct moment now)
{
    struct fault fault;
    fault_set(&fault, FAULT_NETWORK, 0, "we were suspended");
    if (conn_move(conn, INPUT_AGAIN, &fault, now)) {
        conn->down_us = now.mono_us;
    }
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
    case CONN_SILENT:
        return conn->paused ? MOMENT_NEVER : watchdog_us(conn);
    case CONN_LIVE:
        return conn->paused         ? MOMENT_NEVER
               : conn->status.quiet ? watchdog_us(conn)
                                    : quiet_at_us(conn);
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
