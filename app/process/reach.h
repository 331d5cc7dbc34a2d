// process/reach.h: what the worker goes on to open by name once it runs: all else is closed to it.
#ifndef WEFT_PROCESS_REACH_H
#define WEFT_PROCESS_REACH_H

#include "server/server.h"

enum weft_reach_kind {
    WEFT_REACH_READ,    // a folder with all below it, or a file
    WEFT_REACH_LOG,     // a file that is written, and made anew once it was moved away
    WEFT_REACH_REPLACE, // a file that is written beside its place and then put there
};

/** A place in the file system; that of a file that is written is its folder. */
struct weft_reach {
    enum weft_reach_kind kind;
    const char *path; // borrowed
    const char *what; // for people: "the folder", "the access log"
};

static inline bool weft_reach_is_written(const struct weft_reach *reach)
{
    return reach->kind != WEFT_REACH_READ;
}

struct weft_reaches {
    struct weft_reach *items;
    size_t count;
};

/**
 * Lists what a server opens by name after its start: the roots of its sites, its log, what it learns. Certificates, keys, manifests and
 * the configuration are read before.
 *
 * config   borrowed, as long as the list is used
 * returns  false without memory; the list is then empty
 */
WEFT_MUST_USE bool weft_reaches_of_server(const struct weft_server_config *config,
                                          struct weft_reaches *reaches);

void weft_reaches_deinit(struct weft_reaches *reaches);

/** Is it a log that goes to standard output, which is open already? */
bool weft_reach_is_output(const struct weft_reach *reach);

/**
 * The folder in which a written file is made anew: its own, or where it is a symbolic link, that of what it names.
 *
 * folder   room for PATH_MAX bytes
 * returns  false where the path is a device, a pipe or a socket, which are never made anew: `folder` is then the path
 */
bool weft_reach_folder(const struct weft_reach *reach, char *folder);

#endif
