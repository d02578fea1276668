/*
 * screenshot: runs a real program on a pseudo-terminal and writes what its screen shows as SVG.
 *
 *   screenshot -s 160x48 -e COLORTERM=truecolor -w LIVE -k j -q 200 -o out.svg PROGRAM ARGS…
 *
 * -s COLSxROWS   size (100x30)           -e NAME=VALUE  environment, repeatable
 * -w TEXT        wait until TEXT shows   -k KEYS        press keys (\e and \r are understood)
 * -q MS          wait for MS of silence  -p MS          watch for MS, whatever happens
 * -x SIGNAL:PID  send a signal to another process
 * -c COMMAND     run it by the shell, and go on when it has ended
 * -F MS          keep what the screen shows now as a frame of MS: the SVG moves, over and over
 * -g RRGGBB      ground (101216)         -f RRGGBB      default text colour (d7dae0)
 * -t             plain text instead      -o FILE        where to (standard output)
 * -w, -k, -q, -p, -x, -c and -F happen in the order given.
 */
#include "pty.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS_MAX = 128, ENV_MAX = 32, KEYS_MAX = 256, FRAMES_MAX = 64, ROWS_MAX = 80 };

#define CELL_WIDTH 8.4
#define CELL_HEIGHT 18
#define MARGIN 12
#define FONT_SIZE 14

struct step {
    int kind; /* the option's letter */
    const char *value;
};

struct shot {
    int columns, rows;
    const char *env[ENV_MAX];
    size_t env_count;
    struct step steps[STEPS_MAX];
    size_t step_count;
    const char *ground, *ink, *out;
    bool text;
    const char *const *argv;
};

/* --- the drawing -------------------------------------------------------------------------- */

/* Lines of the box characters: weight 0, 1 or 2 for each of north, east, south, west. */
struct box {
    const char *text;
    int north, east, south, west;
};

static const struct box boxes[] = {
    {"─", 0, 1, 0, 1}, {"│", 1, 0, 1, 0}, {"┌", 0, 1, 1, 0}, {"┐", 0, 0, 1, 1}, {"└", 1, 1, 0, 0},
    {"┘", 1, 0, 0, 1}, {"├", 1, 1, 1, 0}, {"┤", 1, 0, 1, 1}, {"┬", 0, 1, 1, 1}, {"┴", 1, 1, 0, 1},
    {"┼", 1, 1, 1, 1}, {"━", 0, 2, 0, 2}, {"┃", 2, 0, 2, 0}, {"┏", 0, 2, 2, 0}, {"┓", 0, 0, 2, 2},
    {"┗", 2, 2, 0, 0}, {"┛", 2, 0, 0, 2}, {"╭", 0, 1, 1, 0}, {"╮", 0, 0, 1, 1}, {"╰", 1, 1, 0, 0},
    {"╯", 1, 0, 0, 1},
};

/* Each row's drawing, frame by frame: a row that does not change is drawn once. */
struct film {
    char *rows[FRAMES_MAX][ROWS_MAX];
    int ms[FRAMES_MAX], count;
};

struct paint_job {
    FILE *out;
    struct pty *pty;
    const struct shot *shot;
};

static void color_text(const struct pty_color *color, const char *fallback, char out[8])
{
    if (color->kind == PTY_DEFAULT) {
        snprintf(out, 8, "#%.6s", fallback);
    } else {
        snprintf(out, 8, "#%02x%02x%02x", color->red & 255, color->green & 255, color->blue & 255);
    }
}

static void cell_colors(const struct paint_job *job, const struct pty_cell *cell, char fg[8],
                        char bg[8])
{
    color_text(cell->reverse ? &cell->bg : &cell->fg,
               cell->reverse ? job->shot->ground : job->shot->ink, fg);
    color_text(cell->reverse ? &cell->fg : &cell->bg,
               cell->reverse ? job->shot->ink : job->shot->ground, bg);
}

static double left(int col)
{
    return MARGIN + col * CELL_WIDTH;
}

static int top(int row)
{
    return MARGIN + row * CELL_HEIGHT;
}

static void draw_arm(const struct paint_job *job, double x, double y, const double to[2],
                     int weight)
{
    if (weight > 0) {
        fprintf(job->out, "M%.1f %.1fL%.1f %.1f", x, y, to[0], to[1]);
    }
}

static bool draw_box(const struct paint_job *job, const struct pty_cell *cell, int row, int col,
                     const char *fg)
{
    const struct box *box = NULL;
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        box = strcmp(boxes[i].text, cell->text) == 0 ? &boxes[i] : box;
    }
    if (box == NULL) {
        return false;
    }
    double x = left(col) + CELL_WIDTH / 2;
    double y = top(row) + CELL_HEIGHT / 2.0;
    bool heavy = box->north == 2 || box->east == 2 || box->south == 2 || box->west == 2;
    fprintf(job->out, "<path d=\"");
    draw_arm(job, x, y, (const double[]){x, top(row)}, box->north);
    draw_arm(job, x, y, (const double[]){left(col + 1), y}, box->east);
    draw_arm(job, x, y, (const double[]){x, top(row + 1)}, box->south);
    draw_arm(job, x, y, (const double[]){left(col), y}, box->west);
    fprintf(job->out, "\" stroke=\"%s\" stroke-width=\"%s\"/>\n", fg, heavy ? "2" : "1");
    return true;
}

/* ▁ to █: a bar from the bottom; fonts draw them with gaps. */
static bool draw_block(const struct paint_job *job, const struct pty_cell *cell, int row, int col,
                       const char *fg)
{
    const unsigned char *text = (const unsigned char *)cell->text;
    if (text[0] != 0xE2 || text[1] != 0x96 || text[2] < 0x81 || text[2] > 0x88) {
        return false;
    }
    double height = CELL_HEIGHT * (text[2] - 0x80) / 8.0;
    fprintf(job->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
            left(col), top(row + 1) - height, CELL_WIDTH, height, fg);
    return true;
}

static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '&' ? "&amp;"
                             : *text == '>' ? "&gt;"
                                            : NULL;
        if (entity != NULL) {
            fputs(entity, out);
        } else {
            fputc(*text, out);
        }
    }
}

static bool same_look(const struct pty_cell *a, const struct pty_cell *b)
{
    return memcmp(&a->fg, &b->fg, sizeof a->fg) == 0 && memcmp(&a->bg, &b->bg, sizeof a->bg) == 0 &&
           a->bold == b->bold && a->italic == b->italic && a->underline == b->underline &&
           a->reverse == b->reverse;
}

static void ground_of(const struct paint_job *job, int row, int col, char bg[8])
{
    struct pty_cell cell;
    char fg[8];
    pty_cell(job->pty, row, col, &cell);
    cell_colors(job, &cell, fg, bg);
}

static void draw_grounds(const struct paint_job *job, int row)
{
    for (int col = 0, end = 0; col < job->shot->columns; col = end) {
        char bg[8];
        char next[8];
        ground_of(job, row, col, bg);
        do {
            end++;
            ground_of(job, row, end < job->shot->columns ? end : col, next);
        } while (end < job->shot->columns && strcmp(bg, next) == 0);
        if (strcmp(bg + 1, job->shot->ground) != 0) {
            fprintf(job->out,
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
                    left(col), top(row), (end - col) * CELL_WIDTH, CELL_HEIGHT, bg);
        }
    }
}

/* ASCII runs of one look go into one element, everything else stands alone in its own cell. */
static int draw_run(const struct paint_job *job, int row, int col)
{
    struct pty_cell first;
    struct pty_cell cell;
    char fg[8];
    char bg[8];
    int end = col;
    pty_cell(job->pty, row, col, &first);
    cell_colors(job, &first, fg, bg);
    if (first.text[0] == '\0' || draw_box(job, &first, row, col, fg) ||
        draw_block(job, &first, row, col, fg)) {
        return col + 1;
    }
    for (cell = first; end < job->shot->columns && same_look(&first, &cell) &&
                       (cell.text[0] & 0x80) == 0 && cell.text[0] != '\0';
         end++) {
        if (end + 1 < job->shot->columns) {
            pty_cell(job->pty, row, end + 1, &cell);
        }
    }
    end = end == col ? col + 1 : end;
    fprintf(job->out, "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\" textLength=\"%.1f\"%s%s%s>",
            left(col), top(row) + CELL_HEIGHT * 0.75, fg, (end - col) * first.width * CELL_WIDTH,
            first.bold ? " font-weight=\"bold\"" : "", first.italic ? " font-style=\"italic\"" : "",
            first.underline ? " text-decoration=\"underline\"" : "");
    for (int i = col; i < end; i++) {
        pty_cell(job->pty, row, i, &cell);
        put_escaped(job->out, cell.text);
    }
    fprintf(job->out, "</text>\n");
    return end;
}

static void draw_row(const struct paint_job *job, int row)
{
    draw_grounds(job, row);
    for (int col = 0; col < job->shot->columns;) {
        struct pty_cell cell;
        pty_cell(job->pty, row, col, &cell);
        bool blank = cell.text[0] == '\0' || (strcmp(cell.text, " ") == 0 && !cell.underline);
        col = blank ? col + 1 : draw_run(job, row, col);
    }
}

static void open_svg(const struct paint_job *job)
{
    double width = 2 * MARGIN + job->shot->columns * CELL_WIDTH;
    int height = 2 * MARGIN + job->shot->rows * CELL_HEIGHT;
    fprintf(job->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" width=\"%.0f\" "
            "height=\"%d\" font-family=\"DejaVu Sans Mono,Menlo,Consolas,monospace\" "
            "font-size=\"%d\" xml:space=\"preserve\" stroke-linecap=\"square\">\n"
            "<rect width=\"100%%\" height=\"100%%\" rx=\"6\" fill=\"#%s\"/>\n",
            width, height, width, height, FONT_SIZE, job->shot->ground);
}

static void draw(const struct paint_job *job)
{
    open_svg(job);
    for (int row = 0; row < job->shot->rows; row++) {
        draw_row(job, row);
    }
    fprintf(job->out, "</svg>\n");
}

/* --- frames --------------------------------------------------------------------------------- */

static bool keep_frame(struct film *film, struct pty *pty, const struct shot *shot, int ms)
{
    if (film->count == FRAMES_MAX || shot->rows > ROWS_MAX || ms <= 0) {
        return false;
    }
    for (int row = 0; row < shot->rows; row++) {
        size_t size;
        FILE *out = open_memstream(&film->rows[film->count][row], &size);
        if (out == NULL) {
            return false;
        }
        draw_row(&(struct paint_job){out, pty, shot}, row);
        fclose(out);
    }
    film->ms[film->count++] = ms;
    return true;
}

/* What a row shows from one frame up to another, and when. */
static void draw_span(const struct paint_job *job, const struct film *film, int row,
                      const int frames[2])
{
    int total = 0, from = 0, to = 0;
    for (int i = 0; i < film->count; i++) {
        total += film->ms[i];
        from += i < frames[0] ? film->ms[i] : 0;
        to += i < frames[1] ? film->ms[i] : 0;
    }
    if (frames[0] == 0 && frames[1] == film->count) {
        fputs(film->rows[0][row], job->out);
        return;
    }
    fprintf(job->out,
            "<g visibility=\"%s\"><animate attributeName=\"visibility\" "
            "calcMode=\"discrete\" repeatCount=\"indefinite\" dur=\"%dms\" values=\"",
            frames[0] == 0 ? "visible" : "hidden", total);
    fputs(frames[0] > 0 ? "hidden;visible" : "visible", job->out);
    fputs(frames[1] < film->count ? ";hidden\" keyTimes=\"0" : "\" keyTimes=\"0", job->out);
    if (frames[0] > 0) {
        fprintf(job->out, ";%.4f", (double)from / total);
    }
    if (frames[1] < film->count) {
        fprintf(job->out, ";%.4f", (double)to / total);
    }
    fprintf(job->out, "\"/>\n%s</g>\n", film->rows[frames[0]][row]);
}

static void draw_film(const struct paint_job *job, const struct film *film)
{
    open_svg(job);
    for (int row = 0; row < job->shot->rows; row++) {
        for (int from = 0, to = 0; from < film->count; from = to) {
            while (to < film->count && strcmp(film->rows[from][row], film->rows[to][row]) == 0) {
                to++;
            }
            draw_span(job, film, row, (const int[]){from, to});
        }
    }
    fprintf(job->out, "</svg>\n");
}

/* --- the session -------------------------------------------------------------------------- */

static void press(struct pty *pty, const char *keys)
{
    char bytes[KEYS_MAX];
    size_t len = 0;
    for (; *keys != '\0' && len < sizeof bytes; keys++) {
        bool escaped = keys[0] == '\\' && keys[1] != '\0';
        char plain = escaped ? *++keys : *keys;
        bytes[len++] = (char)(!escaped       ? plain
                              : plain == 'e' ? '\033'
                              : plain == 'r' ? '\r'
                                             : plain);
    }
    pty_send_bytes(pty, bytes, len);
}

static void send_signal(const char *value)
{
    char *end;
    int signo = (int)strtol(value, &end, 10);
    if (*end == ':') {
        kill((pid_t)strtol(end + 1, NULL, 10), signo);
    }
}

static bool never(struct pty *pty, void *user)
{
    (void)pty;
    (void)user;
    return false;
}

static bool take(struct pty *pty, const struct shot *shot, const struct step *step,
                 struct film *film)
{
    switch (step->kind) {
    case 'c':
        return system(step->value) == 0;
    case 'F':
        return keep_frame(film, pty, shot, (int)strtol(step->value, NULL, 10));
    case 'w':
        return pty_wait_text(pty, step->value);
    case 'k':
        press(pty, step->value);
        return true;
    case 'x':
        send_signal(step->value);
        return true;
    case 'p':
        pty_wait(pty, never, NULL, (int)strtol(step->value, NULL, 10));
        return true;
    default:
        return pty_wait_quiet(pty, (int)strtol(step->value, NULL, 10), 0);
    }
}

static int run(const struct shot *shot)
{
    struct pty_options options = {
        .argv = shot->argv, .env = shot->env, .rows = shot->rows, .cols = shot->columns};
    struct pty *pty = pty_start(&options);
    static struct film film;
    bool good = true;
    for (size_t i = 0; i < shot->step_count && good; i++) {
        good = take(pty, shot, &shot->steps[i], &film);
    }
    FILE *out = shot->out == NULL ? stdout : fopen(shot->out, "w");
    if (out == NULL) {
        perror(shot->out);
        good = false;
    } else if (shot->text) {
        fputs(pty_screen(pty), out);
    } else if (film.count > 0) {
        draw_film(&(struct paint_job){out, pty, shot}, &film);
    } else {
        draw(&(struct paint_job){out, pty, shot});
    }
    if (out != NULL && shot->out != NULL) {
        good = fclose(out) == 0 && good;
    }
    pty_free(pty);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool take_option(struct shot *shot, int option, char *value)
{
    char *rest;
    switch (option) {
    case 's':
        shot->columns = (int)strtol(value, &rest, 10);
        shot->rows = *rest == 'x' ? (int)strtol(rest + 1, NULL, 10) : 0;
        return shot->columns > 0 && shot->rows > 0;
    case 'e':
        shot->env[shot->env_count++] = value;
        return shot->env_count < ENV_MAX;
    case 'g':
        shot->ground = value;
        return strlen(value) == 6;
    case 'f':
        shot->ink = value;
        return strlen(value) == 6;
    case 'o':
        shot->out = value;
        return true;
    case 't':
        shot->text = true;
        return true;
    case '?':
        return false;
    default:
        shot->steps[shot->step_count++] = (struct step){option, value};
        return shot->step_count < STEPS_MAX;
    }
}

int main(int argc, char **argv)
{
    struct shot shot = {.columns = 100, .rows = 30, .ground = "101216", .ink = "d7dae0"};
    int option;
    while ((option = getopt(argc, argv, "+s:e:w:k:q:p:x:c:F:g:f:to:")) != -1) {
        if (!take_option(&shot, option, optarg)) {
            fprintf(stderr, "usage: see the head of screenshot.c\n");
            return 2;
        }
    }
    if (optind == argc) {
        fprintf(stderr, "screenshot: no program\n");
        return 2;
    }
    shot.argv = (const char *const *)(void *)(argv + optind);
    return run(&shot);
}
