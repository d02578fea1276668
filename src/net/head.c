#include "head.h"
#include "http_fault.h"

#include <blotter/core/event.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)

const char *head_value(CURL *easy, const char *name)
{
    struct curl_header *header;
    bool found = curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    return found ? header->value : NULL;
}

void head_list(CURL *easy, const char *name, char out[HEAD_LIST_MAX])
{
    struct curl_header *header;
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; curl_easy_header(easy, name, i, CURLH_HEADER, -1, &header) == CURLHE_OK;
         i++) {
        size_t len = strlen(header->value);
        size_t gap = used > 0 ? 2 : 0;
        if (used + gap + len < HEAD_LIST_MAX) {
            memcpy(out + used, ", ", gap);
            memcpy(out + used + gap, header->value, len + 1);
            used += gap + len;
        }
    }
}

/* 0: there is none, or it is no number. */
static uint64_t number(CURL *easy, const char *name)
{
    const char *digits = head_value(easy, name);
    return digits == NULL ? 0 : event_id_parse(digits, strlen(digits));
}

bool head_is_clean(const char *value)
{
    while ((unsigned char)*value >= ' ' && *value != '\177') {
        value++;
    }
    return *value == '\0';
}

uint64_t head_event_id(CURL *easy)
{
    return number(easy, "x-last-event-id");
}

int64_t head_age_ms(CURL *easy)
{
    uint64_t seconds = number(easy, "age");
    return seconds < (uint64_t)DAY_MS / 1000 ? (int64_t)seconds * 1000 : DAY_MS;
}

int64_t head_retry_after_ms(CURL *easy, int64_t now_wall_ms)
{
    /* The value is copied: the next look at a field may overwrite it. */
    char value[128];
    const char *found = head_value(easy, "retry-after");
    if (found == NULL || strlen(found) >= sizeof value) {
        return -1;
    }
    memcpy(value, found, strlen(found) + 1);
    const char *date = head_value(easy, "date");
    int64_t then_ms = date != NULL ? http_date_ms(date) : -1;
    return http_retry_after_ms(value, then_ms >= 0 ? then_ms : now_wall_ms);
}

/* Whether libcurl can unpack what is packed in this way. */
static bool encoding_is_known(const char *name, size_t len)
{
    static const struct {
        const char *name;
        int feature; /* of libcurl; 0: none is needed */
    } known[] = {
        {"identity", 0},
        {"none", 0},
        {"gzip", CURL_VERSION_LIBZ},
        {"x-gzip", CURL_VERSION_LIBZ},
        {"deflate", CURL_VERSION_LIBZ},
        {"br", CURL_VERSION_BROTLI},
        {"zstd", CURL_VERSION_ZSTD},
    };
    int features = curl_version_info(CURLVERSION_NOW)->features;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) == len && strncasecmp(name, known[i].name, len) == 0) {
            return (features & known[i].feature) == known[i].feature;
        }
    }
    return len == 0;
}

bool head_can_unpack(const char *list, const char **ret_name, int *ret_len)
{
    for (const char *at = list; *at != '\0';) {
        at += strspn(at, " \t,");
        size_t len = strcspn(at, " \t,");
        if (!encoding_is_known(at, len)) {
            *ret_name = at;
            *ret_len = (int)len;
            return false;
        }
        at += len;
    }
    return true;
}
