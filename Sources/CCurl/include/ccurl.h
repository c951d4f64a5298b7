#ifndef COMFYKEEP_CCURL_H
#define COMFYKEEP_CCURL_H

#include <curl/curl.h>
#include <stddef.h>

// Swift cannot call C functions with variable arguments, and libcurl's curl_easy_setopt, curl_easy_getinfo
// and curl_multi_setopt are such. Here is one plain function for each kind of argument.

/// Sets libcurl up, once a process and before any other call.
CURLcode ck_global_init(void);

/// Sets an option that takes a `long`.
CURLcode ck_set_long(CURL *easy, CURLoption option, long value);
/// Sets an option that takes a `curl_off_t`.
CURLcode ck_set_offset(CURL *easy, CURLoption option, curl_off_t value);
/// Sets an option that takes a string, which libcurl copies.
CURLcode ck_set_string(CURL *easy, CURLoption option, const char *value);
/// Sets an option that takes a pointer, which must outlive the transfer.
CURLcode ck_set_pointer(CURL *easy, CURLoption option, void *value);
/// Allows `http` and `https` alone, for requests and for redirects.
CURLcode ck_set_web_protocols(CURL *easy);
/// Lets a removed transfer leave its name resolution behind instead of waiting for it, where libcurl can.
CURLcode ck_set_quick_exit(CURL *easy);

/// The shape of libcurl's write, header and read callbacks.
typedef size_t (*ck_bytes_callback)(char *bytes, size_t size, size_t count, void *context);
/// Sets what takes the body of the answer.
CURLcode ck_set_write(CURL *easy, ck_bytes_callback callback, void *context);
/// Sets what takes each header line of the answer.
CURLcode ck_set_header(CURL *easy, ck_bytes_callback callback, void *context);
/// Sets what gives the body of the request.
CURLcode ck_set_read(CURL *easy, ck_bytes_callback callback, void *context);
/// Sets what rewinds the body of the request.
CURLcode ck_set_seek(CURL *easy, curl_seek_callback callback, void *context);
/// Sets what opens each socket, given the resolved address.
CURLcode ck_set_open_socket(CURL *easy, curl_opensocket_callback callback, void *context);
/// Sets what may refuse a connection, new or kept alive, just before the request goes out on it.
CURLcode ck_set_before_request(CURL *easy, curl_prereq_callback callback, void *context);

/// Asks for a `long`.
CURLcode ck_get_long(CURL *easy, CURLINFO info, long *value);
/// Asks for a `curl_off_t`.
CURLcode ck_get_offset(CURL *easy, CURLINFO info, curl_off_t *value);
/// Asks for a pointer.
CURLcode ck_get_pointer(CURL *easy, CURLINFO info, void **value);

/// Sets an option of a multi handle that takes a `long`.
CURLMcode ck_multi_set_long(CURLM *multi, CURLMoption option, long value);
/// The next transfer that is done and how it ended; `NULL` when there is none.
CURL *ck_multi_next_done(CURLM *multi, CURLcode *result);

#endif
