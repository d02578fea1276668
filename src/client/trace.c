#include <blotter/client/trace.h>

#include <blotter/core/alloc.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct trace {
    FILE *file;
    bool unflushed;
};

struct trace *trace_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return NULL;
    }
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        return NULL;
    }
    struct trace *trace = mem_calloc(1, sizeof *trace);
    trace->file = file;
    return trace;
}

void trace_close(struct trace *trace)
{
    if (trace == NULL) {
        return;
    }
    fclose(trace->file);
    free(trace);
}

void trace_step(struct trace *trace, int64_t mono_us, const char *step, const char *fields, ...)
{
    if (trace == NULL) {
        return;
    }
    fprintf(trace->file, "{\"t\":%" PRId64 ",\"step\":\"%s\"", mono_us, step);
    if (fields != NULL) {
        va_list arguments;
        va_start(arguments, fields);
        fputc(',', trace->file);
        vfprintf(trace->file, fields, arguments);
        va_end(arguments);
    }
    fputs("}\n", trace->file);
    trace->unflushed = true;
}

void trace_flush(struct trace *trace)
{
    if (trace != NULL && trace->unflushed) {
        fflush(trace->file);
        trace->unflushed = false;
    }
}
