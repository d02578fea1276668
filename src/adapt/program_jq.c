#include "definitions.h"
#include "jq_api.h"
#include "jq_dump.h"
#include "overrun.h"
#include "program.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAX ((size_t)256 << 10)
#define VALUES_MAX 4096 /* one run gives no more */
#define MESSAGE_BYTES 512
#define NOT_FOR_BACKENDS "_is_not_for_backends"

extern const char prelude_jq[];
extern const size_t prelude_jq_len;

struct program {
    const struct jq_api *api;
    jq_state *jq;
    const char *name; /* of the file, without its directory */
    jv held;          /* a body that several runs read */
    bool holds;
};

bool program_available(void)
{
    return jq_api_open() != NULL;
}

/* --- compiling ------------------------------------------------------------------------------- */

struct compiling {
    const struct jq_api *api;
    const struct program_source *source;
    struct complaints *complaints;
    int last_line;
    bool said; /* something about the file */
};

/* The text of a message: its own bytes when it is a string, else as JSON. Takes it. */
static void take_message(const struct jq_api *api, jv message, char *out, size_t size)
{
    if (api->get_kind(message) != JV_KIND_STRING) {
        message = api->dump_string(message, 0);
    }
    snprintf(out, size, "%s", api->string_value(message));
    api->free(message);
}

static void cut(char *text, const char *from)
{
    char *at = strstr(text, from);
    if (at != NULL) {
        memmove(at, at + strlen(from), strlen(at + strlen(from)) + 1);
    }
}

static bool ends_with(const char *text, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    return len >= word_len && memcmp(text + len - word_len, word, word_len) == 0;
}

/* A function that a section makes a duty, and that the file does not have. */
static bool blame_duty(struct compiling *compiling, const char *name, size_t len)
{
    const struct program_source *source = compiling->source;
    for (size_t i = 0; i < source->duty_count; i++) {
        const struct duty *duty = &source->duties[i];
        if (duty->section == NULL || strlen(duty->function) != len ||
            memcmp(duty->function, name, len) != 0) {
            continue;
        }
        const struct head *head = pairs_head(source->pairs, duty->section);
        const char *file = strrchr(source->path, '/');
        complain(compiling->complaints, head != NULL ? head->at : source->ini,
                 "[%s] needs a function %s in %s", duty->section, duty->function,
                 file != NULL ? file + 1 : source->path);
        return true;
    }
    return false;
}

static void blame_end(struct compiling *compiling)
{
    complain(compiling->complaints, (struct place){compiling->source->path, compiling->last_line},
             "the file ends in mid-definition, or holds something else than definitions");
}

/* What is wrong, in jq's words unless there are better ones. */
static void blame(struct compiling *compiling, int line, char *what)
{
    static const char undefined[] = " is not defined";
    struct place at = {compiling->source->path, line};
    const char *slash = strchr(what, '/');
    size_t name = slash != NULL ? (size_t)(slash - what) : 0;
    bool is_undefined = name > 0 && strstr(slash, undefined) != NULL;
    if (is_undefined && ends_with(what, name, NOT_FOR_BACKENDS)) {
        at.line =
            definitions_line_of(compiling->source->text, what, name - strlen(NOT_FOR_BACKENDS));
        complain(compiling->complaints, at,
                 "%.*s is not for backends: a function sees its input and nothing else",
                 (int)(name - strlen(NOT_FOR_BACKENDS)), what);
    } else if (is_undefined && line > compiling->last_line && blame_duty(compiling, what, name)) {
        return;
    } else if (strstr(what, "unexpected import") != NULL ||
               strstr(what, "unexpected include") != NULL ||
               strstr(what, "unexpected module") != NULL) {
        complain(compiling->complaints, at, "import, include and module are not for backends");
    } else if (line > compiling->last_line) {
        blame_end(compiling);
    } else {
        cut(what, " (Unix shell quoting issues?)");
        complain(compiling->complaints, at, "%s", what);
    }
}

/* "jq: error: WHAT at <top-level>, line N:…" */
static void on_error(void *user, jv message)
{
    static const char head[] = "jq: error: ", place[] = " at <top-level>, line ";
    struct compiling *compiling = user;
    char text[MESSAGE_BYTES];
    take_message(compiling->api, message, text, sizeof text);
    char *what = strncmp(text, head, strlen(head)) == 0 ? text + strlen(head) : text;
    char *at = strstr(what, place);
    if (at == NULL) {
        return; /* "jq: 3 compile errors" */
    }
    *at = '\0';
    compiling->said = true;
    blame(compiling, (int)strtol(at + strlen(place), NULL, 10), what);
}

static void ignore(void *user, jv message)
{
    const struct jq_api *api = user;
    api->free(message);
}

static jv no_input(jq_state *jq, void *user)
{
    const struct jq_api *api = user;
    (void)jq;
    return api->invalid();
}

/* `def _answer`: a branch for each function. */
static bool append_answer(struct buf *text, const struct program_source *source)
{
    bool good = buf_append_text(text, "\ndef _answer: .[0] as $f | .[1] | ");
    for (size_t i = 0; good && i < source->duty_count; i++) {
        good = buf_printf(text, "%s $f == \"%s\" then %s ", i == 0 ? "if" : "elif",
                          source->duties[i].function, source->duties[i].function);
    }
    return good && buf_append_text(text, "else null end; _answer");
}

/* libjq reads ~/.jq at every compile: HOME is somewhere else meanwhile. */
static bool compile_away_from_home(const struct jq_api *api, jq_state *jq, const char *text)
{
    const char *home = getenv("HOME");
    char *kept = home != NULL ? mem_dup(home, strlen(home)) : NULL;
    setenv("HOME", "/nonexistent", 1);
    bool good = api->compile_args(jq, text, api->object()) != 0;
    if (kept != NULL) {
        setenv("HOME", kept, 1);
    } else {
        unsetenv("HOME");
    }
    free(kept);
    return good;
}

static int count_lines(const char *text, size_t len)
{
    int lines = len > 0 && text[len - 1] != '\n' ? 1 : 0;
    for (size_t i = 0; i < len; i++) {
        lines += text[i] == '\n';
    }
    return lines;
}

static bool begins_with(const char *text, const char *word)
{
    size_t len = strlen(word);
    return strncmp(text, word, len) == 0 && strchr(" \t\r\n{\"", text[len]) != NULL;
}

static bool check_text(struct compiling *compiling)
{
    static const char *const others[] = {"import", "include", "module"};
    const struct program_source *source = compiling->source;
    struct place at = {source->path, 1};
    if (memchr(source->text, '\0', source->len) != NULL) {
        return complain(compiling->complaints, at, "a NUL byte");
    }
    /* Nothing at all is fine: every section then misses its function. */
    const char *stray = definitions_stray(source->text, &at.line);
    for (size_t i = 0; stray != NULL && i < sizeof others / sizeof *others; i++) {
        if (begins_with(stray, others[i])) {
            return complain(compiling->complaints, at,
                            "import, include and module are not for backends");
        }
    }
    return stray == NULL ||
           complain(compiling->complaints, at,
                    "the file ends in mid-definition, or holds something else than definitions");
}

/* Where nobody is named 1.6 calls what happens to lie there. */
static void on_no_memory(void *unused)
{
    (void)unused;
    abort();
}

static bool compile(jq_state *jq, struct compiling *compiling)
{
    struct buf text;
    const struct program_source *source = compiling->source;
    const struct jq_api *api = compiling->api;
    buf_init(&text, TEXT_BYTES_MAX);
    api->set_nomem_handler(jq, on_no_memory, NULL);
    api->set_error_cb(jq, on_error, compiling);
    bool good = buf_append(&text, prelude_jq, prelude_jq_len) &&
                buf_append(&text, source->text, source->len) && append_answer(&text, source) &&
                compile_away_from_home(api, jq, text.data);
    buf_done(&text);
    api->set_error_cb(jq, ignore, (void *)api);
    if (!good && !compiling->said) {
        blame_end(compiling);
    }
    return good;
}

/* A state with the program in it; NULL with complaints. */
static jq_state *compile_new(struct compiling *compiling)
{
    const struct jq_api *api = compiling->api;
    jq_state *jq = api->init();
    if (jq == NULL) {
        complain(compiling->complaints, (struct place){compiling->source->path, 0},
                 "libjq does not start");
    } else if (!compile(jq, compiling)) {
        api->teardown(&jq);
    } else {
        api->set_input_cb(jq, no_input, (void *)api);
        api->set_debug_cb(jq, ignore, (void *)api);
    }
    return jq;
}

struct program *program_new(const struct program_source *source, struct complaints *complaints)
{
    const char *slash = strrchr(source->path, '/');
    struct compiling compiling = {jq_api_open(), source, complaints,
                                  count_lines(source->text, source->len), false};
    if (compiling.api == NULL) {
        complain(complaints, (struct place){source->path, 0},
                 BLOTTER_LIBJQ " is not installed, which backends need");
        return NULL;
    }
    jq_state *jq = check_text(&compiling) ? compile_new(&compiling) : NULL;
    if (jq == NULL) {
        return NULL;
    }
    struct program *program = mem_alloc(sizeof *program);
    *program = (struct program){
        .api = compiling.api, .jq = jq, .name = slash != NULL ? slash + 1 : source->path};
    return program;
}

void program_free(struct program *program)
{
    if (program != NULL) {
        program_release(program);
        program->api->teardown(&program->jq);
        free(program);
    }
}

/* --- running --------------------------------------------------------------------------------- */

static bool refuse(const struct program *program, const char *function, const char *why,
                   struct fault *fault)
{
    fault_set(fault, FAULT_DECODE, 0, "%s: %s: %s", program->name, function, why);
    return false;
}

/* What jq_next left behind: the end, or an error. Takes it. */
static bool take_end(const struct program *program, const char *function, jv end,
                     struct fault *fault)
{
    const struct jq_api *api = program->api;
    if (!api->invalid_has_msg(api->copy(end))) {
        api->free(end);
        return true;
    }
    char text[MESSAGE_BYTES];
    take_message(api, api->invalid_get_msg(end), text, sizeof text);
    return refuse(program, function, text, fault);
}

static bool is_valid(const struct jq_api *api, jv value)
{
    return api->get_kind(value) != JV_KIND_INVALID;
}

/* Appends what the program gives, and counts it. */
static bool collect(struct program *program, const struct program_call *call, struct buf *ret,
                    struct fault *fault)
{
    const struct jq_api *api = program->api;
    size_t count = 0;
    bool fits = !call->many || buf_append_text(ret, "[");
    jv value = api->next(program->jq);
    for (; is_valid(api, value); value = api->next(program->jq)) {
        bool wanted = count++ < (call->many ? VALUES_MAX : 1);
        fits = fits && (!wanted || count == 1 || buf_append_text(ret, ","));
        if (wanted && fits) {
            fits = jq_dump(api, value, ret);
        } else {
            api->free(value);
        }
        if (count > VALUES_MAX) {
            return refuse(program, call->function, "more values than can be meant", fault);
        }
    }
    if (!take_end(program, call->function, value, fault)) {
        return false;
    }
    fits = fits && (!call->many || buf_append_text(ret, "]"));
    if (!call->many && count != 1) {
        return refuse(
            program, call->function,
            count == 0 ? "no value where one is wanted" : "two values where one is wanted", fault);
    }
    if (!fits) {
        fault_set(fault, FAULT_TOO_LARGE, 0, "%s: %s: gives too much", program->name,
                  call->function);
    }
    return fits;
}

bool program_hold(struct program *program, const char *body, size_t len)
{
    program_release(program);
    program->held = program->api->parse_sized(body, (int)len);
    program->holds = is_valid(program->api, program->held);
    if (!program->holds) {
        program->api->free(program->held);
    }
    return program->holds;
}

void program_release(struct program *program)
{
    if (program->holds) {
        program->holds = false;
        program->api->free(program->held);
    }
}

static jv body_of(const struct program *program, const struct program_call *call)
{
    const struct jq_api *api = program->api;
    if (call->body != NULL) {
        return api->parse_sized(call->body, (int)call->len);
    }
    return program->holds ? api->copy(program->held) : api->invalid();
}

bool program_run(struct program *program, const struct program_call *call, struct buf *ret,
                 struct fault *ret_fault)
{
    const struct jq_api *api = program->api;
    struct overrun before;
    size_t start = ret->len;
    overrun_arm(program->name, call->function, &before);
    jv body = body_of(program, call);
    bool good = is_valid(api, body);
    if (good) {
        jv input = api->array_append(api->array(), api->string(call->function));
        api->start(program->jq, api->array_append(input, body), 0);
        good = collect(program, call, ret, ret_fault);
    } else {
        take_end(program, call->function, body, ret_fault);
        fault_set(ret_fault, FAULT_DECODE, 0, "%s: %s: the answer is no JSON", program->name,
                  call->function);
    }
    overrun_disarm(&before);
    if (!good) {
        buf_cut(ret, start);
    }
    return good;
}

void program_on_overrun(void (*restore_terminal)(void))
{
    overrun_set_restore(restore_terminal);
}
