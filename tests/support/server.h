/*
 * server: a blotter-mock of our own for one test: started on a free loopback port, asked over
 * plain sockets, ended by pid.
 */
#ifndef BLOTTER_TESTS_SERVER_H
#define BLOTTER_TESTS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct server {
    pid_t pid;
    int stdout_fd;
    int port;
    char url[128];
    char user[128], token[256], client_id[64]; /* of the first user */
    char *announced;                           /* the line that says so of all */
};

/* Starts program with args (NULL-terminated, without argv[0]); waits for its first line. */
bool server_start(struct server *ret, const char *program, const char *const *args);
/* Its user number i, from 0. False when there are not so many. */
bool server_user(const struct server *server, size_t i, char ret_user[128], char ret_token[256]);
/* Sends the signal and reaps; what waitpid tells. 0 sends none. Safe to call twice. */
int server_end(struct server *server, int signo);

/* One request, body NULL for GET. The answer's body into ret (cut to fit); returns its status, 0 on
 * failure. */
int server_request(const struct server *server, const char *path, const char *body, char *ret,
                   size_t ret_size);

/* Runs SQL through /__mock/sql (needs --allow-sql). */
bool server_sql(const struct server *server, const char *sql);

/* How often a path was requested so far, whatever the answer, by /__mock/stats; -1 on failure. */
long server_count(const struct server *server, const char *path);

#endif
