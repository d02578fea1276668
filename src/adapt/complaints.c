#include "complaints.h"

#include <blotter/core/alloc.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCE_MAX 1024

void complaints_done(struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->count; i++) {
        free(complaints->rows[i].text);
    }
    complaints->count = complaints->more = 0;
}

static bool is_said(const struct complaints *complaints, struct place at, const char *text)
{
    for (size_t i = 0; i < complaints->count; i++) {
        const struct complaint *row = &complaints->rows[i];
        if (row->at.line == at.line && strcmp(row->at.path, at.path) == 0 &&
            strcmp(row->text, text) == 0) {
            return true;
        }
    }
    return false;
}

bool complain(struct complaints *complaints, struct place at, const char *format, ...)
{
    char text[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (complaints->count == COMPLAINTS_MAX) {
        complaints->more++;
    } else if (!is_said(complaints, at, text)) {
        complaints->rows[complaints->count++] = (struct complaint){at, mem_dup(text, strlen(text))};
    }
    return false;
}

bool complain_guess(struct complaints *complaints, const struct suggest *suggest)
{
    if (suggest->best != NULL && complaints->more == 0 && complaints->count > 0) {
        struct complaint *row = &complaints->rows[complaints->count - 1];
        char text[SENTENCE_MAX + SUGGEST_WORD_MAX + 32];
        snprintf(text, sizeof text, "%s (did you mean '%s'?)", row->text, suggest->best);
        free(row->text);
        row->text = mem_dup(text, strlen(text));
    }
    return false;
}

/* By file, then by line; what was said first of a line stays first. */
static bool is_before(const struct complaint *a, const struct complaint *b)
{
    int order = strcmp(a->at.path, b->at.path);
    return order != 0 ? order < 0 : a->at.line < b->at.line;
}

static void sort(struct complaints *complaints)
{
    for (size_t i = 1; i < complaints->count; i++) {
        struct complaint row = complaints->rows[i];
        size_t at = i;
        for (; at > 0 && is_before(&row, &complaints->rows[at - 1]); at--) {
            complaints->rows[at] = complaints->rows[at - 1];
        }
        complaints->rows[at] = row;
    }
}

static void clean(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == '\177') {
            *text = '?';
        }
    }
}

static void print(const struct complaint *row, struct buf *out)
{
    size_t start = out->len;
    if (row->at.line > 0 ? buf_printf(out, "%s:%d: %s", row->at.path, row->at.line, row->text)
                         : buf_printf(out, "%s: %s", row->at.path, row->text)) {
        clean(out->data + start);
        buf_append_text(out, "\n");
    }
}

void complaints_print(struct complaints *complaints, struct buf *out)
{
    sort(complaints);
    for (size_t i = 0; i < complaints->count; i++) {
        print(&complaints->rows[i], out);
    }
    if (complaints->more > 0) {
        buf_printf(out, "and %zu more\n", complaints->more);
    }
}
