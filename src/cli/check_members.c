#include "check_members.h"

#include <blotter/core/buf.h>
#include <blotter/core/census.h>

#include <stdio.h>
#include <string.h>

#define INDENT 12
#define WIDTH 78
#define WORD_MAX (2 * CENSUS_NAME_MAX + 64)

/* Words in lines, each behind its head. */
struct lines {
    struct buf text;
    size_t column; /* 0: nothing has been said */
};

static const char *const heads[] = {
    [CENSUS_FILLED] = "filled:",
    [CENSUS_EMPTY] = "no row fills:",
    [CENSUS_UNREADABLE] = "not readable:",
    [CENSUS_UNKNOWN] = "not known:",
};
enum { HEADS = sizeof heads / sizeof *heads };

struct table {
    struct lines lines[HEADS];
};

static void add_word(struct lines *lines, const char *head, const char *word)
{
    size_t len = strlen(word);
    if (lines->column == 0) {
        buf_printf(&lines->text, "%*s%s", INDENT, "", head);
        lines->column = INDENT + strlen(head);
    } else {
        buf_append_text(&lines->text, ",");
        lines->column++;
    }
    if (lines->column + 1 + len > WIDTH) {
        buf_printf(&lines->text, "\n%*s", INDENT + 1, "");
        lines->column = INDENT + 1;
    }
    buf_printf(&lines->text, " %s", word);
    lines->column += 1 + len;
}

/* Only what shows: names are a function's. */
static void clean(char *word)
{
    for (; *word != '\0'; word++) {
        if ((unsigned char)*word < ' ' || (unsigned char)*word >= 0x7f) {
            *word = '?';
        }
    }
}

static void on_member(void *user, const struct census_member *member)
{
    struct table *table = user;
    char word[WORD_MAX];
    int len = member->kind == CENSUS_EMPTY
                  ? snprintf(word, sizeof word, "%s", member->name)
                  : snprintf(word, sizeof word, "%s %zu", member->name, member->rows);
    size_t room = sizeof word - (size_t)len;
    if (member->kind == CENSUS_UNREADABLE) {
        snprintf(word + len, room, " (wants %s)", member->wanted);
    } else if (member->meant != NULL) {
        snprintf(word + len, room, " (did you mean '%s'?)", member->meant);
    }
    clean(word);
    add_word(&table->lines[member->kind], heads[member->kind], word);
}

static void begin(struct table *table)
{
    for (size_t i = 0; i < HEADS; i++) {
        table->lines[i].column = 0;
        buf_init(&table->lines[i].text, SIZE_MAX);
    }
}

/* Of no rows nothing can be said. */
static void finish(struct table *table, size_t rows)
{
    for (size_t i = 0; i < HEADS; i++) {
        struct buf *text = &table->lines[i].text;
        if (rows > 0 && text->len > 0) {
            printf("%s\n", text->data);
        }
        buf_done(text);
    }
}

void check_members(enum resource resource, struct span body)
{
    struct table table;
    begin(&table);
    finish(&table, census_take(resource, body, on_member, &table));
}

void check_quotes(struct span updates)
{
    struct table table;
    begin(&table);
    finish(&table, census_take_quotes(updates, on_member, &table));
}
