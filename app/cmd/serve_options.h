// cmd/serve_options.h: the options of `weft serve`.
#ifndef WEFT_CMD_SERVE_OPTIONS_H
#define WEFT_CMD_SERVE_OPTIONS_H

#include "cmd/args.h"
#include "config/config.h"

struct weft_serve_options {
    struct weft_server_config config;
    struct weft_site_config *site; // of the configuration: the one that the command line tells of
    const char *config_file;       // NULL for none
    bool config_is_wrong;          // which was told
    char overruled[128];           // options that stand in the file's place, for people
    size_t key_count;              // --key so far
    bool has_listens;              // --listen was there: those of the file are replaced
    bool has_certificates;         // --cert or --key was there: the same
    bool has_indexes;              // --index was there: the usual name is replaced
    bool has_log_word;             // --access-log or --no-access-log was there
    bool is_single_process;        // without a supervisor
};

/** Reads the arguments of `weft serve`, and the file that --config names, over which they win; the configuration is
 *  complete after it, but for certificates that are not named. To be given back in any case.
 *  returns  as weft_args_read(); false without complaint where the file is wrong, which was told */
bool weft_serve_options_read(int argc, char **argv, struct weft_serve_options *options,
                             struct weft_args_outcome *outcome);

void weft_serve_options_deinit(struct weft_serve_options *options);

/** Listens where nothing else was said: https://localhost:8443 and http://localhost:8080. */
void weft_listen_as_usual(struct weft_server_config *config);

/** The table, for the help. */
const struct weft_args_option *weft_serve_options_table(void);

#endif
