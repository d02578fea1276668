/*
 * input: the bytes a terminal sends, taken apart: keys by name, characters, mouse, focus, pastes.
 * Pure and push-driven: however the bytes are split, the same things come out. Time decides when
 * something is unfinished: when input_pending says so, the owner calls input_flush a while after
 * the last byte. Answers of the terminal that nobody here asked for (DCS, OSC, APC, PM, SOS) are
 * swallowed up to ST or BEL: they are no keys. Controls of eight bits are those of two bytes.
 */
#ifndef BLOTTER_TUI_INPUT_H
#define BLOTTER_TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_SEQUENCE_MAX 64 /* longer ones are swallowed */
#define INPUT_NAME_MAX 16

enum input_kind {
    INPUT_KEY,   /* name; code too when the key is a character */
    INPUT_PASTE, /* code: one pasted character */
    INPUT_MOUSE, /* button, x, y */
    INPUT_FOCUS_IN,
    INPUT_FOCUS_OUT,
    INPUT_FRAMES /* the answer to a question: code 1, frames can be held back (DEC 2026), else 0 */
};

enum input_button { INPUT_LEFT, INPUT_MIDDLE, INPUT_RIGHT, INPUT_WHEEL_UP, INPUT_WHEEL_DOWN };

struct input_event {
    enum input_kind kind;
    char name[INPUT_NAME_MAX]; /* as in [keys]: "j", "C-l", "M-x", "S-Tab", "PgUp", "F1" */
    uint32_t code;             /* the character, 0 when the key is none */
    enum input_button button;  /* presses only */
    int x, y;                  /* cell, from 0 */
};

typedef void (*input_fn)(void *user, const struct input_event *event);

struct input {
    input_fn fn;
    void *user;
    unsigned char sequence[INPUT_SEQUENCE_MAX]; /* what has been read of an unfinished one */
    size_t len;
    bool swallow; /* the rest of an overlong sequence */
    bool string;  /* inside an answer that lasts to ST or BEL; len is 1 behind an ESC */
    bool eight;   /* it began with a control of eight bits, and may end with one */
    bool pasting;
};

void input_init(struct input *input, input_fn fn, void *user);
void input_feed(struct input *input, const char *bytes, size_t len);

/* What time has to decide about what was read so far. */
enum input_wait {
    INPUT_COMPLETE, /* nothing */
    INPUT_ESCAPE,   /* an ESC, or what begins like a sequence: it may be all that comes */
    INPUT_STRING /* a sequence of which more than its beginning is here, or an answer whose end is
                    on its way: it takes as long as the line does */
};
enum input_wait input_pending(const struct input *input);

/* Nothing more came: the ESC was the Esc key, what follows it are keys; an answer is over. */
void input_flush(struct input *input);

/* Whether a name is one that this module can produce: for [keys]. */
bool input_name_is_valid(const char *name);

#endif
