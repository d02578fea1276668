#include "definitions.h"

#include <string.h>

#define OPEN_MAX 64 /* definitions in one another; what lies deeper is left to jq */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NAME LETTERS "0123456789"

/* Walks over code a token at a time. */
struct scan {
    const char *at;
    char before; /* the byte before the token */
    int line;
    int depth;             /* of brackets */
    int strings[OPEN_MAX]; /* the depths at which texts are interrupted by \( */
    size_t string_count;
    int definitions[OPEN_MAX]; /* the depths at which those that are open began */
    size_t open_count;
    bool lost; /* too deep to tell */
};

static void step(struct scan *scan, size_t count)
{
    for (; count > 0 && *scan->at != '\0'; count--) {
        scan->line += *scan->at == '\n';
        scan->before = *scan->at++;
    }
}

/* Within a text, up to its end or to a \( in it. */
static void pass_text(struct scan *scan)
{
    while (*scan->at != '\0' && *scan->at != '"') {
        if (*scan->at == '\\' && scan->at[1] == '(') {
            scan->lost |= scan->string_count == OPEN_MAX;
            if (!scan->lost) {
                scan->strings[scan->string_count++] = scan->depth++;
            }
            step(scan, 2);
            return;
        }
        step(scan, *scan->at == '\\' ? 2 : 1);
    }
    step(scan, 1);
}

/* True when a text that was interrupted goes on behind it. */
static bool close_bracket(struct scan *scan)
{
    scan->depth--;
    bool goes_on = scan->string_count > 0 && scan->strings[scan->string_count - 1] == scan->depth;
    scan->string_count -= goes_on;
    return goes_on;
}

static bool is_definition(const struct scan *scan, size_t len)
{
    return len == 3 && memcmp(scan->at, "def", 3) == 0 && strchr(".$@", scan->before) == NULL &&
           scan->at[3 + strspn(scan->at + 3, " \t\r\n")] != ':';
}

static void pass_word(struct scan *scan, size_t len)
{
    if (is_definition(scan, len)) {
        scan->lost |= scan->open_count == OPEN_MAX;
        if (!scan->lost) {
            scan->definitions[scan->open_count++] = scan->depth;
        }
    }
    step(scan, len);
}

static void pass_sign(struct scan *scan)
{
    char sign = *scan->at;
    bool ends = sign == ';' && scan->open_count > 0 &&
                scan->definitions[scan->open_count - 1] == scan->depth;
    bool closes = strchr(")]}", sign) != NULL;
    scan->open_count -= ends;
    scan->depth += strchr("([{", sign) != NULL;
    step(scan, 1);
    if (sign == '"' || (closes && close_bracket(scan))) {
        pass_text(scan);
    }
}

/* Over what means nothing. */
static void pass_blanks(struct scan *scan)
{
    for (;;) {
        size_t blanks = strspn(scan->at, " \t\r\n");
        size_t comment = scan->at[blanks] == '#' ? strcspn(scan->at + blanks, "\n") : 0;
        if (blanks + comment == 0) {
            return;
        }
        step(scan, blanks + comment);
    }
}

static size_t word_at(const char *at)
{
    return strchr(LETTERS, *at) != NULL ? strspn(at, NAME) : 0;
}

const char *definitions_stray(const char *text, int *ret_line)
{
    struct scan scan = {.at = text, .before = ' ', .line = 1};
    for (pass_blanks(&scan); *scan.at != '\0' && !scan.lost; pass_blanks(&scan)) {
        size_t word = word_at(scan.at);
        if (scan.open_count == 0 && !is_definition(&scan, word)) {
            *ret_line = scan.line;
            return scan.at;
        }
        if (word > 0) {
            pass_word(&scan, word);
        } else {
            pass_sign(&scan);
        }
    }
    return NULL;
}

int definitions_line_of(const char *text, const char *word, size_t len)
{
    struct scan scan = {.at = text, .before = ' ', .line = 1};
    for (pass_blanks(&scan); *scan.at != '\0' && !scan.lost; pass_blanks(&scan)) {
        size_t here = word_at(scan.at);
        if (here == len && memcmp(scan.at, word, len) == 0 && strchr(".$", scan.before) == NULL) {
            return scan.line;
        }
        if (here > 0) {
            step(&scan, here);
        } else {
            pass_sign(&scan);
        }
    }
    return 1;
}
