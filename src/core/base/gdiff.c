#include <blotter/core/alloc.h>
#include <blotter/core/gdiff.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { END = 0, DATA_MAX = 246, DATA_SHORT = 247, DATA_LONG = 248, COPY_FIRST = 249 };

struct reader {
    const unsigned char *at, *end;
    bool good;
};

struct writer {
    char *bytes;
    size_t len, room, max;
};

static uint64_t take(struct reader *reader, unsigned bytes)
{
    uint64_t value = 0;
    if ((size_t)(reader->end - reader->at) < bytes) {
        reader->good = false;
        return 0;
    }
    for (; bytes > 0; bytes--) {
        value = value << 8 | *reader->at++;
    }
    return value;
}

static bool put(struct writer *writer, const void *bytes, uint64_t len)
{
    if (len > writer->max - writer->len) {
        return false;
    }
    size_t need = writer->len + (size_t)len + 1;
    if (need > writer->room) {
        writer->room = need > writer->room * 2 ? need : writer->room * 2;
        writer->bytes = mem_realloc(writer->bytes, writer->room);
    }
    if (len > 0) {
        memcpy(writer->bytes + writer->len, bytes, (size_t)len);
        writer->len += (size_t)len;
    }
    return true;
}

static bool put_data(struct reader *reader, struct writer *writer, unsigned command)
{
    uint64_t len = command <= DATA_MAX     ? command
                   : command == DATA_SHORT ? take(reader, 2)
                                           : take(reader, 4);
    if (!reader->good || len > (uint64_t)(reader->end - reader->at)) {
        return false;
    }
    bool fits = put(writer, reader->at, len);
    reader->at += len;
    return fits;
}

static bool put_copy(struct reader *reader, struct writer *writer, unsigned command,
                     const char *old, size_t old_len)
{
    static const unsigned char widths[][2] = {{2, 1}, {2, 2}, {2, 4}, {4, 1},
                                              {4, 2}, {4, 4}, {8, 4}};
    uint64_t position = take(reader, widths[command - COPY_FIRST][0]);
    uint64_t len = take(reader, widths[command - COPY_FIRST][1]);
    return reader->good && position <= old_len && len <= old_len - position &&
           put(writer, old + position, len);
}

char *gdiff_apply(const char *old, size_t old_len, const char *delta, size_t delta_len, size_t max,
                  size_t *ret_len)
{
    if (delta_len < GDIFF_MAGIC_LEN || memcmp(delta, GDIFF_MAGIC, GDIFF_MAGIC_LEN) != 0) {
        return NULL;
    }
    const unsigned char *bytes = (const unsigned char *)delta;
    struct reader reader = {bytes + GDIFF_MAGIC_LEN, bytes + delta_len, true};
    struct writer writer = {.room = 1, .max = max, .bytes = mem_alloc(1)};
    for (;;) {
        unsigned command = (unsigned)take(&reader, 1);
        if (reader.good && command == END) {
            writer.bytes[writer.len] = '\0';
            *ret_len = writer.len;
            return writer.bytes;
        }
        if (!reader.good ||
            !(command < COPY_FIRST ? put_data(&reader, &writer, command)
                                   : put_copy(&reader, &writer, command, old, old_len))) {
            free(writer.bytes);
            return NULL;
        }
    }
}
