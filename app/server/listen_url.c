// server/listen_url.c
#include "server/listen_url.h"

#include "http/field_rules.h"

#include <stdio.h>

static bool take_prefix(struct weft_span *rest, struct weft_span prefix)
{
    if (!weft_span_equal_ignoring_case(weft_span_part(*rest, 0, prefix.size), prefix)) return false;
    *rest = weft_span_skip(*rest, prefix.size);
    return true;
}

// Takes "[::1]" or what stands before the colon; false where a bracket is left open.
static bool take_host(struct weft_span *rest, struct weft_span *host)
{
    bool has_brackets = rest->size > 0 && rest->data[0] == '[';
    size_t end = weft_span_find(*rest, has_brackets ? ']' : ':');
    if (!has_brackets) {
        *host = weft_span_part(*rest, 0, end);
        *rest = weft_span_skip(*rest, end);
        return true;
    }
    if (end == rest->size) return false;
    *host = weft_span_part(*rest, 1, end - 1);
    *rest = weft_span_skip(*rest, end + 1);
    return true;
}

static const char *read_port(struct weft_span rest, uint16_t *port)
{
    int64_t number = -1;
    if (rest.data[0] != ':') return "only a colon and a port may follow the host";
    if (!weft_http_parse_decimal(weft_span_skip(rest, 1), &number) || number > UINT16_MAX) {
        return "the port has to be a number from 0 to 65535";
    }
    *port = (uint16_t)number;
    return NULL;
}

const char *weft_listen_url_parse(const char *text, struct weft_listen_url *url)
{
    struct weft_listen_url made = {0};
    struct weft_span host;
    struct weft_span rest = weft_span_of(text);

    if (take_prefix(&rest, WEFT_SPAN("https://"))) {
        made.is_secure = true;
    } else if (!take_prefix(&rest, WEFT_SPAN("http://"))) {
        return "it has to begin with http:// or https://";
    }
    if (rest.size > 0 && rest.data[rest.size - 1] == '/') rest.size--;
    if (weft_span_find(rest, '/') < rest.size) return "a listener has no path";
    size_t at = weft_span_find(rest, '@');
    if (at > 0 && at < rest.size) return "a listener has no user";
    if (!take_host(&rest, &host)) return "the bracket of its IPv6 address is not closed";
    if (weft_span_equal(host, WEFT_SPAN("@"))) return "the name of a socket has to follow the @";
    if (host.size == 0) return "the host is missing (use * for every address)";
    if (host.size >= sizeof(made.host)) return "the host is too long";
    memcpy(made.host, host.data, host.size);

    made.port = made.is_secure ? 443 : 80;
    if (rest.size > 0) {
        const char *wrong = read_port(rest, &made.port);
        if (wrong) return wrong;
    }
    *url = made;
    return NULL;
}

void weft_listen_url_write(const struct weft_listen_url *url, uint16_t port, char *room,
                           size_t room_size)
{
    bool is_v6 = strchr(url->host, ':') != NULL;
    snprintf(room, room_size, "%s://%s%s%s:%u", url->is_secure ? "https" : "http", is_v6 ? "[" : "",
             url->host, is_v6 ? "]" : "", port);
}
