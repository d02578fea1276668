#include "backend.h"
#include "secrets.h"
#include "session.h"

#include <blotter/adapt/adapt.h>
#include <blotter/client/backend.h>
#include <blotter/core/alloc.h>
#include <blotter/core/sha256.h>
#include <blotter/tui/term.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 64
#define LISTS_MAX 32
#define LIST_SYMBOLS_MAX 100 /* a line of the config holds no more */
#define SERVER_BYTES 512

/* [values] and [symbols] in the words of the client. */
struct backend_gifts {
    struct client_backend backend;
    struct secrets *secrets;
    struct loop *loop; /* of the mode that runs */
    struct client_value values[VALUES_MAX];
    struct client_list lists[LISTS_MAX];
    const char *symbols[LISTS_MAX][LIST_SYMBOLS_MAX];
    char *texts[LISTS_MAX]; /* that the symbols point into */
    char server[SERVER_BYTES];
};

/* --- loading -------------------------------------------------------------------------------- */

/* Where to look, and what the config gives. values is room for the names. */
static struct adapt_source source_of(const struct paths *paths, const struct config *config,
                                     const char *values[VALUES_MAX])
{
    struct config_entry entry;
    struct adapt_source source = {
        .user_dir = paths->backend_dir,
        .shipped_dir = paths->shipped_dir,
        .url = config_text(config, CONFIG_URL),
        .values = values,
    };
    for (size_t i = 0; i < VALUES_MAX && config_entry(config, CONFIG_VALUES, i, &entry); i++) {
        values[source.value_count++] = entry.name;
    }
    return source;
}

/* All sentences but the last go out here: a problem is one line. */
static bool keep_last(struct buf *sentences, struct problem *problem)
{
    char *last = sentences->data;
    if (sentences->len > 0) {
        last[sentences->len - 1] = '\0';
        char *cut = strrchr(last, '\n');
        if (cut != NULL) {
            fprintf(stderr, "%.*s\n", (int)(cut - last), last);
            last = cut + 1;
        }
    }
    problem_set(problem, "%s", last != NULL ? last : "the backend cannot be read");
    problem->located = true;
    return false;
}

static struct adapt *load(const struct paths *paths, const struct config *config, const char *name,
                          struct buf *sentences)
{
    const char *values[VALUES_MAX];
    struct adapt_source source = source_of(paths, config, values);
    return adapt_load(name, &source, sentences);
}

/* --- allow_hosts ---------------------------------------------------------------------------- */

static bool is_allowed(const char *list, const char *origin)
{
    size_t len = strlen(origin);
    while (list != NULL && *(list += strspn(list, " \t,")) != '\0') {
        size_t word = strcspn(list, " \t,");
        size_t plain = word > 0 && list[word - 1] == '/' ? word - 1 : word;
        if (plain == len && memcmp(list, origin, len) == 0) {
            return true;
        }
        list += word;
    }
    return false;
}

static bool check_url(const struct adapt *adapt, struct problem *problem)
{
    const struct backend *backend = adapt_backend(adapt);
    for (size_t i = 0; i < backend->host_count; i++) {
        if (strcmp(backend->hosts[i].origin, "{url}") == 0) {
            return problem_set(problem, "%s asks the host {url}: set url, or use --url",
                               adapt_path(adapt));
        }
    }
    return true;
}

/* A file of the user's decides where the user's secrets go: the user says so a second time, where
 * no file that came from elsewhere can say it. */
static bool check_hosts(const struct profile *profile, const struct adapt *adapt,
                        struct problem *problem)
{
    const struct backend *backend = adapt_backend(adapt);
    const char *allowed = config_text(profile->config, CONFIG_ALLOW_HOSTS);
    const char *url = config_text(profile->config, CONFIG_URL);
    const char *config = config_path(profile->config);
    bool good = true;
    struct buf line;
    if (adapt_is_shipped(adapt) || backend->secret_count == 0) {
        return true;
    }
    buf_init(&line, PROBLEM_BYTES);
    for (size_t i = 0; i < backend->host_count; i++) {
        const char *origin = backend->hosts[i].origin;
        bool is_url = url != NULL && strcmp(url, origin) == 0;
        good &= is_url || is_allowed(allowed, origin);
        buf_printf(&line, "%s%s", i > 0 ? " " : "", is_url ? "" : origin);
    }
    if (!good) {
        problem_set(problem,
                    "%s would send your secrets to hosts that no shipped backend has: if you want "
                    "that, write in [main] of %s: allow_hosts = %s",
                    adapt_path(adapt), config != NULL ? config : "the config", line.data);
    }
    buf_done(&line);
    return good;
}

/* --- what the client is told ------------------------------------------------------------------ */

static void renew(void *user, void (*done)(void *client, bool ok), void *client)
{
    const struct backend_gifts *gifts = user;
    if (gifts->loop != NULL) {
        secrets_renew(gifts->secrets, gifts->loop, done, client);
    } else {
        done(client, false);
    }
}

static const char *secret(void *user, const char *name, size_t len)
{
    const struct backend_gifts *gifts = user;
    return secrets_get(gifts->secrets, name, len);
}

static void give_values(struct backend_gifts *gifts, const struct config *config)
{
    struct config_entry entry;
    size_t count = 0;
    for (; count < VALUES_MAX && config_entry(config, CONFIG_VALUES, count, &entry); count++) {
        gifts->values[count] = (struct client_value){entry.name, entry.value};
    }
    gifts->backend.value_count = count;
}

/* Cuts the text at its blanks. */
static size_t cut_symbols(char *text, const char **symbols)
{
    size_t count = 0;
    while (count < LIST_SYMBOLS_MAX && *(text += strspn(text, " \t")) != '\0') {
        symbols[count++] = text;
        text += strcspn(text, " \t");
        if (*text != '\0') {
            *text++ = '\0';
        }
    }
    return count;
}

static void give_lists(struct backend_gifts *gifts, const struct config *config)
{
    struct config_entry entry;
    size_t count = 0;
    for (; count < LISTS_MAX && config_entry(config, CONFIG_SYMBOLS, count, &entry); count++) {
        gifts->texts[count] = mem_dup(entry.value, strlen(entry.value));
        gifts->lists[count] =
            (struct client_list){entry.name, gifts->symbols[count],
                                 cut_symbols(gifts->texts[count], gifts->symbols[count])};
    }
    gifts->backend.list_count = count;
}

/* What tells one account's data from another's on the disk: the files, the hosts, the config's
 * values, and which key it was, of which too little is kept to guess it by. */
static void name_server(const struct profile *profile, struct backend_gifts *gifts)
{
    const struct backend *backend = adapt_backend(profile->adapt);
    char digest[SHA256_TEXT_SIZE] = "", values[256] = "";
    size_t len = 0;
    for (size_t i = 0; i < gifts->backend.value_count && len < sizeof values; i++) {
        len += (size_t)snprintf(values + len, sizeof values - len, " %s=%s", gifts->values[i].name,
                                gifts->values[i].value);
    }
    if (backend->secret_count > 0) {
        const char *name = backend->secrets[0];
        const char *secret = secrets_get(profile->secrets, name, strlen(name));
        sha256_text(secret, strlen(secret), digest);
    }
    snprintf(gifts->server, sizeof gifts->server, "backend %s %016" PRIx64 " %.16s%s", backend->id,
             adapt_key(profile->adapt), digest, values);
}

static void give(struct profile *profile)
{
    struct backend_gifts *gifts = mem_calloc(1, sizeof *gifts);
    gifts->backend = (struct client_backend){.adapt = profile->adapt,
                                             .secret = secret,
                                             .renew = renew,
                                             .user = gifts,
                                             .values = gifts->values,
                                             .lists = gifts->lists};
    gifts->secrets = profile->secrets;
    give_values(gifts, profile->config);
    give_lists(gifts, profile->config);
    name_server(profile, gifts);
    profile->gifts = gifts;
}

const char *profile_server(const struct profile *profile)
{
    return profile->gifts != NULL ? profile->gifts->server
                                  : config_text(profile->config, CONFIG_URL);
}

void profile_loop(const struct profile *profile, struct loop *loop)
{
    if (profile->gifts != NULL) {
        secrets_stop(profile->secrets);
        profile->gifts->loop = loop;
    }
}

void backend_settings(const struct profile *profile, struct client_settings *ret)
{
    for (int i = 0; profile->gifts != NULL && i < RESOURCE_COUNT; i++) {
        bool offered = adapt_backend(profile->adapt)->panes[i].present;
        ret->engine.wanted &= offered ? RESOURCE_ALL : ~RESOURCE_BIT(i);
    }
    if (profile->gifts != NULL) {
        ret->backend = &profile->gifts->backend;
        ret->server = profile->gifts->server;
        ret->user = NULL;
        ret->http.token = NULL;
        ret->http.pool = profile->pool;
    }
}

/* --- opening -------------------------------------------------------------------------------- */

/* The one that another account has loaded, when it is the same to the byte. */
static struct adapt *share(const struct profile_ground *ground, struct adapt *fresh)
{
    for (size_t i = 0; fresh != NULL && i < ground->open_count; i++) {
        struct adapt *theirs = ground->open[i]->adapt;
        if (theirs != NULL && strcmp(adapt_path(theirs), adapt_path(fresh)) == 0 &&
            adapt_key(theirs) == adapt_key(fresh)) {
            adapt_free(fresh);
            return adapt_share(theirs);
        }
    }
    return fresh;
}

static bool same_secrets(const struct profile *a, const struct profile *b)
{
    const struct backend *backend = adapt_backend(a->adapt);
    bool same = true;
    for (size_t i = 0; i < backend->secret_count && same; i++) {
        const char *name = backend->secrets[i];
        same = strcmp(secrets_get(a->secrets, name, strlen(name)),
                      secrets_get(b->secrets, name, strlen(name))) == 0;
    }
    return same;
}

/* The connections of another account with the same login, or new ones. */
static void join_login(struct profile *profile, const struct profile_ground *ground)
{
    for (size_t i = 0; i < ground->open_count && profile->pool == NULL; i++) {
        const struct profile *other = ground->open[i];
        if (other->adapt == profile->adapt && same_secrets(profile, other)) {
            profile->pool = http_pool_share(other->pool);
        }
    }
    if (profile->pool == NULL) {
        profile->pool = http_pool_new();
    }
}

enum status backend_open(struct profile *profile, const struct profile_ground *ground,
                         struct problem *ret_problem)
{
    struct buf sentences;
    enum status status;
    const char *name = config_text(profile->config, CONFIG_BACKEND);
    if (!adapt_available()) {
        problem_set(ret_problem, "this blotter was built without libjq, which backends need");
        return STATUS_USAGE;
    }
    adapt_on_overrun(term_restore);
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    profile->adapt = share(ground, load(profile->paths, profile->config, name, &sentences));
    if (profile->adapt == NULL) {
        keep_last(&sentences, ret_problem);
    }
    buf_done(&sentences);
    if (profile->adapt == NULL || !check_url(profile->adapt, ret_problem) ||
        !check_hosts(profile, profile->adapt, ret_problem)) {
        return STATUS_USAGE;
    }
    profile->secrets = secrets_load(profile->config, profile->paths->home,
                                    adapt_backend(profile->adapt), NULL, &status, ret_problem);
    if (status == STATUS_OK) {
        join_login(profile, ground);
        give(profile);
    }
    return status;
}

/* --- the files read anew ------------------------------------------------------------------------
 */

/* One line, for the screen: the file without its directory. */
static bool keep_first(const struct buf *sentences, struct problem *problem)
{
    const char *text = sentences->len > 0 ? sentences->data : "";
    size_t len = strcspn(text, "\n"), more = 0;
    for (size_t i = len; i + 1 < sentences->len; i++) {
        more += text[i] == '\n';
    }
    const char *colon = memchr(text, ':', len), *file = text;
    for (const char *at = text; colon != NULL && at < colon; at++) {
        file = *at == '/' ? at + 1 : file;
    }
    char rest[48] = "";
    if (more > 0) {
        snprintf(rest, sizeof rest, " (and %zu more)", more);
    }
    return problem_set(problem, "%.*s%s", (int)(len - (size_t)(file - text)), file, rest);
}

bool backend_read_anew(struct profile *fresh, const struct profile *profile,
                       const struct profile_ground *ground, struct problem *problem)
{
    struct buf sentences;
    enum status status;
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    const char *name = config_text(fresh->config, CONFIG_BACKEND);
    fresh->adapt = share(ground, load(fresh->paths, fresh->config, name, &sentences));
    bool good = fresh->adapt != NULL && adapt_compile(fresh->adapt, &sentences);
    if (!good) {
        keep_first(&sentences, problem);
    }
    buf_done(&sentences);
    good = good && check_url(fresh->adapt, problem) && check_hosts(fresh, fresh->adapt, problem);
    if (good) {
        fresh->secrets =
            secrets_load(fresh->config, fresh->paths->home, adapt_backend(fresh->adapt),
                         profile->secrets, &status, problem);
    }
    if (fresh->secrets != NULL) {
        join_login(fresh, ground);
        give(fresh);
        fresh->gifts->loop = profile->gifts->loop;
    }
    return fresh->secrets != NULL;
}

/* --- closing --------------------------------------------------------------------------------- */

bool profile_backend_is_broken(const struct profile *profile)
{
    struct buf sentences;
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    bool broken = profile->adapt != NULL && !adapt_compile(profile->adapt, &sentences);
    if (sentences.len > 0) {
        fwrite(sentences.data, 1, sentences.len, stderr);
    }
    buf_done(&sentences);
    return broken;
}

void backend_close(struct profile *profile)
{
    struct backend_gifts *gifts = profile->gifts;
    for (size_t i = 0; gifts != NULL && i < gifts->backend.list_count; i++) {
        free(gifts->texts[i]);
    }
    free(gifts);
    adapt_free(profile->adapt);
    secrets_free(profile->secrets);
    http_pool_free(profile->pool);
}

/* --- the two modes -------------------------------------------------------------------------- */

static void print_sections(const struct backend *backend)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (backend->panes[i].present) {
            printf(", %s", backend->panes[i].name);
        }
    }
    for (size_t i = 0; i < backend->quotes_count; i++) {
        printf(", %s", backend->quotes[i].name);
    }
    if (backend->stream.present) {
        printf(", stream");
    }
}

static const char *badge_word(const struct backend *backend)
{
    static const char *const words[] = {"real", "paper", "mock"};
    return words[backend->badge];
}

int session_check_backend(const struct session *session, const char *name)
{
    struct buf sentences;
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    struct adapt *adapt = load(&session->paths, session->config, name, &sentences);
    bool good = adapt != NULL && adapt_compile(adapt, &sentences);
    if (!good) {
        fwrite(sentences.data, 1, sentences.len, stderr);
    } else {
        const struct backend *backend = adapt_backend(adapt);
        printf("%s: good: %s, %s", adapt_path(adapt), backend->name, badge_word(backend));
        print_sections(backend);
        printf("\n");
    }
    buf_done(&sentences);
    adapt_free(adapt);
    return good ? STATUS_OK : STATUS_USAGE;
}

static void print_backend(void *user, const char *name, const struct adapt *adapt)
{
    (void)user;
    if (adapt == NULL) {
        fprintf(stderr, "blotter: %s has faults: blotter --check-backend %s says which\n", name,
                name);
        return;
    }
    const struct backend *backend = adapt_backend(adapt);
    printf("%s\t%s\t%s\t", name, badge_word(backend), backend->name);
    for (size_t i = 0; i < backend->host_count; i++) {
        printf("%s%s", i > 0 ? " " : "", backend->hosts[i].origin);
    }
    printf("\n");
}

int session_list_backends(const struct session *session)
{
    const char *values[VALUES_MAX];
    struct adapt_source source = source_of(&session->paths, session->config, values);
    adapt_list(&source, print_backend, NULL);
    return STATUS_OK;
}
