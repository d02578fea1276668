/*
 * --watch that goes on where it was: what is asked for, what is told of a gap, what the cursor says
 * in the end. Against a server that sends exactly the bytes of a script.
 */
#include "script_server.h"
#include "watch.h"
#include "watch_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define STREAM(bytes)                                                                              \
    {                                                                                              \
        "/s",                                                                                      \
        {                                                                                          \
            {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" bytes, 0,   \
             0},                                                                                   \
                {SCRIPT_HOLD, NULL, 0, 0},                                                         \
        }                                                                                          \
    }
#define CUT(bytes)                                                                                 \
    {                                                                                              \
        "/s",                                                                                      \
        {                                                                                          \
            {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" bytes, 0,   \
             0},                                                                                   \
        }                                                                                          \
    }
#define READ(path, id, member)                                                                     \
    {                                                                                              \
        path,                                                                                      \
        {                                                                                          \
            {SCRIPT_SEND,                                                                          \
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" id                            \
             "Connection: close\r\n\r\n{\"" member "\":[]}",                                       \
             0, 0},                                                                                \
        }                                                                                          \
    }
#define ID(id) "X-Last-Event-Id: " id "\r\n"
#define READS(o, p, a, w)                                                                          \
    READ("/api/trading/orders", o, "orders"), READ("/api/trading/positions", p, "positions"),      \
        READ("/api/trading/account", a, "account"), READ("/api/watchlists", w, "watchlists")
#define FAIL(path)                                                                                 \
    {                                                                                              \
        path,                                                                                      \
        {                                                                                          \
            {SCRIPT_SEND, "HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n", 0, 0},                    \
        }                                                                                          \
    }
#define EVENT(id, name) "id: " id "\n" BARE(name)
#define TWENTY "a name of 20 letters"
#define BARE(name) "data: {\"event\":\"" name "\",\"data\":{}}\n\n"

enum { EXCHANGES = 10 };

static const struct row {
    const char *name;
    const char *before, *after; /* the cursor's id; NULL: there is no file */
    bool with_snapshot;
    const char *from; /* --after */
    uint64_t count;
    struct script_exchange exchanges[EXCHANGES];
    const char *out;  /* in short */
    const char *last; /* Last-Event-ID of the first request; NULL: none */
    size_t event_max;
} rows[] = {
    {"the first time",
     NULL,
     "8",
     false,
     NULL,
     2,
     {STREAM(EVENT("7", "connected") EVENT("8", "order_placed"))},
     "connected@7 order_placed@8",
     NULL},
    {"goes on",
     "7",
     "9",
     false,
     NULL,
     2,
     {STREAM(EVENT("7", "connected") EVENT("9", "order_placed"))},
     "connected@7 order_placed@9",
     "7"},
    {"goes on from where it is told to",
     "7",
     "6",
     false,
     "5",
     2,
     {STREAM(EVENT("5", "connected") EVENT("6", "order_placed"))},
     "connected@5 order_placed@6",
     "5"},
    {"over a cut",
     "7",
     "9",
     false,
     NULL,
     4,
     {CUT(EVENT("7", "connected") EVENT("8", "order_placed")),
      STREAM(EVENT("8", "connected") EVENT("9", "order_placed"))},
     "connected@7 order_placed@8 connected@8 order_placed@9",
     "7"},
    {"what was missed is gone",
     "7",
     "10",
     false,
     NULL,
     2,
     {STREAM(EVENT("9", "connected") EVENT("9", "resync") EVENT("10", "order_placed")),
      READS(ID("9"), ID("9"), ID("9"), ID("9"))},
     "gap@7 orders@9 positions@9 account@9 watchlists@9 resync@9 order_placed@10",
     "7"},
    {"without with-snapshot what came meanwhile is told all the same",
     "7",
     "10",
     false,
     NULL,
     2,
     {STREAM(EVENT("9", "connected") EVENT("10", "order_placed")),
      READS(ID("12"), ID("12"), ID("12"), ID("12"))},
     "gap@7 orders@12 positions@12 account@12 watchlists@12 connected@9 order_placed@10",
     "7"},
    {"in the middle",
     "7",
     "10",
     false,
     NULL,
     4,
     {STREAM(EVENT("7", "connected") EVENT("8", "order_placed") EVENT("9", "resync")
                 EVENT("10", "order_placed")),
      READS(ID("9"), ID("9"), ID("9"), ID("9"))},
     "connected@7 order_placed@8 gap@8 orders@9 positions@9 account@9 watchlists@9 resync@9"
     " order_placed@10",
     "7"},
    {"no ids any more",
     "7",
     "7",
     false,
     NULL,
     2,
     {STREAM(BARE("connected") BARE("order_placed")), READS("", "", "", "")},
     "gap@7 orders@- positions@- account@- watchlists@- connected@7 order_placed@7",
     "7"},
    {"never had any",
     "",
     "",
     false,
     NULL,
     1,
     {STREAM(BARE("connected")), READS("", "", "", "")},
     "gap@- orders@- positions@- account@- watchlists@- connected@",
     NULL},
    {"the panes first, none twice",
     NULL,
     NULL,
     true,
     NULL,
     2,
     {STREAM(EVENT("5", "connected") EVENT("6", "order_placed") EVENT("7", "balance_updated")),
      READS(ID("6"), ID("5"), ID("5"), ID("5"))},
     "orders@6 positions@5 account@5 watchlists@5 connected@5 balance_updated@7",
     NULL},
    {"each pane by its own id",
     NULL,
     NULL,
     true,
     NULL,
     3,
     {STREAM(EVENT("5", "connected") EVENT("6", "order_placed") EVENT("7", "balance_updated")
                 EVENT("8", "order_placed")),
      READS(ID("5"), ID("8"), ID("7"), ID("8"))},
     "orders@5 positions@8 account@7 watchlists@8 connected@5 order_placed@6 order_placed@8",
     NULL},
    {"a place to go on from needs no panes",
     "7",
     "9",
     true,
     NULL,
     2,
     {STREAM(EVENT("7", "connected") EVENT("9", "order_placed"))},
     "connected@7 order_placed@9",
     "7"},
    {"read again until it can be told",
     NULL,
     "6",
     true,
     NULL,
     2,
     {STREAM(EVENT("5", "connected") EVENT("6", "order_placed")), FAIL("/api/trading/orders"),
      READS(ID("5"), ID("5"), ID("5"), ID("5"))},
     "orders@5 positions@5 account@5 watchlists@5 connected@5 order_placed@6",
     NULL},
    {"one too large to be told",
     "7",
     "9",
     false,
     NULL,
     2,
     {STREAM(EVENT("7", "connected") EVENT("8", TWENTY TWENTY TWENTY TWENTY) EVENT("9", "resumed")),
      READS(ID("8"), ID("8"), ID("8"), ID("8"))},
     "connected@7 gap@7 orders@8 positions@8 account@8 watchlists@8 resumed@9",
     "7",
     80},
};

static void put_line(char *out, size_t room, const char *line)
{
    static const char *const keys[] = {"\"snapshot\":\"", "\"event\":\""};
    size_t used = strlen(out);
    const char *id = strstr(line, "\"id\":\""), *name = "gap";
    int name_len = 3;
    if (strstr(line, "\"status\":\"gap\"") != NULL) {
        id = strstr(line, "\"from\":\"");
        id = id == NULL ? NULL : id + 2;
    }
    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(line, keys[i]);
        if (at != NULL) {
            name = at + strlen(keys[i]);
            name_len = (int)strcspn(name, "\"");
        }
    }
    snprintf(out + used, room - used, "%s%.*s@%.*s", used > 0 ? " " : "", name_len, name,
             id == NULL ? 1 : (int)strcspn(id + 6, "\""), id == NULL ? "-" : id + 6);
}

static void in_short(int fd, char *out, size_t room)
{
    FILE *file = fdopen(fd, "r");
    char line[4096];
    out[0] = '\0';
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        put_line(out, room, line);
    }
    fclose(file);
}

static int scratch(void)
{
    char name[] = "/tmp/watch-cursor-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    return fd;
}

static void write_cursor(const char *path, const char *url, const char *id)
{
    FILE *file = fopen(path, "w");
    fprintf(
        file,
        "{\"blotterCursor\":1,\"server\":\"%s\",\"user\":null,\"backend\":null,\"id\":\"%s\"}\n",
        url, id);
    fclose(file);
    chmod(path, 0600);
}

static void check_cursor(const char *name, const char *path, const char *id)
{
    char text[512] = "", expected[64];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    snprintf(expected, sizeof expected, "\"id\":\"%s\"}", id);
    if (strstr(text, expected) == NULL) {
        fail_msg("%s: the cursor is %s", name, text);
    }
}

static void run_row(const struct row *row, const char *path)
{
    struct script_server *server = script_server_new(row->exchanges, EXCHANGES);
    struct watch_settings settings;
    struct loop *loop = loop_new();
    char out[1024], value[64];
    struct watch_source source;
    watch_settings_default(&settings);
    watch_source_at(&source, script_server_url(server));
    settings.sources = (const struct watch_source *const[]){&source};
    settings.source_count = 1;
    source.conn.retry_ms = 20;
    source.event_max = row->event_max;
    settings.cursor = row->before != NULL || row->after != NULL ? path : NULL;
    settings.after = row->from;
    settings.with_snapshot = row->with_snapshot;
    settings.count = row->count;
    settings.duration_ms = 8000;
    settings.out_fd = scratch();
    settings.err_fd = scratch();
    if (row->before != NULL) {
        write_cursor(path, source.http.url, row->before);
    }
    int status = watch_run(loop, &settings);
    in_short(settings.out_fd, out, sizeof out);
    if (strcmp(out, row->out) != 0 || status != 0) {
        fail_msg("%s: status %d, %s", row->name, status, out);
    }
    const char *last =
        script_header(script_server_request(server, 0), "Last-Event-ID", value, sizeof value);
    if (row->last == NULL ? last != NULL : last == NULL || strcmp(last, row->last) != 0) {
        fail_msg("%s: asked for %s", row->name, last == NULL ? "nothing" : last);
    }
    if (row->after != NULL) {
        check_cursor(row->name, path, row->after);
    }
    close(settings.err_fd);
    loop_free(loop);
    script_server_free(server);
}

static void test_scripts(void **state)
{
    static const char *const ends[] = {"", ".lock", ".new"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char directory[] = "/tmp/watch-cursor-XXXXXX", path[64];
        assert_non_null(mkdtemp(directory));
        snprintf(path, sizeof path, "%s/c", directory);
        run_row(&rows[i], path);
        for (size_t j = 0; j < 3; j++) {
            snprintf(path, sizeof path, "%s/c%s", directory, ends[j]);
            unlink(path);
        }
        assert_int_equal(rmdir(directory), 0);
    }
}

static void test_a_cursor_that_is_none_is_refused_before_anything_is_asked(void **state)
{
    static const struct script_exchange none[1];
    char path[] = "/tmp/watch-cursor-XXXXXX", lock[64];
    int fd = mkstemp(path);
    struct script_server *server = script_server_new(none, 0);
    struct watch_settings settings;
    struct loop *loop = loop_new();
    char said[512] = "";
    (void)state;
    struct watch_source source;
    watch_settings_default(&settings);
    watch_source_at(&source, script_server_url(server));
    settings.sources = (const struct watch_source *const[]){&source};
    settings.source_count = 1;
    settings.cursor = path;
    settings.out_fd = scratch();
    settings.err_fd = scratch();
    assert_int_equal(write(fd, "418\n", 4), 4);
    assert_int_equal(watch_run(loop, &settings), 2);
    assert_true(pread(settings.err_fd, said, sizeof said - 1, 0) > 0);
    assert_non_null(strstr(said, "damaged, or no cursor"));
    assert_int_equal(script_server_count(server), 0);
    close(settings.out_fd);
    close(settings.err_fd);
    close(fd);
    unlink(path);
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(lock);
    loop_free(loop);
    script_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_a_cursor_that_is_none_is_refused_before_anything_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
