/* Values of libjq as JSON: as libjq itself writes them. */
#include <dirent.h>
#include <jq_dump.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Both texts of a body that jq can read. */
static void compare(const struct jq_api *api, const char *name, const char *body, size_t len)
{
    jv value = api->parse_sized(body, (int)len);
    struct buf out;
    if (api->get_kind(value) == JV_KIND_INVALID) {
        fail_msg("%s: no JSON", name);
    }
    buf_init(&out, 1 << 24);
    jv text = api->dump_string(api->copy(value), 0), again = api->copy(value);
    assert_true(jq_dump(api, value, &out));
    jv unharmed = api->dump_string(again, 0);
    assert_string_equal(api->string_value(unharmed), api->string_value(text));
    api->free(unharmed);
    if (strcmp(out.data, api->string_value(text)) != 0) {
        fail_msg("%s: %s instead of %s", name, out.data, api->string_value(text));
    }
    api->free(text);
    buf_done(&out);
}

static void test_values(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "null",
        "true",
        "[false,[],{},\"\",[[]]]",
        "{\"b\":1,\"a\":{\"c\":[1,{\"d\":null}]},\"b\":2}",
        "\"\\u0000\\u0001\\b\\f\\n\\r\\t\\u001f \\\"\\\\/\\u007f\\u0080\"",
        "\"Gr\xc3\xb6\xc3\x9f\x65 \xf0\x9f\x98\x80 \\ud83d\\ude00\"",
        "{\"\\n\\\"\":\"x\"}",
        "[0,-0,1.10,0.1,1e-7,1e17,123456789012345,-1.5e300,0.123456789]",
        "\"\xff\"",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        compare(jq_api_open(), rows[i], rows[i], strlen(rows[i]));
    }
}

static void test_samples(void **state)
{
    (void)state;
    DIR *directory = opendir(BROKERS);
    assert_non_null(directory);
    char *text = malloc(1 << 20), path[512];
    size_t seen = 0;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        const char *ending = strrchr(entry->d_name, '.');
        if (ending == NULL || strcmp(ending, ".json") != 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", BROKERS, entry->d_name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t len = fread(text, 1, 1 << 20, file);
        fclose(file);
        compare(jq_api_open(), entry->d_name, text, len);
        seen++;
    }
    closedir(directory);
    free(text);
    assert_true(seen > 10);
}

/* What a function nests deeper than anybody would is not written, nor is more than there is room.
 */
static void test_ceilings(void **state)
{
    (void)state;
    const struct jq_api *api = jq_api_open();
    struct buf out;
    for (int depth = JQ_DUMP_DEPTH_MAX; depth <= JQ_DUMP_DEPTH_MAX + 1; depth++) {
        jv value = api->array();
        for (int i = 1; i < depth; i++) {
            value = api->array_append(api->array(), value);
        }
        buf_init(&out, 1 << 16);
        assert_int_equal(jq_dump(api, value, &out), depth == JQ_DUMP_DEPTH_MAX);
        buf_done(&out);
    }
    jv text = api->string("0123456789");
    buf_init(&out, 8);
    assert_false(jq_dump(api, text, &out));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
