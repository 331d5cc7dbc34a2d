// http/target.h: what a request is for: target forms, host and port, paths (RFC 9112 §3.2, RFC 3986).
#ifndef WEFT_HTTP_TARGET_H
#define WEFT_HTTP_TARGET_H

#include "base/arena.h"
#include "base/result.h"
#include "http/method.h"

enum { WEFT_HTTP_NO_PORT = -1 };

/** host[:port] */
struct weft_http_authority {
    struct weft_span host; // never empty; an IPv6 address keeps its brackets
    int32_t port;          // 0 to 65535; WEFT_HTTP_NO_PORT where none is stated
};

/**
 * Reads uri-host [":" port] (RFC 9110 §7.2): a name, an IPv4 address or an IPv6 address in brackets.
 *
 * returns  false for all else: an empty host, userinfo (RFC 9110 §4.2.4), a port that is no number or above
 *          65535, a percent sign without two hex digits
 */
bool weft_http_parse_authority(struct weft_span text, struct weft_http_authority *authority);

/** A URI scheme (RFC 3986 §3.1)? */
bool weft_http_scheme_is_valid(struct weft_span scheme);

/** A path that begins with `/`, maybe with a query: no control byte, no space, no fragment. */
bool weft_http_path_is_valid(struct weft_span path);

enum weft_http_target_form {
    WEFT_HTTP_ORIGIN_FORM,    // /where?q, RFC 9112 §3.2.1
    WEFT_HTTP_ABSOLUTE_FORM,  // http://host/where?q, §3.2.2
    WEFT_HTTP_AUTHORITY_FORM, // host:port, CONNECT alone, §3.2.3
    WEFT_HTTP_ASTERISK_FORM,  // *, OPTIONS alone, §3.2.4
};

struct weft_http_target {
    enum weft_http_target_form form;
    struct weft_span scheme;    // absolute form, as written
    struct weft_span authority; // absolute and authority form: goes before Host
    struct weft_span path;      // path and query, or "*"; empty in authority form
};

/**
 * Reads the request target of HTTP/1.
 *
 * arena    only asked where a path has to be mended: http://host?q has the path /?q (RFC 9110 §4.2.3)
 * target   spans are of `text`, of the arena or static
 * returns  WEFT_INVALID where it is none of the forms that `method` may have, WEFT_NO_MEMORY
 */
WEFT_MUST_USE enum weft_result weft_http_parse_target(enum weft_http_method method,
                                                      struct weft_span text,
                                                      struct weft_arena *arena,
                                                      struct weft_http_target *target);

enum weft_http_path_status {
    WEFT_HTTP_PATH_FINE,
    WEFT_HTTP_PATH_NOT_ABSOLUTE, // it does not begin with a slash
    WEFT_HTTP_PATH_BAD_ESCAPE,   // % without two hex digits
    WEFT_HTTP_PATH_FORBIDDEN,    // a control byte, NUL, a backslash, or an escaped slash
    WEFT_HTTP_PATH_ABOVE_ROOT,   // more `..` than there are segments
    WEFT_HTTP_PATH_TOO_LONG,     // the room is too small
};

/** A path as names of files: decoded once, without dot segments, without empty segments. */
struct weft_http_path {
    struct weft_span path;  // begins with a slash; ends with one where a directory is named
    struct weft_span query; // as it came, without the question mark
    bool has_query;         // also an empty one
};

/**
 * Decodes a path for looking up files. It is decoded exactly once, and dot segments are judged after that, so
 * that %2e%2e counts as `..`; nothing that it gives leads out of the root.
 *
 * path      path and query as on the wire
 * room      for the decoded path; it is never longer than what came
 */
enum weft_http_path_status weft_http_path_decode(struct weft_span path, uint8_t *room,
                                                 size_t room_size, struct weft_http_path *out);

#endif
