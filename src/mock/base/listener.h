/*
 * listener: a listening TCP socket, for the server and for the fault proxy in front of it.
 */
#ifndef BLOTTER_MOCK_LISTENER_H
#define BLOTTER_MOCK_LISTENER_H

#include <blotter/core/fault.h>

#include <stdint.h>
#include <sys/socket.h>

struct listener_address {
    uint16_t port;    /* the real one, also when 0 was asked for */
    bool is_loopback; /* only this machine can reach it */
};

/* A non-blocking socket, closed on exec, or -1 with *ret_fault set (FAULT_CONFIG). port 0: any. */
int listener_open(const char *host, uint16_t port, struct listener_address *ret,
                  struct fault *ret_fault);

/* Whether an address is of this machine: 127.0.0.0/8, ::1, or the former written as the latter. */
bool listener_is_loopback(const struct sockaddr *address);

#endif
