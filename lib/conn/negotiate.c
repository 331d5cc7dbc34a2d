// conn/negotiate.c
#include "conn/negotiate.h"

enum weft_conn_protocol weft_conn_protocol_for(struct weft_span alpn)
{
    return weft_span_is(alpn, "h2") ? WEFT_CONN_H2 : WEFT_CONN_H1; // RFC 9113 §3.1
}

enum weft_conn_protocol weft_conn_sniff(struct weft_span bytes)
{
    static const struct weft_span preface = WEFT_SPAN_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    struct weft_span start = weft_span_part(bytes, 0, preface.size);
    if (!weft_span_starts_with(preface, start)) return WEFT_CONN_H1;
    return start.size == preface.size ? WEFT_CONN_H2 : WEFT_CONN_BY_FIRST_BYTES;
}
