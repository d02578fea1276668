/*
 * version: what the floor runs on, for --version and bug reports.
 */
#ifndef BLOTTER_NET_VERSION_H
#define BLOTTER_NET_VERSION_H

/* Static storage: "7.88.1", and "OpenSSL/3.0.15" or "none". */
const char *net_curl_version(void);
const char *net_tls_version(void);

#endif
