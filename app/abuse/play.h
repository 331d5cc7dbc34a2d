// abuse/play.h: one attack while it goes on: its budget, what was seen of the server, and its connections.
#ifndef WEFT_ABUSE_PLAY_H
#define WEFT_ABUSE_PLAY_H

#include "abuse/abuse.h"
#include "hpack/hpack.h"
#include "net/tls.h"

enum {
    WEFT_ABUSE_LINKS_MOST = 1000,
    WEFT_ABUSE_TEXT_SIZE = 4096,
    WEFT_ABUSE_FRAME_SIZE = 9 + 16384,
};

/** How much an attack may do. */
struct weft_abuse_budget {
    uint64_t flood_us;    // for how long a flood goes on
    uint64_t patience_us; // for how long a refusal is awaited
    uint64_t limit_us;    // for how long a time limit of the server is awaited
    uint64_t bytes;       // of a flood, over all its connections
    unsigned repeats;     // connections of a flood, one after the other
    unsigned crowd;       // connections at once
};

/** What the server did, over all connections of a case. */
struct weft_abuse_seen {
    unsigned connections;
    unsigned unconnected; // that could not be made, or whose handshake failed
    unsigned ended;       // that the server ended
    unsigned cut;         // that the attacker ended, for want of time, in the midst of a flood
    unsigned answers;     // final heads
    unsigned accepted;    // of them 2xx and 3xx
    unsigned status;      // of the last
    unsigned interims;    // 1xx heads
    unsigned interim;     // the last
    unsigned resets;
    uint32_t reset_code;
    unsigned goaways;
    uint32_t goaway_code;
    char goaway_text[96];
    char failure[96];                   // of TLS
    uint8_t text[WEFT_ABUSE_TEXT_SIZE]; // the first bytes that came, without TLS
    size_t text_size;
    uint64_t sent_size;
    uint64_t received_size;
    uint64_t pongs; // acknowledged PINGs
};

struct weft_abuse_target {
    struct weft_address address;
    bool is_secure;
    const char *host; // SNI
    const char *authority;
    struct weft_span path; // below 4096 bytes
    struct weft_span large;
    struct weft_tls_context *tls_h1; // NULL in the clear
    struct weft_tls_context *tls_h2;
};

struct weft_abuse_watch;

struct weft_abuse_play {
    struct weft_abuse_watch *watch;
    const struct weft_abuse_case *which;
    const struct weft_abuse_target *target;
    struct weft_abuse_budget budget;
    struct weft_abuse_seen seen;
    uint64_t until_us;  // nothing is sent after it
    const char *broken; // a rule of the case's own that the server broke: static text
    bool is_long;
};

enum weft_abuse_protocol { WEFT_ABUSE_RAW, WEFT_ABUSE_H1, WEFT_ABUSE_H2 };

struct weft_abuse_h1_state;
struct weft_abuse_h2_state;

/** A connection to the server. */
struct weft_abuse_link {
    struct weft_abuse_play *play;
    int fd; // -1: none
    struct weft_tls *tls;
    enum weft_abuse_protocol protocol;
    bool is_deaf;      // what the server sends is left in the kernel
    bool has_ended;    // by the server
    unsigned answers;  // on this connection
    unsigned failures; // resets and answers that are errors, on this connection
    bool asks_heads;   // the answers have no content, whatever they say (HEAD)
    bool has_settings; // the server's SETTINGS have come
    struct weft_abuse_h1_state *h1;
    struct weft_abuse_h2_state *h2;
};

uint64_t weft_abuse_now_us(void);

/** Connects, with TLS where the target has it; false where that cannot be done in time (and it is counted). */
bool weft_abuse_open(struct weft_abuse_play *play, struct weft_abuse_link *link,
                     enum weft_abuse_protocol protocol);

/** Connects and makes no TLS, whatever the target: bytes go and come as they are. */
bool weft_abuse_open_bare(struct weft_abuse_play *play, struct weft_abuse_link *link);

/** A small receive buffer, for those who do not read; before the connection is made. */
bool weft_abuse_open_narrow(struct weft_abuse_play *play, struct weft_abuse_link *link,
                            enum weft_abuse_protocol protocol);

/** Sends all, taking in what comes meanwhile; false where the connection or the play's time has ended. */
bool weft_abuse_send(struct weft_abuse_link *link, struct weft_span bytes);

/** Takes in what comes until `wait_us` have passed or the connection has ended; true while it is open. */
bool weft_abuse_listen(struct weft_abuse_link *link, uint64_t wait_us);

/** The same until the server has said anything that is a judgement: an error, a reset, an answer, the end. */
void weft_abuse_await(struct weft_abuse_link *link);

/** Takes in whatever comes on many connections, until `wait_us` have passed or all have ended; how many are open. */
size_t weft_abuse_listen_all(struct weft_abuse_link *links, size_t count, uint64_t wait_us);

/** Waits, while the attack stands as it is, until a fresh connection has been made and answered; not longer than it may
 *  take, and a little. */
void weft_abuse_stand(struct weft_abuse_play *play);

/** Closes; a connection that the server has ended counts as such. */
void weft_abuse_close(struct weft_abuse_link *link);

/** Closes all; where some are still open they stand until a fresh connection has been answered. */
void weft_abuse_close_all(struct weft_abuse_link *links, size_t count);

/** The server's bytes, without TLS, go to whoever reads the protocol; each is a file. */
void weft_abuse_h1_take(struct weft_abuse_link *link, struct weft_span bytes);
void weft_abuse_h2_take(struct weft_abuse_link *link, struct weft_span bytes);

/** What they keep of a connection. NULL without memory. */
struct weft_abuse_h1_state *weft_abuse_h1_new(void);
struct weft_abuse_h2_state *weft_abuse_h2_new(void);
void weft_abuse_h2_free(struct weft_abuse_h2_state *state);

#endif
