#include "base/listener.h"
#include "request.h"
#include "server.h"

#include <blotter/core/alloc.h>
#include <blotter/sys/file.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Bytes that libmicrohttpd holds per connection: the request's line and headers, then the write
 * buffer. Small, because an idle stream keeps it; large enough for what SERVER_HEADER_BYTES allows.
 */
#define CONNECTION_BYTES 6144
#define SPARE_CONNECTIONS 256 /* beside the streams; half of them is scarce */
#define TURNS_MAX 16          /* feed and daemon taking turns before the loop gets a say */
#define END_MS 1000
#define BUSY_MS 5
#define PEM_MAX (1 << 20)

static bool fail(struct fault *ret_fault, const char *format, const char *what, const char *why)
{
    *ret_fault = (struct fault){.kind = FAULT_CONFIG, .retry_after_ms = -1};
    snprintf(ret_fault->text, sizeof ret_fault->text, format, what, why);
    return false;
}

/* --- the turn ----------------------------------------------------------------------------- */

static void set_run_timer(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    int64_t at = MOMENT_NEVER;
    if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES) {
        at = loop_refresh(server->loop).mono_us +
             (int64_t)(wait_ms > 60000 ? 60000 : wait_ms) * 1000;
    }
    loop_timer_set(server->run_timer, at);
}

static void run_daemon(void *user)
{
    struct server *server = user;
    server->run_again = false;
    MHD_run(server->daemon);
}

static void request_run(void *user)
{
    ((struct server *)user)->run_again = true;
}

/* Before each wait: what was committed is published, what was woken is sent. */
static void before_wait(void *user)
{
    struct server *server = user;
    bool fed = true;
    for (int i = 0; i < TURNS_MAX; i++) {
        fed = feed_run(server->feed, loop_now(server->loop));
        wire_flush(server);
        if (!server->run_again) {
            break;
        }
        run_daemon(server);
    }
    mhdloop_sync(server->mhdloop);
    set_run_timer(server);
    loop_timer_set(server->beat_timer, emitter_deadline(server->api->emitter));
    loop_timer_set(server->feed_timer,
                   fed ? MOMENT_NEVER : loop_now(server->loop).mono_us + BUSY_MS * INT64_C(1000));
    if (server->ending && server->api->streams_open == 0 && server->on_end != NULL) {
        loop_fn done = server->on_end;
        server->on_end = NULL;
        done(server->on_end_user);
    }
}

static void on_beat(void *user)
{
    struct server *server = user;
    emitter_tick(server->api->emitter, loop_now(server->loop));
}

static void on_delay(void *user)
{
    struct server *server = user;
    request_release(server, loop_now(server->loop).mono_us);
}

static void on_seats(void *user)
{
    seat_expire(user);
}

static void on_busy(void *user)
{
    request_retry(user);
}

static void on_nothing(void *user)
{
    (void)user; /* the turn itself is what was wanted */
}

/* --- listening ---------------------------------------------------------------------------- */

static bool open_socket(struct server *server, struct fault *ret_fault)
{
    struct listener_address address;
    server->listen_fd =
        listener_open(server->settings.host, (uint16_t)server->settings.port, &address, ret_fault);
    if (server->listen_fd < 0) {
        return false;
    }
    server->port = address.port;
    server->loopback = address.is_loopback;
    return true;
}

/* As many descriptors as we may have: a stream is one. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static unsigned connection_limit(const struct server *server)
{
    struct rlimit limit;
    unsigned most = mhdloop_connections_max();
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < most) {
        most = limit.rlim_cur > 64 ? (unsigned)limit.rlim_cur - 32 : 32;
    }
    unsigned wanted = (unsigned)server->settings.max_streams + 2 * SPARE_CONNECTIONS;
    return wanted < most ? wanted : most;
}

/* What no address alone can take of all connections. */
static unsigned spare(unsigned all)
{
    return all / 8 < SPARE_CONNECTIONS ? all / 8 : SPARE_CONNECTIONS;
}

static unsigned address_limit(const struct server *server, unsigned all)
{
    unsigned wanted = (unsigned)server->settings.max_address_streams + SPARE_CONNECTIONS;
    return wanted < all - spare(all) ? wanted : all - spare(all);
}

static char *read_file(const char *path, struct fault *ret_fault)
{
    struct file file;
    if (!file_read(AT_FDCWD, path, FILE_ANY, PEM_MAX, &file)) {
        fail(ret_fault, "cannot read '%.60s': %.100s", path, strerror(errno));
        return NULL;
    }
    return file.bytes;
}

/* --- the daemon --------------------------------------------------------------------------- */

static void log_line(void *user, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));
static void log_line(void *user, const char *format, va_list values)
{
    struct server *server = user;
    /* The library speaks of a connection that it gives up, and hangs up in its next turn only. */
    server->run_again = true;
    if (server->settings.verbose) {
        fputs("blotter-mock: ", stderr);
        vfprintf(stderr, format, values);
    }
}

static struct MHD_Daemon *start_daemon(struct server *server, const char *cert, const char *key)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = mhdloop_daemon_flags() | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (cert == NULL) {
        tls[0].option = MHD_OPTION_END;
    } else {
        flags |= MHD_USE_TLS;
    }
    unsigned limit = connection_limit(server);
    unsigned of_address = address_limit(server, limit);
    server->seat_limit = limit - spare(limit) - spare(limit) / 2;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, request_handle, server, MHD_OPTION_EXTERNAL_LOGGER, log_line, server,
        MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_URI_LOG_CALLBACK, request_begin,
        server, MHD_OPTION_NOTIFY_COMPLETED, request_complete, server, MHD_OPTION_NOTIFY_CONNECTION,
        request_connection, server, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)1024, MHD_OPTION_CONNECTION_LIMIT, limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, of_address, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SERVER_IDLE_SECONDS, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static bool start(struct server *server, struct fault *ret_fault)
{
    char *cert = NULL, *key = NULL;
    const struct server_settings *settings = &server->settings;
    bool good = true;
    if (settings->tls_cert_file != NULL) {
        cert = read_file(settings->tls_cert_file, ret_fault);
        key = cert == NULL ? NULL : read_file(settings->tls_key_file, ret_fault);
        good = key != NULL;
    }
    if (good) {
        server->daemon = start_daemon(server, cert, key);
        good = server->daemon != NULL;
        if (!good) {
            fail(ret_fault, "%s%s", "cannot start the HTTP server",
                 cert != NULL ? ": are the certificate and the key right?" : "");
        }
    }
    free(cert);
    free(key);
    return good;
}

static void make_timers(struct server *server)
{
    server->run_timer = loop_timer_new(server->loop, request_run, server);
    server->delay_timer = loop_timer_new(server->loop, on_delay, server);
    server->beat_timer = loop_timer_new(server->loop, on_beat, server);
    server->feed_timer = loop_timer_new(server->loop, on_nothing, server);
    server->seat_timer = loop_timer_new(server->loop, on_seats, server);
    server->busy_timer = loop_timer_new(server->loop, on_busy, server);
}

struct server *server_new(struct loop *loop, struct api *api, struct feed *feed,
                          const struct server_settings *settings, struct fault *ret_fault)
{
    struct server *server = mem_calloc(1, sizeof *server);
    server->loop = loop;
    server->api = api;
    server->feed = feed;
    server->settings = *settings;
    server->listen_fd = -1;
    raise_descriptor_limit();
    if (!open_socket(server, ret_fault) || !start(server, ret_fault)) {
        server_free(server);
        return NULL;
    }
    make_timers(server);
    const struct mhdloop_handler handler = {run_daemon, stream_gone, wire_room, server};
    server->mhdloop = mhdloop_new(loop, server->daemon, &handler);
    loop_before_wait(loop, before_wait, server);
    return server;
}

/* --- the end ------------------------------------------------------------------------------ */

static void on_end_late(void *user)
{
    struct server *server = user;
    if (server->on_end != NULL) {
        loop_fn done = server->on_end;
        server->on_end = NULL;
        done(server->on_end_user);
    }
}

void server_end(struct server *server, loop_fn done, void *user)
{
    if (server->ending) {
        return;
    }
    server->ending = true;
    server->on_end = done;
    server->on_end_user = user;
    server->end_timer = loop_timer_new(server->loop, on_end_late, server);
    loop_timer_set(server->end_timer, loop_now(server->loop).mono_us + END_MS * INT64_C(1000));
    emitter_end(server->api->emitter);
    request_release(server, MOMENT_NEVER);
    request_retry(server);
}

void server_free(struct server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->daemon != NULL) {
        /* Nothing may be suspended when the daemon stops, and what is resumed must not be suspended
         * again. */
        server->ending = true;
        emitter_end(server->api->emitter);
        wire_abandon(server);
    }
    mhdloop_free(server->mhdloop);
    server->mhdloop = NULL;
    if (server->daemon != NULL) {
        request_release(server, MOMENT_NEVER);
        request_retry(server);
        MHD_run(server->daemon);
        MHD_stop_daemon(server->daemon);
    } else if (server->listen_fd >= 0) {
        close(server->listen_fd);
    }
    loop_timer_free(server->run_timer);
    loop_timer_free(server->delay_timer);
    loop_timer_free(server->beat_timer);
    loop_timer_free(server->feed_timer);
    loop_timer_free(server->end_timer);
    loop_timer_free(server->seat_timer);
    loop_timer_free(server->busy_timer);
    free(server->addresses);
    free(server);
}

/* --- what is known ------------------------------------------------------------------------ */

uint16_t server_port(const struct server *server)
{
    return server->port;
}

bool server_is_loopback(const struct server *server)
{
    return server->loopback;
}

void server_put_url(const struct server *server, struct text *into)
{
    bool six = strchr(server->settings.host, ':') != NULL;
    text_puts(into, server->settings.tls_cert_file != NULL ? "https://" : "http://");
    text_puts(into, six ? "[" : "");
    text_puts(into, server->settings.host);
    text_puts(into, six ? "]:" : ":");
    text_int(into, server->port);
}
