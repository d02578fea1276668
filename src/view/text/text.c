#include <blotter/view/text.h>

#include <string.h>
#include <strings.h>
#include <wchar.h>

#define REPLACEMENT 0xFFFDu
#define MARKS_MAX 3

struct code_range {
    uint32_t first, last;
};

/* What is never shown as it came, in order. Reasons: control, format, invisible, joins its
 * neighbours into another width, or is drawn far wider than its column count. */
static const struct code_range unsafe[] = {
    {0x00, 0x1F},       /* C0 controls */
    {0x7F, 0x9F},       /* DEL, C1 controls */
    {0xAD, 0xAD},       /* soft hyphen */
    {0x34F, 0x34F},     /* combining grapheme joiner */
    {0x600, 0x605},     /* Arabic number signs */
    {0x61C, 0x61C},     /* Arabic letter mark */
    {0x6DD, 0x6DD},     /* end of ayah */
    {0x70F, 0x70F},     /* Syriac abbreviation mark */
    {0x890, 0x891},     /* Arabic pound and piastre marks */
    {0x8E2, 0x8E2},     /* disputed end of ayah */
    {0x115F, 0x11FF},   /* Hangul fillers and jamo that join */
    {0x17B4, 0x17B5},   /* Khmer inherent vowels */
    {0x180B, 0x180F},   /* Mongolian selectors */
    {0x200B, 0x200F},   /* zero-width, direction marks */
    {0x2028, 0x202E},   /* separators, bidi embeddings and overrides */
    {0x2060, 0x206F},   /* word joiner, bidi isolates, deprecated formats */
    {0x2E3A, 0x2E3B},   /* two- and three-em dash */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xD7B0, 0xF8FF},   /* jamo extensions, surrogates, private use */
    {0xFDD0, 0xFDEF},   /* noncharacters */
    {0xFDFD, 0xFDFD},   /* the widest ligature there is */
    {0xFE00, 0xFE0F},   /* variation selectors */
    {0xFEFF, 0xFEFF},   /* byte order mark */
    {0xFFA0, 0xFFA0},   /* halfwidth Hangul filler */
    {0xFFF0, 0xFFFC},   /* annotation, object replacement */
    {0xFFFE, 0xFFFF},   /* noncharacters */
    {0x12000, 0x1254F}, /* cuneiform: glyphs many columns wide */
    {0x13430, 0x1345F}, /* hieroglyph format controls */
    {0x1BCA0, 0x1BCA3}, /* shorthand format controls */
    {0x1D173, 0x1D17A}, /* musical format controls */
    {0x1F1E6, 0x1F1FF}, /* regional indicators: two become one flag */
    {0x1F3FB, 0x1F3FF}, /* skin tones: join the emoji before them */
    {0xE0000, 0x10FFFF} /* tags, selectors, private use */
};

/* The floor's own glyphs, one column each whatever the locale says; the most frequent ones first.
 */
static const struct code_range narrow[] = {
    {0x2500, 0x25FC}, {0x2010, 0x2027},           {0x2039, 0x203A}, {0x2190, 0x21FF},
    {0x2248, 0x2248}, {0x2713, 0x2717},           {0x2800, 0x28FF}, {0xB7, 0xB7},
    {0x20B9, 0x20B9}, {REPLACEMENT, REPLACEMENT},
};

static bool in_ranges(const struct code_range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static int code_width(uint32_t code)
{
    if (in_ranges(narrow, sizeof narrow / sizeof *narrow, code)) {
        return 1;
    }
    return wcwidth((wchar_t)code);
}

static bool is_unsafe(uint32_t code)
{
    return in_ranges(unsafe, sizeof unsafe / sizeof *unsafe, code);
}

/* Columns of a code point that may be shown, -1 for one that may not. */
static int safe_width(uint32_t code)
{
    if (in_ranges(narrow, sizeof narrow / sizeof *narrow, code)) {
        return 1;
    }
    return is_unsafe(code) ? -1 : wcwidth((wchar_t)code);
}

bool text_code_is_safe(uint32_t code)
{
    if (code >= 0x20 && code < 0x7F) {
        return true;
    }
    return !is_unsafe(code) && code_width(code) >= 0 && code_width(code) <= 2;
}

/* The length a lead byte promises (0: no lead byte), and the bits of the code point it holds. */
static size_t lead_length(unsigned char lead, uint32_t *ret_bits)
{
    if (lead >= 0xC2 && lead <= 0xDF) {
        *ret_bits = lead & 0x1Fu;
        return 2;
    }
    if ((lead & 0xF0u) == 0xE0u) {
        *ret_bits = lead & 0x0Fu;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *ret_bits = lead & 0x07u;
        return 4;
    }
    return 0;
}

size_t text_decode(const char *bytes, size_t len, uint32_t *ret_code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)bytes[0];
    uint32_t code = 0;
    *ret_code = lead;
    if (lead < 0x80) {
        return 1;
    }
    *ret_code = REPLACEMENT;
    size_t need = lead_length(lead, &code);
    if (need == 0 || need > len) {
        return 1;
    }
    for (size_t i = 1; i < need; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if ((byte & 0xC0u) != 0x80u) {
            return 1;
        }
        code = code << 6 | (byte & 0x3Fu);
    }
    if (code < smallest[need] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return 1;
    }
    *ret_code = code;
    return need;
}

size_t text_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80u | (code & 0x3Fu));
        code >>= 6;
    }
    out[0] = (char)(lead[len] | code);
    return len;
}

/* Marks that belong to the base just read. */
static void take_marks(struct text_reader *reader, struct text_cluster *cluster, size_t used)
{
    for (int marks = 0; reader->at < reader->end && (unsigned char)*reader->at >= 0x80;) {
        uint32_t code;
        size_t len = text_decode(reader->at, (size_t)(reader->end - reader->at), &code);
        if (code < 0x300 || code == REPLACEMENT || is_unsafe(code) || code_width(code) != 0) {
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
        reader->at += text_decode(reader->at, (size_t)(reader->end - reader->at), &code);
        int width = safe_width(code);
        if (width != 1 && width != 2) {
            code = REPLACEMENT;
            width = 1;
        }
        ret->width = (uint8_t)width;
        used = text_encode(code, ret->bytes);
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

/* Takes as much plain text from the reader as fits; returns its columns. */
static int sink_copy_plain(struct sink *sink, struct text_reader *reader, int columns)
{
    size_t len = text_plain(reader->at, reader->end);
    size_t room = sink->capacity > sink->len ? sink->capacity - sink->len - 1 : 0;
    len = len < room ? len : room;
    len = len < (size_t)columns ? len : (size_t)columns;
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

static bool is_digit_or_point(char c)
{
    return is_digit(c) || c == '.';
}

/*
 * The bytes at the end that tell a derivative from its neighbour: "24500CE", "52000P", "C24500",
 * "FUT". 0 when the text does not end like one. They are shown whole or not at all, because half a
 * strike is another strike.
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
    while (at > 0 && is_digit_or_point(text[at - 1])) {
        at--;
    }
    if (letters == 0 && at < len && at > 0 && (text[at - 1] == 'C' || text[at - 1] == 'P')) {
        at--;
    }
    return len - at > letters ? len - at : 0;
}

static size_t cut_end(const char *text, size_t len, int columns, struct sink *sink)
{
    sink_copy(sink, (struct text_reader){text, text + len}, columns - 1);
    sink_put(sink, "…");
    return sink->len;
}

size_t text_fit(const char *text, struct text_fit fit, char *out, size_t capacity)
{
    struct sink sink = sink_open(out, capacity);
    size_t len = strlen(text);
    if (fit.columns <= 0) {
        return 0;
    }
    if (text_width_n(text, len) <= fit.columns) {
        sink_copy(&sink, (struct text_reader){text, text + len}, fit.columns);
        return sink.len;
    }
    size_t tail = fit.cut == TEXT_CUT_MIDDLE ? derivative_tail(text, len) : 0;
    if (tail == 0 || (int)tail > fit.columns - 2) {
        return cut_end(text, len, fit.columns, &sink);
    }
    struct text_reader head = {text, text + len - tail};
    sink_copy(&sink, head, fit.columns - 1 - (int)tail);
    sink_put(&sink, "…");
    sink_copy(&sink, (struct text_reader){text + len - tail, text + len}, (int)tail);
    return sink.len;
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
