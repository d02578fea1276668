#include "steps.h"

#include <blotter/core/resource.h>

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16 };

void steps_init(struct steps *ret, int fd)
{
    *ret = (struct steps){.fd = fd};
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void steps_done(struct steps *steps)
{
    if (steps->fd >= 0) {
        close(steps->fd);
    }
    free(steps->list);
    free(steps->partial);
    *steps = (struct steps){.fd = -1};
}

static void copy_text(const json_t *line, const char *member, char *ret, size_t size)
{
    const char *text = json_string_value(json_object_get(line, member));
    snprintf(ret, size, "%s", text == NULL ? "" : text);
}

static int64_t number(const json_t *line, const char *member, int64_t fallback)
{
    const json_t *value = json_object_get(line, member);
    return json_is_number(value) ? (int64_t)json_number_value(value) : fallback;
}

static void add_line(struct steps *steps, const char *text, size_t len)
{
    json_t *line = json_loadb(text, len, 0, NULL);
    if (line == NULL) {
        return;
    }
    if (steps->count == steps->cap) {
        steps->cap = steps->cap == 0 ? 1024 : steps->cap * 2;
        steps->list = realloc(steps->list, steps->cap * sizeof *steps->list);
        if (steps->list == NULL) {
            abort();
        }
    }
    struct step *step = &steps->list[steps->count++];
    step->t_us = number(line, "t", 0);
    copy_text(line, "step", step->name, sizeof step->name);
    copy_text(line, "pane", step->pane, sizeof step->pane);
    copy_text(line, "event", step->event, sizeof step->event);
    copy_text(line, "account", step->account, sizeof step->account);
    copy_text(line, "body_fnv1a", step->hash, sizeof step->hash);
    step->id = (uint64_t)number(line, "id", 0);
    step->mask = (unsigned)number(line, "mask", 0);
    step->loaded = (unsigned)number(line, "loaded", 0);
    step->status = (int)number(line, "status", 0);
    step->rows = number(line, "rows", -1);
    step->requests = number(line, "requests", -1);
    json_decref(line);
}

static void take_lines(struct steps *steps)
{
    char *from = steps->partial, *end = steps->partial + steps->partial_len;
    for (char *newline; (newline = memchr(from, '\n', (size_t)(end - from))) != NULL;) {
        add_line(steps, from, (size_t)(newline - from));
        from = newline + 1;
    }
    steps->partial_len = (size_t)(end - from);
    memmove(steps->partial, from, steps->partial_len);
}

void steps_pump(struct steps *steps)
{
    struct pollfd poll_fd = {.fd = steps->fd, .events = POLLIN};
    while (steps->fd >= 0 && poll(&poll_fd, 1, 0) > 0) {
        if (steps->partial_cap - steps->partial_len < READ_BYTES) {
            steps->partial_cap = steps->partial_len + 2 * READ_BYTES;
            steps->partial = realloc(steps->partial, steps->partial_cap);
            if (steps->partial == NULL) {
                abort();
            }
        }
        ssize_t got = read(steps->fd, steps->partial + steps->partial_len, READ_BYTES);
        if (got <= 0) {
            break; /* a file always polls readable: this is its end for now */
        }
        steps->partial_len += (size_t)got;
        take_lines(steps);
    }
}

const struct step *steps_find(const struct steps *steps, size_t from, const char *name)
{
    for (size_t i = from; i < steps->count; i++) {
        if (strcmp(steps->list[i].name, name) == 0) {
            return &steps->list[i];
        }
    }
    return NULL;
}

size_t steps_number(const struct steps *steps, const char *name)
{
    size_t number = 0;
    for (size_t i = 0; i < steps->count; i++) {
        number += strcmp(steps->list[i].name, name) == 0;
    }
    return number;
}

bool step_is_paint(const struct step *step)
{
    return strcmp(step->name, "paint") == 0 || strcmp(step->name, "first_paint") == 0;
}

const struct step *steps_paint_after(const struct steps *steps, size_t from, unsigned bit)
{
    for (size_t i = from; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        if (step_is_paint(step) && (step->mask & bit) != 0 &&
            strcmp(step->account, steps->list[from].account) == 0) {
            return step;
        }
    }
    return NULL;
}

void steps_sample_patches(const struct steps *steps, size_t from, struct samples *ret)
{
    for (size_t i = from; i < steps->count; i++) {
        const struct step *step = &steps->list[i];
        const struct step *paint = strcmp(step->name, "patch") == 0
                                       ? steps_paint_after(steps, i, RESOURCE_BIT(RESOURCE_ORDERS))
                                       : NULL;
        if (paint != NULL) {
            samples_add(ret, (double)(paint->t_us - step->t_us) / 1000);
        }
    }
}
