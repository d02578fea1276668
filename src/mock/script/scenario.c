#include "scenario.h"
#include "scenario_commands.h"

#include <blotter/core/alloc.h>
#include <blotter/core/suggest.h>
#include <blotter/sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct step {
    int64_t at_us;
    int line;
    struct scenario_call call;
};

struct scenario {
    char *name; /* of the file */
    struct step *steps;
    size_t len, capacity, done;
    struct scenario_memory memory;
    bool seeded;
    struct loop *loop;
    struct loop_timer *timer;
    int64_t start_us;
    struct scenario_host host;
};

/* ---- reading ---- */

struct reader {
    struct scenario *scenario;
    int line;
    int64_t before_us; /* the time of the line before */
    struct fault *error;
};

static bool refuse(const struct reader *reader, const char *what)
{
    fault_set(reader->error, FAULT_CONFIG, 0, "%.80s:%d: %s", reader->scenario->name, reader->line,
              what);
    return false;
}

/* The next word, ended in place; *at moves behind it. "" at the end. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " \t");
    char *end = word + strcspn(word, " \t");
    *at = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static bool read_time(struct reader *reader, const char *word, int64_t *ret_us)
{
    bool relative = *word == '+';
    char *end;
    double seconds = strtod(word + relative, &end);
    if (end == word + relative || *end != '\0' || !(seconds >= 0 && seconds <= 1e6)) {
        char what[120];
        snprintf(what, sizeof what,
                 "the time must be seconds or +seconds, up to 1000000, not '%.40s'", word);
        return refuse(reader, what);
    }
    *ret_us = (relative ? reader->before_us : 0) + llround(seconds * 1e6);
    return true;
}

static bool unknown_command(const struct reader *reader, const char *word, const char *second)
{
    char typed[64];
    char what[160];
    struct suggest suggest;
    snprintf(typed, sizeof typed, "%.30s%s%.30s", word, *second == '\0' ? "" : " ", second);
    suggest_init(&suggest, typed);
    for (size_t i = 0; i < scenario_command_count; i++) {
        suggest_offer(&suggest, scenario_commands[i].name);
    }
    if (suggest.best == NULL) {
        snprintf(what, sizeof what, "unknown command '%s'", word);
    } else {
        snprintf(what, sizeof what, "unknown command '%s' (did you mean '%s'?)", typed,
                 suggest.best);
    }
    return refuse(reader, what);
}

static const struct scenario_command *find(const char *name)
{
    for (size_t i = 0; i < scenario_command_count; i++) {
        if (strcmp(scenario_commands[i].name, name) == 0) {
            return &scenario_commands[i];
        }
    }
    return NULL;
}

/* A command's name is one word or two; *at is left behind it. */
static const struct scenario_command *read_name(struct reader *reader, char **at)
{
    const char *first = next_word(at);
    const struct scenario_command *command = find(first);
    if (command != NULL) {
        return command;
    }
    const char *second = next_word(at);
    char both[64];
    snprintf(both, sizeof both, "%.30s %.30s", first, second);
    command = find(both);
    if (command == NULL) {
        unknown_command(reader, first, second);
    }
    return command;
}

static bool read_arguments(struct reader *reader, char *at, struct scenario_call *call)
{
    char what[140];
    const struct scenario_command *command = call->command;
    if (command->takes_text) {
        call->words[0] = at + strspn(at, " \t");
        call->count = *call->words[0] == '\0' ? 0 : 1;
    } else {
        char *word = next_word(&at);
        for (; *word != '\0' && call->count < SCENARIO_WORDS_MAX; word = next_word(&at)) {
            call->words[call->count++] = word;
        }
        if (*word != '\0') {
            return refuse(reader, "too many words");
        }
    }
    if (call->count < command->words_min || call->count > command->words_max) {
        snprintf(what, sizeof what, "the command is: %s %s", command->name, command->arguments);
        return refuse(reader, what);
    }
    what[0] = '\0';
    return command->check == NULL || command->check(call, what, sizeof what) ||
           refuse(reader, what);
}

static struct step *add_step(struct scenario *scenario)
{
    if (scenario->len == scenario->capacity) {
        scenario->capacity = scenario->capacity == 0 ? 16 : 2 * scenario->capacity;
        scenario->steps =
            mem_realloc(scenario->steps, scenario->capacity * sizeof *scenario->steps);
    }
    struct step *step = &scenario->steps[scenario->len++];
    memset(step, 0, sizeof *step);
    return step;
}

static bool read_line(struct reader *reader, const char *text, size_t len)
{
    struct step *step = add_step(reader->scenario);
    step->line = reader->line;
    step->call.line = mem_dup(text, len);
    char *at = step->call.line;
    const char *word = next_word(&at);
    if (strcmp(word, "AT") != 0 && strcmp(word, "at") != 0) {
        return refuse(reader, "a line is: AT TIME COMMAND");
    }
    if (!read_time(reader, next_word(&at), &step->at_us)) {
        return false;
    }
    reader->before_us = step->at_us;
    step->call.command = read_name(reader, &at);
    return step->call.command != NULL && read_arguments(reader, at, &step->call);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool read_lines(struct reader *reader, const char *text, size_t len)
{
    const char *end = text + len;
    for (const char *at = text; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;
        const char *first = at;
        const char *last = stop;
        at = newline == NULL ? end : newline + 1;
        reader->line++;
        while (first < last && is_blank(*first)) {
            first++;
        }
        while (last > first && is_blank(last[-1])) {
            last--;
        }
        if (first == last || *first == '#') {
            continue;
        }
        if (last - first > SCENARIO_LINE_MAX ||
            memchr(first, '\0', (size_t)(last - first)) != NULL) {
            return refuse(reader, "the line is too long, or is no text");
        }
        if (!read_line(reader, first, (size_t)(last - first))) {
            return false;
        }
    }
    return true;
}

/* By time, and lines of the same time as they stand. */
static int compare(const void *left, const void *right)
{
    const struct step *one = left, *other = right;
    if (one->at_us != other->at_us) {
        return one->at_us < other->at_us ? -1 : 1;
    }
    return one->line < other->line ? -1 : one->line > other->line;
}

struct scenario *scenario_parse(const char *name, const char *text, size_t len,
                                struct fault *ret_error)
{
    struct scenario *scenario = mem_calloc(1, sizeof *scenario);
    scenario->name = mem_dup(name, strlen(name));
    struct reader reader = {.scenario = scenario, .error = ret_error};
    if (!read_lines(&reader, text, len)) {
        scenario_free(scenario);
        return NULL;
    }
    if (scenario->len > 0) {
        qsort(scenario->steps, scenario->len, sizeof *scenario->steps, compare);
    }
    return scenario;
}

struct scenario *scenario_read(const char *path, struct fault *ret_error)
{
    struct file file;
    if (!file_read(AT_FDCWD, path, FILE_ANY, SCENARIO_FILE_MAX, &file)) {
        fault_set(ret_error, FAULT_CONFIG, 0, "cannot read scenario '%.80s': %s", path,
                  errno == EFBIG ? "it is too large" : strerror(errno));
        return NULL;
    }
    struct scenario *scenario = scenario_parse(path, file.bytes, file.len, ret_error);
    free(file.bytes);
    return scenario;
}

void scenario_free(struct scenario *scenario)
{
    if (scenario == NULL) {
        return;
    }
    for (size_t i = 0; i < scenario->len; i++) {
        free(scenario->steps[i].call.line);
    }
    if (scenario->timer != NULL) {
        loop_timer_free(scenario->timer);
    }
    free(scenario->steps);
    free(scenario->name);
    free(scenario);
}

bool scenario_needs_proxy(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->len; i++) {
        const struct scenario_call *call = &scenario->steps[i].call;
        struct fault error;
        bool bytes = false;
        if (strcmp(call->command->name, "fault") == 0 &&
            faults_check(call->words[0], &bytes, &error) && bytes) {
            return true;
        }
    }
    return false;
}

/* ---- running ---- */

static void run_step(struct scenario *scenario, const struct scenario_host *host,
                     const struct step *step)
{
    char why[192] = "";
    scenario->memory.host = host;
    if (step->call.command->run(&step->call, &scenario->memory, why, sizeof why) ||
        host->report == NULL) {
        return;
    }
    char text[320];
    snprintf(text, sizeof text, "%.80s:%d: %s: %s", scenario->name, step->line,
             step->call.command->name, why);
    host->report(host->user, text);
}

int64_t scenario_step(struct scenario *scenario, const struct scenario_host *host,
                      int64_t elapsed_us)
{
    if (!scenario->seeded) {
        scenario->seeded = true;
        dice_seed(&scenario->memory.dice, trade_seed(host->db, host->seed ^ UINT64_C(0x5ce4a210)));
    }
    while (scenario->done < scenario->len && scenario->steps[scenario->done].at_us <= elapsed_us) {
        run_step(scenario, host, &scenario->steps[scenario->done++]);
    }
    return scenario->done < scenario->len ? scenario->steps[scenario->done].at_us : MOMENT_NEVER;
}

static void on_timer(void *user)
{
    struct scenario *scenario = user;
    int64_t elapsed_us = loop_now(scenario->loop).mono_us - scenario->start_us;
    int64_t next_us = scenario_step(scenario, &scenario->host, elapsed_us);
    if (next_us != MOMENT_NEVER) {
        loop_timer_set(scenario->timer, scenario->start_us + next_us);
    }
}

void scenario_start(struct scenario *scenario, struct loop *loop, const struct scenario_host *host)
{
    scenario->host = *host;
    scenario->loop = loop;
    scenario->start_us = loop_now(loop).mono_us;
    scenario->timer = loop_timer_new(loop, on_timer, scenario);
    loop_timer_set(scenario->timer, scenario->start_us);
}
