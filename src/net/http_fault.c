#include "http_fault.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#define RETRY_AFTER_MAX_MS ((int64_t)24 * 3600 * 1000)
#define HOST_SHOWN 80 /* characters of a host's name in a sentence */

struct words {
    int code;
    enum fault_kind kind;
    const char *text; /* %s: the host */
};

static const struct words curl_words[] = {
    {CURLE_UNSUPPORTED_PROTOCOL, FAULT_NETWORK, "%s does not speak HTTP/1 or HTTP/2"},
    {CURLE_FAILED_INIT, FAULT_CONFIG, "libcurl could not be initialised"},
    {CURLE_URL_MALFORMAT, FAULT_CONFIG, "the URL is malformed"},
    {CURLE_NOT_BUILT_IN, FAULT_CONFIG, "libcurl was built without a feature that is needed"},
    {CURLE_COULDNT_RESOLVE_PROXY, FAULT_RESOLVE, "the proxy's name is not known"},
    {CURLE_COULDNT_RESOLVE_HOST, FAULT_RESOLVE, "the name %s is not known"},
    {CURLE_COULDNT_CONNECT, FAULT_CONNECT, "cannot connect to %s"},
    {CURLE_WEIRD_SERVER_REPLY, FAULT_NETWORK, "%s sent what is not HTTP"},
    {CURLE_HTTP2, FAULT_NETWORK, "HTTP/2 framing error from %s"},
    {CURLE_PARTIAL_FILE, FAULT_NETWORK, "the answer was cut short"},
    {CURLE_WRITE_ERROR, FAULT_NETWORK, "the answer was given up"},
    {CURLE_READ_ERROR, FAULT_NETWORK, "the request could not be read"},
    {CURLE_OUT_OF_MEMORY, FAULT_NETWORK, "a header is too long, or memory is short"},
    {CURLE_SSL_CONNECT_ERROR, FAULT_TLS, "the TLS handshake with %s failed"},
    {CURLE_ABORTED_BY_CALLBACK, FAULT_NETWORK, "the request was given up"},
    {CURLE_BAD_FUNCTION_ARGUMENT, FAULT_CONFIG, "libcurl refused a setting"},
    {CURLE_INTERFACE_FAILED, FAULT_CONNECT, "the network interface cannot be used"},
    {CURLE_TOO_MANY_REDIRECTS, FAULT_REDIRECT, "too many redirects"},
    {CURLE_UNKNOWN_OPTION, FAULT_CONFIG, "libcurl does not know an option"},
    {CURLE_SETOPT_OPTION_SYNTAX, FAULT_CONFIG, "libcurl refused an option"},
    {CURLE_GOT_NOTHING, FAULT_NETWORK, "%s closed the connection without an answer"},
    {CURLE_SSL_ENGINE_NOTFOUND, FAULT_TLS, "the TLS engine is missing"},
    {CURLE_SSL_ENGINE_SETFAILED, FAULT_TLS, "the TLS engine cannot be used"},
    {CURLE_SEND_ERROR, FAULT_NETWORK, "the connection to %s broke while sending"},
    {CURLE_RECV_ERROR, FAULT_NETWORK, "the connection to %s broke"},
    {CURLE_SSL_CERTPROBLEM, FAULT_TLS, "the client certificate cannot be used"},
    {CURLE_SSL_CIPHER, FAULT_TLS, "no common TLS cipher with %s"},
    {CURLE_PEER_FAILED_VERIFICATION, FAULT_TLS, "the certificate is not for %s"},
    {CURLE_BAD_CONTENT_ENCODING, FAULT_NETWORK, "the answer's compression is broken"},
    {CURLE_FILESIZE_EXCEEDED, FAULT_TOO_LARGE, "the answer is too large"},
    {CURLE_SSL_ENGINE_INITFAILED, FAULT_TLS, "the TLS engine could not be initialised"},
    {CURLE_LOGIN_DENIED, FAULT_AUTH, "not authorised"},
    {CURLE_SSL_CACERT_BADFILE, FAULT_CONFIG, "the file of certificate authorities cannot be read"},
    {CURLE_SSL_SHUTDOWN_FAILED, FAULT_TLS, "the TLS connection to %s did not close properly"},
    {CURLE_AGAIN, FAULT_NETWORK, "the connection to %s was not ready"},
    {CURLE_SSL_CRL_BADFILE, FAULT_CONFIG, "the certificate revocation list cannot be read"},
    {CURLE_SSL_ISSUER_ERROR, FAULT_TLS, "the certificate's issuer is not the expected one"},
    {CURLE_NO_CONNECTION_AVAILABLE, FAULT_CONNECT, "no connection to %s is available"},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, FAULT_TLS, "the certificate's key is not the pinned one"},
    {CURLE_SSL_INVALIDCERTSTATUS, FAULT_TLS, "the certificate's status is not valid"},
    {CURLE_HTTP2_STREAM, FAULT_NETWORK, "HTTP/2 stream error from %s"},
    {CURLE_RECURSIVE_API_CALL, FAULT_NETWORK, "libcurl was called from its own callback"},
    {CURLE_AUTH_ERROR, FAULT_AUTH, "an authentication function failed"},
    {CURLE_HTTP3, FAULT_NETWORK, "HTTP/3 error from %s"},
    {CURLE_QUIC_CONNECT_ERROR, FAULT_CONNECT, "the QUIC connection to %s failed"},
    {CURLE_PROXY, FAULT_CONNECT, "the proxy refused the connection"},
    {CURLE_SSL_CLIENTCERT, FAULT_TLS, "%s wants a client certificate"},
    {CURLE_UNRECOVERABLE_POLL, FAULT_NETWORK, "waiting for the network failed"},
    /* The libcurl that we run with may be newer than the header that we were built with. */
    {100 /* CURLE_TOO_LARGE, 8.6 */, FAULT_TOO_LARGE, "the answer's headers are too large"},
    {101 /* CURLE_ECH_REQUIRED, 8.8 */, FAULT_TLS, "%s refused the encrypted hello"},
};

static const struct words connect_words[] = {
    {ECONNREFUSED, FAULT_CONNECT, "cannot connect to %s: connection refused"},
    {ENETUNREACH, FAULT_CONNECT, "cannot connect to %s: network unreachable"},
    {EHOSTUNREACH, FAULT_CONNECT, "cannot connect to %s: host unreachable"},
    {ENETDOWN, FAULT_CONNECT, "cannot connect to %s: network is down"},
    {ETIMEDOUT, FAULT_CONNECT, "cannot connect to %s: timed out"},
    {ECONNRESET, FAULT_CONNECT, "cannot connect to %s: connection reset"},
    {EACCES, FAULT_CONNECT, "cannot connect to %s: not permitted"},
    {EPERM, FAULT_CONNECT, "cannot connect to %s: not permitted"},
    {EMFILE, FAULT_CONNECT, "cannot connect to %s: too many open files"},
};

/* The numbers are X509_V_ERR_…, the same in OpenSSL and its relatives. */
static const struct words verify_words[] = {
    /* libcurl's own start value: it looks at the name before it asks for the chain's result */
    {1, FAULT_TLS, "the certificate is not for %s"},
    {9, FAULT_TLS, "the certificate of %s is not valid yet"},
    {10, FAULT_TLS, "the certificate of %s has expired"},
    {18, FAULT_TLS, "the certificate of %s is self-signed"},
    {19, FAULT_TLS, "the certificate of %s comes from an unknown authority"},
    {20, FAULT_TLS, "the certificate of %s comes from an unknown authority"},
    {21, FAULT_TLS, "the certificate of %s comes from an unknown authority"},
    {23, FAULT_TLS, "the certificate of %s was revoked"},
    {62, FAULT_TLS, "the certificate is not for %s"},
    {64, FAULT_TLS, "the certificate is not for %s"},
};

static const struct words *words_find(const struct words *rows, size_t count, long code)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == code) {
            return &rows[i];
        }
    }
    return NULL;
}
#define FIND(rows, code) words_find(rows, sizeof(rows) / sizeof *(rows), code)

static const struct words *failure_words(const struct http_failure *failure)
{
    static const struct words unknown_tls = {0, FAULT_TLS,
                                             "the certificate of %s cannot be verified"};
    static const struct words slow_connect = {0, FAULT_CONNECT, "connecting to %s took too long"};
    static const struct words slow = {0, FAULT_TIMEOUT, "%s took too long to answer"};
    const struct words *found = NULL;
    if (failure->code == CURLE_OPERATION_TIMEDOUT) {
        return failure->connected ? &slow : &slow_connect;
    }
    if (failure->code == CURLE_COULDNT_CONNECT) {
        found = FIND(connect_words, failure->os_error);
    } else if (failure->code == CURLE_PEER_FAILED_VERIFICATION && failure->tls_verify != 0) {
        found = FIND(verify_words, failure->tls_verify);
        found = found != NULL ? found : &unknown_tls;
    }
    return found != NULL ? found : FIND(curl_words, failure->code);
}

void http_fault_from_curl(struct fault *fault, const struct http_failure *failure)
{
    const struct words *words = failure_words(failure);
    if (words == NULL) {
        fault_set(fault, FAULT_NETWORK, 0, "the request failed (libcurl error %d)", failure->code);
        return;
    }
    const char *before = words->text;
    const char *mark = strstr(before, "%s");
    int head = (int)(mark != NULL ? (size_t)(mark - before) : strlen(before));
    fault_set(fault, words->kind, 0, "%.*s%.*s%s", head, before, mark != NULL ? HOST_SHOWN : 0,
              failure->host, mark != NULL ? mark + 2 : "");
}

void http_fault_from_status(struct fault *fault, int status, int64_t retry_after_ms)
{
    static const struct words rows[] = {
        {400, FAULT_HTTP, "the server calls the request bad"},
        {401, FAULT_AUTH, "not authorised: the token is missing or no longer valid"},
        {403, FAULT_AUTH, "not authorised: the token's user may not see this"},
        {404, FAULT_HTTP, "the server has nothing at this address"},
        {407, FAULT_HTTP, "the proxy wants a password"},
        {408, FAULT_HTTP, "the server waited too long for the request"},
        {410, FAULT_HTTP, "the server says that this is gone for good"},
        {429, FAULT_HTTP, "too many requests: the server asks for patience"},
        {500, FAULT_HTTP, "the server failed"},
        {502, FAULT_HTTP, "the gateway got no good answer"},
        {503, FAULT_HTTP, "the server is not available at present"},
        {504, FAULT_HTTP, "the gateway got no answer in time"},
    };
    const struct words *words = FIND(rows, status);
    fault_set(fault, words != NULL ? words->kind : FAULT_HTTP, status, "%s (HTTP %d)",
              words != NULL ? words->text : "the server answered with a status we cannot use",
              status);
    fault->retry_after_ms = retry_after_ms;
}

static int64_t seconds_parse(const char *digits)
{
    int64_t seconds = 0;
    for (const char *at = digits; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return -1;
        }
        if (seconds < RETRY_AFTER_MAX_MS) {
            seconds = seconds * 10 + (*at - '0');
        }
    }
    return digits[0] != '\0' ? seconds : -1;
}

int64_t http_date_ms(const char *value)
{
    time_t date = curl_getdate(value, NULL);
    return date < 0 || strchr(value, ':') == NULL ? -1 : (int64_t)date * 1000;
}

int64_t http_retry_after_ms(const char *value, int64_t now_wall_ms)
{
    int64_t seconds = seconds_parse(value);
    if (seconds >= 0) {
        return seconds < RETRY_AFTER_MAX_MS / 1000 ? seconds * 1000 : RETRY_AFTER_MAX_MS;
    }
    int64_t date_ms = http_date_ms(value);
    if (date_ms < 0) {
        return -1;
    }
    int64_t wait_ms = date_ms - now_wall_ms;
    return wait_ms < 0 ? 0 : wait_ms < RETRY_AFTER_MAX_MS ? wait_ms : RETRY_AFTER_MAX_MS;
}
