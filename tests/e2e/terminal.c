#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

/* --- control functions --------------------------------------------------------------------- */

static void function_add(struct terminal_use *use, const char *kind, const char *bytes, size_t len)
{
    char name[24];
    snprintf(name, sizeof name, "%s%.*s", kind, (int)(len < 16 ? len : 16), bytes);
    for (size_t i = 0; i < use->function_count; i++) {
        if (strcmp(use->functions[i], name) == 0) {
            return;
        }
    }
    if (use->function_count < TERMINAL_FUNCTIONS_MAX) {
        memcpy(use->functions[use->function_count++], name, sizeof name);
    }
}

/* Looks, moves, clears and tabs: whatever their numbers are. Margins are set again by the end. */
static bool csi_is_free(const char *bytes, size_t len)
{
    return len > 0 && strspn(bytes, "0123456789;") >= len - 1 &&
           strchr("@ABCDEFGHIJKLMPSTXZ`abdefgmr", bytes[len - 1]) != NULL;
}

/* The length of a control string behind its introducer, its terminator included. */
static size_t string_length(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\a') {
            return i + 1;
        }
        if (bytes[i] == '\033' && i + 1 < len && bytes[i + 1] == '\\') {
            return i + 2;
        }
    }
    return len;
}

static size_t escape_read(struct terminal_use *use, const char *bytes, size_t len)
{
    size_t used = 1;
    if (len < 2) {
        function_add(use, "ESC at the end", "", 0);
    } else if (bytes[1] == '[') {
        used = 2;
        while (used < len && (unsigned char)bytes[used] >= 0x20 && bytes[used] < 0x40) {
            used++;
        }
        used += used < len;
        if (!csi_is_free(bytes + 2, used - 2)) {
            function_add(use, "CSI ", bytes + 2, used - 2);
        }
    } else if (strchr("]P_^X", bytes[1]) != NULL) {
        used = 2 + string_length(bytes + 2, len - 2);
        function_add(use, "string ", bytes + 1, used - 1);
    } else {
        used = 2;
        while (used < len && bytes[used - 1] >= 0x20 && bytes[used - 1] < 0x30) {
            used++;
        }
        function_add(use, "ESC ", bytes + 1, used - 1);
    }
    return used;
}

/* --- characters ---------------------------------------------------------------------------- */

/* The length of one character, 0 when the bytes are none. */
static size_t character_read(const unsigned char *bytes, size_t len, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t want = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : bytes[0] >= 0xc0 ? 2 : 0;
    uint32_t code = bytes[0] & (0x7fu >> want);
    for (size_t i = 1; i < want; i++) {
        if (i >= len || (bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (bytes[i] & 0x3f);
    }
    *ret = code;
    bool good = want > 0 && bytes[0] < 0xf8 && code >= smallest[want] && code < 0x110000 &&
                (code < 0xd800 || code > 0xdfff);
    return good ? want : 0;
}

static bool is_mark(uint32_t code)
{
    return (code >= 0x300 && code < 0x370) || (code >= 0x483 && code < 0x48a) ||
           (code >= 0x20d0 && code < 0x2100);
}

void terminal_use_read(struct terminal_use *use, const char *bytes, size_t len)
{
    unsigned marks = 0;
    memset(use, 0, sizeof *use);
    for (size_t i = 0; i < len;) {
        unsigned char byte = (unsigned char)bytes[i];
        size_t used = 1;
        uint32_t code = 0;
        if (byte == 033) {
            used = escape_read(use, bytes + i, len - i);
        } else if ((byte < 0x20 && strchr("\r\n\b\t", byte) == NULL) || byte == 0x7f) {
            char hex[4];
            snprintf(hex, sizeof hex, "%02x", byte);
            function_add(use, "C0 ", hex, 2);
        } else if (byte >= 0x80) {
            used = character_read((const unsigned char *)bytes + i, len - i, &code);
            use->invalid = use->invalid || used == 0;
            use->codes[code / 8] = (uint8_t)(use->codes[code / 8] | 1u << code % 8);
            used += used == 0;
        }
        marks = is_mark(code) ? marks + 1 : 0;
        use->marks = marks > use->marks ? marks : use->marks;
        i += used;
    }
}

static bool twin_has(const struct terminal_use *twin, const char *function)
{
    for (size_t i = 0; i < twin->function_count; i++) {
        if (strcmp(twin->functions[i], function) == 0) {
            return true;
        }
    }
    return false;
}

const char *terminal_use_beyond(const struct terminal_use *use, const struct terminal_use *twin,
                                char *why, size_t size)
{
    for (size_t i = 0; i < use->function_count; i++) {
        if (!twin_has(twin, use->functions[i])) {
            snprintf(why, size, "a control function: %s", use->functions[i]);
            return why;
        }
    }
    for (uint32_t code = 0x80; code < 0x110000; code++) {
        unsigned bit = 1u << code % 8;
        if ((use->codes[code / 8] & bit) != 0 && (twin->codes[code / 8] & bit) == 0 &&
            code != 0xfffd && !is_mark(code)) {
            snprintf(why, size, "the character U+%04X", (unsigned)code);
            return why;
        }
    }
    if (use->marks > 3 || (use->invalid && !twin->invalid)) {
        snprintf(why, size, use->marks > 3 ? "%u marks on one character" : "bytes that are no text",
                 use->marks);
        return why;
    }
    return NULL;
}

/* --- state --------------------------------------------------------------------------------- */

struct props {
    bool named; /* a title or an icon's name was set */
    bool alternate, cursor_hidden, reverse;
    int mouse, shape;
};

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct props *props = user;
    switch (property) {
    case VTERM_PROP_TITLE:
    case VTERM_PROP_ICONNAME:
        props->named = true;
        break;
    case VTERM_PROP_ALTSCREEN:
        props->alternate = value->boolean;
        break;
    case VTERM_PROP_CURSORVISIBLE:
        props->cursor_hidden = !value->boolean;
        break;
    case VTERM_PROP_CURSORSHAPE:
        props->shape = value->number;
        break;
    case VTERM_PROP_REVERSE:
        props->reverse = value->boolean;
        break;
    case VTERM_PROP_MOUSE:
        props->mouse = value->number;
        break;
    default:
        break;
    }
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

struct emulator {
    VTerm *vterm;
    VTermScreen *screen;
    struct props props;
    int rows, cols;
};

static void emulator_open(struct emulator *emulator, int rows, int cols)
{
    *emulator = (struct emulator){.vterm = vterm_new(rows, cols), .rows = rows, .cols = cols};
    vterm_set_utf8(emulator->vterm, 1);
    emulator->screen = vterm_obtain_screen(emulator->vterm);
    vterm_screen_enable_altscreen(emulator->screen, 1);
    vterm_screen_reset(emulator->screen, 1);
    vterm_screen_set_callbacks(emulator->screen, &callbacks, &emulator->props);
}

static void type(struct emulator *emulator, const char *text)
{
    vterm_input_write(emulator->vterm, text, strlen(text));
}

static uint32_t char_at(const struct emulator *emulator, int row, int col)
{
    VTermScreenCell cell;
    vterm_screen_get_cell(emulator->screen, (VTermPos){row, col}, &cell);
    return cell.chars[0];
}

static bool palette_is_new(const struct emulator *emulator)
{
    struct emulator fresh;
    bool same = true;
    emulator_open(&fresh, 2, 2);
    VTermState *state = vterm_obtain_state(emulator->vterm);
    VTermState *other = vterm_obtain_state(fresh.vterm);
    for (int i = 0; i < 256; i++) {
        VTermColor color, expected;
        vterm_state_get_palette_color(state, i, &color);
        vterm_state_get_palette_color(other, i, &expected);
        same = same && vterm_color_is_equal(&color, &expected);
    }
    VTermColor fg, bg, other_fg, other_bg;
    vterm_state_get_default_colors(state, &fg, &bg);
    vterm_state_get_default_colors(other, &other_fg, &other_bg);
    same = same && vterm_color_is_equal(&fg, &other_fg) && vterm_color_is_equal(&bg, &other_bg);
    vterm_free(fresh.vterm);
    return same;
}

static bool pen_is_plain(const struct emulator *emulator)
{
    static const VTermAttr attributes[] = {VTERM_ATTR_BOLD,   VTERM_ATTR_UNDERLINE,
                                           VTERM_ATTR_BLINK,  VTERM_ATTR_REVERSE,
                                           VTERM_ATTR_ITALIC, VTERM_ATTR_STRIKE};
    VTermValue value;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        vterm_state_get_penattr(vterm_obtain_state(emulator->vterm), attributes[i], &value);
        if (i == 1 ? value.number != 0 : value.boolean != 0) {
            return false;
        }
    }
    return true;
}

/* What cannot be asked shows itself when something is typed. */
static const char *try_out(struct emulator *emulator)
{
    type(emulator, "\033[H\033[2Jq~ab\rX\n");
    if (char_at(emulator, 0, 0) != 'X' || char_at(emulator, 0, 1) != '~') {
        return "another character set, or insert mode";
    }
    for (int i = 0; i <= emulator->cols; i++) {
        type(emulator, "w");
    }
    if (char_at(emulator, 2, 0) != 'w') {
        return "no wrapping";
    }
    for (int i = 0; i < emulator->rows; i++) {
        type(emulator, "\r\n");
    }
    if (char_at(emulator, 0, 0) != 0 || char_at(emulator, 1, 0) != 0) {
        return "margins";
    }
    return NULL;
}

const char *terminal_left_changed(const char *bytes, size_t len, int rows, int cols)
{
    struct emulator emulator;
    emulator_open(&emulator, rows, cols);
    struct props at_first = emulator.props;
    vterm_input_write(emulator.vterm, bytes, len);
    const struct props *props = &emulator.props;
    const char *what = NULL;
    if (props->named) {
        what = "the title";
    } else if (props->alternate || props->cursor_hidden || props->reverse || props->mouse != 0) {
        what = "the screen, the cursor or the mouse";
    } else if (props->shape != 0 && props->shape != at_first.shape &&
               props->shape != VTERM_PROP_CURSORSHAPE_BLOCK) {
        what = "the cursor's shape";
    } else if (!palette_is_new(&emulator)) {
        what = "the palette";
    } else if (!pen_is_plain(&emulator)) {
        what = "the pen";
    } else {
        what = try_out(&emulator);
    }
    vterm_free(emulator.vterm);
    return what;
}
