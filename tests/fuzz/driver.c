/*
 * Runs a fuzz target without libFuzzer: over the files of a corpus, and over mutations of them
 * from a fixed seed. Short enough for every test run; a crash prints the round, which replays.
 * Usage: TARGET [-rounds=N] FILE-OR-FOLDER…
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES_MAX 512
#define SIZE_LIMIT 65536

static struct {
    uint8_t *bytes;
    size_t len;
} files[FILES_MAX];
static size_t file_count;
static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 11) % limit;
}

static void file_add(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || file_count == FILES_MAX) {
        fprintf(stderr, "cannot use %s\n", path);
        abort();
    }
    files[file_count].bytes = malloc(SIZE_LIMIT);
    files[file_count].len = fread(files[file_count].bytes, 1, SIZE_LIMIT, file);
    file_count++;
    fclose(file);
}

static void path_add(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        DIR *folder = opendir(path);
        struct dirent *entry;
        while (folder != NULL && (entry = readdir(folder)) != NULL) {
            char name[4096];
            snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            if (entry->d_name[0] != '.') {
                path_add(name);
            }
        }
        if (folder != NULL) {
            closedir(folder);
        }
    } else {
        file_add(path);
    }
}

/* Another input: a piece of one file behind a piece of another, with some bytes changed. */
static size_t mutate(uint8_t *out)
{
    size_t len = 0;
    for (int part = 0; part < 2 && file_count > 0; part++) {
        uint32_t pick = random_below((uint32_t)file_count);
        size_t size = files[pick].len;
        size_t from = random_below((uint32_t)size + 1);
        size_t count = random_below((uint32_t)(size - from) + 1);
        memcpy(out + len, files[pick].bytes + from, count);
        len += count;
    }
    for (uint32_t change = random_below(6); change > 0 && len > 0; change--) {
        static const uint8_t likely[] = {0,    '\n', '\r', ':',  ' ', '"',
                                         0xef, 0xe2, 0x80, 0xff, ',', ';'};
        uint32_t at = random_below((uint32_t)len);
        out[at] =
            random_below(2) ? likely[random_below(sizeof likely)] : (uint8_t)random_below(256);
    }
    return len;
}

int main(int argc, char **argv)
{
    uint32_t rounds = 20000;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-rounds=", 8) == 0) {
            rounds = (uint32_t)strtoul(argv[i] + 8, NULL, 10);
        } else {
            path_add(argv[i]);
        }
    }
    for (size_t i = 0; i < file_count; i++) {
        LLVMFuzzerTestOneInput(files[i].bytes, files[i].len);
    }
    uint8_t *input = malloc(2 * SIZE_LIMIT);
    for (uint32_t round = 0; round < rounds; round++) {
        size_t len = mutate(input);
        uint8_t *exact = malloc(len > 0 ? len : 1); /* so that reading past the end is seen */
        memcpy(exact, input, len);
        LLVMFuzzerTestOneInput(exact, len);
        free(exact);
    }
    printf("%zu files and %u mutations passed\n", file_count, rounds);
    for (size_t i = 0; i < file_count; i++) {
        free(files[i].bytes);
    }
    free(input);
    return 0;
}
