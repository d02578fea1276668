#include <blotter/core/utf8.h>
#include <blotter/view/text.h>

#include <string.h>
#include <strings.h>
#include <wchar.h>

#define MARKS_MAX 3

/* The floor's own glyphs, one column each whatever the locale says; the most frequent ones first.
 */
static const struct {
    uint32_t first, last;
} narrow[] = {
    {0x2500, 0x25FC}, {0x2010, 0x2027},
    {0x2039, 0x203A}, {0x2190, 0x21FF},
    {0x2248, 0x2248}, {0x2713, 0x2717},
    {0x2800, 0x28FF}, {0xB7, 0xB7},
    {0x20B9, 0x20B9}, {UTF8_REPLACEMENT, UTF8_REPLACEMENT},
};

static bool is_narrow(uint32_t code)
{
    for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) {
        if (code >= narrow[i].first && code <= narrow[i].last) {
            return true;
        }
    }
    return false;
}

/* Columns of a code point that may be shown, -1 for one that may not. */
static int safe_width(uint32_t code)
{
    if (is_narrow(code)) {
        return 1;
    }
    return utf8_effect(code) != UTF8_SHOWS ? -1 : wcwidth((wchar_t)code);
}

bool text_code_is_safe(uint32_t code)
{
    int width = safe_width(code);
    return width >= 0 && width <= 2;
}

/* Marks that belong to the base just read. */
static void take_marks(struct text_reader *reader, struct text_cluster *cluster, size_t used)
{
    for (int marks = 0; reader->at < reader->end && (unsigned char)*reader->at >= 0x80;) {
        uint32_t code;
        size_t len = utf8_next(reader->at, (size_t)(reader->end - reader->at), &code);
        if (code < 0x300 || safe_width(code) != 0) {
            return;
        }
        if (marks < MARKS_MAX && used + len < TEXT_CLUSTER_MAX) {
            memcpy(cluster->bytes + used, reader->at, len);
            used += len;
            marks++;
        }
        reader->at += len;
    }
}

bool text_next(struct text_reader *reader, struct text_cluster *ret)
{
    if (reader->at >= reader->end) {
        return false;
    }
    memset(ret, 0, sizeof *ret);
    ret->width = 1;
    size_t used = 1;
    uint32_t code = (unsigned char)*reader->at;
    if (code >= 0x20 && code < 0x7F) {
        ret->bytes[0] = *reader->at++;
    } else {
        reader->at += utf8_next(reader->at, (size_t)(reader->end - reader->at), &code);
        int width = safe_width(code);
        if (width != 1 && width != 2) {
            code = UTF8_REPLACEMENT;
            width = 1;
        }
        ret->width = (uint8_t)width;
        used = utf8_put(code, ret->bytes);
    }
    if (reader->at < reader->end && (unsigned char)*reader->at >= 0x80) {
        take_marks(reader, ret, used);
    }
    return true;
}

size_t text_plain(const char *at, const char *end)
{
    const char *stop = at;
    while (stop < end && *stop >= 0x20 && *stop < 0x7F) {
        stop++;
    }
    /* A mark may follow, and belongs to the last. */
    return (size_t)(stop - at) - (stop > at && stop < end && (unsigned char)*stop >= 0x80);
}

static const struct {
    const char *glyph;
    char ascii;
} stand_ins[] = {
    {"│", '|'}, {"┃", '|'},  {"─", '-'},  {"━", '='}, {"┌", '+'}, {"┐", '+'}, {"└", '+'},
    {"┘", '+'}, {"┏", '+'},  {"┓", '+'},  {"┗", '+'}, {"┛", '+'}, {"╭", '+'}, {"╮", '+'},
    {"╰", '+'}, {"╯", '+'},  {"▸", '>'},  {"▲", '^'}, {"▼", 'v'}, {"≈", '='}, {"—", '-'},
    {"…", '.'}, {"•", '*'},  {"·", '-'},  {"●", '*'}, {"◌", 'o'}, {"○", 'o'}, {"◍", '%'},
    {"✗", 'x'}, {"✓", 'v'},  {"◷", 'o'},  {"◐", 'p'}, {"▮", '|'}, {"→", '>'}, {"←", '<'},
    {"↑", '^'}, {"↓", 'v'},  {"▌", '['},  {"▐", ']'}, {"▁", '_'}, {"▂", '.'}, {"▃", '-'},
    {"▄", '-'}, {"▅", '='},  {"▆", '='},  {"▇", '#'}, {"█", '#'}, {"░", '-'}, {"“", '"'},
    {"”", '"'}, {"‘", '\''}, {"’", '\''}, {"₹", 'R'}, {"‹", '<'}, {"›", '>'}, {"▏", '_'},
    {"├", '+'}, {"┤", '+'},  {"┼", '+'},  {"–", '-'}, {"┈", '.'}, {"▾", '-'}, {"▹", '+'},
};

char text_ascii(const char *cluster)
{
    if ((unsigned char)cluster[0] < 0x80) {
        return cluster[0];
    }
    for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++) {
        if (strcmp(stand_ins[i].glyph, cluster) == 0) {
            return stand_ins[i].ascii;
        }
    }
    return '?';
}

const char *text_console(const char *cluster)
{
    static const char *const there[] = {"│", "─", "┌", "┐", "└", "┘", "├", "┤", "▀", "▄",
                                        "█", "▌", "▐", "░", "▒", "▓", "▲", "▼", "►", "◄",
                                        "•", "○", "→", "←", "↑", "↓", "≈", "·", "√"};
    static const char *const others[][2] = {
        {"┏", "┌"}, {"┓", "┐"}, {"┗", "└"}, {"┛", "┘"}, {"━", "─"}, {"┃", "│"}, {"╭", "┌"},
        {"╮", "┐"}, {"╰", "└"}, {"╯", "┘"}, {"▸", "►"}, {"◷", "○"}, {"✓", "√"}, {"●", "•"},
        {"◌", "○"}, {"◍", "•"}, {"—", "─"}, {"▃", "▄"}, {"▅", "▄"}, {"▆", "█"}, {"▇", "█"},
        {"▏", "│"}, {"▮", "█"}, {"┈", "·"}, {"▾", "▼"}, {"▹", "►"}};
    for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
        if (strcmp(there[i], cluster) == 0) {
            return there[i];
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(others[i][0], cluster) == 0) {
            return others[i][1];
        }
    }
    return NULL;
}

int text_width_n(const char *text, size_t len)
{
    struct text_reader reader = {text, text + len};
    struct text_cluster cluster;
    int width = 0;
    do {
        size_t plain = text_plain(reader.at, reader.end);
        reader.at += plain;
        width += (int)plain;
        cluster.width = 0;
        text_next(&reader, &cluster);
        width += cluster.width;
    } while (reader.at < reader.end);
    return width;
}

int text_width(const char *text)
{
    const char *at = text;
    while (*at >= 0x20 && *at < 0x7F) {
        at++;
    }
    return *at == '\0' ? (int)(at - text) : text_width_n(text, strlen(text));
}

/* An output that takes whole clusters only. */
struct sink {
    char *out;
    size_t capacity, len;
};

static bool sink_put(struct sink *sink, const char *bytes)
{
    size_t len = strlen(bytes);
    if (sink->len + len >= sink->capacity) {
        return false;
    }
    memcpy(sink->out + sink->len, bytes, len + 1);
    sink->len += len;
    return true;
}

/* As text_plain, and no further than these columns, however long the text is. */
static size_t plain_up_to(const struct text_reader *reader, int columns)
{
    size_t left = (size_t)(reader->end - reader->at), most = (size_t)columns + 1;
    size_t len = text_plain(reader->at, reader->at + (left < most ? left : most));
    return len < (size_t)columns ? len : (size_t)columns;
}

/* Takes as much plain text from the reader as fits; returns its columns. */
static int sink_copy_plain(struct sink *sink, struct text_reader *reader, int columns)
{
    size_t len = plain_up_to(reader, columns);
    size_t room = sink->capacity > sink->len ? sink->capacity - sink->len - 1 : 0;
    len = len < room ? len : room;
    if (len > 0) {
        memcpy(sink->out + sink->len, reader->at, len);
        sink->len += len;
        sink->out[sink->len] = '\0';
        reader->at += len;
    }
    return (int)len;
}

/* Copies clusters while they fit into columns; returns the columns used. */
static int sink_copy(struct sink *sink, struct text_reader reader, int columns)
{
    struct text_cluster cluster;
    int used = columns > 0 ? sink_copy_plain(sink, &reader, columns) : 0;
    while (text_next(&reader, &cluster) && used + cluster.width <= columns &&
           sink_put(sink, cluster.bytes)) {
        used += cluster.width;
    }
    return used;
}

static struct sink sink_open(char *out, size_t capacity)
{
    if (capacity > 0) {
        out[0] = '\0';
    }
    return (struct sink){out, capacity, 0};
}

size_t text_clean(const char *text, size_t len, char *out, size_t capacity)
{
    struct sink sink = sink_open(out, capacity);
    sink_copy(&sink, (struct text_reader){text, text + len}, 1 << 30);
    return sink.len;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit_or_point(char c)
{
    return is_digit(c) || c == '.';
}

/* Where the underlying ends: at the first digit behind a letter ("NIFTY|26DEC", "360ONE|26DEC"). */
static size_t underlying_length(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && !is_letter(text[at])) {
        at++;
    }
    while (at < len && !is_digit(text[at])) {
        at++;
    }
    return at;
}

/*
 * The bytes at the end that tell a derivative from its neighbour by strike and right: "24500CE",
 * "52000P", "C24500", "FUT". 0 when the text does not end like one. They are shown whole or not at
 * all, because half a strike is another strike.
 */
static size_t derivative_tail(const char *text, size_t len)
{
    size_t at = len;
    if (at >= 2 && text[at - 1] == 'E' && (text[at - 2] == 'C' || text[at - 2] == 'P')) {
        at -= 2;
    } else if (at >= 1 && (text[at - 1] == 'C' || text[at - 1] == 'P')) {
        at -= 1;
    } else if (at >= 3 && memcmp(text + at - 3, "FUT", 3) == 0) {
        return 3;
    }
    size_t letters = len - at;
    if (letters > 0 && at > 1 && text[at - 1] == ' ' && is_digit(text[at - 2])) {
        letters++; /* "24450 CE" */
        at--;
    }
    while (at > 0 && is_digit_or_point(text[at - 1])) {
        at--;
    }
    if (letters == 0 && at < len && at > 0 && (text[at - 1] == 'C' || text[at - 1] == 'P')) {
        at--;
    }
    return len - at > letters ? len - at : 0;
}

/* What of a contract's name has to be seen whole: all behind the underlying, so that two expiries
 * stay two; where there is no room for that, strike and right. 0: it is no contract, or no room. */
static size_t contract_tail(const char *text, size_t len, int columns)
{
    size_t tail = derivative_tail(text, len), whole = len - underlying_length(text, len);
    if (tail > 0 && whole >= tail && (int)whole <= columns - 1) {
        return whole;
    }
    return (int)tail <= columns - 2 ? tail : 0;
}

static size_t cut_end(const char *text, size_t len, int columns, struct sink *sink)
{
    sink_copy(sink, (struct text_reader){text, text + len}, columns - 1);
    sink_put(sink, "…");
    return sink->len;
}

/* Looks no further than it takes. */
static bool fits(const char *text, size_t len, int columns)
{
    struct text_reader reader = {text, text + len};
    struct text_cluster cluster;
    int used = 0;
    while (used <= columns && reader.at < reader.end) {
        size_t plain = plain_up_to(&reader, columns + 1);
        reader.at += plain;
        used += (int)plain;
        cluster.width = 0;
        text_next(&reader, &cluster);
        used += cluster.width;
    }
    return used <= columns;
}

size_t text_fit(const char *text, struct text_fit fit, char *out, size_t capacity)
{
    struct sink sink = sink_open(out, capacity);
    size_t len = strlen(text);
    if (fit.columns <= 0) {
        return 0;
    }
    if (fits(text, len, fit.columns)) {
        sink_copy(&sink, (struct text_reader){text, text + len}, fit.columns);
        return sink.len;
    }
    size_t tail = fit.cut == TEXT_CUT_MIDDLE ? contract_tail(text, len, fit.columns) : 0;
    if (tail == 0) {
        return cut_end(text, len, fit.columns, &sink);
    }
    struct text_reader head = {text, text + len - tail};
    sink_copy(&sink, head, fit.columns - 1 - (int)tail);
    sink_put(&sink, "…");
    sink_copy(&sink, (struct text_reader){text + len - tail, text + len}, (int)tail);
    return sink.len;
}

const char *text_wrap(const char *text, const char *end, int columns)
{
    struct text_reader reader = {text, end};
    struct text_cluster cluster;
    const char *good = text, *blank = NULL;
    int used = 0;
    while (text_next(&reader, &cluster) && used + cluster.width <= columns) {
        used += cluster.width;
        good = reader.at;
        blank = cluster.bytes[0] == ' ' ? reader.at : blank;
    }
    if (good == end || good == text) {
        return good == text && text < end ? reader.at : good;
    }
    return blank != NULL ? blank : good;
}

char *text_count(char *out, uint64_t count)
{
    uint64_t power = 1;
    while (count / power >= 10) {
        power *= 10;
    }
    for (; power > 0; power /= 10) {
        *out++ = (char)('0' + count / power % 10);
    }
    *out = '\0';
    return out;
}

const char *text_find(const char *text, const char *needle)
{
    size_t len = strlen(needle);
    for (; *text != '\0' || len == 0; text++) {
        if (strncasecmp(text, needle, len) == 0) {
            return text;
        }
    }
    return NULL;
}
