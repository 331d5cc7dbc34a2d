// client/url.c: RFC 3986
#include "client/url.h"

#include "http/target.h"

#include <libxml/uri.h>
#include <stdio.h>

enum { HTTP_PORT = 80, HTTPS_PORT = 443, TEXT_ROOM = 3 * WEFT_URL_SIZE_MOST + 1 };

static const char no_memory[] = "no memory";

static bool take_prefix(struct weft_span *rest, struct weft_span prefix)
{
    if (!weft_span_equal_ignoring_case(weft_span_part(*rest, 0, prefix.size), prefix)) return false;
    *rest = weft_span_skip(*rest, prefix.size);
    return true;
}

// May the byte stand in a path, query or fragment as it is? (§3.3, and what browsers leave alone)
static bool is_plain(uint8_t byte)
{
    return byte > ' ' && byte < 0x7f && !strchr("\"<>\\^`{|}", byte);
}

// Percent-encodes what cannot stand in a URL and leaves what is encoded already; returns the bytes written.
static size_t encode(struct weft_span text, uint8_t *out)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t at = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (is_plain(byte)) {
            out[at++] = byte;
            continue;
        }
        out[at++] = '%';
        out[at++] = (uint8_t)hex[byte >> 4];
        out[at++] = (uint8_t)hex[byte & 15];
    }
    return at;
}

// A path with its query: encoded, and with the slash that an empty path stands for (RFC 9110 §4.2.3).
static struct weft_span copy_path(struct weft_arena *arena, struct weft_span text)
{
    uint8_t *room = weft_arena_take(arena, 3 * text.size + 1);
    if (!room) return (struct weft_span){NULL, 0};
    bool lacks_slash = text.size == 0 || text.data[0] != '/';
    room[0] = '/';
    return (struct weft_span){room, lacks_slash + encode(text, room + lacks_slash)};
}

static void lower(struct weft_span text, char *out)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        out[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
    }
    out[text.size] = 0;
}

// Reads user@host:port.
static const char *read_authority(struct weft_span text, struct weft_url *url)
{
    struct weft_http_authority authority;
    size_t user_size = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '@') user_size = i; // the last one parts, as browsers have it
    }
    url->user = weft_span_part(text, 0, user_size);
    if (weft_span_find(text, '@') < text.size) text = weft_span_skip(text, user_size + 1);
    if (text.size == 0 || text.data[0] == ':') return "the host is missing";
    if (text.data[text.size - 1] == ':') text.size--; // §3.2.3: an empty port is the scheme's
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] >= 0x80)
            return "the host has to be ASCII (for other letters its xn-- form)";
    }
    if (!weft_http_parse_authority(text, &authority)) return "it is no host, or no host and port";

    struct weft_span host = authority.host;
    if (host.data[0] == '[') host = weft_span_part(host, 1, host.size - 2);
    if (host.size >= sizeof(url->host)) return "the host is too long";
    if (authority.port == 0) return "the port has to be a number from 1 to 65535";
    lower(host, url->host);

    int usual = url->is_secure ? HTTPS_PORT : HTTP_PORT;
    url->port = (uint16_t)(authority.port == WEFT_HTTP_NO_PORT ? usual : authority.port);
    lower(authority.host, url->authority);
    if (url->port != usual) {
        size_t size = strlen(url->authority);
        snprintf(url->authority + size, sizeof(url->authority) - size, ":%u", url->port);
    }
    return NULL;
}

const char *weft_url_parse(struct weft_span text, struct weft_arena *arena, struct weft_url *url)
{
    struct weft_url made = {0};
    struct weft_span rest = weft_span_trim(text);

    if (rest.size > WEFT_URL_SIZE_MOST) return "a URL may have 8192 bytes at the most";
    if (take_prefix(&rest, WEFT_SPAN("https://"))) {
        made.is_secure = true;
    } else if (!take_prefix(&rest, WEFT_SPAN("http://"))) {
        return "it has to begin with http:// or https://";
    }
    size_t end = 0;
    while (end < rest.size && !strchr("/?#", rest.data[end]) && rest.data[end] != 0) {
        end++;
    }
    const char *wrong = read_authority(weft_span_part(rest, 0, end), &made);
    if (wrong) return wrong;
    rest = weft_span_skip(rest, end);
    end = weft_span_find(rest, '#');
    made.path = copy_path(arena, weft_span_part(rest, 0, end));
    bool has_user = made.user.size > 0;
    struct weft_span fragment = weft_span_skip(rest, end + 1);
    made.fragment = weft_arena_copy(arena, fragment);
    made.user = weft_arena_copy(arena, made.user);
    if (!made.path.data || (has_user && !made.user.data)) return no_memory;
    if (fragment.size > 0 && !made.fragment.data) return no_memory;
    *url = made;
    return NULL;
}

const char *weft_url_join(const struct weft_url *base, struct weft_span reference,
                          struct weft_arena *arena, struct weft_url *url)
{
    char text[TEXT_ROOM];
    uint8_t encoded[TEXT_ROOM];
    reference = weft_span_trim(reference);
    if (reference.size > WEFT_URL_SIZE_MOST) return "a URL may have 8192 bytes at the most";
    weft_url_text(base, text, sizeof(text));
    encoded[encode(reference, encoded)] = 0;
    xmlChar *joined = xmlBuildURI(encoded, (const xmlChar *)text);
    if (!joined) return "it is no URL, also not a relative one";
    const char *wrong = weft_url_parse(weft_span_of((const char *)joined), arena, url);
    xmlFree(joined);
    return wrong;
}

bool weft_url_same_origin(const struct weft_url *a, const struct weft_url *b)
{
    return a->is_secure == b->is_secure && a->port == b->port && strcmp(a->host, b->host) == 0;
}

const char *weft_url_text(const struct weft_url *url, char *text, size_t size)
{
    snprintf(text, size, "%s://%s%.*s", url->is_secure ? "https" : "http", url->authority,
             (int)url->path.size, (const char *)url->path.data);
    return text;
}
