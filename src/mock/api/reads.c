#include "reads.h"

#include "db/read.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define ROOM_AT_FIRST 16384 /* most bodies fit */

struct kept {
    reads_fn write;
    char *user;
    char *bytes;
    size_t len;
    struct reads_about about;
    uint64_t asked; /* when, in requests */
};

struct reads {
    struct db *db;
    struct db_state state; /* what is kept is of this state of the database */
    uint64_t requests, spared;
    size_t count, bytes;
    struct kept kept[READS_BODIES_MAX];
};

static void drop(struct reads *reads, struct kept *kept)
{
    reads->bytes -= kept->len;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the last one comes in its place */
    free(kept->user);
    free(kept->bytes);
    *kept = reads->kept[--reads->count];
}

static void drop_all(struct reads *reads)
{
    while (reads->count > 0) {
        drop(reads, &reads->kept[reads->count - 1]);
    }
}

/* What was kept of another state than this is gone after it. */
static void enter(struct reads *reads, const struct db_state *state)
{
    if (!db_state_equal(&reads->state, state)) {
        drop_all(reads);
        reads->state = *state;
    }
}

static struct kept *find(struct reads *reads, reads_fn write, const char *user)
{
    for (size_t i = 0; i < reads->count; i++) {
        struct kept *kept = &reads->kept[i];
        if (kept->write == write && strcmp(kept->user, user) == 0) {
            return kept;
        }
    }
    return NULL;
}

static void make_room(struct reads *reads, size_t len)
{
    while (reads->count == READS_BODIES_MAX || reads->bytes + len > READS_BYTES_MAX) {
        struct kept *oldest = &reads->kept[0];
        for (size_t i = 1; i < reads->count; i++) {
            oldest = reads->kept[i].asked < oldest->asked ? &reads->kept[i] : oldest;
        }
        drop(reads, oldest);
    }
}

static void keep(struct reads *reads, reads_fn write, const char *user, const char *bytes,
                 size_t len, const struct reads_about *about)
{
    if (len > READS_BYTES_MAX) {
        return;
    }
    make_room(reads, len);
    reads->kept[reads->count++] = (struct kept){
        .write = write,
        .user = mem_dup(user, strlen(user)),
        .bytes = mem_dup(bytes, len),
        .len = len,
        .about = *about,
        .asked = reads->requests,
    };
    reads->bytes += len;
}

void reads_put(struct reads *reads, reads_fn write, const char *user, int64_t limit,
               struct text *into, struct reads_about *ret)
{
    struct db_state before = db_state(reads->db);
    reads->requests++;
    enter(reads, &before);
    struct kept *kept = find(reads, write, user);
    if (kept != NULL) {
        text_put(into, kept->bytes, kept->len);
        *ret = kept->about;
        kept->asked = reads->requests;
        reads->spared++;
        return;
    }
    size_t start = into->len;
    text_reserve(into, ROOM_AT_FIRST);
    db_read_begin(reads->db);
    before = db_state(reads->db); /* of the transaction: somebody may have written since */
    write(reads->db, user, limit, into);
    ret->last_id = read_last_id(reads->db);
    struct db_state after = db_state(reads->db);
    db_read_end(reads->db);
    ret->hash = read_hash(into->bytes + start, into->len - start);
    if (db_state_equal(&before, &after)) { /* or a statement failed */
        enter(reads, &before);
        keep(reads, write, user, into->bytes + start, into->len - start, ret);
    }
}

uint64_t reads_spared(const struct reads *reads)
{
    return reads->spared;
}

struct reads *reads_new(struct db *db)
{
    struct reads *reads = mem_calloc(1, sizeof *reads);
    reads->db = db;
    return reads;
}

void reads_free(struct reads *reads)
{
    if (reads != NULL) {
        drop_all(reads);
        free(reads);
    }
}
