#include "swr.h"

#include <blotter/core/alloc.h>
#include <blotter/core/decode.h>

#include <stdlib.h>
#include <string.h>

#define ETAG_MAX 1024
#define GAP_FACTOR 4
#define HIDDEN_FACTOR 4
/* So many answers are overtaken before the gap grows. */
#define OVERTAKEN_FREE 2
#define MS ((int64_t)1000)
/* Ages are told in whole seconds. */
#define AGE_UNIT_US (1000 * MS)

/* When an answer that was older than it should be is followed by another question. */
static const int64_t doubt_ms[] = {150, 400, 1000, 2000, 5000, 10000, 20000, 40000, 60000};
#define DOUBTS (sizeof doubt_ms / sizeof *doubt_ms)
/* Ids have said for so long that answers are old: it is the ids that are wrong. */
#define IDS_DOUBT_US (8500 * MS)

void swr_init(struct swr *swr, enum resource resource, const char *user)
{
    *swr = (struct swr){.resource = resource,
                        .log = patch_log_new(resource, PATCH_LOG_MAX),
                        .last_start_us = MOMENT_NEVER,
                        .confirmed_ms = MODEL_NO_TIME,
                        .shown_ms = MODEL_NO_TIME,
                        .fault_ms = MODEL_NO_TIME};
    patch_log_set_user(swr->log, user);
}

void swr_done(struct swr *swr)
{
    patch_log_free(swr->log);
    free(swr->etag);
}

bool swr_is_dirty(const struct swr *swr)
{
    return swr->dirty.seq != 0 || swr->dirty.id != 0 || swr->doubt.on;
}

/* Something came since the last answer was asked for: no doubt about that one delays it. */
static bool has_news(const struct swr *swr)
{
    return swr->dirty.seq > swr->answered_seq || swr->dirty.id_seq > swr->answered_seq;
}

void swr_note_event(struct swr *swr, int64_t now_us)
{
    swr->event_us = now_us;
    if (swr->uncovered_us == 0) {
        swr->uncovered_us = now_us;
    }
}

void swr_touch(struct swr *swr, uint64_t seq)
{
    if (seq > swr->held.seq && seq > swr->dirty.seq) {
        swr->dirty.seq = seq;
    }
}

void swr_touch_id(struct swr *swr, uint64_t seq, uint64_t id)
{
    if (id <= swr->held.id || seq <= swr->held.seq) {
        return;
    }
    swr->dirty.id = id > swr->dirty.id ? id : swr->dirty.id;
    swr->dirty.id_seq = seq > swr->dirty.id_seq ? seq : swr->dirty.id_seq;
}

int64_t swr_due(const struct swr *swr, int64_t gap_us)
{
    if (swr->fetch.id != 0 || swr->hold != SWR_FREE || !swr_is_dirty(swr)) {
        return MOMENT_NEVER;
    }
    int64_t due = swr->retry_us;
    if (swr->doubt.on && !has_news(swr) && swr->doubt.due_us > due) {
        due = swr->doubt.due_us;
    }
    if (swr->last_start_us != MOMENT_NEVER && swr->last_start_us + gap_us > due) {
        due = swr->last_start_us + gap_us;
    }
    return due;
}

int64_t swr_gap(const struct swr *swr, const struct engine_settings *settings, bool visible)
{
    unsigned grows = swr->overtaken > OVERTAKEN_FREE ? swr->overtaken - OVERTAKEN_FREE : 0;
    int64_t gap = swr->last_took_us * (grows < GAP_FACTOR ? grows : GAP_FACTOR);
    gap = gap > settings->gap_max_ms * MS ? settings->gap_max_ms * MS : gap;
    gap = gap < settings->gap_min_ms * MS ? settings->gap_min_ms * MS : gap;
    return visible ? gap : gap * HIDDEN_FACTOR;
}

void swr_begin(struct swr *swr, struct moment now, uint64_t fetch_id, struct patch_stamp began,
               uint64_t history)
{
    swr->fetch = (struct swr_fetch){.id = fetch_id,
                                    .began = began,
                                    .began_us = now.mono_us,
                                    .began_ms = now.wall_ms,
                                    .history = history,
                                    .sent_etag = swr->etag != NULL};
    swr->last_start_us = now.mono_us;
    swr->focus = false;
    patch_log_await(swr->log, true);
}

void swr_abandon(struct swr *swr)
{
    if (swr->fetch.id != 0) {
        swr->cancel_id = swr->fetch.id;
        swr->fetch.id = 0;
        patch_log_await(swr->log, false);
    }
}

static void end_fetch(struct swr *swr, struct moment now)
{
    swr->last_took_us = now.mono_us - swr->fetch.began_us;
    swr->fetch.id = 0;
    patch_log_await(swr->log, false);
}

static void keep_etag(struct swr *swr, const char *etag)
{
    free(swr->etag);
    size_t len = etag != NULL ? strlen(etag) : 0;
    swr->etag = len > 0 && len <= ETAG_MAX ? mem_dup(etag, len) : NULL;
}

static bool is_same_body(const struct swr *swr, const struct engine_response *response)
{
    const struct snapshot *base = patch_log_base(swr->log);
    if (base == NULL) {
        return false;
    }
    size_t len;
    const char *body = decode_source(base, &len);
    return len == response->body_len && memcmp(body, response->body, len) == 0;
}

/* What the response is known to include is no longer news (R2, R3). */
static void clear_dirty(struct swr *swr, const struct patch_answer *answer)
{
    bool older = answer->read_us != 0 && swr->event_us >= answer->read_us;
    bool below = answer->id != 0 && answer->id < swr->dirty.id;
    if (answer->seq > swr->dirty.seq && !older) {
        swr->dirty.seq = 0;
    }
    if (answer->id >= swr->dirty.id || (answer->seq > swr->dirty.id_seq && !below && !older)) {
        swr->dirty.id = 0;
        swr->dirty.id_seq = 0;
    }
}

static void doubt_again(struct swr *swr, struct moment now, bool fresh)
{
    struct swr_doubt *doubt = &swr->doubt;
    if (!doubt->on || fresh) {
        doubt->asked = 0;
    } else if (swr->fetch.began_us < doubt->due_us) {
        return; /* it was asked for another reason */
    } else if (doubt->asked + 1 < DOUBTS) {
        doubt->asked++;
    }
    doubt->on = true;
    doubt->due_us = now.mono_us + doubt_ms[doubt->asked] * MS;
}

/* Ids that have said for long enough that every answer is old prove nothing. */
static bool outlasts_ids(struct swr *swr, struct moment now)
{
    if (swr->doubt.ids_us == 0) {
        swr->doubt.ids_us = now.mono_us;
    }
    return now.mono_us - swr->doubt.ids_us >= IDS_DOUBT_US;
}

/* Whether what the response says is all that is known; else when it is asked again. */
static void judge(struct swr *swr, struct moment now, const struct patch_change *change,
                  struct swr_outcome *outcome)
{
    bool missed =
        swr_is_dirty(swr) && !has_news(swr) && (swr->dirty.seq != 0 || swr->dirty.id != 0);
    if (change->claimed_seq > swr->dirty.seq) {
        swr->dirty.seq = change->claimed_seq;
    }
    outcome->lied = change->lied || (missed && swr->dirty.id != 0 && outlasts_ids(swr, now));
    if (missed || change->doubt || change->marked) {
        doubt_again(swr, now, change->fresh || swr->event_us > swr->judged_us);
    } else {
        swr->doubt = (struct swr_doubt){.on = false};
    }
    swr->doubt.ids_us = missed ? swr->doubt.ids_us : 0;
    swr->judged_us = now.mono_us;
    swr->overtaken = has_news(swr) ? swr->overtaken + 1 : 0;
    if (!swr_is_dirty(swr) || (change->marked && !change->doubt && !change->missing && !missed)) {
        swr->uncovered_us = 0;
        swr->shown_ms = swr->confirmed_ms;
    } else if (!change->doubt && !change->missing && !missed) {
        /* All but what came while it was under way: as it was when the request began. */
        swr->uncovered_us = swr->uncovered_us != 0 ? swr->fetch.began_us : 0;
        swr->shown_ms = swr->fetch.began_ms;
    }
}

/* The server is there and answers. */
static void end_faults(struct swr *swr)
{
    swr->failures = 0;
    swr->retry_us = 0;
    swr->retry_asked = false;
    swr->hold = SWR_FREE;
    swr->fault = (struct fault){.kind = FAULT_NONE, .retry_after_ms = -1};
    swr->fault_ms = MODEL_NO_TIME;
}

static void confirm(struct swr *swr, struct moment now, const struct engine_response *response,
                    const struct patch_answer *answer)
{
    swr->held = (struct patch_stamp){.seq = answer->seq, .id = answer->id};
    swr->held_us = answer->read_us != 0 ? answer->read_us : swr->fetch.began_us;
    swr->answered_seq = answer->seq;
    swr->loaded = true;
    swr->cached = false;
    clear_dirty(swr, answer);
    swr->confirmed_us = now.mono_us - response->age_ms * MS;
    swr->confirmed_ms = now.wall_ms - response->age_ms;
    swr->fetch_us = response->duration_us;
    end_faults(swr);
}

/* The tag without the mark of a weak one: what says "not modified" need not repeat it. */
static const char *opaque_tag(const char *etag)
{
    return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

/* Not modified since what somebody else was sent: a cache's mistake, and no word about ours. */
static bool is_of_another_body(const struct swr *swr, const struct engine_response *response)
{
    return response->status == 304 && response->etag != NULL && swr->etag != NULL &&
           strcmp(opaque_tag(response->etag), opaque_tag(swr->etag)) != 0;
}

/* What says "not modified" and leaves a doubt is not asked that way again: the body will tell. */
static void doubt_tag(struct swr *swr, const struct engine_response *response)
{
    if (response->status == 304 && swr->doubt.on) {
        swr_forget_etag(swr);
    }
}

bool swr_is_older(const struct swr *swr, const struct engine_response *response, uint64_t id)
{
    if ((id != 0 && id < swr->held.id) || is_of_another_body(swr, response)) {
        return true;
    }
    int64_t read_us = swr->fetch.began_us - response->age_ms * MS;
    return swr->loaded && response->age_ms > 0 && read_us < swr->held_us - AGE_UNIT_US;
}

struct swr_outcome swr_pass(struct swr *swr, struct moment now,
                            const struct engine_response *response, bool by_id)
{
    struct swr_outcome outcome = {.decoded = true, .unchanged = true};
    swr->answered_seq = swr->fetch.began.seq;
    swr->overtaken = has_news(swr) ? swr->overtaken + 1 : 0;
    doubt_again(swr, now, false);
    doubt_tag(swr, response);
    outcome.lied = by_id && outlasts_ids(swr, now);
    end_fetch(swr, now);
    end_faults(swr);
    return outcome;
}

struct swr_outcome swr_take(struct swr *swr, struct moment now,
                            const struct engine_response *response, uint64_t id,
                            struct fault *ret_fault)
{
    struct swr_outcome outcome = {.decoded = true};
    struct patch_answer answer = {
        .seq = swr->fetch.began.seq,
        .id = id,
        .now_us = now.mono_us,
        .read_us = response->age_ms > 0 ? swr->fetch.began_us - response->age_ms * MS : 0};
    struct patch_change change = {.changed = false};
    if (response->status == 304 && !swr->fetch.sent_etag) {
        fault_set(ret_fault, FAULT_HTTP, 304, "not modified, but nothing was asked that way");
        outcome.decoded = false;
        return outcome;
    }
    if (response->status == 304 || is_same_body(swr, response)) {
        outcome.unchanged = true;
        change = patch_log_cover(swr->log, answer);
    } else {
        struct span body = {response->body, response->body_len};
        if (!patch_log_answer(swr->log, body, answer, &change, ret_fault)) {
            outcome.decoded = false;
            return outcome;
        }
    }
    if (response->status != 304 || response->etag != NULL) {
        keep_etag(swr, response->etag);
    }
    confirm(swr, now, response, &answer);
    judge(swr, now, &change, &outcome);
    doubt_tag(swr, response);
    end_fetch(swr, now);
    outcome.rows_changed = change.changed;
    outcome.unchanged = outcome.unchanged || !change.changed;
    outcome.contradictions = change.contradictions;
    swr->version += change.changed;
    return outcome;
}

void swr_failed(struct swr *swr, struct moment now, const struct fault *fault)
{
    end_fetch(swr, now);
    swr->fault = *fault;
    swr->fault_ms = now.wall_ms;
    swr->failures++;
}

void swr_forget_etag(struct swr *swr)
{
    free(swr->etag);
    swr->etag = NULL;
}

void swr_forget_ids(struct swr *swr)
{
    swr->held.id = 0;
    if (swr->dirty.id != 0 && swr->dirty.id_seq > swr->dirty.seq) {
        swr->dirty.seq = swr->dirty.id_seq;
    }
    swr->dirty.id = 0;
    swr->dirty.id_seq = 0;
    swr->doubt.ids_us = 0;
    swr_forget_etag(swr);
    patch_log_forget_ids(swr->log);
}

bool swr_prime(struct swr *swr, const char *body, size_t len, int64_t confirmed_wall_ms)
{
    if (swr->loaded) {
        return true;
    }
    struct fault unused;
    struct patch_change change;
    if (!patch_log_answer(swr->log, (struct span){body, len}, (struct patch_answer){.seq = 0},
                          &change, &unused)) {
        return false;
    }
    swr->cached = true;
    swr->confirmed_ms = confirmed_wall_ms;
    swr->shown_ms = confirmed_wall_ms;
    swr->version++;
    return true;
}
