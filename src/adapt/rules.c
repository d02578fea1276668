#include "reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where a key of a section stands, else the section, else the file. */
static struct place place_of(const struct reading *reading, const char *section, const char *name)
{
    const struct pair *pair = pairs_find(reading->pairs, section, name);
    const struct head *head = pairs_head(reading->pairs, section);
    return pair != NULL ? pair->at : head != NULL ? head->at : reading->whole;
}

/* --- [backend] ------------------------------------------------------------------------------- */

static void check_backend(struct reading *reading)
{
    struct place at = place_of(reading, "backend", "");
    if (at.line == 0) {
        at.line = 1;
    }
    if (pairs_find(reading->pairs, "backend", "format") == NULL) {
        complain(reading->complaints, at, "format is missing: write format = 1");
    }
    if (pairs_find(reading->pairs, "backend", "badge") == NULL) {
        complain(reading->complaints, at, "badge is missing");
    }
}

/* --- [hosts] --------------------------------------------------------------------------------- */

static bool is_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    return *text >= '1' && *text <= '9' && *end == '\0' && port <= 65535;
}

/* host[:port], the host in brackets when it is an address of IPv6. */
static bool is_authority(const char *text)
{
    static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t len = strspn(text, names);
    if (*text == '[') {
        len = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
        len += text[len] == ']' ? 1 : 0;
        if (text[len - 1] != ']') {
            return false;
        }
    }
    return len > 0 && (text[len] == '\0' || (text[len] == ':' && is_port(text + len + 1)));
}

static bool is_loopback(const char *host)
{
    size_t len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    return (len == 9 && strncasecmp(host, "localhost", len) == 0) ||
           (len == 5 && strncmp(host, "[::1]", len) == 0) ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= len);
}

static void check_host(struct reading *reading, struct backend_host *host)
{
    struct place at = place_of(reading, "hosts", host->name);
    const char *text = host->origin;
    if (strcmp(text, "{url}") == 0) {
        host->origin = reading->source->url != NULL ? reading->source->url : text;
        return;
    }
    bool plain = strncmp(text, "http://", 7) == 0;
    if ((!plain && strncmp(text, "https://", 8) != 0) || !is_authority(text + (plain ? 7 : 8))) {
        complain(reading->complaints, at,
                 "an origin, https://host[:port], without path or password");
    } else if (plain && !is_loopback(text + 7)) {
        complain(reading->complaints, at, "plain http to another host");
    }
}

static void check_hosts(struct reading *reading)
{
    struct backend *backend = reading->backend;
    if (backend->host_count == 0) {
        struct place at = place_of(reading, "hosts", "");
        complain(reading->complaints, at, "[hosts] names no host");
    }
    for (size_t i = 0; i < backend->host_count; i++) {
        check_host(reading, &backend->hosts[i]);
    }
}

/* --- [headers] ------------------------------------------------------------------------------- */

static bool is_header_name(const char *name)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$%&'*+-.^_`|~";
    return *name != '\0' && name[strspn(name, token)] == '\0';
}

/* Those that shape the request itself. */
static bool is_ours(const char *name)
{
    static const char *const names[] = {
        "Host",   "Content-Length", "Transfer-Encoding", "Connection", "TE", "Upgrade",
        "Expect", "Range",          "Accept-Encoding"};
    static const char *const beginnings[] = {"Proxy-", "X-HTTP-Method"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_secret(const struct backend *backend, const char *name, size_t len)
{
    for (size_t i = 0; i < backend->secret_count; i++) {
        if (strlen(backend->secrets[i]) == len && memcmp(backend->secrets[i], name, len) == 0) {
            return true;
        }
    }
    return false;
}

static void check_secret(struct reading *reading, struct place at, const char *name, size_t len)
{
    struct suggest suggest;
    char word[SUGGEST_WORD_MAX + 1] = "";
    if (is_secret(reading->backend, name, len)) {
        return;
    }
    memcpy(word, name, len < sizeof word ? len : sizeof word - 1);
    suggest_init(&suggest, word);
    for (size_t i = 0; i < reading->backend->secret_count; i++) {
        suggest_offer(&suggest, reading->backend->secrets[i]);
    }
    complain(reading->complaints, at, "no secret '%s' in secrets = …", word);
    complain_guess(reading->complaints, &suggest);
}

/* What stands in the braces of a header. */
static void check_reference(struct reading *reading, struct place at, const char *text, size_t len)
{
    const char *end = text + len, *colon = memchr(text, ':', len);
    size_t kind = colon != NULL ? (size_t)(colon - text) : 0;
    bool secret = kind == 6 && memcmp(text, "secret", kind) == 0;
    bool basic = kind == 5 && memcmp(text, "basic", kind) == 0;
    const char *first = colon != NULL ? colon + 1 : end;
    const char *second = memchr(first, ':', (size_t)(end - first));
    if ((!secret && !basic) || basic != (second != NULL)) {
        complain(reading->complaints, at, "a header takes {secret:NAME} or {basic:NAME:NAME}");
    } else if (secret) {
        check_secret(reading, at, first, (size_t)(end - first));
    } else {
        check_secret(reading, at, first, (size_t)(second - first));
        check_secret(reading, at, second + 1, (size_t)(end - second - 1));
    }
}

static void check_header_name(struct reading *reading, struct place at,
                              const struct backend_header *header)
{
    if (!is_header_name(header->name)) {
        complain(reading->complaints, at, "'%s' is no header's name", header->name);
    } else if (is_ours(header->name)) {
        complain(reading->complaints, at, "the header %s is not a backend's to set", header->name);
    }
}

static void check_header(struct reading *reading, const struct backend_header *header)
{
    struct place at = place_of(reading, "headers", header->name);
    const char *value = header->value, *name;
    size_t len;
    check_header_name(reading, at, header);
    for (const char *byte = value; *byte != '\0'; byte++) {
        if ((unsigned char)*byte < ' ' || *byte == '\177') {
            complain(reading->complaints, at, "a control character in a header");
            break;
        }
    }
    while (backend_next_name(&value, &name, &len)) {
        check_reference(reading, at, name, len);
    }
}

/* --- {NAME}s --------------------------------------------------------------------------------- */

static bool is_configured(const struct adapt_source *source, const char *name, size_t len)
{
    for (size_t i = 0; i < source->value_count; i++) {
        if (strlen(source->values[i]) == len && memcmp(source->values[i], name, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Its place among the discoveries, or their number. */
static size_t find_discovery(const struct backend *backend, const char *name, size_t len)
{
    size_t i = 0;
    while (i < backend->discover_count && (strlen(backend->discover[i].name) != len ||
                                           memcmp(backend->discover[i].name, name, len) != 0)) {
        i++;
    }
    return i;
}

/* known: so many discoveries have been made when this is asked. */
static void check_name(struct reading *reading, struct place at, const char *name, size_t len,
                       size_t known)
{
    size_t i = find_discovery(reading->backend, name, len);
    if (is_configured(reading->source, name, len) || i < known) {
        return;
    }
    if (i < reading->backend->discover_count) {
        complain(reading->complaints, at, "{%.*s} is not known yet", (int)len, name);
        return;
    }
    if (is_secret(reading->backend, name, len)) {
        complain(reading->complaints, at, "a secret in an address would stand in logs");
        return;
    }
    char word[SUGGEST_WORD_MAX + 1] = "";
    struct suggest suggest;
    memcpy(word, name, len < sizeof word ? len : sizeof word - 1);
    suggest_init(&suggest, word);
    for (size_t k = 0; k < reading->backend->discover_count; k++) {
        suggest_offer(&suggest, reading->backend->discover[k].name);
    }
    complain(reading->complaints, at, "nothing gives {%.*s}: write [discover.%.*s]", (int)len, name,
             (int)len, name);
    complain_guess(reading->complaints, &suggest);
}

static void check_path(struct reading *reading, struct place at, const char *path, size_t known,
                       bool symbols)
{
    const char *name;
    size_t len;
    while (path != NULL && backend_next_name(&path, &name, &len)) {
        const char *colon = memchr(name, ':', len);
        size_t plain = colon != NULL ? (size_t)(colon - name) : len;
        bool is_symbols = plain == 7 && memcmp(name, "symbols", plain) == 0;
        if (!is_symbols || !symbols) {
            check_name(reading, at, name, len, known);
        }
    }
}

/* --- sections that ask ----------------------------------------------------------------------- */

/* Whether the file says something for the key, good or not: what is bad has been said. */
static bool says(const struct reading *reading, const char *section, const char *key)
{
    return pairs_find(reading->pairs, section, key) != NULL;
}

static void check_get(struct reading *reading, const char *name)
{
    if (!says(reading, name, "get")) {
        complain(reading->complaints, place_of(reading, name, "get"), "[%s] has no get", name);
    }
}

static void check_discover(struct reading *reading, size_t i)
{
    const struct backend_section *section = &reading->backend->discover[i];
    const char *name = section->name;
    char full[128];
    snprintf(full, sizeof full, "discover.%s", name);
    struct place at = place_of(reading, full, "");
    if (!reader_is_name(name, strlen(name))) {
        complain(reading->complaints, at, "'%s' is no name: letters, digits and _", name);
    }
    for (size_t j = 0; reader_function(j) != NULL; j++) {
        if (strcmp(reader_function(j), name) == 0) {
            complain(reading->complaints, at, "'%s' is the name of another function: call it %s_id",
                     name, name);
        }
    }
    check_get(reading, full);
    check_path(reading, place_of(reading, full, "get"), section->get.path, i, false);
}

static void check_own_quota(struct reading *reading, const struct backend_section *section)
{
    static const char *const names[] = {"poll", "poll.stream", "poll.closed"};
    const struct backend_quota *quota = &section->quota;
    const int64_t polls[] = {section->poll_s, section->poll_stream_s, section->poll_closed_s};
    for (size_t i = 0; i < 3 && quota->requests > 0; i++) {
        const struct pair *poll = pairs_find(reading->pairs, section->name, names[i]);
        const struct pair *limit = pairs_find(reading->pairs, section->name, "quota");
        if (poll != NULL && limit != NULL && polls[i] > 0 &&
            polls[i] * quota->requests < quota->seconds) {
            complain(reading->complaints, poll->at,
                     "%s = %s asks more often than quota = %s on line %d allows", names[i],
                     poll->value, limit->value, limit->at.line);
        }
    }
}

static void check_pane(struct reading *reading, const struct backend_section *section)
{
    const struct backend *backend = reading->backend;
    const char *name = section->name;
    bool may_lack_get = section == &backend->panes[RESOURCE_WATCHLISTS];
    if (!section->present || (may_lack_get && !says(reading, name, "get"))) {
        return;
    }
    check_get(reading, name);
    check_path(reading, place_of(reading, name, "get"), section->get.path, backend->discover_count,
               false);
    if (!says(reading, name, "poll") && !backend->stream.present) {
        complain(reading->complaints, place_of(reading, name, ""),
                 "[%s] has no poll, and there is no [stream] that would refresh it", name);
    }
    check_own_quota(reading, section);
}

static void check_quotes(struct reading *reading, const struct backend_section *section)
{
    const char *name = section->name, *path = section->get.path;
    struct place at = place_of(reading, name, "get");
    check_get(reading, name);
    check_path(reading, at, path, reading->backend->discover_count, true);
    if (path != NULL && !backend_names(path, "symbols")) {
        complain(reading->complaints, at, "a quotes request without {symbols}");
    }
    if (!says(reading, name, "poll")) {
        complain(reading->complaints, place_of(reading, name, ""), "[%s] has no poll", name);
    }
    check_own_quota(reading, section);
}

static void check_stream(struct reading *reading)
{
    const struct backend_stream *stream = &reading->backend->stream;
    if (stream->present) {
        check_get(reading, "stream");
        if (stream->resume == BACKEND_RESUME_HEADER) {
            struct backend_header header = {stream->resume_name, ""};
            check_header_name(reading, place_of(reading, "stream", "resume"), &header);
        }
        check_path(reading, place_of(reading, "stream", "get"), stream->get.path,
                   reading->backend->discover_count, false);
    }
}

/* --- all requests together ------------------------------------------------------------------- */

static double per_minute(const struct backend_section *section)
{
    return section->get.path != NULL && section->poll_s > 0 ? 60.0 / (double)section->poll_s : 0;
}

/* Three quarters of the quota are ours. */
static void check_quota(struct reading *reading)
{
    const struct backend *backend = reading->backend;
    const struct pair *pair = pairs_find(reading->pairs, "limits", "quota");
    double asked = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        asked += per_minute(&backend->panes[i]);
    }
    for (size_t i = 0; i < backend->quotes_count; i++) {
        asked += per_minute(&backend->quotes[i]);
    }
    if (pair == NULL || backend->quota.requests == 0) {
        return;
    }
    double most = 0.75 * 60 * (double)backend->quota.requests / (double)backend->quota.seconds;
    if (asked > most + 1e-9) {
        complain(reading->complaints, pair->at,
                 "the polls together ask %.4g times a minute: a quarter of quota = %s is left to "
                 "other programs, so %.4g at most",
                 asked, pair->value, most);
    }
}

void rules_check(struct reading *reading)
{
    const struct backend *backend = reading->backend;
    check_backend(reading);
    check_hosts(reading);
    for (size_t i = 0; i < backend->header_count; i++) {
        check_header(reading, &backend->headers[i]);
    }
    for (size_t i = 0; i < backend->discover_count; i++) {
        check_discover(reading, i);
    }
    if (backend->clock.get.path != NULL) {
        check_path(reading, place_of(reading, "clock", "get"), backend->clock.get.path,
                   backend->discover_count, false);
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        check_pane(reading, &backend->panes[i]);
    }
    for (size_t i = 0; i < backend->quotes_count; i++) {
        check_quotes(reading, &backend->quotes[i]);
    }
    check_stream(reading);
    check_quota(reading);
}
