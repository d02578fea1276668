#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024

bool listener_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family != AF_INET6) {
        return false;
    }
    const struct sockaddr_in6 *six = (const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && six->sin6_addr.s6_addr[12] == 127);
}

static int listen_at(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    int on = 1;
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static struct listener_address address_of(int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    getsockname(fd, (struct sockaddr *)&bound, &len);
    in_port_t port = bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                 : ((struct sockaddr_in *)&bound)->sin_port;
    return (struct listener_address){ntohs(port), listener_is_loopback((struct sockaddr *)&bound)};
}

int listener_open(const char *host, uint16_t port, struct listener_address *ret,
                  struct fault *ret_fault)
{
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(host, service, &wanted, &found);
    if (code != 0) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "cannot listen at '%.60s': %.100s", host,
                  gai_strerror(code));
        return -1;
    }
    int fd = listen_at(found);
    if (fd < 0) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "cannot listen at %.60s port %s: %.80s", host,
                  service, strerror(errno));
    } else {
        *ret = address_of(fd);
    }
    freeaddrinfo(found);
    return fd;
}
