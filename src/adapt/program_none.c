/* Where libjq is missing: a backend's files can be read, but not run. */
#include "program.h"

bool program_available(void)
{
    return false;
}

struct program *program_new(const struct program_source *source, struct complaints *complaints)
{
    complain(complaints, (struct place){source->path, 0},
             "this blotter was built without libjq, which backends need");
    return NULL;
}

void program_free(struct program *program)
{
    (void)program;
}

bool program_hold(struct program *program, const char *body, size_t len)
{
    (void)program;
    (void)body;
    (void)len;
    return false;
}

void program_release(struct program *program)
{
    (void)program;
}

bool program_run(struct program *program, const struct program_call *call, struct buf *ret,
                 struct fault *ret_fault)
{
    (void)program;
    (void)ret;
    fault_set(ret_fault, FAULT_CONFIG, 0, "%s: built without libjq", call->function);
    return false;
}

void program_on_overrun(void (*restore_terminal)(void))
{
    (void)restore_terminal;
}
