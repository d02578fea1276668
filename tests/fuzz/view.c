/*
 * The dashboard over a hostile body and any keys. The first line is what the user does, a byte
 * each; the rest is the answer of a resource that the first byte chooses.
 */
#include <blotter/core/decode.h>
#include <blotter/view/screen.h>

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 32 /* a frame each: more of them only makes every try slow */

static void check(const struct canvas *canvas)
{
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->columns; x++) {
            const struct cell *cell = canvas_cell(canvas, x, y);
            const struct cell *left = canvas_cell(canvas, x - 1, y);
            bool right_half = left != NULL && left->width == 2;
            struct text_reader reader = {cell->text, cell->text + strlen(cell->text)};
            struct text_cluster cluster;
            if (right_half != (cell->width == 0) || cell->role >= ROLE_COUNT) {
                abort();
            }
            if (!right_half && (!text_next(&reader, &cluster) ||
                                memcmp(cluster.bytes, cell->text, sizeof cell->text) != 0)) {
                abort(); /* what is in a cell is clean already */
            }
        }
    }
}

static void step(struct screen *screen, const struct screen_input *input, uint8_t what)
{
    if (what < ACTION_COUNT) {
        screen_action(screen, input, (enum action)what);
    } else if (what < 128) {
        screen_char(screen, input, what);
    } else if (what < 192) {
        screen_resize(screen, (what & 63) * 3 + 1, (what & 15) * 3 + 1);
    } else {
        screen_mouse(screen, input, (enum screen_button)(what & 3), what & 60, (what & 31) + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    if (line == NULL || line == data) {
        return 0;
    }
    setlocale(LC_CTYPE, "C.UTF-8");
    size_t steps = (size_t)(line - data), body = size - steps - 1;
    enum resource resource = (enum resource)(data[0] % RESOURCE_COUNT);
    struct fault fault;
    struct snapshot *shown = decode_body(resource, (const char *)line + 1, body, &fault);
    struct screen_input input;
    screen_input_init(&input);
    input.now = (struct moment){1000000, INT64_C(1730106126000)};
    input.panes[resource].shown = shown;
    input.panes[resource].stale = (data[0] & 64) != 0;
    input.badge = "MOCK";
    struct screen *screen = screen_new(1 + data[0] % 160, 1 + data[0] % 50);
    struct canvas *canvas = canvas_new(1, 1);
    canvas->ascii = (data[0] & 128) != 0;
    screen_action(screen, &input, (enum action)((int)ACTION_FOCUS_ORDERS + (int)resource));
    screen_render(screen, &input, SCREEN_ALL, canvas);
    check(canvas);
    for (size_t i = 1; i < steps && i < STEPS_MAX; i++) {
        step(screen, &input, data[i]);
        screen_render(screen, &input, 0, canvas);
    }
    check(canvas);
    screen_free(screen);
    canvas_free(canvas);
    snapshot_unref(shown);
    return 0;
}
