#include <blotter/client/trace.h>
#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/quote.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct trace {
    FILE *file;
    bool unflushed;
    struct trace *whole; /* of an account's: the one that has the file; NULL: it has it itself */
    struct buf account;  /* its name in quotes */
};

enum { ACCOUNT_BYTES_MAX = 1024 };

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
    if (trace->whole == NULL) {
        fclose(trace->file);
    }
    buf_done(&trace->account);
    free(trace);
}

struct trace *trace_of(struct trace *trace, const char *account)
{
    if (trace == NULL) {
        return NULL;
    }
    struct trace *part = mem_calloc(1, sizeof *part);
    part->file = trace->file;
    part->whole = trace;
    buf_init(&part->account, ACCOUNT_BYTES_MAX);
    quote_text(&part->account, account, strlen(account));
    return part;
}

void trace_step(struct trace *trace, int64_t mono_us, const char *step, const char *fields, ...)
{
    if (trace == NULL) {
        return;
    }
    fprintf(trace->file, "{\"t\":%" PRId64 ",\"step\":\"%s\"", mono_us, step);
    if (trace->whole != NULL) {
        fprintf(trace->file, ",\"account\":%.*s", (int)trace->account.len, trace->account.data);
    }
    if (fields != NULL) {
        va_list arguments;
        va_start(arguments, fields);
        fputc(',', trace->file);
        vfprintf(trace->file, fields, arguments);
        va_end(arguments);
    }
    fputs("}\n", trace->file);
    (trace->whole != NULL ? trace->whole : trace)->unflushed = true;
}

void trace_flush(struct trace *trace)
{
    trace = trace != NULL && trace->whole != NULL ? trace->whole : trace;
    if (trace != NULL && trace->unflushed) {
        fflush(trace->file);
        trace->unflushed = false;
    }
}
