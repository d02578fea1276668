#include "complete.h"
#include "row.h"
#include "settle.h"
#include "snapshot.h"

#include <blotter/core/derive.h>

#include <math.h>
#include <string.h>

/* Kinds of operations on one row; more than there are payloads of a resource. */
#define GROUP_MAX 16

/* What the log says of one row, in order of arrival. */
struct group {
    struct pending_entry *entries[GROUP_MAX];
    size_t count;
};

/* --- values --------------------------------------------------------------------------------- */

static uint64_t number_hash(double number)
{
    uint64_t bits = 0;
    number = isnan(number) ? (double)NAN : number + 0.0;
    memcpy(&bits, &number, sizeof bits);
    return version_mix(1, bits) | 1;
}

/* Never 0, which is none. */
static uint64_t field_hash(enum field_type type, const void *at)
{
    switch (type) {
    case FIELD_TEXT:
    case FIELD_ID:
        return version_of(*(const char *const *)at, strlen(*(const char *const *)at)) | 1;
    case FIELD_NUMBER:
        return number_hash(*(const double *)at);
    case FIELD_BOOL:
        return version_mix(2, *(const bool *)at) | 1;
    case FIELD_CLASS:
        return version_mix(4, (uint64_t) * (const enum order_class *)at) | 1;
    default:
        return version_mix(3, (uint64_t) * (const int64_t *)at) | 1;
    }
}

static uint64_t hash_in_row(const struct change_value *value, const void *row)
{
    return field_hash(value->type, (const char *)row + value->offset);
}

static uint64_t value_hash(const struct change_value *value)
{
    switch (value->type) {
    case FIELD_TEXT:
    case FIELD_ID:
        return field_hash(value->type, &value->text);
    case FIELD_NUMBER:
        return field_hash(value->type, &value->number);
    case FIELD_BOOL:
        return field_hash(value->type, &value->flag);
    case FIELD_CLASS:
        return field_hash(value->type, &value->class);
    default:
        return field_hash(value->type, &value->integer);
    }
}

void settle_look(const struct operation *operation, const struct row *row,
                 struct settle_before *ret)
{
    ret->known = row != NULL;
    for (size_t i = 0; i < operation->count && row != NULL; i++) {
        ret->hashes[i] = hash_in_row(&operation->values[i], row);
    }
}

/* What says again what nothing has confirmed changes what it changed the first time. */
void settle_remember(struct pending_entry *entry, const struct settle_before *before)
{
    entry->knew_row = before->known;
    for (size_t i = 0; i < entry->count && before->known; i++) {
        uint64_t *former = entry->before[i];
        if (!entry->renews || former[0] == 0 ||
            value_hash(&entry->values[i]) != before->hashes[i]) {
            memmove(former + 1, former, (PENDING_FORMER - 1) * sizeof *former);
            former[0] = before->hashes[i];
        }
    }
}

/* It says that a row is there. */
static bool needs_row(const struct change *change)
{
    return change->action == CHANGE_INSERT || change->action == CHANGE_PUT ||
           change->action == CHANGE_EXPECT;
}

bool settle_agrees(const struct operation *operation, const struct row *row)
{
    if (operation->change->action != CHANGE_SET) {
        return needs_row(operation->change) == (row != NULL);
    }
    if (row == NULL) { /* an order that is not in the list may be one that it should hold */
        return operation->change->resource != RESOURCE_ORDERS;
    }
    for (size_t i = 0; i < operation->count; i++) {
        const struct change_value *value = &operation->values[i];
        if (!value->implied && value_hash(value) != hash_in_row(value, row)) {
            return false;
        }
    }
    return true;
}

/* --- one row -------------------------------------------------------------------------------- */

/* Events that came after a cache had kept the answer are not in it, whenever we asked. */
static bool arrived_before(struct patch_answer response, struct patch_stamp stamp)
{
    return response.seq > stamp.seq && (response.read_us == 0 || stamp.at_us < response.read_us);
}

/* The response's own id says that it does not know of the operation. */
static bool is_below(struct patch_answer response, struct patch_stamp stamp)
{
    return response.id != 0 && stamp.id != 0 && response.id < stamp.id;
}

static bool claims(struct patch_answer response, struct patch_stamp stamp)
{
    return stamp.id != 0 && response.id >= stamp.id;
}

static bool covers(struct patch_answer response, struct patch_stamp stamp)
{
    return claims(response, stamp) ||
           (arrived_before(response, stamp) && !is_below(response, stamp));
}

static void add_sorted(struct group *group, struct pending_entry *entry)
{
    size_t at = group->count++;
    for (; at > 0 && group->entries[at - 1]->stamp.seq > entry->stamp.seq; at--) {
        group->entries[at] = group->entries[at - 1];
    }
    group->entries[at] = entry;
}

/* The covered operations of the entry's row, and at least itself. */
static void collect(const struct pending *log, struct pending_entry *first,
                    struct patch_answer response, struct group *ret)
{
    ret->count = 0;
    for (struct pending_entry *entry = pending_next_of_key(log, first->texts, NULL); entry != NULL;
         entry = pending_next_of_key(log, first->texts, entry)) {
        bool more = ret->count < GROUP_MAX - 1 || entry == first;
        if (more && !entry->change->many && covers(response, entry->stamp)) {
            add_sorted(ret, entry);
        }
    }
    for (size_t k = 0; k < ret->count; k++) {
        ret->entries[k]->round = log->round;
    }
}

static bool set_later(const struct group *group, size_t k, size_t offset)
{
    for (size_t later = k + 1; later < group->count; later++) {
        if (change_value_at(group->entries[later]->values, group->entries[later]->count, offset) !=
            NULL) {
            return true;
        }
    }
    return false;
}

/* What stood in a field before operation k of the group, or what an earlier one wrote there. */
static bool is_former(const struct group *group, size_t k, size_t offset, uint64_t hash)
{
    for (size_t earlier = 0; earlier <= k; earlier++) {
        const struct pending_entry *entry = group->entries[earlier];
        const struct change_value *value = change_value_at(entry->values, entry->count, offset);
        if (value == NULL) {
            continue;
        }
        if (earlier < k && value_hash(value) == hash) {
            return true;
        }
        for (size_t back = 0; back < PENDING_FORMER; back++) {
            if (entry->before[value - entry->values][back] == hash) {
                return true;
            }
        }
    }
    return false;
}

/* What a row's fields of one kind say about an operation. */
struct tally {
    size_t same;   /* as the operation left it, and it had been something else */
    size_t former; /* as it was before */
    size_t news;   /* other than both */
    size_t equal;  /* as the operation says, whatever stood there before */
};

/* Words: texts; else figures. */
static struct tally count_fields(const struct group *group, size_t k, const struct row *row,
                                 bool words)
{
    const struct pending_entry *entry = group->entries[k];
    struct tally tally = {0};
    for (size_t i = 0; i < entry->count; i++) {
        const struct change_value *value = &entry->values[i];
        if (value->implied || set_later(group, k, value->offset) ||
            (value->type == FIELD_TEXT) != words) {
            continue;
        }
        uint64_t now = hash_in_row(value, row), said = value_hash(value);
        bool former = now != said && is_former(group, k, value->offset, now);
        tally.same += now == said && entry->before[i][0] != said;
        tally.former += former;
        tally.news += now != said && !former;
        tally.equal += now == said;
    }
    return tally;
}

/* What a row knows of an operation. */
enum knowledge { KNOWS, KNOWS_NOT, TELLS_NOTHING };

/*
 * What was before the operation is not known. A row whose words, or all whose figures, are other
 * does not know of it; one that says all that the operation says does, and of those before it.
 */
static enum knowledge knowledge_of_unknown(struct tally words, struct tally figures)
{
    size_t others = words.news + words.former, other_figures = figures.news + figures.former;
    if (others > 0 || (other_figures > 0 && figures.equal == 0)) {
        return KNOWS_NOT;
    }
    return words.equal > 0 && other_figures == 0 ? KNOWS : TELLS_NOTHING;
}

/*
 * What is over stays over: an order that works again was read before its end; one that shows just
 * that end knows of all before it.
 */
static enum knowledge knowledge_of_end(const struct group *group, size_t k, const struct row *row)
{
    const struct pending_entry *entry = group->entries[k];
    const size_t status_at = offsetof(struct order, status);
    const struct change_value *status = change_value_at(entry->values, entry->count, status_at);
    if (entry->change->resource != RESOURCE_ORDERS || status == NULL ||
        set_later(group, k, status_at)) {
        return TELLS_NOTHING;
    }
    const struct order *shown = (const struct order *)row;
    struct order said = *shown;
    change_write(entry->values, entry->count, &said, false);
    row_complete(RESOURCE_ORDERS, &said.row);
    if (class_is_over(said.class) && (shown->class == ORDER_OPEN || shown->class == ORDER_PART)) {
        return KNOWS_NOT;
    }
    struct tally words = count_fields(group, k, row, true);
    struct tally figures = count_fields(group, k, row, false);
    bool same = words.former + words.news + figures.former + figures.news == 0;
    return class_is_over(said.class) && class_is_over(shown->class) && same ? KNOWS : TELLS_NOTHING;
}

/*
 * A row that shows what stood there once was read before the operation. Words say more than
 * figures, which may have moved on: a row with one of the operation's words, or with one that we
 * have not heard yet, knows of it.
 */
static enum knowledge knowledge_of(const struct group *group, size_t k, const struct row *row)
{
    const struct pending_entry *entry = group->entries[k];
    int64_t said_ns = change_updated(entry->change, entry->values, entry->count);
    int64_t row_ns = row_updated(entry->change->resource, row);
    if (said_ns != MODEL_NO_TIME && row_ns != MODEL_NO_TIME) {
        return row_ns >= said_ns ? KNOWS : KNOWS_NOT;
    }
    enum knowledge end = knowledge_of_end(group, k, row);
    if (end != TELLS_NOTHING) {
        return end;
    }
    struct tally words = count_fields(group, k, row, true);
    struct tally figures = count_fields(group, k, row, false);
    if (!entry->knew_row) {
        bool tells = !needs_row(entry->change) && entry->standing != OP_WITNESS;
        return tells ? knowledge_of_unknown(words, figures) : TELLS_NOTHING;
    }
    if (words.same + words.news > 0) {
        return KNOWS;
    }
    if (words.former + figures.former > 0) {
        return KNOWS_NOT;
    }
    return figures.same > 0 ? KNOWS : TELLS_NOTHING;
}

static bool values_close(const struct change *change, const struct change_value *values,
                         size_t count)
{
    const struct change_value *closed =
        change_value_at(values, count, offsetof(struct position, is_closed));
    return change->resource == RESOURCE_POSITIONS && closed != NULL && closed->flag;
}

static bool closes(const struct pending_entry *entry)
{
    return values_close(entry->change, entry->values, entry->count);
}

bool settle_ends_row(const struct operation *operation)
{
    return operation->change->action == CHANGE_REMOVE ||
           values_close(operation->change, operation->values, operation->count);
}

/* A list that is cut holds the newest only: the last that it holds came after the operation. */
static bool is_cut_off(const struct pending *log, const struct snapshot *base,
                       const struct pending_entry *entry)
{
    if (base->resource != RESOURCE_ORDERS || base->row_count == 0) {
        return false;
    }
    const struct order *oldest = &base->orders[base->row_count - 1];
    const struct change_value *placed =
        change_value_at(entry->values, entry->count, offsetof(struct order, created_ms));
    if (placed != NULL && oldest->created_ms != MODEL_NO_TIME && snapshot_is_cut(base) &&
        placed->integer < oldest->created_ms) {
        return true;
    }
    const char *last = oldest->row.id;
    const struct pending_entry *other = pending_next_of_key(log, last, NULL);
    while (other != NULL && !(needs_row(other->change) && other->stamp.seq > entry->stamp.seq)) {
        other = pending_next_of_key(log, last, other);
    }
    return other != NULL;
}

/* What came after it changed rows without naming them: it may have gone again. */
static bool may_have_gone(const struct pending *log, const struct pending_entry *entry,
                          struct patch_answer response)
{
    return entry->change->action == CHANGE_EXPECT && log->unnamed.seq > entry->stamp.seq &&
           covers(response, log->unnamed);
}

/*
 * It changed a row that neither the answers nor another event have told of. A list that is cut need
 * not hold it.
 */
static bool changes_unknown(const struct snapshot *base, const struct pending_entry *entry)
{
    bool whole = base->resource == RESOURCE_POSITIONS ||
                 (base->resource == RESOURCE_ORDERS && !snapshot_is_cut(base));
    return entry->change->action == CHANGE_SET && !entry->knew_row && whole && !closes(entry) &&
           entry->standing != OP_WITNESS;
}

static bool lacks_row(const struct pending *log, const struct snapshot *base,
                      const struct group *group, struct patch_answer response)
{
    bool lacks = false;
    for (size_t k = 0; k < group->count; k++) {
        const struct pending_entry *entry = group->entries[k];
        if (needs_row(entry->change)) {
            lacks = !is_cut_off(log, base, entry) && !may_have_gone(log, entry, response);
        } else if (entry->change->action == CHANGE_REMOVE || closes(entry)) {
            lacks = false;
        } else if (group->count == 1 && changes_unknown(base, entry)) {
            lacks = true;
        }
    }
    return lacks;
}

static bool group_agrees(const struct pending *log, const struct snapshot *base,
                         const struct group *group, const struct row *row,
                         struct patch_answer response)
{
    if (row == NULL) {
        return !lacks_row(log, base, group, response);
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): nobody collects none */
    if (group->entries[group->count - 1]->change->action == CHANGE_REMOVE) {
        return false;
    }
    enum knowledge knowledge = TELLS_NOTHING;
    for (size_t k = group->count; k-- > 0 && knowledge == TELLS_NOTHING;) {
        knowledge = knowledge_of(group, k, row);
    }
    return knowledge != KNOWS_NOT;
}

/* --- what becomes of the operations --------------------------------------------------------- */

struct settling {
    struct pending *log;
    const struct snapshot *base;
    struct patch_answer response;
    size_t conceded;
    struct patch_change settled;
};

static void stand(struct settling *settling, struct pending_entry *entry, enum op_standing standing)
{
    if (entry->standing == standing) {
        return;
    }
    settling->settled.changed = true;
    pending_stand(settling->log, entry, standing);
}

static void drop(struct settling *settling, struct pending_entry *entry)
{
    settling->settled.changed = settling->settled.changed || entry->standing != OP_WITNESS;
    pending_remove(settling->log, entry);
}

static void confirm(struct settling *settling, struct pending_entry *entry)
{
    int64_t now_us = settling->response.now_us;
    if (entry->standing != OP_WITNESS) {
        entry->settled_us = now_us;
        entry->doubted_us = 0;
        stand(settling, entry, OP_WITNESS);
    } else if (now_us - entry->settled_us > SETTLE_WITNESS_US) {
        drop(settling, entry);
    }
}

static void stay_marked(struct settling *settling, struct pending_entry *entry,
                        const struct row *row)
{
    if (++settling->conceded > SETTLE_MARKED_MAX) {
        drop(settling, entry);
        return;
    }
    stand(settling, entry, OP_CONCEDED);
    settling->settled.marked = true;
    settling->settled.missing = settling->settled.missing || row == NULL;
}

/* The first answer to say otherwise, or one more. */
static void doubt(struct settling *settling, struct pending_entry *entry, const struct row *row)
{
    int64_t now_us = settling->response.now_us;
    if (entry->doubted_us == 0) {
        entry->doubted_us = now_us > 0 ? now_us : 1;
        settling->settled.fresh = true;
    }
    if (now_us - entry->doubted_us >= SETTLE_DOUBT_US && row == NULL &&
        changes_unknown(settling->base, entry)) {
        drop(settling, entry); /* there was nothing to show or mark */
        return;
    }
    if (now_us - entry->doubted_us < SETTLE_DOUBT_US) {
        settling->settled.doubt = true;
        stand(settling, entry, OP_SHOWN);
        return;
    }
    settling->settled.contradictions++;
    entry->conceded = row != NULL ? row->version : 0;
    stay_marked(settling, entry, row);
}

/* The server has been believed: until its row changes, we say that we had heard otherwise. */
static void stay_conceded(struct settling *settling, struct pending_entry *entry,
                          const struct row *row)
{
    uint64_t version = row != NULL ? row->version : 0;
    if (version != entry->conceded ||
        settling->response.now_us - entry->doubted_us > SETTLE_MARK_US) {
        drop(settling, entry);
    } else {
        stay_marked(settling, entry, row);
    }
}

static void contradict(struct settling *settling, struct pending_entry *entry,
                       const struct row *row)
{
    struct patch_answer response = settling->response;
    bool later = response.id > entry->stamp.id;
    if (entry->standing == OP_CONCEDED) {
        stay_conceded(settling, entry, row);
    } else if (entry->standing == OP_WITNESS &&
               (!arrived_before(response, entry->stamp) ||
                response.now_us - entry->settled_us > SETTLE_WITNESS_US)) {
        drop(settling, entry);
    } else if (claims(response, entry->stamp) && later &&
               (!arrived_before(response, entry->stamp) ||
                response.now_us - entry->stamp.at_us < SETTLE_CLAIM_US)) {
        /* Something later may have changed the row again; then that is on its way to us. */
        stand(settling, entry, OP_CLAIMED);
        settling->settled.doubt = settling->settled.doubt || arrived_before(response, entry->stamp);
        if (entry->stamp.seq > settling->settled.claimed_seq) {
            settling->settled.claimed_seq = entry->stamp.seq;
        }
    } else {
        bool lied = claims(response, entry->stamp) && !changes_unknown(settling->base, entry);
        settling->settled.lied = settling->settled.lied || lied;
        doubt(settling, entry, row);
    }
}

static void settle_row(struct settling *settling, const char *id, const struct group *group)
{
    const struct snapshot *base = settling->base;
    size_t i = base != NULL ? model_find(base, id) : 0;
    const struct row *row = base != NULL && i < base->row_count ? model_row(base, i) : NULL;
    bool agrees = base == NULL || group_agrees(settling->log, base, group, row, settling->response);
    for (size_t k = 0; k < group->count; k++) {
        if (agrees) {
            confirm(settling, group->entries[k]);
        } else {
            contradict(settling, group->entries[k], row);
        }
    }
}

bool settle_concerns(const struct pending *log, struct patch_answer response)
{
    if (log->count == log->witnesses) {
        return false;
    }
    for (const struct pending_entry *entry = log->oldest; entry != NULL; entry = entry->newer) {
        if (entry->standing != OP_WITNESS &&
            (response.seq > entry->stamp.seq || covers(response, entry->stamp))) {
            return true;
        }
    }
    return false;
}

/* The response was asked for after the event, but is older by its id or by its age. */
static bool is_missed(const struct pending_entry *entry, struct patch_answer response)
{
    bool waits = entry->standing == OP_SHOWN || entry->standing == OP_CLAIMED;
    return waits && response.seq > entry->stamp.seq && !entry->change->many;
}

/* Behind the entry, past those that are being settled with it: they may go. */
static struct pending_entry *next_other(const struct pending *log, struct pending_entry *entry)
{
    do {
        entry = entry->newer;
    } while (entry != NULL && entry->round == log->round);
    return entry;
}

struct patch_change settle_log(struct pending *log, const struct snapshot *base,
                               struct patch_answer response)
{
    struct settling settling = {.log = log, .base = base, .response = response};
    struct pending_entry *next;
    log->round++;
    for (struct pending_entry *entry = log->oldest; entry != NULL; entry = next) {
        if (!covers(response, entry->stamp)) {
            next = entry->newer;
            settling.settled.doubt = settling.settled.doubt || is_missed(entry, response);
        } else if (entry->change->many) {
            next = entry->newer;
            if (!entry->is_newer) {
                drop(&settling, entry);
            }
        } else {
            struct group group;
            collect(log, entry, response, &group);
            next = next_other(log, entry);
            settle_row(&settling, entry->texts, &group);
        }
    }
    return settling.settled;
}
