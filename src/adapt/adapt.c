#include "adapt_private.h"

#include <blotter/core/alloc.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* --- loading --------------------------------------------------------------------------------- */

/* Every name of a backend that the program could be asked for. */
static void offer_names(struct suggest *suggest, const struct adapt_source *source,
                        char **ret_best);

static void refuse_unknown(const char *name, struct place at, const struct adapt_source *source,
                           struct complaints *complaints)
{
    struct suggest suggest;
    char *best = NULL;
    suggest_init(&suggest, name);
    offer_names(&suggest, source, &best);
    complain(complaints, at, "there is no backend '%s'", name);
    complain_guess(complaints, &suggest);
    free(best);
}

/* The file that this one is like: read, and ours laid over it. */
static void take_base(struct adapt *adapt, const struct adapt_source *source,
                      struct complaints *complaints)
{
    const struct pair *like = pairs_find(&adapt->pairs, "backend", "like");
    if (like == NULL) {
        return;
    }
    struct place at = like->at;
    char *path = files_find(like->value, source, adapt->ini.path);
    if (path == NULL) {
        refuse_unknown(like->value, at, source, complaints);
        return;
    }
    struct pairs base = {0};
    if (!backend_file_read(&adapt->base, path, source, complaints)) {
        return;
    }
    pairs_read(&base, adapt->base.path, adapt->base.text, adapt->base.len, complaints);
    if (pairs_find(&base, "backend", "like") != NULL) {
        complain(complaints, at, "'%s' is like another itself: one step only", like->value);
    }
    pairs_lay_over(&base, &adapt->pairs);
    adapt->pairs = base;
}

/* NAME.jq, else that of the file it is like. */
static bool read_jq(struct adapt *adapt, const struct adapt_source *source,
                    struct complaints *complaints)
{
    char *path = files_beside(adapt->ini.path, ".jq");
    if (adapt->base.path != NULL && !files_exist(path)) {
        free(path);
        path = files_beside(adapt->base.path, ".jq");
    }
    bool good = backend_file_read(&adapt->jq, path, source, complaints);
    if (good) {
        backend_file_make_plain(&adapt->jq);
    }
    return good;
}

static bool defines(const struct backend_file *jq, const char *function)
{
    size_t len = strlen(function);
    for (const char *at = jq->text; (at = strstr(at, "def ")) != NULL; at++) {
        const char *name = at + 4 + strspn(at + 4, " \t");
        if (strncmp(name, function, len) == 0 && strchr(":( \t\r\n", name[len]) != NULL) {
            return true;
        }
    }
    return false;
}

static void read_ini(struct adapt *adapt, const struct adapt_source *source,
                     struct complaints *complaints)
{
    pairs_read(&adapt->pairs, adapt->ini.path, adapt->ini.text, adapt->ini.len, complaints);
    take_base(adapt, source, complaints);
    struct adapt_source with_url = *source;
    with_url.url = adapt->url;
    struct reading reading = {.pairs = &adapt->pairs,
                              .source = &with_url,
                              .complaints = complaints,
                              .backend = &adapt->backend,
                              .whole = {adapt->ini.path, 0}};
    reader_take(&reading);
    rules_check(&reading);
    adapt->backend.id = adapt->id;
    adapt->backend.name = adapt->backend.name != NULL ? adapt->backend.name : adapt->id;
    adapt->duty_count = reader_duties(&adapt->backend, adapt->duties);
}

static bool load(struct adapt *adapt, const char *name, const struct adapt_source *source,
                 struct complaints *complaints)
{
    char *path = files_is_path(name) ? mem_dup(name, strlen(name)) : files_find(name, source, NULL);
    if (path == NULL) {
        adapt->ini.path = mem_dup(name, strlen(name));
        refuse_unknown(name, (struct place){"blotter", 0}, source, complaints);
        return false;
    }
    adapt->id = files_stem(path);
    adapt->url = source->url != NULL ? mem_dup(source->url, strlen(source->url)) : NULL;
    if (!backend_file_read(&adapt->ini, path, source, complaints)) {
        return false;
    }
    read_ini(adapt, source, complaints);
    if (read_jq(adapt, source, complaints)) {
        adapt->pages = defines(&adapt->jq, "next_page");
        adapt->covers = defines(&adapt->jq, "covers");
    }
    return complaints->count == 0;
}

struct adapt *adapt_load(const char *name, const struct adapt_source *source,
                         struct buf *ret_sentences)
{
    struct adapt *adapt = mem_calloc(1, sizeof *adapt);
    struct complaints *complaints = mem_calloc(1, sizeof *complaints);
    if (!load(adapt, name, source, complaints)) {
        complaints_print(complaints, ret_sentences);
        adapt_free(adapt);
        adapt = NULL;
    }
    complaints_done(complaints);
    free(complaints);
    return adapt;
}

void adapt_free(struct adapt *adapt)
{
    if (adapt == NULL) {
        return;
    }
    if (adapt->others > 0) {
        adapt->others--;
        return;
    }
    program_free(adapt->program);
    pairs_done(&adapt->pairs);
    backend_file_done(&adapt->ini);
    backend_file_done(&adapt->base);
    backend_file_done(&adapt->jq);
    free(adapt->id);
    free(adapt->url);
    free(adapt);
}

struct adapt *adapt_share(struct adapt *adapt)
{
    adapt->others++;
    return adapt;
}

/* --- what it is ------------------------------------------------------------------------------ */

const struct backend *adapt_backend(const struct adapt *adapt)
{
    return &adapt->backend;
}

const char *adapt_path(const struct adapt *adapt)
{
    return adapt->ini.path;
}

bool adapt_is_shipped(const struct adapt *adapt)
{
    return adapt->ini.shipped && adapt->jq.shipped &&
           (adapt->base.path == NULL || adapt->base.shipped);
}

/* FNV-1a: not against malice, the files are the user's own. */
static uint64_t mix(uint64_t key, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        key = (key ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    return (key ^ 0xff) * UINT64_C(0x100000001b3);
}

uint64_t adapt_key(const struct adapt *adapt)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325);
    const struct backend_file *const files[] = {&adapt->ini, &adapt->base, &adapt->jq};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        key = mix(key, files[i]->text, files[i]->len);
    }
    for (size_t i = 0; i < adapt->backend.host_count; i++) {
        const char *origin = adapt->backend.hosts[i].origin;
        key = mix(key, origin, strlen(origin));
    }
    return key;
}

bool adapt_available(void)
{
    return program_available();
}

void adapt_on_overrun(void (*restore_terminal)(void))
{
    program_on_overrun(restore_terminal);
}

bool adapt_compile(struct adapt *adapt, struct buf *ret_sentences)
{
    if (adapt->program != NULL) {
        return true;
    }
    struct complaints *complaints = mem_calloc(1, sizeof *complaints);
    struct program_source source = {.path = adapt->jq.path,
                                    .text = adapt->jq.text,
                                    .len = adapt->jq.len,
                                    .duties = adapt->duties,
                                    .duty_count = adapt->duty_count,
                                    .ini = {adapt->ini.path, 0},
                                    .pairs = &adapt->pairs};
    adapt->program = program_new(&source, complaints);
    mem_give_back(); /* of the language's own functions few are kept */
    complaints_print(complaints, ret_sentences);
    complaints_done(complaints);
    free(complaints);
    return adapt->program != NULL;
}

/* --- listing --------------------------------------------------------------------------------- */

struct names {
    char **rows;
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_names(struct names *names, const char *directory)
{
    DIR *open = directory != NULL ? opendir(directory) : NULL;
    struct dirent *entry;
    size_t start = names->count;
    while (open != NULL && (entry = readdir(open)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 4, ".ini") == 0) {
            names->rows = mem_realloc_array(names->rows, names->count + 1, sizeof *names->rows);
            names->rows[names->count++] = mem_dup(entry->d_name, len - 4);
        }
    }
    if (open != NULL) {
        closedir(open);
    }
    if (names->count > start) {
        qsort(names->rows + start, names->count - start, sizeof *names->rows, compare);
    }
}

static void names_done(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->rows[i]);
    }
    free(names->rows);
}

static void names_init(struct names *names, const struct adapt_source *source)
{
    *names = (struct names){0};
    collect_names(names, source->user_dir);
    collect_names(names, source->shipped_dir);
}

static void offer_names(struct suggest *suggest, const struct adapt_source *source, char **ret_best)
{
    struct names names;
    names_init(&names, source);
    for (size_t i = 0; i < names.count; i++) {
        suggest_offer(suggest, names.rows[i]);
    }
    if (suggest->best != NULL) {
        *ret_best = mem_dup(suggest->best, strlen(suggest->best));
        suggest->best = *ret_best;
    }
    names_done(&names);
}

static bool is_earlier(const struct names *names, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (strcmp(names->rows[i], names->rows[j]) == 0) {
            return true;
        }
    }
    return false;
}

void adapt_list(const struct adapt_source *source, adapt_list_fn fn, void *user)
{
    struct names names;
    names_init(&names, source);
    for (size_t i = 0; i < names.count; i++) {
        if (is_earlier(&names, i)) {
            continue;
        }
        struct buf sentences;
        buf_init(&sentences, ADAPT_SENTENCES_MAX);
        struct adapt *adapt = adapt_load(names.rows[i], source, &sentences);
        fn(user, names.rows[i], adapt);
        adapt_free(adapt);
        buf_done(&sentences);
    }
    names_done(&names);
}
