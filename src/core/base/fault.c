#include <blotter/core/fault.h>
#include <blotter/core/utf8.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
    [FAULT_NONE] = "none",         [FAULT_RESOLVE] = "resolve",     [FAULT_CONNECT] = "connect",
    [FAULT_TLS] = "tls",           [FAULT_TIMEOUT] = "timeout",     [FAULT_NETWORK] = "network",
    [FAULT_AUTH] = "auth",         [FAULT_HTTP] = "http",           [FAULT_TYPE] = "content-type",
    [FAULT_REDIRECT] = "redirect", [FAULT_TOO_LARGE] = "too-large", [FAULT_DECODE] = "decode",
    [FAULT_SERVER] = "server",     [FAULT_CONFIG] = "config",
};
static_assert(sizeof kind_names / sizeof *kind_names == FAULT_KIND_COUNT, "a name per kind");

const char *fault_kind_name(enum fault_kind kind)
{
    return kind_names[kind];
}

bool fault_is_outage(enum fault_kind kind)
{
    return kind == FAULT_RESOLVE || kind == FAULT_CONNECT;
}

/* Texts may quote the server. Only printable ASCII survives; everything else becomes '?'. */
static void clean(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e) {
            *at = '?';
        }
    }
}

void fault_set(struct fault *fault, enum fault_kind kind, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    clean(fault->text);
    fault->kind = kind;
    fault->status = status;
    fault->retry_after_ms = -1;
}

void fault_append(struct fault *fault, const char *text)
{
    size_t used = strlen(fault->text), len = strlen(text);
    if (len == 0 || used + 3 > sizeof fault->text) {
        return;
    }
    memcpy(fault->text + used, ": ", 3);
    used += 2;
    while (len > 0 && used + 4 < sizeof fault->text) {
        uint32_t code;
        size_t taken = utf8_next(text, len, &code);
        if (utf8_effect(code) == UTF8_SHOWS) {
            used += utf8_put(code, fault->text + used);
        }
        text += taken;
        len -= taken;
    }
    fault->text[used] = '\0';
}
