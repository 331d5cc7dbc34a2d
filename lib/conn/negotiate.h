// conn/negotiate.h: which version of HTTP a connection speaks (RFC 7301, RFC 9113 §3.3).
#ifndef WEFT_CONN_NEGOTIATE_H
#define WEFT_CONN_NEGOTIATE_H

#include "conn/conn.h"

enum { WEFT_CONN_PREFACE_SIZE = 24 }; // RFC 9113 §3.4

/**
 * Judges the first bytes of a client.
 *
 * bytes    all that have come so far
 * returns  WEFT_CONN_H2 once they begin with the whole preface, WEFT_CONN_H1 once they differ from it,
 *          WEFT_CONN_BY_FIRST_BYTES while more are needed to tell
 */
enum weft_conn_protocol weft_conn_sniff(struct weft_span bytes);

#endif
