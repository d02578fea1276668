#include "firehose.h"
#include "witness.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_PER_WRITE = 512, REQUEST_BYTES = 8192 };

struct firehose_page {
    uint64_t count;
    int listener;
    _Atomic int64_t began_us;
    _Atomic uint64_t sent;
};

/* Exactly FIREHOSE_EVENT_BYTES bytes of a real-looking event, its empty line included. */
static void make_event(char *ret)
{
    static const char head[] = "data: {\"event\":\"order_executed\",\"data\":{\"orderId\":\"o-1\","
                               "\"symbol\":\"RELIANCE\",\"quantity\":250,\"orderSide\":\"BUY\","
                               "\"status\":\"EXECUTED\",\"price\":2945.5,\"note\":\"";
    static const char tail[] = "\"},\"timestamp\":\"2025-01-27T10:00:00.000Z\"}\n\n";
    size_t head_len = sizeof head - 1, tail_len = sizeof tail - 1;
    memset(ret, 'x', FIREHOSE_EVENT_BYTES);
    memcpy(ret, head, head_len);
    memcpy(ret + FIREHOSE_EVENT_BYTES - tail_len, tail, tail_len);
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static void serve(struct firehose_page *page, int fd, const char *block)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Cache-Control: no-cache\r\nConnection: close\r\n\r\n";
    char request[REQUEST_BYTES];
    if (recv(fd, request, sizeof request, 0) <= 0 || !send_all(fd, head, sizeof head - 1)) {
        return;
    }
    uint64_t left = page->count == 0 ? UINT64_MAX : page->count;
    page->sent = 0;
    page->began_us = now_us();
    while (left > 0) {
        uint64_t events = left < EVENTS_PER_WRITE ? left : EVENTS_PER_WRITE;
        if (!send_all(fd, block, (size_t)events * FIREHOSE_EVENT_BYTES)) {
            return;
        }
        page->sent += events * FIREHOSE_EVENT_BYTES;
        left -= events;
    }
}

static int firehose_main(void *user)
{
    static char block[EVENTS_PER_WRITE * FIREHOSE_EVENT_BYTES];
    struct firehose_page *page = user;
    for (size_t i = 0; i < EVENTS_PER_WRITE; i++) {
        make_event(block + i * FIREHOSE_EVENT_BYTES);
    }
    for (int fd; (fd = accept(page->listener, NULL, NULL)) >= 0; close(fd)) {
        serve(page, fd, block);
        shutdown(fd, SHUT_WR);
    }
    return 0;
}

bool firehose_start(struct firehose *ret, uint64_t count)
{
    *ret = (struct firehose){.process = {.pid = -1, .out_fd = -1, .life_fd = -1}};
    ret->page =
        mmap(NULL, sizeof *ret->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = listen_loopback(&ret->port);
    if (ret->page == MAP_FAILED || listener < 0) {
        return false;
    }
    ret->page->count = count;
    ret->page->listener = listener;
    snprintf(ret->url, sizeof ret->url, "http://127.0.0.1:%d", ret->port);
    bool started = process_fork(&ret->process, firehose_main, ret->page);
    close(listener);
    return started;
}

void firehose_end(struct firehose *firehose)
{
    process_end(&firehose->process, SIGKILL);
    munmap(firehose->page, sizeof *firehose->page);
}

void firehose_reset(struct firehose *firehose)
{
    firehose->page->began_us = 0;
    firehose->page->sent = 0;
}

int64_t firehose_began_us(const struct firehose *firehose)
{
    return firehose->page->began_us;
}

uint64_t firehose_sent(const struct firehose *firehose)
{
    return firehose->page->sent;
}
