#include "swr.h"

#include <stdlib.h>
#include <string.h>

#include <blotter/core/alloc.h>
#include <blotter/core/decode.h>

#define ETAG_MAX 1024
#define GAP_FACTOR 4
#define HIDDEN_FACTOR 4

void swr_init(struct swr *swr, enum resource resource)
{
    *swr = (struct swr){.resource = resource,
                        .log = patch_log_new(resource, PATCH_LOG_MAX),
                        .last_start_us = MOMENT_NEVER,
                        .confirmed_ms = MODEL_NO_TIME,
                        .shown_ms = MODEL_NO_TIME,
                        .fault_ms = MODEL_NO_TIME};
}

void swr_done(struct swr *swr)
{
    patch_log_free(swr->log);
    free(swr->etag);
}

void swr_reset(struct swr *swr)
{
    struct patch_log *log = swr->log;
    uint64_t version = swr->version + 1;
    uint64_t cancel_id = swr->fetch.id != 0 ? swr->fetch.id : swr->cancel_id;
    patch_log_clear(log);
    patch_log_await(log, false);
    free(swr->etag);
    *swr = (struct swr){.resource = swr->resource,
                        .log = log,
                        .cancel_id = cancel_id,
                        .version = version,
                        .last_start_us = swr->last_start_us,
                        .last_took_us = swr->last_took_us,
                        .confirmed_ms = MODEL_NO_TIME,
                        .shown_ms = MODEL_NO_TIME,
                        .fault_ms = MODEL_NO_TIME};
}

bool swr_is_dirty(const struct swr *swr)
{
    return swr->dirty.seq != 0 || swr->dirty.id != 0;
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
    if (swr->last_start_us != MOMENT_NEVER && swr->last_start_us + gap_us > due) {
        due = swr->last_start_us + gap_us;
    }
    return due;
}

int64_t swr_gap(const struct swr *swr, const struct engine_settings *settings, bool visible)
{
    int64_t gap = swr->last_took_us * GAP_FACTOR;
    gap = gap < settings->gap_min_ms * 1000 ? settings->gap_min_ms * 1000 : gap;
    gap = gap > settings->gap_max_ms * 1000 ? settings->gap_max_ms * 1000 : gap;
    return visible ? gap : gap * HIDDEN_FACTOR;
}

void swr_begin(struct swr *swr, struct moment now, uint64_t fetch_id, struct patch_stamp began,
               uint64_t history)
{
    swr->fetch = (struct swr_fetch){.id = fetch_id,
                                    .began = began,
                                    .began_us = now.mono_us,
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
static void clear_dirty(struct swr *swr, struct patch_stamp response)
{
    if (response.seq > swr->dirty.seq) {
        swr->dirty.seq = 0;
    }
    if (response.seq > swr->dirty.id_seq || response.id >= swr->dirty.id) {
        swr->dirty.id = 0;
        swr->dirty.id_seq = 0;
    }
}

static void confirm(struct swr *swr, struct moment now, const struct engine_response *response,
                    struct patch_stamp stamp)
{
    swr->held = stamp;
    swr->loaded = true;
    swr->cached = false;
    clear_dirty(swr, stamp);
    swr->confirmed_us = now.mono_us;
    swr->confirmed_ms = now.wall_ms;
    swr->shown_ms = now.wall_ms;
    swr->fetch_us = response->duration_us;
    swr->failures = 0;
    swr->retry_us = 0;
    swr->retry_asked = false;
    swr->hold = SWR_FREE;
    swr->fault = (struct fault){.kind = FAULT_NONE, .retry_after_ms = -1};
    swr->fault_ms = MODEL_NO_TIME;
}

struct swr_outcome swr_take(struct swr *swr, struct moment now,
                            const struct engine_response *response, uint64_t id,
                            struct fault *ret_fault)
{
    struct swr_outcome outcome = {.decoded = true};
    struct patch_stamp stamp = {swr->fetch.began.seq, id};
    struct patch_change change = {false, 0};
    if (response->status == 304 && !swr->fetch.sent_etag) {
        fault_set(ret_fault, FAULT_HTTP, 304, "not modified, but nothing was asked that way");
        outcome.decoded = false;
        return outcome;
    }
    if (response->status == 304 || is_same_body(swr, response)) {
        outcome.unchanged = true;
        change = patch_log_cover(swr->log, stamp);
    } else {
        struct span body = {response->body, response->body_len};
        if (!patch_log_answer(swr->log, body, stamp, &change, ret_fault)) {
            outcome.decoded = false;
            return outcome;
        }
    }
    if (response->status != 304 || response->etag != NULL) {
        keep_etag(swr, response->etag);
    }
    end_fetch(swr, now);
    confirm(swr, now, response, stamp);
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

void swr_forget_ids(struct swr *swr)
{
    swr->held.id = 0;
    if (swr->dirty.id != 0 && swr->dirty.id_seq > swr->dirty.seq) {
        swr->dirty.seq = swr->dirty.id_seq;
    }
    swr->dirty.id = 0;
    swr->dirty.id_seq = 0;
    free(swr->etag);
    swr->etag = NULL;
    patch_log_forget_ids(swr->log);
}

bool swr_prime(struct swr *swr, const char *body, size_t len, int64_t confirmed_wall_ms)
{
    if (swr->loaded) {
        return true;
    }
    struct fault unused;
    struct snapshot *base = decode_body(swr->resource, body, len, &unused);
    if (base == NULL) {
        return false;
    }
    patch_log_rebase(swr->log, base, (struct patch_stamp){0, 0});
    swr->cached = true;
    swr->confirmed_ms = confirmed_wall_ms;
    swr->shown_ms = confirmed_wall_ms;
    swr->version++;
    return true;
}
