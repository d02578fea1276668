#include "input.h"

#include <blotter/core/utf8.h>
#include <blotter/view/text.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INTERRUPT = 0x03,
    BEL = 0x07,
    CAN = 0x18,
    SUB = 0x1A,
    ESC = 0x1B,
    DEL = 0x7F,
    ST_EIGHT = 0x9C,
    COORDINATE_MAX = 10000
};

/* Sequences after ESC, as xterm, the VT220, rxvt and the Linux console send them. */
struct key_sequence {
    const char *bytes;
    const char *name;
};

static const struct key_sequence key_sequences[] = {
    {"[A", "Up"},      {"[B", "Down"},    {"[C", "Right"}, {"[D", "Left"},  {"[H", "Home"},
    {"[F", "End"},     {"[1~", "Home"},   {"[4~", "End"},  {"[7~", "Home"}, {"[8~", "End"},
    {"[2~", "Insert"}, {"[3~", "Delete"}, {"[5~", "PgUp"}, {"[6~", "PgDn"}, {"[Z", "S-Tab"},
    {"[11~", "F1"},    {"[12~", "F2"},    {"[13~", "F3"},  {"[14~", "F4"},  {"[15~", "F5"},
    {"[17~", "F6"},    {"[18~", "F7"},    {"[19~", "F8"},  {"[20~", "F9"},  {"[21~", "F10"},
    {"[23~", "F11"},   {"[24~", "F12"},   {"[[A", "F1"},   {"[[B", "F2"},   {"[[C", "F3"},
    {"[[D", "F4"},     {"[[E", "F5"},     {"OA", "Up"},    {"OB", "Down"},  {"OC", "Right"},
    {"OD", "Left"},    {"OH", "Home"},    {"OF", "End"},   {"OM", "Enter"}, {"OP", "F1"},
    {"OQ", "F2"},      {"OR", "F3"},      {"OS", "F4"},    {"[P", "F1"},    {"[Q", "F2"},
    {"[R", "F3"},      {"[S", "F4"},
};

/* Single bytes with a name of their own. */
static const struct {
    unsigned char byte;
    const char *name;
} key_bytes[] = {{'\t', "Tab"},       {'\r', "Enter"},    {'\n', "Enter"},
                 {'\b', "Backspace"}, {DEL, "Backspace"}, {' ', "Space"}};

void input_init(struct input *input, input_fn fn, void *user)
{
    *input = (struct input){.fn = fn, .user = user};
}

/* --- what goes out ------------------------------------------------------------------------ */

static void emit_key(const struct input *input, const char *name, uint32_t code)
{
    struct input_event event = {.kind = input->pasting ? INPUT_PASTE : INPUT_KEY, .code = code};
    if (input->pasting && code == 0) {
        return; /* only text is pasted */
    }
    snprintf(event.name, sizeof event.name, "%s", name);
    input->fn(input->user, &event);
}

static void emit_kind(const struct input *input, enum input_kind kind)
{
    struct input_event event = {.kind = kind};
    input->fn(input->user, &event);
}

static void emit_code(const struct input *input, uint32_t code, bool alt)
{
    char name[INPUT_NAME_MAX] = "M-";
    char *at = alt ? name + 2 : name;
    if (!text_code_is_safe(code)) {
        return;
    }
    at[utf8_put(code, at)] = '\0';
    emit_key(input, name, alt ? 0 : code);
}

/* One byte that is neither ESC nor part of a UTF-8 sequence. */
static void emit_byte(const struct input *input, unsigned char byte, bool alt)
{
    char name[INPUT_NAME_MAX];
    for (size_t i = 0; i < sizeof key_bytes / sizeof key_bytes[0]; i++) {
        if (key_bytes[i].byte == byte) {
            snprintf(name, sizeof name, "%s%s", alt ? "M-" : "", key_bytes[i].name);
            emit_key(input, name, byte == ' ' && !alt ? byte : 0);
            return;
        }
    }
    if (byte >= ' ') {
        emit_code(input, byte, alt);
        return;
    }
    /* 1..26 are C-a..C-z; 0 and 28..31 are C-@ and C-\ C-] C-^ C-_. */
    char letter = (char)(byte >= 1 && byte <= 26 ? byte + 'a' - 1 : byte + '@');
    snprintf(name, sizeof name, "%sC-%c", alt ? "M-" : "", letter);
    emit_key(input, name, 0);
}

/* --- escape sequences --------------------------------------------------------------------- */

static void emit_mouse(const struct input *input, const char *params, char final)
{
    char *at;
    long code = strtol(params, &at, 10);
    long x = *at == ';' ? strtol(at + 1, &at, 10) : 0;
    long y = *at == ';' ? strtol(at + 1, &at, 10) : 0;
    bool wheel = (code & 64) != 0;
    bool motion = (code & 32) != 0;
    if (final != 'M' || motion || *at != '\0' || x < 1 || y < 1 || x > COORDINATE_MAX ||
        y > COORDINATE_MAX || (code & 128) != 0 || (code & 3) > (wheel ? 1 : 2)) {
        return; /* releases, motion, extra buttons, nonsense */
    }
    struct input_event event = {
        .kind = INPUT_MOUSE,
        .button = (enum input_button)((wheel ? INPUT_WHEEL_UP : INPUT_LEFT) + (int)(code & 3)),
        .x = (int)x - 1,
        .y = (int)y - 1,
    };
    input->fn(input->user, &event);
}

/* "[1;5A" is Ctrl-Up: the key is known by what is left without the modifier. "[24;80R" tells where
 * the cursor is, and is no key. */
static bool strip_modifier(const char *sequence, char *out, size_t size)
{
    const char *semicolon = strchr(sequence, ';');
    if (semicolon == NULL || sequence[0] != '[') {
        return false;
    }
    char final = sequence[strlen(sequence) - 1];
    int kept = (int)(semicolon - sequence);
    if (final != '~') {
        if (kept != 2 || sequence[1] != '1') {
            return false;
        }
        kept = 1; /* the "1" only holds the modifier's place */
    }
    snprintf(out, size, "%.*s%c", kept, sequence, final);
    return true;
}

static const char *find_sequence(const char *sequence)
{
    for (size_t i = 0; i < sizeof key_sequences / sizeof key_sequences[0]; i++) {
        if (strcmp(sequence, key_sequences[i].bytes) == 0) {
            return key_sequences[i].name;
        }
    }
    return NULL;
}

#define FRAMES_ANSWER "[?2026;"

/* A whole sequence, without its ESC. What is not known does nothing. */
static void emit_sequence(struct input *input, const char *sequence)
{
    char plain[INPUT_SEQUENCE_MAX];
    if (strcmp(sequence, "[200~") == 0 || strcmp(sequence, "[201~") == 0) {
        input->pasting = sequence[3] == '0';
        return;
    }
    if (input->pasting) {
        return;
    }
    if (strcmp(sequence, "[I") == 0 || strcmp(sequence, "[O") == 0) {
        emit_kind(input, sequence[1] == 'I' ? INPUT_FOCUS_IN : INPUT_FOCUS_OUT);
        return;
    }
    size_t len = strlen(sequence);
    if (strncmp(sequence, FRAMES_ANSWER, strlen(FRAMES_ANSWER)) == 0) {
        const char *state = sequence + strlen(FRAMES_ANSWER); /* set, or not now: it can be */
        bool can = strcmp(state, "1$y") == 0 || strcmp(state, "2$y") == 0;
        input->fn(input->user, &(struct input_event){.kind = INPUT_FRAMES, .code = can});
        return;
    }
    if (strncmp(sequence, "[<", 2) == 0) {
        snprintf(plain, sizeof plain, "%.*s", (int)len - 3, sequence + 2);
        emit_mouse(input, plain, sequence[len - 1]);
        return;
    }
    const char *name = find_sequence(sequence);
    if (name == NULL && strip_modifier(sequence, plain, sizeof plain)) {
        name = find_sequence(plain);
    }
    if (name != NULL) {
        emit_key(input, name, 0);
    }
}

/* Whether the sequence (without ESC) is complete, given its last byte. */
static bool sequence_ends(const unsigned char *sequence, size_t len)
{
    unsigned char last = sequence[len - 1];
    if (sequence[0] == 'O') {
        return len == 2;
    }
    if (len == 1) {
        return false;
    }
    if (len == 2 && (last == '[' || last == 'M')) {
        return false; /* the Linux console's function keys, ESC [ [ A; a mouse of old */
    }
    return last >= '@' && last <= '~';
}

static void reset(struct input *input)
{
    input->len = 0;
    input->swallow = input->string = input->eight = false;
}

/* What may follow ESC in a sequence: CSI and SS3, which are keys; DCS, OSC, APC, PM and SOS, which
 * are answers. */
static bool is_introducer(unsigned char byte)
{
    return byte != '\0' && strchr("[OP]_^X", byte) != NULL;
}

/* Those of eight bits, as one byte or as the character of that number: ESC and what they stand for.
 */
static bool begin_eight(struct input *input, uint32_t code)
{
    if (code < 0x80 || code > 0x9F || !is_introducer((unsigned char)(code - 0x40))) {
        return false;
    }
    input->sequence[0] = ESC;
    input->sequence[1] = (unsigned char)(code - 0x40);
    input->len = 2;
    input->eight = true;
    return true;
}

/* ESC [ M and three bytes: what terminals send that do not know the numbers we ask for. */
#define OLD_MOUSE_LEN 6

static bool is_old_mouse(const struct input *input)
{
    return input->len >= 3 && input->sequence[1] == '[' && input->sequence[2] == 'M' &&
           !input->swallow;
}

static void feed_old_mouse(struct input *input, unsigned char byte)
{
    char params[32];
    const unsigned char *at = input->sequence + 3;
    input->sequence[input->len++] = byte;
    if (byte < ' ') {
        reset(input);
    } else if (input->len == OLD_MOUSE_LEN) {
        snprintf(params, sizeof params, "%d;%d;%d", at[0] - ' ', at[1] - ' ', at[2] - ' ');
        reset(input);
        if (!input->pasting) {
            emit_mouse(input, params, 'M');
        }
    }
}

static void feed_escape(struct input *input, unsigned char byte);

/* CAN and SUB break an answer off, and so does any ESC but that of ST. Ctrl-C is the way out of one
 * that never ends. */
static void feed_string(struct input *input, unsigned char byte)
{
    bool escaped = input->len == 1;
    input->len = 0;
    if (byte == ESC) {
        input->sequence[input->len++] = ESC;
    } else if (byte == BEL || byte == CAN || byte == SUB || (escaped && byte == '\\') ||
               (input->eight && byte == ST_EIGHT)) {
        reset(input);
    } else if (byte == INTERRUPT) {
        reset(input);
        emit_byte(input, byte, false);
    } else if (escaped) {
        input->string = false;
        input->len = 1;
        feed_escape(input, byte);
    }
}

static void feed_escape(struct input *input, unsigned char byte)
{
    if (input->len == 2 && strchr("[O", input->sequence[1]) == NULL) {
        input->string = true;
        input->len = 0;
        feed_string(input, byte);
        return;
    }
    if (input->len == 1 && !is_introducer(byte)) {
        reset(input);
        if (byte >= 0x80) {
            input->sequence[input->len++] = byte; /* Alt with a letter beyond ASCII: the letter */
        } else {
            emit_byte(input, byte, true);
        }
        return;
    }
    if (is_old_mouse(input)) {
        feed_old_mouse(input, byte);
        return;
    }
    if (byte < ' ' || byte >= DEL) {
        reset(input); /* no sequence holds these: it was cut off */
        return;
    }
    if (input->len < INPUT_SEQUENCE_MAX - 1) {
        input->sequence[input->len++] = byte;
    } else {
        input->swallow = true;
    }
    unsigned char tail[2] = {input->sequence[1], byte};
    if (input->swallow ? sequence_ends(tail, 2)
                       : sequence_ends(input->sequence + 1, input->len - 1)) {
        bool swallowed = input->swallow;
        input->sequence[input->len] = '\0';
        reset(input);
        if (!swallowed) {
            emit_sequence(input, (const char *)input->sequence + 1);
        }
    }
}

/* --- UTF-8 -------------------------------------------------------------------------------- */

static void feed_utf8(struct input *input, unsigned char byte)
{
    uint32_t code;
    input->sequence[input->len++] = byte;
    size_t want = utf8_length(input->sequence[0]);
    if (input->len < want) {
        return;
    }
    size_t used = utf8_next((const char *)input->sequence, input->len, &code);
    bool whole = used == input->len && want > 1;
    input->len = 0;
    if (whole && !begin_eight(input, code)) {
        emit_code(input, code, false);
    }
}

static void feed_byte(struct input *input, unsigned char byte)
{
    if (byte == INTERRUPT && input->pasting) {
        input->pasting = false; /* the way out of a paste whose end never came */
        reset(input);
    }
    if (input->string) {
        feed_string(input, byte);
    } else if (byte == ESC) {
        input_flush(input);
        input->sequence[0] = ESC;
        input->len = 1;
    } else if (input->len > 0 && input->sequence[0] == ESC) {
        feed_escape(input, byte);
    } else if (byte >= 0x80 && (input->len > 0 || byte >= 0xC2)) {
        feed_utf8(input, byte);
    } else {
        bool within = input->len > 0; /* an unfinished character is dropped */
        input->len = 0;
        if (!within && begin_eight(input, byte)) {
            return;
        }
        if (byte < 0x80) {
            emit_byte(input, byte, false);
        }
    }
}

void input_feed(struct input *input, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        feed_byte(input, (unsigned char)bytes[i]);
    }
}

enum input_wait input_pending(const struct input *input)
{
    bool begun = input->len > 0 && input->sequence[0] == ESC && !input->pasting;
    if (input->string || (begun && input->len > 2)) {
        return INPUT_STRING;
    }
    return begun ? INPUT_ESCAPE : INPUT_COMPLETE;
}

void input_flush(struct input *input)
{
    size_t len = input->len;
    bool escape = len > 0 && input->sequence[0] == ESC && !input->string && !input->eight;
    reset(input);
    if (!escape || input->pasting) {
        return;
    }
    if (len == 1) {
        emit_key(input, "Esc", 0);
    } else if (len == 2) {
        emit_byte(input, input->sequence[1], true); /* Alt-[, Alt-O, Alt-] … */
    }
}

/* --- names -------------------------------------------------------------------------------- */

static bool is_named_key(const char *name)
{
    if (strcmp(name, "Esc") == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof key_bytes / sizeof key_bytes[0]; i++) {
        if (strcmp(name, key_bytes[i].name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof key_sequences / sizeof key_sequences[0]; i++) {
        if (strcmp(name, key_sequences[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_character(const char *name)
{
    uint32_t code;
    size_t len = strlen(name);
    return len > 0 && utf8_next(name, len, &code) == len && code != ' ' && code != 0xFFFD &&
           text_code_is_safe(code);
}

/* What Ctrl makes of a key. C-h, C-i, C-j and C-m arrive as Backspace, Tab and Enter. */
static bool is_control_letter(const char *name)
{
    return strlen(name) == 1 && strchr("abcdefghijklmnopqrstuvwxyz@\\]^_", name[0]) != NULL;
}

bool input_name_is_valid(const char *name)
{
    if (strncmp(name, "M-", 2) == 0 && name[2] != '\0') {
        name += 2;
        if (strlen(name) == 1 && strchr("[O", name[0]) != NULL) {
            return true;
        }
    }
    if (strncmp(name, "C-", 2) == 0) {
        return is_control_letter(name + 2);
    }
    return is_named_key(name) || is_character(name);
}
