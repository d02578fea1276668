#include "base/dice.h"
#include "faults.h"
#include "faults_spec.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

struct active {
    struct faults_spec spec;
    int64_t seen, fired;
    struct dice dice;
};

struct faults {
    struct active active[FAULTS_MAX];
    size_t len;
    uint64_t seed;
    uint64_t added; /* ever: the seed of the next one */
    bool sealed, proxied;
};

struct faults *faults_new(uint64_t seed)
{
    struct faults *faults = mem_calloc(1, sizeof *faults);
    faults->seed = seed;
    return faults;
}

void faults_free(struct faults *faults)
{
    free(faults);
}

static bool can_take(const struct faults *faults, const struct faults_spec *spec, size_t more,
                     struct fault *ret_error)
{
    if (more > FAULTS_MAX) {
        fault_set(ret_error, FAULT_CONFIG, 400, "more than %d faults at once", FAULTS_MAX);
        return false;
    }
    if (spec->place == FAULTS_PLACE_BYTES && faults->sealed && !faults->proxied) {
        fault_set(ret_error, FAULT_CONFIG, 400,
                  "fault '%s' needs the fault proxy: start with --fault none", spec->text);
        return false;
    }
    return true;
}

static void take(struct faults *faults, const struct faults_spec *spec)
{
    struct active *active = &faults->active[faults->len++];
    memset(active, 0, sizeof *active);
    active->spec = *spec;
    faults->added++;
    dice_seed(&active->dice, spec->seed >= 0 ? (uint64_t)spec->seed : faults->seed + faults->added);
}

bool faults_add(struct faults *faults, const char *text, struct fault *ret_error)
{
    struct faults_spec spec;
    if (!faults_spec_read(text, &spec, ret_error) ||
        !can_take(faults, &spec, faults->len + 1, ret_error)) {
        return false;
    }
    take(faults, &spec);
    return true;
}

bool faults_check(const char *text, bool *ret_bytes, struct fault *ret_error)
{
    struct faults_spec spec;
    if (!faults_spec_read(text, &spec, ret_error)) {
        return false;
    }
    *ret_bytes = spec.place == FAULTS_PLACE_BYTES;
    return true;
}

bool faults_need_proxy(const struct faults *faults)
{
    for (size_t i = 0; i < faults->len; i++) {
        if (faults->active[i].spec.place == FAULTS_PLACE_BYTES) {
            return true;
        }
    }
    return false;
}

void faults_seal(struct faults *faults, bool proxied)
{
    faults->sealed = true;
    faults->proxied = proxied;
}

/* ---- commands at run time ---- */

/* The next line without the white space around it; false at the end. */
static bool next_line(const char **at, const char *end, char ret[FAULTS_SPEC_MAX + 2])
{
    if (*at == end) {
        return false;
    }
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    const char *stop = newline == NULL ? end : newline;
    const char *first = *at;
    *at = newline == NULL ? end : newline + 1;
    while (first < stop && (*first == ' ' || *first == '\t')) {
        first++;
    }
    while (stop > first && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r')) {
        stop--;
    }
    size_t len = (size_t)(stop - first);
    len = len > FAULTS_SPEC_MAX + 1 ? FAULTS_SPEC_MAX + 1 : len; /* still too long: refused */
    memcpy(ret, first, len);
    ret[len] = '\0';
    return true;
}

static bool is_nothing(const char *line)
{
    return line[0] == '\0' || line[0] == '#';
}

static bool check_command(const struct faults *faults, const char *text, size_t len,
                          struct fault *ret_error)
{
    char line[FAULTS_SPEC_MAX + 2];
    size_t in_force = faults->len;
    const char *at = text;
    while (next_line(&at, text + len, line)) {
        struct faults_spec spec;
        if (is_nothing(line)) {
            continue;
        }
        if (strcmp(line, "clear") == 0) {
            in_force = 0;
        } else if (!faults_spec_read(line, &spec, ret_error) ||
                   !can_take(faults, &spec, ++in_force, ret_error)) {
            return false;
        }
    }
    return true;
}

bool faults_command(struct faults *faults, const char *text, size_t len, struct fault *ret_error)
{
    if (!check_command(faults, text, len, ret_error)) {
        return false;
    }
    char line[FAULTS_SPEC_MAX + 2];
    const char *at = text;
    while (next_line(&at, text + len, line)) {
        struct faults_spec spec;
        if (strcmp(line, "clear") == 0) {
            faults->len = 0;
        } else if (!is_nothing(line) && faults_spec_read(line, &spec, ret_error)) {
            take(faults, &spec);
        }
    }
    return true;
}

char *faults_list_json(const struct faults *faults)
{
    size_t capacity = 32 + faults->len * (FAULTS_SPEC_MAX + 96);
    char *out = mem_alloc(capacity);
    size_t used = (size_t)snprintf(out, capacity, "{\"faults\":[");
    for (size_t i = 0; i < faults->len; i++) {
        const struct active *active = &faults->active[i];
        used += (size_t)snprintf(
            out + used, capacity - used, "%s{\"spec\":\"%s\",\"seen\":%lld,\"fired\":%lld}",
            i > 0 ? "," : "", active->spec.text, (long long)active->seen, (long long)active->fired);
    }
    snprintf(out + used, capacity - used, "]}");
    return out;
}

/* ---- decisions ---- */

/* Counts what it sees; draws a number only when the answer hangs on it, so that p=1 costs none. */
static bool fires(struct active *active)
{
    bool passed = ++active->seen > active->spec.after;
    if (!passed || active->fired >= active->spec.count) {
        return false;
    }
    if (active->spec.probability < 1 && !dice_chance(&active->dice, active->spec.probability)) {
        return false;
    }
    active->fired++;
    return true;
}

/* "none" only has the proxy ready: those behind it in the list are to have their turn. */
static bool is_idle(const struct faults_spec *spec)
{
    return spec->place == FAULTS_PLACE_BYTES && spec->what == FAULTS_BYTES_NONE;
}

static const struct active *decide(struct faults *faults, enum faults_place place,
                                   enum faults_path about)
{
    for (size_t i = 0; i < faults->len; i++) {
        struct active *active = &faults->active[i];
        if (active->spec.place == place && (active->spec.about & 1u << about) != 0 &&
            !is_idle(&active->spec) && fires(active)) {
            return active;
        }
    }
    return NULL;
}

static bool leads_to_login(const struct faults *faults)
{
    for (size_t i = 0; i < faults->len; i++) {
        const struct faults_spec *spec = &faults->active[i].spec;
        if (spec->place == FAULTS_PLACE_ANSWER && spec->what == FAULTS_REPLY_LOGIN) {
            return true;
        }
    }
    return false;
}

bool faults_answer(struct faults *faults, const char *path, struct faults_reply *ret)
{
    struct faults_reply_order order = {.kind = FAULTS_REPLY_LOGIN_PAGE, .path = path};
    if (faults_path_begins(path, FAULTS_LOGIN_PATH) && leads_to_login(faults)) {
        faults_reply_fill(&order, ret);
        return true;
    }
    if (!faults_path_find(path, &order.about)) {
        return false;
    }
    const struct active *active = decide(faults, FAULTS_PLACE_ANSWER, order.about);
    if (active == NULL) {
        return false;
    }
    order.kind = (enum faults_reply_kind)active->spec.what;
    order.to = active->spec.to;
    order.retry_after_s = active->spec.retry_after_s;
    faults_reply_fill(&order, ret);
    return true;
}

enum faults_event faults_event(struct faults *faults)
{
    const struct active *active = decide(faults, FAULTS_PLACE_EVENT, FAULTS_PATH_STREAM);
    return active == NULL ? FAULTS_EVENT_SEND : (enum faults_event)active->spec.what;
}

struct faults_bytes faults_bytes(struct faults *faults, const char *path)
{
    struct faults_bytes none = {.kind = FAULTS_BYTES_NONE};
    enum faults_path about;
    if (!faults_path_find(path, &about)) {
        return none;
    }
    const struct active *active = decide(faults, FAULTS_PLACE_BYTES, about);
    if (active == NULL) {
        return none;
    }
    return (struct faults_bytes){
        .kind = (enum faults_bytes_kind)active->spec.what,
        .bytes = active->spec.bytes,
        .delay_ms = active->spec.delay_ms,
        .rate = active->spec.rate,
    };
}
