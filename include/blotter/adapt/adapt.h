/*
 * adapt: a backend's two files, NAME.ini and NAME.jq: found, read, checked, and the jq compiled.
 * Nothing behind this floor knows of backends: bodies and events come out of translate.h as those
 * of blotter-api(7). Source: blotter-backend(5).
 *
 * Built without libjq the files are still read and checked; adapt_compile then says what is
 * missing.
 */
#ifndef BLOTTER_ADAPT_ADAPT_H
#define BLOTTER_ADAPT_ADAPT_H

#include <blotter/core/backend.h>

#include <stdint.h>

#define ADAPT_FILE_BYTES_MAX ((size_t)64 << 10)
#define ADAPT_SENTENCES_MAX ((size_t)64 << 10)
#define ADAPT_BODY_BYTES_MAX ((size_t)8 << 20)
#define ADAPT_DEPTH_MAX 256

/* Where backends are looked for, and what the user's config says. All borrowed for the call. */
struct adapt_source {
    const char *user_dir;      /* "…/blotter/backends"; wins; NULL: none */
    const char *shipped_dir;   /* NULL: none */
    const char *url;           /* what {url} stands for; NULL: not known */
    const char *const *values; /* names that [values] of the config gives */
    size_t value_count;
};

struct adapt;

/*
 * Loads a backend by NAME, or by FILE (anything with a slash, or that ends in .ini). NULL when
 * something is wrong with it: *ret_sentences then holds every fault, one a line,
 * "FILE:LINE: sentence"; an initialised buffer of ADAPT_SENTENCES_MAX. The jq is read, not
 * compiled.
 */
struct adapt *adapt_load(const char *name, const struct adapt_source *source,
                         struct buf *ret_sentences);
void adapt_free(struct adapt *adapt); /* NULL is fine; ends one owner's use of it */

/* One more owner: several accounts of a backend use one, and one compiled program. Returns it. */
struct adapt *adapt_share(struct adapt *adapt);

/* What it says about asking. Lives as long as the adapt. */
const struct backend *adapt_backend(const struct adapt *adapt);

/* Whether all of it lies where the program was installed: its hosts need no word from the user. */
bool adapt_is_shipped(const struct adapt *adapt);

/* A key for caches: of the contents of all files that were read, the hosts included. */
uint64_t adapt_key(const struct adapt *adapt);

/*
 * Compiles the jq: 1.2 to 27 ms of CPU, once; more calls do nothing. Call it when the first request
 * is on its way. False with the sentences when it does not compile. Not thread-safe: HOME is put
 * out of libjq's reach meanwhile.
 */
bool adapt_compile(struct adapt *adapt, struct buf *ret_sentences);

/* Whether the program was built with libjq. */
bool adapt_available(void);

/* The path of the file named first, for messages. Lives as long as the adapt. */
const char *adapt_path(const struct adapt *adapt);

/* Called for each backend that there is, the user's first, in the order of their names; one that
 * the user's hides is left out. adapt is NULL when the file has faults. */
typedef void (*adapt_list_fn)(void *user, const char *name, const struct adapt *adapt);
void adapt_list(const struct adapt_source *source, adapt_list_fn fn, void *user);

/*
 * What to do in a signal's handler before the program ends because a function took longer than 5 s
 * of CPU: async-signal-safe, may be NULL. Told once, by the floor that knows the terminal.
 */
void adapt_on_overrun(void (*restore_terminal)(void));

#endif
