#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/sse.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What happened, as one text: "[type|data|id]", "(retry)" and "#" for a comment, in order. */
struct record {
    struct buf text;
    bool comments, comment_texts;
    struct sse *stop; /* to be stopped at the first event */
};

static void record_event(void *user, const struct sse_event *event)
{
    struct record *record = user;
    buf_append(&record->text, "[", 1);
    buf_append(&record->text, event->type, event->type_len);
    buf_append(&record->text, "|", 1);
    buf_append(&record->text, event->data, event->data_len);
    buf_append(&record->text, "|", 1);
    buf_append(&record->text, event->id, event->id_len);
    buf_append(&record->text, "]", 1);
    if (record->stop != NULL) {
        sse_stop(record->stop);
    }
}

static void record_retry(void *user, int64_t retry_ms)
{
    struct record *record = user;
    buf_printf(&record->text, "(%lld)", (long long)retry_ms);
}

static void record_comment(void *user, const char *text, size_t len)
{
    struct record *record = user;
    if (record->comments) {
        buf_append(&record->text, "#", 1);
        buf_append(&record->text, text, record->comment_texts ? len : 0);
    }
}

static void record_too_large(void *user)
{
    struct record *record = user;
    buf_append(&record->text, "!", 1);
}

static struct sse *open_parser(struct record *record, size_t event_max)
{
    memset(record, 0, sizeof *record);
    buf_init(&record->text, (size_t)64 << 20);
    struct sse_handler handler = {record_event, record_retry, record_comment, record_too_large,
                                  record};
    return sse_new(&handler, event_max);
}

/* Bytes in a block of exactly their size, so that reading past them is seen by the sanitizer. */
static void feed(struct sse *sse, const char *bytes, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, bytes, len);
    sse_feed(sse, copy, len);
    memset(copy, '!', len);
    free(copy);
}

struct row {
    const char *name;
    const char *input;
    size_t len; /* 0: strlen */
    const char *expected;
    size_t expected_len; /* 0: strlen */
};
#define LITERAL(text) text, sizeof(text) - 1
#define ROW(name, input, expected)                                                                 \
    {                                                                                              \
        name, LITERAL(input), LITERAL(expected)                                                    \
    }
#define FFFD "\xef\xbf\xbd"

static const struct row rows[] = {
    ROW("nothing", "", ""),
    ROW("one event", "data: a\n\n", "[message|a|]"),
    ROW("no space", "data:a\n\n", "[message|a|]"),
    ROW("one space of two is stripped", "data:  a \n\n", "[message| a |]"),
    ROW("a tab is no space", "data:\ta\n\n", "[message|\ta|]"),
    ROW("two lines", "data: a\ndata: b\n\n", "[message|a\nb|]"),
    ROW("three empty lines of data", "data\ndata:\ndata: \n\n", "[message|\n\n|]"),
    ROW("empty data is dispatched", "data:\n\n", "[message||]"),
    ROW("empty data without colon", "data\n\n", "[message||]"),
    ROW("blank lines alone", "\n\n\r\n\r\r\n", ""),
    ROW("blank lines between", "\n\ndata: a\n\n\n\ndata: b\n\n", "[message|a|][message|b|]"),
    ROW("CR", "data: a\r\r", "[message|a|]"),
    ROW("CR LF", "data: a\r\n\r\n", "[message|a|]"),
    ROW("LF CR is two ends", "data: a\n\r", "[message|a|]"),
    ROW("CR LF LF", "data: a\r\n\n", "[message|a|]"),
    ROW("CR CR LF", "data: a\r\r\ndata: b\r\r\n", "[message|a|][message|b|]"),
    ROW("all ends in one stream", "data: a\ndata: b\r\ndata: c\rdata: d\n\r\n",
        "[message|a\nb\nc\nd|]"),
    ROW("only one LF belongs to a CR", "data: a\r\n\ndata: b\n\n", "[message|a|][message|b|]"),
    ROW("incomplete event is dropped", "data: a\n", ""),
    ROW("incomplete line is dropped", "data: a\n\ndata: b", "[message|a|]"),
    ROW("incomplete id is dropped", "id: 1\ndata: a\n\nid: 2\n", "[message|a|1]"),
    ROW("comment", ": hi\n:\n:data: a\n\ndata: b\n: x\n\n", "[message|b|]"),
    ROW("event type", "event: x\ndata: a\n\ndata: b\n\n", "[x|a|][message|b|]"),
    ROW("last type counts", "event: x\nevent: y\ndata: a\n\n", "[y|a|]"),
    ROW("empty type is message", "event: x\nevent\ndata: a\n\n", "[message|a|]"),
    ROW("type without data is forgotten", "event: x\n\ndata: a\n\n", "[message|a|]"),
    ROW("type keeps its spaces", "event:  x y \ndata: a\n\n", "[ x y |a|]"),
    ROW("id", "id: 1\ndata: a\n\ndata: b\n\n", "[message|a|1][message|b|1]"),
    ROW("id commits without data", "id: 1\n\ndata: a\n\n", "[message|a|1]"),
    ROW("empty id resets", "id: 1\ndata: a\n\nid\ndata: b\n\nid:\ndata: c\n\n",
        "[message|a|1][message|b|][message|c|]"),
    ROW("id with NUL is ignored", "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
        "[message|a|1][message|b|1]"),
    ROW("id with NUL after a good one", "id: 1\nid: \0\ndata: a\n\n", "[message|a|1]"),
    ROW("last id counts", "id: 1\nid: 2\ndata: a\n\n", "[message|a|2]"),
    ROW("id keeps its spaces", "id:  1 \ndata: a\n\n", "[message|a| 1 ]"),
    ROW("retry", "retry: 100\ndata: a\n\n", "(100)[message|a|]"),
    ROW("retry at once, without a blank line", "retry: 100\n", "(100)"),
    ROW("retry zero and zeros", "retry: 0\nretry:007\n", "(0)(7)"),
    ROW("retry that is no number",
        "retry\nretry:\nretry: 1 \nretry: -1\nretry: +1\nretry: 1.5\nretry: 0x1\nretry: "
        "1e3\nretry:  1\n",
        ""),
    ROW("retry with other digits", "retry: \xd9\xa1\n", ""),
    ROW("retry never wraps",
        "retry: 9223372036854775807\nretry: 9223372036854775808\nretry: "
        "18446744073709551617\nretry: 99999999999999999999999999\n",
        "(9223372036854775807)(9223372036854775807)(9223372036854775807)(9223372036854775807)"),
    ROW("unknown fields",
        "date: x\nData: x\nDATA: x\n data: x\ndata : x\ndataa: x\ndat: x\nfoo\n\ndata: a\n\n",
        "[message|a|]"),
    ROW("colons in the value", "data: a: b:c\n\ndata::\n\n", "[message|a: b:c|][message|:|]"),
    ROW("field names are whole", "data\0: x\ndata: a\n\n", "[message|a|]"),
    ROW("NUL is data", "data: a\0b\0\n\ndata:\0\n\n", "[message|a\0b\0|][message|\0|]"),
    ROW("NUL in the type", "event: a\0b\ndata: x\n\n", "[a\0b|x|]"),
    ROW("BOM",
        "\xef\xbb\xbf"
        "data: a\n\n",
        "[message|a|]"),
    ROW("only one BOM",
        "\xef\xbb\xbf\xef\xbb\xbf"
        "data: a\n\ndata: b\n\n",
        "[message|b|]"),
    ROW("BOM only at the start",
        "data: a\n\n\xef\xbb\xbf"
        "data: b\n\n",
        "[message|a|]"),
    ROW("BOM later is data",
        "data: \xef\xbb\xbf"
        "a\n\n",
        "[message|\xef\xbb\xbf"
        "a|]"),
    ROW("BOM before a comment", "\xef\xbb\xbf: x\ndata: a\n\n", "[message|a|]"),
    ROW("BOM before a blank line", "\xef\xbb\xbf\n\ndata: a\n\n", "[message|a|]"),
    ROW("part of a BOM",
        "\xef\xbb"
        "data: a\n\ndata: b\n\n",
        "[message|b|]"),
    ROW("part of a BOM alone", "\xef\xbb", ""),
    ROW("part of a BOM is a line", "\xef\n\xbb\ndata: a\n\n", "[message|a|]"),
    ROW("U+FFFE is no BOM",
        "\xff\xfe"
        "data: a\n\ndata: b\n\n",
        "[message|b|]"),
    ROW("UTF-8 of every length", "data: \xc2\xa2\xe2\x82\xac\xf0\x9f\x9a\x80\n\n",
        "[message|\xc2\xa2\xe2\x82\xac\xf0\x9f\x9a\x80|]"),
    ROW("UTF-8 limits",
        "data: "
        "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f"
        "\xbf\xbf\n\n",
        "[message|"
        "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f"
        "\xbf\xbf|]"),
    ROW("a stray continuation byte",
        "data: a\x80"
        "b\n\n",
        "[message|a" FFFD "b|]"),
    ROW("0xff", "data: \xff\xfe\n\n", "[message|" FFFD FFFD "|]"),
    ROW("overlong", "data: \xc0\x80\xc1\xbf\n\n", "[message|" FFFD FFFD FFFD FFFD "|]"),
    ROW("overlong of three", "data: \xe0\x80\x80\n\n", "[message|" FFFD FFFD FFFD "|]"),
    ROW("a surrogate", "data: \xed\xa0\x80\n\n", "[message|" FFFD FFFD FFFD "|]"),
    ROW("above U+10FFFF", "data: \xf4\x90\x80\x80\xf5\x80\n\n",
        "[message|" FFFD FFFD FFFD FFFD FFFD FFFD "|]"),
    ROW("cut after two of three",
        "data: \xe2\x82"
        "x\n\n",
        "[message|" FFFD "x|]"),
    ROW("cut after three of four",
        "data: \xf0\x9f\x9a"
        "x\n\n",
        "[message|" FFFD "x|]"),
    ROW("cut by the line's end", "data: \xf0\x9f\x9a\ndata: \xe2\r\n\n",
        "[message|" FFFD "\n" FFFD "|]"),
    ROW("cut by another lead", "data: \xe2\x82\xe2\x82\xac\n\n", "[message|" FFFD "\xe2\x82\xac|]"),
    ROW("maximal subparts of the Unicode standard",
        "data: a\xf1\x80\x80\xe1\x80\xc2"
        "b\x80"
        "c\x80\xbf"
        "d\n\n",
        "[message|a" FFFD FFFD FFFD "b" FFFD "c" FFFD FFFD "d|]"),
    ROW("bad bytes in id and type", "id: \xff\nevent: \xff\ndata: a\n\n", "[" FFFD "|a|" FFFD "]"),
    ROW("bad byte in a field's name", "da\xffta: x\ndata: a\n\n", "[message|a|]"),
    ROW("U+2028, U+0085 and FF end no line",
        "data: a\xe2\x80\xa8"
        "b\xc2\x85"
        "c\fd\ve\n\n",
        "[message|a\xe2\x80\xa8"
        "b\xc2\x85"
        "c\fd\ve|]"),
    ROW("long ASCII with one bad byte late",
        "data: 0123456789012345678901234567890123456789012345678901234567890123456789\xff!\n\n",
        "[message|0123456789012345678901234567890123456789012345678901234567890123456789" FFFD
        "!|]"),
    ROW("long with a late multibyte",
        "data: 01234567890123456789012345678901\xe2\x82\xac"
        "0123456789012345678901234567890123\n\n",
        "[message|01234567890123456789012345678901\xe2\x82\xac"
        "0123456789012345678901234567890123|]"),
    ROW("the standard's stock example", "data: YHOO\ndata: +2\ndata: 10\n\n",
        "[message|YHOO\n+2\n10|]"),
    ROW("the standard's four blocks",
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third "
        "event\n\n",
        "[message|first event|1][message|second event|][message| third event|]"),
    ROW("the standard's empty blocks", "data\n\ndata\ndata\n\ndata:\n", "[message||][message|\n|]"),
    ROW("fields in any order", "data: a\nid: 7\nretry: 5\nevent: e\ndata: b\n\n", "(5)[e|a\nb|7]"),
};

static void check(const struct row *row, struct record *record, const char *how, size_t at)
{
    size_t expected_len = row->expected_len;
    if (record->text.len != expected_len ||
        (expected_len > 0 && memcmp(record->text.data, row->expected, expected_len) != 0)) {
        print_error("%s, %s %zu: got '%.*s'\n", row->name, how, at, (int)record->text.len,
                    record->text.len > 0 ? record->text.data : "");
        fail();
    }
}

static void test_every_row_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct record record;
        struct sse *sse = open_parser(&record, 0);
        for (size_t split = 0; split <= row->len; split++) {
            sse_restart(sse);
            sse_set_last_id(sse, "", 0);
            buf_clear(&record.text);
            feed(sse, row->input, split);
            feed(sse, row->input + split, row->len - split);
            check(row, &record, "split at", split);
        }
        for (size_t step = 1; step < 4; step++) {
            sse_restart(sse);
            sse_set_last_id(sse, "", 0);
            buf_clear(&record.text);
            for (size_t at = 0; at < row->len; at += step) {
                feed(sse, row->input + at, row->len - at < step ? row->len - at : step);
            }
            check(row, &record, "in steps of", step);
        }
        buf_done(&record.text);
        sse_free(sse);
    }
}

static void test_events_come_at_the_earliest_byte(void **state)
{
    (void)state;
    struct record record;
    struct sse *sse = open_parser(&record, 0);
    feed(sse, "data: a\r", 8);
    assert_int_equal(record.text.len, 0);
    feed(sse, "\r", 1);
    assert_string_equal(record.text.data, "[message|a|]");
    feed(sse, "\ndata: b\r\n\r", 11);
    assert_string_equal(record.text.data, "[message|a|][message|b|]");
    feed(sse, "\n", 1);
    feed(sse, "retry: 5\r", 9);
    assert_string_equal(record.text.data, "[message|a|][message|b|](5)");
    buf_done(&record.text);
    sse_free(sse);
}

static void test_what_comments_say(void **state)
{
    (void)state;
    static const char text[] = ": one\n:two\r\n:\ndata: a\n: three: 3\n\n";
    char longest[SSE_COMMENT_MAX + 64];
    memset(longest, 'x', sizeof longest);
    longest[0] = ':';
    longest[sizeof longest - 2] = '\n';
    longest[sizeof longest - 1] = '\0';
    for (size_t step = 1; step <= sizeof text; step++) {
        struct record record;
        struct sse *sse = open_parser(&record, 0);
        record.comments = record.comment_texts = true;
        for (size_t at = 0; at < sizeof text - 1; at += step) {
            size_t left = sizeof text - 1 - at;
            feed(sse, text + at, left < step ? left : step);
        }
        assert_string_equal(record.text.data, "# one#two## three: 3[message|a|]");
        buf_clear(&record.text);
        for (size_t at = 0; at < strlen(longest); at += step) {
            size_t left = strlen(longest) - at;
            feed(sse, longest + at, left < step ? left : step);
        }
        assert_int_equal(record.text.len, 1 + SSE_COMMENT_MAX);
        sse_free(sse);
        buf_done(&record.text);
    }
}

static void test_comments_are_told(void **state)
{
    (void)state;
    struct record record;
    struct sse *sse = open_parser(&record, 0);
    record.comments = true;
    feed(sse, ": a\n:\r\n:b", 9);
    assert_string_equal(record.text.data, "##");
    feed(sse, "", 0);
    feed(sse, "b", 1);
    assert_string_equal(record.text.data, "##");
    feed(sse, "\rdata: x\n:y\n\n", 13);
    assert_string_equal(record.text.data, "####[message|x|]");
    buf_done(&record.text);
    sse_free(sse);
}

static void test_a_new_connection_forgets_all_but_the_id(void **state)
{
    (void)state;
    static const char *const cuts[] = {"data: lost",
                                       "data: lost\n",
                                       "event: lost\n",
                                       "id: lost\n",
                                       "data: lost\nid: lost\r",
                                       ":lost",
                                       "\xef\xbb",
                                       "\r"};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct record record;
        struct sse *sse = open_parser(&record, 0);
        feed(sse, "id: 1\n\n", 7);
        feed(sse, cuts[i], strlen(cuts[i]));
        sse_restart(sse);
        feed(sse, "\xef\xbb\xbf\ndata: a\n\n", 13);
        assert_string_equal(record.text.data, "[message|a|1]");
        size_t len;
        assert_string_equal(sse_last_id(sse, &len), "1");
        assert_int_equal(len, 1);
        buf_done(&record.text);
        sse_free(sse);
    }
}

static void test_a_stop_ends_it_at_once(void **state)
{
    (void)state;
    struct record record;
    struct sse *sse = open_parser(&record, 0);
    record.stop = sse;
    feed(sse, "data: a\n\ndata: b\n\nretry: 1\n", 27);
    feed(sse, "data: c\n\n", 9);
    assert_string_equal(record.text.data, "[message|a|]");
    sse_restart(sse);
    feed(sse, "data: d\n\n", 9);
    assert_string_equal(record.text.data, "[message|a|][message|d|]");
    buf_done(&record.text);
    sse_free(sse);
}

/* The ceiling is the same wherever the reads are cut; behind what is over it all goes on. */
static void test_ceiling(void **state)
{
    (void)state;
    static const struct {
        const char *input, *expected;
    } limits[] = {
        {"data: 0123456789abcdef\n\n", "[message|0123456789abcdef|]"},
        {"data: x\n\ndata: 0123456789abcdefg\n\ndata: y\n\n", "[message|x|]![message|y|]"},
        {"data: 01234567\ndata: 9abcdef\n\n", "[message|01234567\n9abcdef|]"},
        {"data: 01234567\ndata: 89abcdef\n\ndata: y\n\n", "![message|y|]"},
        {"data: 01234567\ndata: 89abcdef\ndata: z\ndata: 0123456789abcdefg\n\n", "!"},
        {"data:\xff\xff\xff\xff\xff\n\n", "[message|" FFFD FFFD FFFD FFFD FFFD "|]"},
        {"data:\xff\xff\xff\xff\xff\xff\n\n", "!"},
        {": a comment may be as long as it likes\ndata: a\n\n", "[message|a|]"},
        {"an unknown field may not be endless: x\ndata: x\n\ndata: y\n\n", "![message|y|]"},
        {"id: 0123456789abcdef\ndata: a\n\n", "[message|a|0123456789abcdef]"},
        {"id: 7\ndata: a\n\nid: 0123456789abcdefg\ndata: b\n\ndata: c\n\n",
         "[message|a|7]![message|c|7]"},
        {"event: 0123456789abcdefg\ndata: a\n\n", "!"},
        {"event: x\ndata: 0123456789abcdefg\nevent: y\nid: 8\n\ndata: z\n\n", "![message|z|8]"},
        {"id: 8\ndata: 0123456789abcdefghijklmnop\r\n\r\ndata: z\r\n\r\n", "![message|z|8]"},
        {"data: 0123456789abcdefg\n: a comment\nretry: 5\n\ndata: z\n\n", "!(5)[message|z|]"},
        {"data: 0123456789abcdefghijklmnop", "!"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        size_t len = strlen(limits[i].input);
        for (size_t step = 1; step <= len; step++) {
            struct record record;
            struct sse *sse = open_parser(&record, 16);
            for (size_t at = 0; at < len; at += step) {
                feed(sse, limits[i].input + at, len - at < step ? len - at : step);
            }
            assert_string_equal(record.text.data != NULL ? record.text.data : "",
                                limits[i].expected);
            record.text.len = 0; /* a new connection knows nothing of it */
            sse_restart(sse);
            feed(sse, "id\n\ndata: z\n\n", 13);
            assert_string_equal(record.text.data, "[message|z|]");
            buf_done(&record.text);
            sse_free(sse);
        }
    }
}

static void test_large_events(void **state)
{
    (void)state;
    size_t size = (size_t)5 << 20;
    char *input = mem_alloc(size + 16);
    memcpy(input, "data: ", 6);
    memset(input + 6, 'x', size);
    memcpy(input + 6 + size, "\n\n", 2);
    for (size_t step = 1000; step <= size * 2; step = step * 7 + 1) {
        struct record record;
        struct sse *sse = open_parser(&record, 0);
        for (size_t at = 0; at < size + 8; at += step) {
            sse_feed(sse, input + at, size + 8 - at < step ? size + 8 - at : step);
        }
        assert_int_equal(record.text.len, size + 11);
        buf_done(&record.text);
        sse_free(sse);
    }
    free(input);
}

/* ---- against the standard's own words, done slowly ---- */

struct slow {
    struct buf out, data, type, id_next, id;
};

static void slow_decode(struct buf *out, const unsigned char *at, size_t len)
{
    unsigned needed = 0, seen = 0, low = 0x80, high = 0xbf;
    for (size_t i = 0; i <= len; i++) {
        if (i == len) {
            if (needed > 0) {
                buf_append(out, FFFD, 3);
            }
            return;
        }
        unsigned byte = at[i];
        if (needed == 0) {
            low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
            high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
            needed = byte < 0x80                    ? 0
                     : byte >= 0xc2 && byte <= 0xdf ? 1
                     : (byte & 0xf0) == 0xe0        ? 2
                     : byte >= 0xf0 && byte <= 0xf4 ? 3
                                                    : 9;
            seen = 0;
            if (needed == 0) {
                buf_append(out, &at[i], 1);
            } else if (needed == 9) {
                needed = 0;
                buf_append(out, FFFD, 3);
            }
            continue;
        }
        if (byte < low || byte > high) {
            needed = 0;
            buf_append(out, FFFD, 3);
            i--;
            continue;
        }
        low = 0x80;
        high = 0xbf;
        if (++seen == needed) {
            buf_append(out, at + i - needed, needed + 1);
            needed = 0;
        }
    }
}

static void slow_line(struct slow *slow, const char *line, size_t len)
{
    if (len == 0) {
        buf_clear(&slow->id);
        buf_append(&slow->id, slow->id_next.data, slow->id_next.len);
        if (slow->data.len > 0) {
            buf_append_text(&slow->out, "[");
            buf_append(&slow->out, slow->type.len > 0 ? slow->type.data : "message",
                       slow->type.len > 0 ? slow->type.len : 7);
            buf_append_text(&slow->out, "|");
            buf_append(&slow->out, slow->data.data, slow->data.len - 1);
            buf_append_text(&slow->out, "|");
            buf_append(&slow->out, slow->id.data, slow->id.len);
            buf_append_text(&slow->out, "]");
        }
        buf_clear(&slow->data);
        buf_clear(&slow->type);
        return;
    }
    size_t colon = 0;
    while (colon < len && line[colon] != ':') {
        colon++;
    }
    size_t value = colon < len ? colon + 1 : len;
    if (value < len && line[value] == ' ') {
        value++;
    }
    if (colon == 4 && memcmp(line, "data", 4) == 0) {
        buf_append(&slow->data, line + value, len - value);
        buf_append_text(&slow->data, "\n");
    } else if (colon == 5 && memcmp(line, "event", 5) == 0) {
        buf_clear(&slow->type);
        buf_append(&slow->type, line + value, len - value);
    } else if (colon == 2 && memcmp(line, "id", 2) == 0) {
        bool nul = false;
        for (size_t i = value; i < len; i++) {
            nul = nul || line[i] == '\0';
        }
        if (!nul) {
            buf_clear(&slow->id_next);
            buf_append(&slow->id_next, line + value, len - value);
        }
    } else if (colon == 5 && memcmp(line, "retry", 5) == 0) {
        bool digits = value < len;
        for (size_t i = value; i < len; i++) {
            digits = digits && line[i] >= '0' && line[i] <= '9';
        }
        if (digits) {
            buf_printf(&slow->out, "(%lld)", strtoll(line + value, NULL, 10));
        }
    }
}

static void slow_parse(struct slow *slow, const char *bytes, size_t len)
{
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    slow_decode(&text, (const unsigned char *)bytes, len);
    size_t start = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (size_t at = start; at < text.len; at++) {
        if (text.data[at] == '\n' || text.data[at] == '\r') {
            slow_line(slow, text.data + start, at - start);
            at += text.data[at] == '\r' && at + 1 < text.len && text.data[at + 1] == '\n';
            start = at + 1;
        }
    }
    buf_done(&text);
}

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static size_t random_stream(char *out, size_t room)
{
    static const struct {
        const char *bytes;
        size_t len;
    } parts[] = {
        {LITERAL("data")},
        {LITERAL("data:")},
        {LITERAL("data: ")},
        {LITERAL("id")},
        {LITERAL("id: ")},
        {LITERAL("event:")},
        {LITERAL("event: x")},
        {LITERAL("retry: 12")},
        {LITERAL("retry:")},
        {LITERAL(":")},
        {LITERAL(" ")},
        {LITERAL("\n")},
        {LITERAL("\n")},
        {LITERAL("\n\n")},
        {LITERAL("\r")},
        {LITERAL("\r\n")},
        {LITERAL("\r\n\r\n")},
        {LITERAL("\0")},
        {LITERAL("abc")},
        {LITERAL("\xef\xbb\xbf")},
        {LITERAL("\xef")},
        {LITERAL("\xbb")},
        {LITERAL("\xe2\x82\xac")},
        {LITERAL("\xe2\x82")},
        {LITERAL("\xf0\x9f\x9a\x80")},
        {LITERAL("\xf0\x90")},
        {LITERAL("\xed\xa0")},
        {LITERAL("\x80")},
        {LITERAL("\xff")},
        {LITERAL("\xc2")},
        {LITERAL("0123456789012345678901234567890123456789")},
    };
    size_t len = 0;
    uint32_t count = random_below(40);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t pick = random_below(sizeof parts / sizeof *parts);
        if (len + parts[pick].len > room) {
            break;
        }
        memcpy(out + len, parts[pick].bytes, parts[pick].len);
        len += parts[pick].len;
    }
    return len;
}

static void test_against_a_slow_parser(void **state)
{
    (void)state;
    struct record record;
    struct sse *sse = open_parser(&record, 0);
    for (uint32_t round = 1; round <= 40000; round++) {
        char input[2048];
        random_state = round * 2654435761u | 1u;
        size_t len = random_stream(input, sizeof input);
        struct slow slow;
        memset(&slow, 0, sizeof slow);
        struct buf *all[] = {&slow.out, &slow.data, &slow.type, &slow.id_next, &slow.id};
        for (size_t i = 0; i < 5; i++) {
            buf_init(all[i], (size_t)1 << 20);
        }
        slow_parse(&slow, input, len);
        sse_restart(sse);
        sse_set_last_id(sse, "", 0);
        buf_clear(&record.text);
        for (size_t at = 0; at < len;) {
            size_t step = 1 + random_below(30);
            step = step < len - at ? step : len - at;
            feed(sse, input + at, step);
            at += step;
        }
        if (record.text.len != slow.out.len ||
            (slow.out.len > 0 && memcmp(record.text.data, slow.out.data, slow.out.len) != 0)) {
            print_error("round %u differs\n", round);
            fail();
        }
        for (size_t i = 0; i < 5; i++) {
            buf_done(all[i]);
        }
    }
    buf_done(&record.text);
    sse_free(sse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_at_every_split),
        cmocka_unit_test(test_events_come_at_the_earliest_byte),
        cmocka_unit_test(test_comments_are_told),
        cmocka_unit_test(test_what_comments_say),
        cmocka_unit_test(test_a_new_connection_forgets_all_but_the_id),
        cmocka_unit_test(test_a_stop_ends_it_at_once),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_large_events),
        cmocka_unit_test(test_against_a_slow_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
