#define _GNU_SOURCE /* memfd_create */
/* A config file out of somebody's hands: refused with a sentence and its place, or printed so that
 * it says the same when it is read again. */
#include "config.h"

#include <blotter/core/alloc.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file in memory where there is one: a disk would take most of the time. */
static int file_open(char *path, size_t size)
{
#ifdef MFD_CLOEXEC
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, size, "/proc/self/fd/%d", fd);
    if (fd >= 0 && access(path, R_OK) == 0) {
        return fd;
    }
#endif
    snprintf(path, size, "/tmp/blotter-fuzz-XXXXXX");
    return mkstemp(path);
}

static struct config *load(const char *bytes, size_t len, struct problem *problem)
{
    static const struct options none;
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = file_open(path, sizeof path);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, bytes, len, 0) != (ssize_t)len) {
        abort();
    }
    struct config_source source = {
        .path = path, .path_must_exist = true, .options = &none, .home = "/home/somebody"};
    return config_load(&source, problem);
}

static char *print(const struct config *config, size_t *ret_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    config_print(config, out);
    fclose(out);
    return text;
}

static void compare(const struct config *one, const struct config *other)
{
    for (int id = 0; id < CONFIG_TOTAL; id++) {
        if (id == CONFIG_PROFILE) {
            continue; /* what a profile set stands under its own keys already */
        }
        const char *left = config_text(one, (enum config_id)id);
        const char *right = config_text(other, (enum config_id)id);
        if ((left == NULL) != (right == NULL) || (left != NULL && strcmp(left, right) != 0) ||
            config_number(one, (enum config_id)id) != config_number(other, (enum config_id)id)) {
            fprintf(stderr, "%s: <%s> <%s>\n", config_info((enum config_id)id)->name, left, right);
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem problem = {0};
    struct config *config = load((const char *)data, size, &problem);
    if (config == NULL) {
        if (problem.text[0] == '\0' || memchr(problem.text, '\0', sizeof problem.text) == NULL) {
            abort();
        }
        return 0;
    }
    size_t len = 0;
    char *text = print(config, &len);
    struct config *again = load(text, len, &problem);
    if (again == NULL) {
        fprintf(stderr, "%s\n%s", problem.text, text);
        abort();
    }
    compare(config, again);
    free(text);
    config_free(again);
    config_free(config);
    return 0;
}
