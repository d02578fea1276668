#include "jq_api.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
    {"jq_init", offsetof(struct jq_api, init)},
    {"jq_teardown", offsetof(struct jq_api, teardown)},
    {"jq_set_nomem_handler", offsetof(struct jq_api, set_nomem_handler)},
    {"jq_set_error_cb", offsetof(struct jq_api, set_error_cb)},
    {"jq_set_input_cb", offsetof(struct jq_api, set_input_cb)},
    {"jq_set_debug_cb", offsetof(struct jq_api, set_debug_cb)},
    {"jq_compile_args", offsetof(struct jq_api, compile_args)},
    {"jq_start", offsetof(struct jq_api, start)},
    {"jq_next", offsetof(struct jq_api, next)},
    {"jv_get_kind", offsetof(struct jq_api, get_kind)},
    {"jv_copy", offsetof(struct jq_api, copy)},
    {"jv_free", offsetof(struct jq_api, free)},
    {"jv_invalid", offsetof(struct jq_api, invalid)},
    {"jv_invalid_has_msg", offsetof(struct jq_api, invalid_has_msg)},
    {"jv_invalid_get_msg", offsetof(struct jq_api, invalid_get_msg)},
    {"jv_object", offsetof(struct jq_api, object)},
    {"jv_array", offsetof(struct jq_api, array)},
    {"jv_array_append", offsetof(struct jq_api, array_append)},
    {"jv_array_length", offsetof(struct jq_api, array_length)},
    {"jv_array_get", offsetof(struct jq_api, array_get)},
    {"jv_array_set", offsetof(struct jq_api, array_set)},
    {"jv_null", offsetof(struct jq_api, null)},
    {"jv_object_iter", offsetof(struct jq_api, object_iter)},
    {"jv_object_iter_next", offsetof(struct jq_api, object_iter_next)},
    {"jv_object_iter_valid", offsetof(struct jq_api, object_iter_valid)},
    {"jv_object_iter_key", offsetof(struct jq_api, object_iter_key)},
    {"jv_object_iter_value", offsetof(struct jq_api, object_iter_value)},
    {"jv_string", offsetof(struct jq_api, string)},
    {"jv_string_value", offsetof(struct jq_api, string_value)},
    {"jv_string_length_bytes", offsetof(struct jq_api, string_length_bytes)},
    {"jv_parse_sized", offsetof(struct jq_api, parse_sized)},
    {"jv_dump_string", offsetof(struct jq_api, dump_string)},
};

const struct jq_api *jq_api_open(void)
{
    static struct jq_api api;
    void *library = api.init == NULL ? dlopen(BLOTTER_LIBJQ, RTLD_NOW | RTLD_LOCAL) : NULL;
    struct jq_api found;
    if (library == NULL) {
        return api.init != NULL ? &api : NULL;
    }
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (symbol == NULL) {
            dlclose(library);
            return NULL;
        }
        memcpy((char *)&found + symbols[i].offset, &symbol, sizeof symbol);
    }
    api = found;
    return &api;
}
