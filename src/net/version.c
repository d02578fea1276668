#include <blotter/net/version.h>

#include <curl/curl.h>
#include <stddef.h>

const char *net_curl_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

const char *net_tls_version(void)
{
    const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return tls != NULL ? tls : "none";
}
