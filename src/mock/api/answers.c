#include "answers.h"
#include "db/read.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define ROOM_AT_FIRST 16384 /* most bodies fit */

struct kept {
    answers_fn write;
    char *user;
    char *bytes;
    size_t len;
    struct answers_about about;
    uint64_t asked; /* when, in requests */
};

struct answers {
    struct db *db;
    struct db_version version; /* what is kept is of this version of the database */
    uint64_t requests;
    size_t count, bytes;
    struct kept kept[ANSWERS_BODIES_MAX];
};

static void drop(struct answers *answers, struct kept *kept)
{
    answers->bytes -= kept->len;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the last one comes in its place */
    free(kept->user);
    free(kept->bytes);
    *kept = answers->kept[--answers->count];
}

static void drop_all(struct answers *answers)
{
    while (answers->count > 0) {
        drop(answers, &answers->kept[answers->count - 1]);
    }
}

/* What was kept of another version than this is gone after it. */
static void enter(struct answers *answers, const struct db_version *version)
{
    if (!db_version_equal(&answers->version, version)) {
        drop_all(answers);
        answers->version = *version;
    }
}

static struct kept *find(struct answers *answers, answers_fn write, const char *user)
{
    for (size_t i = 0; i < answers->count; i++) {
        struct kept *kept = &answers->kept[i];
        if (kept->write == write && strcmp(kept->user, user) == 0) {
            return kept;
        }
    }
    return NULL;
}

static void make_room(struct answers *answers, size_t len)
{
    while (answers->count > 0 &&
           (answers->count == ANSWERS_BODIES_MAX || answers->bytes + len > ANSWERS_BYTES_MAX)) {
        struct kept *oldest = &answers->kept[0];
        for (size_t i = 1; i < answers->count; i++) {
            oldest = answers->kept[i].asked < oldest->asked ? &answers->kept[i] : oldest;
        }
        drop(answers, oldest);
    }
}

static void keep(struct answers *answers, answers_fn write, const char *user, const char *bytes,
                 size_t len, const struct answers_about *about)
{
    if (len > ANSWERS_BYTES_MAX) {
        return;
    }
    make_room(answers, len);
    answers->kept[answers->count++] = (struct kept){
        .write = write,
        .user = mem_dup(user, strlen(user)),
        .bytes = mem_dup(bytes, len),
        .len = len,
        .about = *about,
        .asked = answers->requests,
    };
    answers->bytes += len;
}

void answers_put(struct answers *answers, answers_fn write, const char *user, int64_t limit,
                 struct text *into, struct answers_about *ret)
{
    struct db_version before = db_version(answers->db);
    answers->requests++;
    enter(answers, &before);
    struct kept *kept = find(answers, write, user);
    if (kept != NULL) {
        text_put(into, kept->bytes, kept->len);
        *ret = kept->about;
        kept->asked = answers->requests;
        return;
    }
    size_t start = into->len;
    text_reserve(into, ROOM_AT_FIRST);
    db_read_begin(answers->db);
    before = db_version(answers->db); /* of the transaction: somebody may have written since */
    write(answers->db, user, limit, into);
    ret->last_id = read_last_id(answers->db);
    struct db_version after = db_version(answers->db);
    db_read_end(answers->db);
    ret->hash = read_hash(into->bytes + start, into->len - start);
    if (db_version_equal(&before, &after)) { /* or a statement failed */
        enter(answers, &before);
        keep(answers, write, user, into->bytes + start, into->len - start, ret);
    }
}

struct answers *answers_new(struct db *db)
{
    struct answers *answers = mem_calloc(1, sizeof *answers);
    answers->db = db;
    return answers;
}

void answers_free(struct answers *answers)
{
    if (answers != NULL) {
        drop_all(answers);
        free(answers);
    }
}
