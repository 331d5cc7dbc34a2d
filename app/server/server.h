// server/server.h: a server of files over HTTP/1 and HTTP/2: threads, listeners, the way from start to end.
//
//     configuration -> weft_server_new(): all that can fail is tried, sockets listen
//                   -> weft_server_start(): threads run
//                   -> weft_server_drain(): no new connections, answers in flight complete
//                   -> weft_server_free()
#ifndef WEFT_SERVER_H
#define WEFT_SERVER_H

#include "server/config.h"
#include "server/manifest_make.h"
#include "server/manifest_read.h"
#include "server/redirect_loops.h"

struct weft_server;

/**
 * Opens the root, the certificates, the log and the listening sockets.
 *
 * config   borrowed for the server's life; has to be valid
 * returns  NULL, with one line in `error` that names the thing and the remedy; nothing is left open then
 */
struct weft_server *weft_server_new(const struct weft_server_config *config, char *error,
                                    size_t error_size);

/** Starts the threads, which take no signals; returns 0 or a negative errno. */
int weft_server_start(struct weft_server *server);

/** The port of a listener: the one that the system picked where the configuration says 0. */
uint16_t weft_server_port(const struct weft_server *server, size_t listen_index);

/** A descriptor that is readable once all threads have ended. */
int weft_server_ended_fd(const struct weft_server *server);

/** Asks all threads to finish what is in flight and end. */
void weft_server_drain(struct weft_server *server);

/**
 * Asks all threads for a sign of life.
 *
 * returns  have all that still run given the one that was asked for before? While one is missing no other is asked for.
 */
bool weft_server_ping(struct weft_server *server);

/** Opens the access log anew, after it was moved away. */
void weft_server_reopen_logs(struct weft_server *server);

/** Ends what still runs at once, waits for the threads, closes all. NULL does nothing. */
void weft_server_free(struct weft_server *server);

#endif
