// server/server.h: a server of files over HTTP/1 and HTTP/2: threads, listeners, the way from start to end.
//
//     configuration -> weft_server_new(): all that can fail is tried, sockets listen
//                   -> weft_server_start(): threads run
//                   -> weft_server_drain(): no new connections, answers in flight complete
//                   -> weft_server_free()
#ifndef WEFT_SERVER_H
#define WEFT_SERVER_H

#include "server/config.h"
#include "server/listening.h"
#include "server/manifest_make.h"
#include "server/manifest_read.h"
#include "server/redirect_loops.h"

struct weft_server;

/** What a server may be given by the process that started it. */
struct weft_server_given {
    struct weft_listening
        *listenings; // one for each listener of the configuration, in order; the server takes the
                     // sockets over, also where it fails
    const uint8_t *ticket_secret; // weft_tls_server_config's; NULL for one of its own
    uint32_t generation;          // of the configuration: how many came to be served, with this one
};

/**
 * Opens the root, the certificates, the log and the listening sockets.
 *
 * config   borrowed for the server's life; has to be valid
 * given    NULL: it opens its sockets itself
 * returns  NULL, with one line in `error` that names the thing and the remedy; nothing is left open then
 */
struct weft_server *weft_server_new(const struct weft_server_config *config,
                                    const struct weft_server_given *given, char *error,
                                    size_t error_size);

/** Starts the threads, which take no signals; returns 0 or a negative errno. */
int weft_server_start(struct weft_server *server);

/** The port of a listener: the one that the system picked where the configuration says 0. */
uint16_t weft_server_port(const struct weft_server *server, size_t listen_index);

/** A descriptor that is readable once all threads have ended. */
int weft_server_ended_fd(const struct weft_server *server);

/** A descriptor that is readable once no thread takes connections any more: it was asked to drain, or has ended. Where the
 *  drain is an end, the metrics' listener stays open to the last. */
int weft_server_closed_fd(const struct weft_server *server);

/** How a server's work ends. */
enum weft_server_end {
    WEFT_SERVER_HANDS_OVER, // another one takes connections from the same sockets: nobody is hurried
    WEFT_SERVER_HANDS_OVER_SOME, // the same, of some: who waits in the sockets is taken in, for others are closed
    WEFT_SERVER_ENDS, // who waits in the sockets is still taken in; who asks for nothing is soon let go
};

/** Asks all threads to finish what is in flight and end. To be called again where a handing over becomes an end. */
void weft_server_drain(struct weft_server *server, enum weft_server_end end);

/**
 * Asks all threads for a sign of life.
 *
 * returns  have all that still run given the one that was asked for before? While one is missing no other is asked for.
 */
bool weft_server_ping(struct weft_server *server);

/** A reload came to nothing, so that this server goes on: for those who ask for its state. `why` is a line. */
void weft_server_note_failure(struct weft_server *server, const char *why);

/** Opens the logs anew, after they were moved away. */
void weft_server_reopen_logs(struct weft_server *server);

/** Ends what still runs at once, waits for the threads, closes all. NULL does nothing. */
void weft_server_free(struct weft_server *server);

#endif
