/* The emitter: order, sharing, backlog, replay and the place where replay becomes live. */
#include "base/dice.h"
#include "stream/emitter.h"

#include <blotter/core/alloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BACKLOG 4096
#define START 1000

static struct {
    int wakes, drops;
    void *dropped;
} told;

static void on_wake(void *owner)
{
    told.wakes++;
    (void)owner;
}

static void on_drop(void *owner)
{
    told.drops++;
    told.dropped = owner;
}

static const struct emitter_handler handler = {on_wake, on_drop};
static const struct moment now = {5000000, 1737972000123};

struct scene {
    struct db *db;
    struct emitter *emitter;
    struct text got;
};

static struct scene *scene_new(const struct emitter_settings *settings)
{
    struct scene *scene = mem_calloc(1, sizeof *scene);
    struct fault fault;
    scene->db = db_open(":memory:", &fault);
    assert_non_null(scene->db);
    db_run(scene->db, "UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", "i",
           (int64_t)START);
    scene->emitter = emitter_new(scene->db, settings, &handler);
    emitter_set_last_id(scene->emitter, START);
    memset(&told, 0, sizeof told);
    return scene;
}

static int setup(void **state)
{
    const struct emitter_settings settings = {true, 30000000, BACKLOG, 1000};
    *state = scene_new(&settings);
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    emitter_free(scene->emitter);
    db_close(scene->db);
    text_done(&scene->got);
    free(scene);
    return 0;
}

/* An event in the table, and published. */
static int64_t happen(struct scene *scene, const char *user, const char *data)
{
    db_run(scene->db,
           "INSERT INTO events (user_id, type, data, created_at) VALUES (?, 'x', ?, 't')", "ss",
           user, data);
    int64_t id = sqlite3_last_insert_rowid(db_handle(scene->db));
    const struct emitter_event event = {id, user, "x", data, strlen(data), "t"};
    emitter_publish(scene->emitter, &event);
    return id;
}

/* All that a subscriber can be given now, read in pieces of that size. */
static const char *take(struct scene *scene, struct subscriber *subscriber, size_t piece)
{
    char buffer[BACKLOG];
    ssize_t count;
    scene->got.len = 0;
    while ((count = emitter_read(scene->emitter, subscriber, buffer, piece)) > 0) {
        text_put(&scene->got, buffer, (size_t)count);
    }
    text_put(&scene->got, "", 1);
    return scene->got.bytes;
}

#define WELCOME(id, user)                                                                          \
    "id: " id "\ndata: {\"event\":\"connected\",\"data\":{\"userId\":\"" user                      \
    "\",\"timestamp\":\"2025-01-27T10:00:00.123Z\"},\"timestamp\":\"2025-01-27T10:00:00.123Z\"}"   \
    "\n\n"
#define EVENT(id, data)                                                                            \
    "id: " id "\ndata: {\"event\":\"x\",\"data\":" data ",\"timestamp\":\"t\"}\n\n"

static void test_the_welcome_comes_first_then_what_happens(void **state)
{
    struct scene *scene = *state;
    struct subscriber *subscriber = emitter_open(scene->emitter, now, "u1", NULL, scene);
    happen(scene, "u1", "{\"n\":1}");
    assert_int_equal(told.wakes, 0); /* it is awake until it has read everything */
    assert_string_equal(take(scene, subscriber, 7),
                        WELCOME("1000", "u1") EVENT("1001", "{\"n\":1}"));
    happen(scene, "u1", "{\"n\":2}");
    happen(scene, "u1", "{\"n\":3}");
    assert_int_equal(told.wakes, 1);
    assert_string_equal(take(scene, subscriber, 1),
                        EVENT("1002", "{\"n\":2}") EVENT("1003", "{\"n\":3}"));
    emitter_close(scene->emitter, subscriber);
}

static void test_users_are_kept_apart(void **state)
{
    struct scene *scene = *state;
    struct subscriber *one = emitter_open(scene->emitter, now, "u1", NULL, scene);
    struct subscriber *two = emitter_open(scene->emitter, now, "u2", NULL, scene);
    take(scene, one, 100);
    take(scene, two, 100);
    happen(scene, "u1", "1");
    happen(scene, "u2", "2");
    happen(scene, "u3", "3");
    assert_string_equal(take(scene, one, 100), EVENT("1001", "1"));
    assert_string_equal(take(scene, two, 100), EVENT("1002", "2"));
    const struct emitter_event quote = {0, NULL, "q", "{}", 2, "t"};
    emitter_publish(scene->emitter, &quote);
    assert_string_equal(take(scene, one, 100),
                        "data: {\"event\":\"q\",\"data\":{},\"timestamp\":\"t\"}\n\n");
    assert_string_equal(take(scene, two, 100),
                        "data: {\"event\":\"q\",\"data\":{},\"timestamp\":\"t\"}\n\n");
    assert_int_equal(emitter_last_id(scene->emitter), 1003);
    assert_int_equal(emitter_user_subscribers(scene->emitter, "u1"), 1);
    assert_int_equal(emitter_user_subscribers(scene->emitter, "u3"), 0);
    emitter_close(scene->emitter, one);
    emitter_close(scene->emitter, two);
    assert_int_equal(emitter_subscribers(scene->emitter), 0);
}

static void test_line_ends_in_data_cannot_break_the_frame(void **state)
{
    struct scene *scene = *state;
    struct subscriber *subscriber = emitter_open(scene->emitter, now, "u1", NULL, scene);
    take(scene, subscriber, 100);
    happen(scene, "u1", "{\n\"a\":\r\n1}");
    assert_string_equal(take(scene, subscriber, 100), EVENT("1001", "{ \"a\":  1}"));
    emitter_close(scene->emitter, subscriber);
}

/* SQLite writes a REAL with a fraction always; the reads, like the reference, do not. */
static void test_whole_numbers_go_out_as_the_reads_write_them(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *stored, *sent;
    } rows[] = {
        {"{\"balance\":649937.0,\"usedMargin\":-0.5}", "{\"balance\":649937,\"usedMargin\":-0.5}"},
        {"{\"marginChange\":-200.0}", "{\"marginChange\":-200}"},
        {"[1.0,2.0 ,3.0]", "[1,2 ,3]"},
        {"5.0", "5"},
        {"[1.05,1.00,10.01,1.0e3,0.05]", "[1.05,1.00,10.01,1.0e3,0.05]"},
        {"{\"symbol\":\"A.0,\\\"B.0}\\\\\",\"price\":7.0}",
         "{\"symbol\":\"A.0,\\\"B.0}\\\\\",\"price\":7}"},
        {"\"cut.0\\", "\"cut.0\\"},
    };
    struct subscriber *subscriber = emitter_open(scene->emitter, now, "u1", NULL, scene);
    take(scene, subscriber, 100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char id[32], expected[256];
        snprintf(id, sizeof id, "%lld", (long long)happen(scene, "u1", rows[i].stored));
        snprintf(expected, sizeof expected,
                 "id: %s\ndata: {\"event\":\"x\",\"data\":%s,\"timestamp\":\"t\"}\n\n", id,
                 rows[i].sent);
        assert_string_equal(take(scene, subscriber, 100), expected);
        struct subscriber *late = emitter_open(scene->emitter, now, "u1", "1000", scene);
        assert_non_null(strstr(take(scene, late, 100), expected)); /* replayed alike */
        emitter_close(scene->emitter, late);
    }
    emitter_close(scene->emitter, subscriber);
}

static void test_a_slow_reader_is_dropped_and_its_peer_unharmed(void **state)
{
    struct scene *scene = *state;
    struct subscriber *slow = emitter_open(scene->emitter, now, "u1", NULL, &told);
    struct subscriber *quick = emitter_open(scene->emitter, now, "u1", NULL, scene);
    int sent = 0;
    size_t bytes = 0;
    while (told.drops == 0) {
        happen(scene, "u1", "\"0123456789012345678901234567890123456789\"");
        take(scene, quick, 500);
        bytes += strlen(scene->got.bytes);
        sent++;
        assert_true(sent < 1000);
    }
    assert_ptr_equal(told.dropped, &told);
    assert_true(bytes > BACKLOG && bytes < 2 * BACKLOG);
    char buffer[16];
    struct iovec piece;
    assert_int_equal(emitter_read(scene->emitter, slow, buffer, sizeof buffer), -1);
    assert_int_equal(emitter_peek(scene->emitter, slow, &piece, 1), -1);
    emitter_close(scene->emitter, slow);
    happen(scene, "u1", "9");
    assert_non_null(strstr(take(scene, quick, 500), "\"data\":9"));
    assert_int_equal(emitter_counters(scene->emitter)->dropped, 1);
    emitter_close(scene->emitter, quick);
}

static void test_what_was_missed_is_replayed_or_resynced(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 5; i++) {
        happen(scene, i % 2 == 0 ? "u1" : "u2", "0"); /* 1001 … 1005 */
    }
    static const struct {
        const char *last_id, *got;
    } rows[] = {
        {"1005", WELCOME("1005", "u1")},
        {"1004", WELCOME("1004", "u1") EVENT("1005", "0")},
        {"1003", WELCOME("1003", "u1") EVENT("1005", "0")},
        {"1000", WELCOME("1000", "u1") EVENT("1001", "0") EVENT("1003", "0") EVENT("1005", "0")},
        {"999", NULL},
        {"1006", NULL},
        {"", NULL},
        {"abc", NULL},
        {"-1", NULL},
        {"1003 ", NULL},
        {"99999999999999999999999", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct subscriber *subscriber =
            emitter_open(scene->emitter, now, "u1", rows[i].last_id, scene);
        const char *got = take(scene, subscriber, 33);
        if (rows[i].got != NULL) {
            assert_string_equal(got, rows[i].got);
        } else {
            assert_memory_equal(got, WELCOME("1005", "u1"), strlen(WELCOME("1005", "u1")));
            assert_non_null(
                strstr(got, "id: 1005\ndata: {\"event\":\"resync\",\"data\":{\"reason\":"));
            assert_null(strstr(got, "\"x\""));
        }
        emitter_close(scene->emitter, subscriber);
    }
}

static void test_beyond_what_is_retained_is_a_resync(void **state)
{
    (void)state;
    const struct emitter_settings settings = {true, 30000000, BACKLOG, 3};
    void *memory = scene_new(&settings);
    struct scene *scene = memory;
    for (int i = 0; i < 10; i++) {
        happen(scene, "u1", "0"); /* 1001 … 1010: 1008 to 1010 are retained */
    }
    struct subscriber *held = emitter_open(scene->emitter, now, "u1", "1007", scene);
    assert_null(strstr(take(scene, held, 100), "resync"));
    struct subscriber *gone = emitter_open(scene->emitter, now, "u1", "1006", scene);
    assert_non_null(strstr(take(scene, gone, 100), "resync"));
    emitter_close(scene->emitter, held);
    emitter_close(scene->emitter, gone);
    teardown(&memory);
}

static void test_the_reference_has_no_ids_and_welcomes_twice(void **state)
{
    (void)state;
    const struct emitter_settings settings = {false, 30000000, BACKLOG, 1000};
    void *memory = scene_new(&settings);
    struct scene *scene = memory;
    happen(scene, "u1", "0");
    struct subscriber *subscriber = emitter_open(scene->emitter, now, "u1", "1000", scene);
    happen(scene, "u1", "1");
    static const char welcome[] = WELCOME("1", "u1");
    char expected[1024];
    snprintf(expected, sizeof expected, "%s%s%s", welcome + 6, welcome + 6,
             "data: {\"event\":\"x\",\"data\":1,\"timestamp\":\"t\"}\n\n");
    assert_string_equal(take(scene, subscriber, 100), expected);
    emitter_close(scene->emitter, subscriber);
    teardown(&memory);
}

static void test_heartbeats_come_when_they_are_due_and_never_inside_an_event(void **state)
{
    struct scene *scene = *state;
    assert_true(emitter_deadline(scene->emitter) == MOMENT_NEVER);
    struct subscriber *subscriber = emitter_open(scene->emitter, now, "u1", NULL, scene);
    take(scene, subscriber, 100);
    assert_int_equal(emitter_deadline(scene->emitter), now.mono_us + 30000000);
    emitter_tick(scene->emitter, (struct moment){now.mono_us + 29999999, 0});
    assert_string_equal(take(scene, subscriber, 100), "");
    emitter_tick(scene->emitter, (struct moment){now.mono_us + 30000000, 0});
    assert_string_equal(take(scene, subscriber, 5), ": heartbeat\n\n");
    assert_int_equal(emitter_deadline(scene->emitter), now.mono_us + 60000000);
    happen(scene, "u1", "1");
    char part[5];
    assert_int_equal(emitter_read(scene->emitter, subscriber, part, sizeof part), sizeof part);
    emitter_tick(scene->emitter, (struct moment){now.mono_us + 60000000, 0});
    static const char event[] = EVENT("1001", "1") ": heartbeat\n\n";
    assert_string_equal(take(scene, subscriber, 100), event + sizeof part);
    emitter_close(scene->emitter, subscriber);
}

/* One event for who has had all before is a chunk as it stands; anything else is put together. */
static void test_one_event_is_a_chunk(void **state)
{
    struct scene *scene = *state;
    struct subscriber *one = emitter_open(scene->emitter, now, "u1", NULL, scene);
    struct iovec event, chunk;
    assert_false(emitter_peek_chunk(one, &event, &chunk)); /* the welcome is there */
    take(scene, one, 100);
    assert_false(emitter_peek_chunk(one, &event, &chunk)); /* nothing is */
    happen(scene, "u1", "1");
    static const char wanted[] = EVENT("1001", "1");
    char framed[sizeof wanted + 16];
    int len = snprintf(framed, sizeof framed, "%zx\r\n%s\r\n", sizeof wanted - 1, wanted);
    assert_true(emitter_peek_chunk(one, &event, &chunk));
    assert_int_equal(chunk.iov_len, len);
    assert_memory_equal(chunk.iov_base, framed, chunk.iov_len);
    assert_int_equal(event.iov_len, sizeof wanted - 1);
    assert_memory_equal(event.iov_base, wanted, event.iov_len);
    size_t wakes = (size_t)told.wakes;
    emitter_take_chunk(one);
    assert_false(emitter_peek_chunk(one, &event, &chunk));
    happen(scene, "u1", "2");
    assert_int_equal(told.wakes, wakes + 1);
    assert_true(emitter_peek_chunk(one, &event, &chunk));
    happen(scene, "u1", "3");
    assert_false(emitter_peek_chunk(one, &event, &chunk)); /* two are */
    char part[5];
    assert_int_equal(emitter_read(scene->emitter, one, part, sizeof part), sizeof part);
    assert_false(emitter_peek_chunk(one, &event, &chunk)); /* one has begun */
    take(scene, one, 300);
    happen(scene, "u1", "4");
    emitter_tick(scene->emitter, (struct moment){now.mono_us + 30000000, 0});
    assert_false(emitter_peek_chunk(one, &event, &chunk)); /* a heartbeat goes with it */
    emitter_close(scene->emitter, one);
}

static void test_a_look_takes_nothing_and_copies_nothing(void **state)
{
    struct scene *scene = *state;
    struct subscriber *one = emitter_open(scene->emitter, now, "u1", NULL, scene);
    struct subscriber *two = emitter_open(scene->emitter, now, "u1", NULL, scene);
    struct iovec ones[4], twos[4];
    take(scene, one, 100);
    take(scene, two, 100);
    assert_int_equal(emitter_peek(scene->emitter, one, ones, 4), 0);
    happen(scene, "u1", "1");
    happen(scene, "u1", "2");
    emitter_tick(scene->emitter, (struct moment){now.mono_us + 30000000, 0});
    assert_int_equal(told.wakes, 2);
    assert_int_equal(emitter_peek(scene->emitter, one, ones, 4), 2);
    assert_int_equal(emitter_peek(scene->emitter, two, twos, 1), 1);
    assert_ptr_equal(ones[0].iov_base, twos[0].iov_base);
    assert_memory_equal(ones[1].iov_base, EVENT("1002", "2"), ones[1].iov_len);
    emitter_skip(one, ones[0].iov_len + 3);
    assert_int_equal(emitter_peek(scene->emitter, one, ones, 4), 1);
    assert_memory_equal(ones[0].iov_base, &EVENT("1002", "2")[3], ones[0].iov_len);
    emitter_skip(one, ones[0].iov_len);
    assert_int_equal(emitter_peek(scene->emitter, one, ones, 4), 1);
    assert_memory_equal(ones[0].iov_base, ": heartbeat\n\n", ones[0].iov_len);
    emitter_skip(one, ones[0].iov_len);
    assert_int_equal(emitter_peek(scene->emitter, one, ones, 4), 0);
    assert_string_equal(take(scene, two, 9),
                        EVENT("1001", "1") EVENT("1002", "2") ": heartbeat\n\n");
    happen(scene, "u1", "3");
    assert_int_equal(told.wakes, 4); /* both were told again */
    emitter_close(scene->emitter, one);
    emitter_close(scene->emitter, two);
}

static void test_the_end_gives_what_is_queued_and_then_ends(void **state)
{
    struct scene *scene = *state;
    struct subscriber *subscriber = emitter_open(scene->emitter, now, "u1", NULL, scene);
    take(scene, subscriber, 100);
    happen(scene, "u1", "1");
    emitter_end(scene->emitter);
    assert_int_equal(told.wakes, 1);
    assert_string_equal(take(scene, subscriber, 100), EVENT("1001", "1"));
    char buffer[16];
    assert_int_equal(emitter_read(scene->emitter, subscriber, buffer, sizeof buffer), -1);
    emitter_close(scene->emitter, subscriber);
}

/* --- the property ------------------------------------------------------------------------- */

/*
 * Random writers, readers that read some bytes now and then, are cut anywhere and come back with
 * the last id they saw whole. What each has seen in the end is the table of its user: no gap, no
 * duplicate, nothing of anybody else.
 */
#define READERS 4
#define USERS 2

struct reader {
    struct subscriber *subscriber;
    char user[4];
    char pending[1 << 16]; /* bytes since the last whole frame */
    size_t len;
    int64_t last_id;
    int64_t seen[4096];
    size_t seen_count;
};

static void digest_frame(struct reader *reader, const char *frame)
{
    char *end;
    assert_memory_equal(frame, "id: ", 4);
    int64_t id = strtoll(frame + 4, &end, 10);
    assert_null(strstr(frame, "resync"));
    reader->last_id = id;
    if (strstr(frame, "connected") != NULL) {
        return;
    }
    char mine[32];
    snprintf(mine, sizeof mine, "\"of\":\"%s\"", reader->user);
    assert_non_null(strstr(frame, mine));
    assert_true(reader->seen_count == 0 || reader->seen[reader->seen_count - 1] < id);
    reader->seen[reader->seen_count++] = id;
}

static void digest(struct reader *reader)
{
    char *frame = reader->pending, *end;
    reader->pending[reader->len] = '\0';
    while ((end = strstr(frame, "\n\n")) != NULL) {
        *end = '\0';
        digest_frame(reader, frame);
        frame = end + 2;
    }
    reader->len -= (size_t)(frame - reader->pending);
    memmove(reader->pending, frame, reader->len);
}

/* As a socket takes it: some bytes of some pieces. */
static ssize_t take_pieces(struct scene *scene, struct subscriber *subscriber, char *into,
                           size_t most)
{
    struct iovec pieces[3];
    ssize_t count = emitter_peek(scene->emitter, subscriber, pieces, 1 + most % 3);
    size_t len = 0;
    for (ssize_t i = 0; i < count && len < most; i++) {
        size_t part = pieces[i].iov_len < most - len ? pieces[i].iov_len : most - len;
        memcpy(into + len, pieces[i].iov_base, part);
        len += part;
    }
    emitter_skip(subscriber, len);
    return count < 0 ? -1 : (ssize_t)len;
}

static void read_some(struct scene *scene, struct reader *reader, size_t most)
{
    char *into = reader->pending + reader->len;
    ssize_t count = most % 2 == 0 ? emitter_read(scene->emitter, reader->subscriber, into, most)
                                  : take_pieces(scene, reader->subscriber, into, most);
    assert_true(count >= 0);
    reader->len += (size_t)count;
    digest(reader);
}

static void reconnect(struct scene *scene, struct reader *reader)
{
    char last_id[24];
    if (reader->subscriber != NULL) {
        emitter_close(scene->emitter, reader->subscriber);
    }
    reader->len = 0;
    snprintf(last_id, sizeof last_id, "%lld", (long long)reader->last_id);
    reader->subscriber = emitter_open(scene->emitter, now, reader->user, last_id, scene);
}

static void check_against_the_table(struct scene *scene, struct reader *reader)
{
    for (size_t before = SIZE_MAX; before != reader->seen_count || reader->len > 0;) {
        before = reader->seen_count;
        read_some(scene, reader, 5000);
    }
    sqlite3_stmt *rows = db_query(scene->db, "SELECT id FROM events WHERE user_id = ? ORDER BY id",
                                  "s", reader->user);
    size_t i = 0;
    for (; db_row(scene->db, rows); i++) {
        assert_true(i < reader->seen_count);
        assert_int_equal(reader->seen[i], sqlite3_column_int64(rows, 0));
    }
    assert_int_equal(i, reader->seen_count);
}

static void play(uint64_t seed, struct reader readers[READERS])
{
    const struct emitter_settings settings = {true, 30000000, 1 << 20, 1 << 20};
    void *memory = scene_new(&settings);
    struct scene *scene = memory;
    struct dice dice;
    dice_seed(&dice, seed);
    for (size_t i = 0; i < READERS; i++) {
        readers[i].seen_count = readers[i].len = 0;
        readers[i].last_id = START;
        readers[i].subscriber = NULL;
        snprintf(readers[i].user, sizeof readers[i].user, "u%u", (unsigned)i % USERS);
        reconnect(scene, &readers[i]);
    }
    for (int step = 0; step < 400; step++) {
        struct reader *reader = &readers[dice_below(&dice, READERS)];
        uint64_t what = dice_below(&dice, 100);
        if (what < 45) {
            char user[4], data[64];
            snprintf(user, sizeof user, "u%u", (unsigned)dice_below(&dice, USERS + 1));
            snprintf(data, sizeof data, "{\"of\":\"%s\",\"n\":%d}", user, step);
            for (uint64_t burst = dice_chance(&dice, 0.05) ? 150 : 1; burst > 0; burst--) {
                happen(scene, user, data);
            }
        } else if (what < 85) {
            read_some(scene, reader, (size_t)dice_between(&dice, 1, 900));
        } else {
            reconnect(scene, reader);
        }
    }
    for (size_t i = 0; i < READERS; i++) {
        check_against_the_table(scene, &readers[i]);
        emitter_close(scene->emitter, readers[i].subscriber);
    }
    teardown(&memory);
}

static uint64_t playing; /* the seed under way */

static void test_cut_readers_see_the_table_whole(void **state)
{
    (void)state;
    /* MOCK_SEED plays one seed, MOCK_SEEDS so many. */
    const char *one = getenv("MOCK_SEED"), *many = getenv("MOCK_SEEDS");
    uint64_t first = one == NULL ? 1 : strtoull(one, NULL, 10);
    uint64_t last = one != NULL ? first : many != NULL ? strtoull(many, NULL, 10) : 25;
    struct reader *readers = mem_calloc(READERS, sizeof *readers);
    for (uint64_t seed = first; seed <= last; seed++) {
        playing = seed;
        play(seed, readers);
    }
    playing = 0;
    free(readers);
}

static int say_seed(void **state)
{
    (void)state;
    if (playing != 0) {
        print_message("MOCK_SEED=%llu plays it again\n", (unsigned long long)playing);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_welcome_comes_first_then_what_happens, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_users_are_kept_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_ends_in_data_cannot_break_the_frame, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_whole_numbers_go_out_as_the_reads_write_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_slow_reader_is_dropped_and_its_peer_unharmed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_was_missed_is_replayed_or_resynced, setup,
                                        teardown),
        cmocka_unit_test(test_beyond_what_is_retained_is_a_resync),
        cmocka_unit_test(test_the_reference_has_no_ids_and_welcomes_twice),
        cmocka_unit_test_setup_teardown(
            test_heartbeats_come_when_they_are_due_and_never_inside_an_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_event_is_a_chunk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_look_takes_nothing_and_copies_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_end_gives_what_is_queued_and_then_ends, setup,
                                        teardown),
        cmocka_unit_test_teardown(test_cut_readers_see_the_table_whole, say_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
