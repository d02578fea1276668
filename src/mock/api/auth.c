#include "auth.h"
#include "base/secret.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define TOKEN_MAX 4096

static const char *const cookie_names[] = {"__Secure-authjs.session-token", "authjs.session-token"};

struct login {
    uint64_t hash;
    char *token, *user;
    size_t token_len;
    char *expires_at; /* NULL: never */
};

struct auth {
    struct db *db;
    uint64_t key[2];
    int64_t loaded;       /* the counter of sessions at the last load, -1: never */
    struct login *logins; /* an open hash table, empty where token is NULL */
    size_t slots;
};

/* --- SipHash-2-4 (Aumasson and Bernstein, 2012): a short-input hash that needs its key to be
 * guessed --- */

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

static uint64_t sip_hash(const uint64_t key[2], const char *bytes, size_t len)
{
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word = 0;
        for (size_t j = 0; j < 8; j++) {
            word |= (uint64_t)(unsigned char)bytes[i + j] << (8 * j);
        }
        sip_word(v, word);
    }
    uint64_t last = (uint64_t)len << 56;
    for (size_t j = 0; i + j < len; j++) {
        last |= (uint64_t)(unsigned char)bytes[i + j] << (8 * j);
    }
    sip_word(v, last);
    v[2] ^= 0xFF;
    for (int j = 0; j < 4; j++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static bool equal_in_constant_time(const char *a, const char *b, size_t len)
{
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < len; i++) {
        difference = (unsigned char)(difference | (a[i] ^ b[i]));
    }
    return difference == 0;
}

/* --- the table ---------------------------------------------------------------------------- */

static void forget(struct auth *auth)
{
    for (size_t i = 0; i < auth->slots; i++) {
        free(auth->logins[i].token);
        free(auth->logins[i].user);
        free(auth->logins[i].expires_at);
    }
    free(auth->logins);
    auth->logins = NULL;
    auth->slots = 0;
}

static void add(struct auth *auth, sqlite3_stmt *row)
{
    const char *token = (const char *)sqlite3_column_text(row, 0);
    const char *user = (const char *)sqlite3_column_text(row, 1);
    const char *expires_at = (const char *)sqlite3_column_text(row, 2);
    size_t len = strlen(token);
    uint64_t hash = sip_hash(auth->key, token, len);
    size_t i = hash & (auth->slots - 1);
    while (auth->logins[i].token != NULL) {
        i = (i + 1) & (auth->slots - 1);
    }
    auth->logins[i] = (struct login){
        .hash = hash,
        .token = mem_dup(token, len),
        .token_len = len,
        .user = mem_dup(user, strlen(user)),
        .expires_at = expires_at == NULL ? NULL : mem_dup(expires_at, strlen(expires_at)),
    };
}

static void load(struct auth *auth, int64_t counter)
{
    uint64_t failures = db_failures(auth->db);
    forget(auth);
    db_read_begin(auth->db);
    int64_t count = db_int(auth->db, 0, "SELECT count(*) FROM sessions", "");
    auth->slots = 16;
    while (auth->slots < (size_t)count * 2) {
        auth->slots *= 2;
    }
    auth->logins = mem_calloc(auth->slots, sizeof *auth->logins);
    sqlite3_stmt *rows = db_query(auth->db,
                                  "SELECT s.token, s.userId, s.expiresAt FROM sessions s"
                                  " JOIN users u ON u.id = s.userId LIMIT ?",
                                  "i", count);
    while (db_row(auth->db, rows)) {
        add(auth, rows);
    }
    db_read_end(auth->db);
    auth->loaded = db_failures(auth->db) == failures ? counter : -1;
}

static bool expired(const struct login *login)
{
    if (login->expires_at == NULL) {
        return false;
    }
    char now[DB_TIME_SIZE];
    db_time((int64_t)time(NULL) * 1000, now);
    return strcmp(login->expires_at, now) <= 0;
}

static const char *find(struct auth *auth, const char *token, size_t len)
{
    if (len == 0 || len > TOKEN_MAX) {
        return NULL;
    }
    uint64_t hash = sip_hash(auth->key, token, len);
    for (size_t i = hash & (auth->slots - 1); auth->logins[i].token != NULL;
         i = (i + 1) & (auth->slots - 1)) {
        const struct login *login = &auth->logins[i];
        if (login->hash == hash && login->token_len == len &&
            equal_in_constant_time(login->token, token, len)) {
            return expired(login) ? NULL : login->user;
        }
    }
    return NULL;
}

/* --- headers ------------------------------------------------------------------------------ */

/* The value of a cookie by exact name. False when the header has none of that name. */
static bool cookie_value(const char *cookies, const char *name, const char **ret, size_t *ret_len)
{
    size_t name_len = strlen(name);
    for (const char *at = cookies; *at != '\0';) {
        at += strspn(at, " \t;");
        size_t len = strcspn(at, ";");
        if (len > name_len && at[name_len] == '=' && strncmp(at, name, name_len) == 0) {
            const char *value = at + name_len + 1;
            size_t value_len = len - name_len - 1;
            while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t')) {
                value_len--;
            }
            *ret = value;
            *ret_len = value_len;
            return true;
        }
        at += len;
    }
    return false;
}

const char *auth_user(struct auth *auth, const char *authorization, const char *cookie)
{
    int64_t counter = db_int(auth->db, 0, "SELECT value FROM meta WHERE name = 'sessions'", "");
    if (counter != auth->loaded) {
        load(auth, counter);
    }
    if (authorization != NULL && strncasecmp(authorization, "Bearer ", 7) == 0) {
        const char *token = authorization + 7 + strspn(authorization + 7, " ");
        return find(auth, token, strlen(token));
    }
    const char *token;
    size_t len;
    for (size_t i = 0; cookie != NULL && i < sizeof cookie_names / sizeof *cookie_names; i++) {
        const char *user = NULL;
        if (cookie_value(cookie, cookie_names[i], &token, &len)) {
            user = find(auth, token, len);
        }
        if (user != NULL) {
            return user;
        }
    }
    return NULL;
}

struct auth *auth_new(struct db *db)
{
    struct auth *auth = mem_calloc(1, sizeof *auth);
    auth->db = db;
    auth->loaded = -1;
    secret_fill(auth->key, sizeof auth->key);
    return auth;
}

void auth_free(struct auth *auth)
{
    if (auth != NULL) {
        forget(auth);
        free(auth);
    }
}
