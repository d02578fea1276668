#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DISCOVER "discover."
#define QUOTES "quotes."
#define COMMENT "comment."
#define NUMBER_MAX 1000000000

/* --- small things ---------------------------------------------------------------------------- */

static bool begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

bool reader_is_name(const char *text, size_t len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return len > 0 && len <= SUGGEST_WORD_MAX && strspn(text, all) >= len &&
           strspn(text, letters) >= 1;
}

static bool parse_number(const char *text, int64_t *ret)
{
    if (*text < '0' || *text > '9') {
        return false;
    }
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || number < 1 || number > NUMBER_MAX) {
        return false;
    }
    *ret = number;
    return true;
}

/* --- values: each kind of key has a taker ---------------------------------------------------- */

/* target is where the value goes. */
typedef void (*take_fn)(struct reading *reading, const struct pair *pair, void *target);

static void take_text(struct reading *reading, const struct pair *pair, void *target)
{
    (void)reading;
    *(const char **)target = *pair->value != '\0' ? pair->value : NULL;
}

static void take_count(struct reading *reading, const struct pair *pair, void *target)
{
    if (!parse_number(pair->value, target)) {
        complain(reading->complaints, pair->at, "%s is a whole number from 1 on", pair->name);
    }
}

static void take_quota(struct reading *reading, const struct pair *pair, void *target)
{
    struct backend_quota quota;
    const char *slash = strchr(pair->value, '/');
    char requests[16] = "";
    size_t len = slash != NULL ? (size_t)(slash - pair->value) : sizeof requests;
    if (len < sizeof requests) {
        memcpy(requests, pair->value, len);
    }
    if (len < sizeof requests && parse_number(requests, &quota.requests) &&
        parse_number(slash + 1, &quota.seconds)) {
        *(struct backend_quota *)target = quota;
    } else {
        complain(reading->complaints, pair->at, "quota is REQUESTS/SECONDS, such as 200/60");
    }
}

static void take_yesno(struct reading *reading, const struct pair *pair, void *target)
{
    bool yes = strcmp(pair->value, "yes") == 0;
    if (!yes && strcmp(pair->value, "no") != 0) {
        complain(reading->complaints, pair->at, "%s is yes or no", pair->name);
    }
    *(bool *)target = yes;
}

static size_t find_host(const struct backend *backend, const char *name, size_t len)
{
    size_t i = 0;
    while (i < backend->host_count && (strlen(backend->hosts[i].name) != len ||
                                       memcmp(backend->hosts[i].name, name, len) != 0)) {
        i++;
    }
    return i;
}

static bool is_method(const char *word, size_t len)
{
    static const char *const methods[] = {"GET",   "POST",    "PUT",   "DELETE",
                                          "PATCH", "OPTIONS", "TRACE", "HEAD"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strlen(methods[i]) == len && strncasecmp(methods[i], word, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool refuse_host(struct reading *reading, const struct pair *pair, size_t len)
{
    char word[SUGGEST_WORD_MAX + 1] = "";
    struct suggest suggest;
    memcpy(word, pair->value, len < sizeof word ? len : sizeof word - 1);
    suggest_init(&suggest, word);
    for (size_t i = 0; i < reading->backend->host_count; i++) {
        suggest_offer(&suggest, reading->backend->hosts[i].name);
    }
    complain(reading->complaints, pair->at, "no host '%s' in [hosts]", word);
    return complain_guess(reading->complaints, &suggest);
}

/* The path's bytes must be fit for a request line. */
static bool is_path(const char *path)
{
    if (*path != '/' || path[1] == '/') {
        return false;
    }
    for (; *path != '\0'; path++) {
        if ((unsigned char)*path <= ' ' || (unsigned char)*path >= 0x7f || *path == '#') {
            return false;
        }
    }
    return true;
}

static void take_get(struct reading *reading, const struct pair *pair, void *target)
{
    const char *value = pair->value, *path = value + strcspn(value, " \t");
    size_t len = (size_t)(path - value);
    path += strspn(path, " \t");
    if (begins(value, "http://") || begins(value, "https://")) {
        complain(reading->complaints, pair->at, "get is HOST /path: put the host in [hosts]");
    } else if (is_method(value, len)) {
        complain(reading->complaints, pair->at, "a backend only reads");
    } else if (!is_path(path)) {
        complain(reading->complaints, pair->at, "get is HOST /path?query");
    } else if (strstr(path, "{secret:") != NULL || strstr(path, "{basic:") != NULL) {
        complain(reading->complaints, pair->at, "a secret in an address would stand in logs");
    } else if (find_host(reading->backend, value, len) == reading->backend->host_count) {
        refuse_host(reading, pair, len);
    } else {
        struct backend_get *get = target;
        *get = (struct backend_get){find_host(reading->backend, value, len), path};
    }
}

static void take_format(struct reading *reading, const struct pair *pair, void *target)
{
    (void)target;
    if (strcmp(pair->value, BACKEND_FORMAT) != 0) {
        complain(reading->complaints, pair->at, "format %s is not known", pair->value);
    }
}

static void take_badge(struct reading *reading, const struct pair *pair, void *target)
{
    static const char *const words[] = {"real", "paper", "mock"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(pair->value, words[i]) == 0) {
            *(enum backend_badge *)target = (enum backend_badge)i;
            return;
        }
    }
    complain(reading->complaints, pair->at, "badge is real, paper or mock");
}

/* The names are cut out of the value, which is the pair's own copy. */
static void take_secrets(struct reading *reading, const struct pair *pair, void *target)
{
    struct backend *backend = reading->backend;
    char *at = pair->value;
    (void)target;
    while (*(at += strspn(at, " \t")) != '\0') {
        size_t len = strcspn(at, " \t");
        bool last = at[len] == '\0';
        if (!reader_is_name(at, len)) {
            complain(reading->complaints, pair->at, "'%.*s' is no name: letters, digits and _",
                     (int)len, at);
        } else if (backend->secret_count == BACKEND_SECRETS_MAX) {
            complain(reading->complaints, pair->at, "more than %d secrets", BACKEND_SECRETS_MAX);
            return;
        } else {
            backend->secrets[backend->secret_count++] = at;
        }
        at[len] = '\0';
        at += last ? len : len + 1;
    }
}

static void take_reset(struct reading *reading, const struct pair *pair, void *target)
{
    static const char *const words[] = {NULL, "unix", "unix_ms", "seconds"};
    struct backend *backend = reading->backend;
    char *blank = pair->value + strcspn(pair->value, " \t");
    const char *word = blank + strspn(blank, " \t");
    (void)target;
    for (size_t i = 1; i < sizeof words / sizeof *words && blank > pair->value; i++) {
        if (strcmp(word, words[i]) == 0) {
            *blank = '\0';
            backend->reset = pair->value;
            backend->reset_kind = (enum backend_reset)i;
            return;
        }
    }
    complain(reading->complaints, pair->at, "reset is HEADER unix, unix_ms or seconds");
}

static void take_kind(struct reading *reading, const struct pair *pair, void *target)
{
    bool ndjson = strcmp(pair->value, "ndjson") == 0;
    if (!ndjson && strcmp(pair->value, "sse") != 0) {
        complain(reading->complaints, pair->at, "kind is sse or ndjson");
    }
    *(enum backend_stream_kind *)target = ndjson ? BACKEND_NDJSON : BACKEND_SSE;
}

static void take_resume(struct reading *reading, const struct pair *pair, void *target)
{
    struct backend_stream *stream = &reading->backend->stream;
    bool query = begins(pair->value, "query "), header = begins(pair->value, "header ");
    const char *name = pair->value + strcspn(pair->value, " \t");
    name += strspn(name, " \t");
    (void)target;
    if ((!query && !header) || *name == '\0' || name[strcspn(name, " \t&=#")] != '\0') {
        complain(reading->complaints, pair->at, "resume is query NAME or header NAME");
        return;
    }
    stream->resume = query ? BACKEND_RESUME_QUERY : BACKEND_RESUME_HEADER;
    stream->resume_name = name;
}

/* --- the tables ------------------------------------------------------------------------------ */

enum section_kind {
    SECTION_BACKEND = 1,
    SECTION_HOSTS = 2,
    SECTION_HEADERS = 4,
    SECTION_LIMITS = 8,
    SECTION_DISCOVER = 16,
    SECTION_CLOCK = 32,
    SECTION_PANE = 64,
    SECTION_WATCHLIST = 128,
    SECTION_QUOTES = 256,
    SECTION_STREAM = 512
};
#define PANES (SECTION_PANE | SECTION_WATCHLIST)
#define OF_BACKEND(member) offsetof(struct backend, member)
#define OF_SECTION(member) offsetof(struct backend_section, member)
#define OF_STREAM(member) offsetof(struct backend_stream, member)

static const struct key {
    const char *name;
    unsigned sections;
    take_fn take;
    size_t offset;
} keys[] = {
    {"format", SECTION_BACKEND, take_format, 0},
    {"name", SECTION_BACKEND, take_text, OF_BACKEND(name)},
    {"badge", SECTION_BACKEND, take_badge, OF_BACKEND(badge)},
    {"secrets", SECTION_BACKEND, take_secrets, 0},
    {"like", SECTION_BACKEND, NULL, 0},
    {"quota", SECTION_LIMITS, take_quota, OF_BACKEND(quota)},
    {"remaining", SECTION_LIMITS, take_text, OF_BACKEND(remaining)},
    {"reset", SECTION_LIMITS, take_reset, 0},
    {"get", SECTION_DISCOVER | SECTION_CLOCK | PANES | SECTION_QUOTES, take_get, OF_SECTION(get)},
    {"poll", PANES | SECTION_QUOTES, take_count, OF_SECTION(poll_s)},
    {"poll.stream", PANES, take_count, OF_SECTION(poll_stream_s)},
    {"poll.closed", PANES | SECTION_QUOTES, take_count, OF_SECTION(poll_closed_s)},
    {"quota", PANES | SECTION_QUOTES, take_quota, OF_SECTION(quota)},
    {"pages", PANES, take_count, OF_SECTION(pages)},
    {"only_open", PANES, take_yesno, OF_SECTION(only_open)},
    {"segment", SECTION_QUOTES, take_text, OF_SECTION(segment)},
    {"max", SECTION_QUOTES, take_count, OF_SECTION(max)},
    {"kind", SECTION_STREAM, take_kind, OF_STREAM(kind)},
    {"get", SECTION_STREAM, take_get, OF_STREAM(get)},
    {"resume", SECTION_STREAM, take_resume, 0},
    {"heartbeat", SECTION_STREAM, take_count, OF_STREAM(heartbeat_s)},
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static const struct section_row {
    const char *name; /* of those that end in a dot, the rest is free */
    enum section_kind kind;
    enum resource resource;
} sections[] = {
    {"backend", SECTION_BACKEND, RESOURCE_COUNT},
    {"hosts", SECTION_HOSTS, RESOURCE_COUNT},
    {"headers", SECTION_HEADERS, RESOURCE_COUNT},
    {"limits", SECTION_LIMITS, RESOURCE_COUNT},
    {DISCOVER, SECTION_DISCOVER, RESOURCE_COUNT},
    {"clock", SECTION_CLOCK, RESOURCE_COUNT},
    {"orders", SECTION_PANE, RESOURCE_ORDERS},
    {"positions", SECTION_PANE, RESOURCE_POSITIONS},
    {"account", SECTION_PANE, RESOURCE_ACCOUNT},
    {"watchlist", SECTION_WATCHLIST, RESOURCE_WATCHLISTS},
    {QUOTES, SECTION_QUOTES, RESOURCE_COUNT},
    {"stream", SECTION_STREAM, RESOURCE_COUNT},
};
enum { SECTION_COUNT = sizeof sections / sizeof *sections };

static const struct section_row *find_section(const char *name)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        size_t len = strlen(sections[i].name);
        bool free_rest = sections[i].name[len - 1] == '.';
        if (free_rest ? begins(name, sections[i].name) && name[len] != '\0'
                      : strcmp(name, sections[i].name) == 0) {
            return &sections[i];
        }
    }
    return NULL;
}

const char *reader_section(size_t i)
{
    return i < SECTION_COUNT ? sections[i].name : NULL;
}

const char *reader_key(size_t i)
{
    return i < KEY_COUNT ? keys[i].name : NULL;
}

/* --- sections -------------------------------------------------------------------------------- */

static struct backend_section *append_section(struct backend_section *rows, size_t *count,
                                              size_t max)
{
    return *count < max ? &rows[(*count)++] : NULL;
}

static struct backend_section *place_section(struct backend *backend, const struct section_row *row)
{
    switch (row->kind) {
    case SECTION_DISCOVER:
        return append_section(backend->discover, &backend->discover_count, BACKEND_DISCOVER_MAX);
    case SECTION_QUOTES:
        return append_section(backend->quotes, &backend->quotes_count, BACKEND_QUOTES_MAX);
    case SECTION_CLOCK:
        return &backend->clock;
    default:
        return &backend->panes[row->resource];
    }
}

static void open_section(struct reading *reading, const struct head *head)
{
    const struct section_row *row = find_section(head->section);
    struct backend *backend = reading->backend;
    struct suggest suggest;
    if (row == NULL) {
        suggest_init(&suggest, head->section);
        for (size_t i = 0; i < SECTION_COUNT; i++) {
            suggest_offer(&suggest, sections[i].name);
        }
        complain(reading->complaints, head->at, "unknown section [%s]", head->section);
        complain_guess(reading->complaints, &suggest);
    } else if (row->kind == SECTION_STREAM) {
        backend->stream.present = true;
        backend->stream.heartbeat_s = 30;
    } else if (row->kind >= SECTION_DISCOVER) {
        struct backend_section *section = place_section(backend, row);
        if (section == NULL) {
            complain(reading->complaints, head->at, "too many sections [%s…]", row->name);
            return;
        }
        section->present = true;
        section->name = head->section + (row->kind == SECTION_DISCOVER ? strlen(DISCOVER) : 0);
        section->pages = 1;
        section->max = BACKEND_SYMBOLS_MAX;
    }
}

static struct backend_section *find_named(struct backend_section *rows, size_t count,
                                          const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* The struct that the keys of a section fill in. */
static char *target_of(struct backend *backend, const struct section_row *row, const char *section)
{
    switch (row->kind) {
    case SECTION_BACKEND:
    case SECTION_LIMITS:
        return (char *)backend;
    case SECTION_STREAM:
        return (char *)&backend->stream;
    case SECTION_DISCOVER:
        return (char *)find_named(backend->discover, backend->discover_count,
                                  section + strlen(DISCOVER));
    case SECTION_QUOTES:
        return (char *)find_named(backend->quotes, backend->quotes_count, section);
    case SECTION_CLOCK:
        return (char *)&backend->clock;
    default:
        return (char *)&backend->panes[row->resource];
    }
}

static void refuse_key(struct reading *reading, const struct section_row *row,
                       const struct pair *pair)
{
    static const char *const writes[] = {"post", "put", "delete", "patch", "body", "method"};
    struct suggest suggest;
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        if (strcasecmp(pair->name, writes[i]) == 0) {
            complain(reading->complaints, pair->at, "a backend only reads");
            return;
        }
    }
    suggest_init(&suggest, pair->name);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if ((keys[i].sections & row->kind) != 0) {
            suggest_offer(&suggest, keys[i].name);
        }
    }
    complain(reading->complaints, pair->at, "unknown key '%s'", pair->name);
    complain_guess(reading->complaints, &suggest);
}

static void take_comment(struct reading *reading, const struct pair *pair)
{
    struct backend_stream *stream = &reading->backend->stream;
    bool gap = strcmp(pair->value, "gap") == 0;
    if (!gap && strcmp(pair->value, "reconnect") != 0) {
        complain(reading->complaints, pair->at, "%s is gap or reconnect", pair->name);
    } else if (stream->comment_count == BACKEND_COMMENTS_MAX) {
        complain(reading->complaints, pair->at, "more than %d comments", BACKEND_COMMENTS_MAX);
    } else {
        stream->comments[stream->comment_count++] = (struct backend_comment){
            pair->name + strlen(COMMENT), gap ? BACKEND_COMMENT_GAP : BACKEND_COMMENT_RECONNECT};
    }
}

static void take_pair(struct reading *reading, const struct section_row *row,
                      const struct pair *pair)
{
    if (row->kind == SECTION_STREAM && begins(pair->name, COMMENT)) {
        take_comment(reading, pair);
        return;
    }
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if ((keys[i].sections & row->kind) != 0 && strcmp(keys[i].name, pair->name) == 0) {
            char *target = target_of(reading->backend, row, pair->section);
            if (keys[i].take != NULL && target != NULL) {
                keys[i].take(reading, pair, target + keys[i].offset);
            }
            return;
        }
    }
    refuse_key(reading, row, pair);
}

/* Hosts and headers come first: the rest refers to them. */
static void take_all(struct reading *reading, unsigned kinds)
{
    for (size_t i = 0; i < reading->pairs->count; i++) {
        const struct pair *pair = &reading->pairs->rows[i];
        const struct section_row *row = find_section(pair->section);
        struct backend *backend = reading->backend;
        if (row == NULL || (row->kind & kinds) == 0) {
            continue;
        }
        if (row->kind == SECTION_HOSTS && backend->host_count < BACKEND_HOSTS_MAX) {
            backend->hosts[backend->host_count++] = (struct backend_host){pair->name, pair->value};
        } else if (row->kind == SECTION_HEADERS && backend->header_count < BACKEND_HEADERS_MAX) {
            backend->headers[backend->header_count++] =
                (struct backend_header){pair->name, pair->value};
        } else if (row->kind == SECTION_HOSTS || row->kind == SECTION_HEADERS) {
            complain(reading->complaints, pair->at, "too many [%s]", row->name);
        } else {
            take_pair(reading, row, pair);
        }
    }
}

static void fill_in_polls(struct backend_section *section)
{
    section->poll_stream_s = section->poll_stream_s > 0 ? section->poll_stream_s : section->poll_s;
    section->poll_closed_s = section->poll_closed_s > 0 ? section->poll_closed_s : section->poll_s;
}

void reader_take(struct reading *reading)
{
    for (size_t i = 0; i < reading->pairs->head_count; i++) {
        open_section(reading, &reading->pairs->heads[i]);
    }
    take_all(reading, SECTION_HOSTS | SECTION_HEADERS);
    take_all(reading, ~(unsigned)(SECTION_HOSTS | SECTION_HEADERS));
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        fill_in_polls(&reading->backend->panes[i]);
    }
    for (size_t i = 0; i < reading->backend->quotes_count; i++) {
        fill_in_polls(&reading->backend->quotes[i]);
    }
}

/* --- functions ------------------------------------------------------------------------------- */

static const char *const functions[] = {"orders", "positions", "account", "watchlist", "quotes",
                                        "clock",  "event",     "refusal", "covers",    "next_page"};

const char *reader_function(size_t i)
{
    return i < sizeof functions / sizeof *functions ? functions[i] : NULL;
}

size_t reader_duties(const struct backend *backend, struct duty ret[READER_FUNCTIONS_MAX])
{
    size_t count = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (backend->panes[i].present) {
            ret[count++] = (struct duty){functions[i], functions[i]};
        }
    }
    if (backend->quotes_count > 0) {
        ret[count++] = (struct duty){"quotes", backend->quotes[0].name};
    }
    if (backend->clock.present) {
        ret[count++] = (struct duty){"clock", "clock"};
    }
    if (backend->stream.present) {
        ret[count++] = (struct duty){"event", "stream"};
    }
    for (size_t i = 0; i < backend->discover_count; i++) {
        const char *name = backend->discover[i].name;
        ret[count++] = (struct duty){name, name - strlen(DISCOVER)};
    }
    ret[count++] = (struct duty){"refusal", NULL};
    ret[count++] = (struct duty){"covers", NULL};
    ret[count++] = (struct duty){"next_page", NULL};
    return count;
}
