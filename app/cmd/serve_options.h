// cmd/serve_options.h: the options of `weft serve`.
#ifndef WEFT_CMD_SERVE_OPTIONS_H
#define WEFT_CMD_SERVE_OPTIONS_H

#include "cmd/args.h"
#include "process/process.h"
#include "server/server.h"

struct weft_serve_options {
    struct weft_server_config config;
    struct weft_site_config *site; // of the configuration: the one that the command line tells of
    const char *manifest_file;     // NULL for none
    const char *user;              // --user; NULL: not said
    enum weft_sandbox sandbox;
    size_t key_count;  // --key so far
    bool has_indexes;  // --index was there: the usual name is replaced
    bool has_log_word; // --access-log or --no-access-log was there
};

/** Reads the arguments of `weft serve`; the configuration is complete after it, but for certificates that are not
 *  named. To be given back in any case. returns as weft_args_read() */
bool weft_serve_options_read(int argc, char **argv, struct weft_serve_options *options,
                             struct weft_args_outcome *outcome);

void weft_serve_options_deinit(struct weft_serve_options *options);

/** The table, for the help. */
const struct weft_args_option *weft_serve_options_table(void);

#endif
