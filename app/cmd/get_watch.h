// cmd/get_watch.h: weft get -v: frames, fields and connections as they pass; and what --stats counts.
#ifndef WEFT_CMD_GET_WATCH_H
#define WEFT_CMD_GET_WATCH_H

#include "cmd/get_fields.h"
#include "cmd/get_record.h"

#include <stdio.h>

struct weft_get_watch {
    FILE *qlog;                     // NULL: none is written
    struct weft_get_record *record; // NULL: none is kept
    FILE *out;                      // NULL: nothing is printed
    struct weft_get_fields *fields; // NULL: they are not counted
    uint64_t start_us;              // of the loop's clock
    size_t connections;
    size_t handshakes;              // of TLS
    size_t round_trips;             // before first requests could leave, of all connections
    struct weft_http_totals totals; // of those that are closed
    size_t pushes;                  // promised answers
    size_t pushes_claimed;          // those of them that a request took
    uint64_t pushes_wasted;         // bytes of content of the others
};

/** Watches a client's connections; `record` is left out where nothing is printed. */
struct weft_client_observer weft_get_watch_observer(struct weft_get_watch *watch);

/** Prints what it all cost. */
void weft_get_watch_stats(struct weft_get_watch *watch, FILE *out);

#endif
