// cmd/load_options.h: what weft load is told on its command line.
#ifndef WEFT_CMD_LOAD_OPTIONS_H
#define WEFT_CMD_LOAD_OPTIONS_H

#include "cmd/args.h"
#include "cmd/field_options.h"
#include "load/load.h"

struct weft_load_options {
    struct weft_load_config config; // but for what depends on URLs
    struct weft_field_options sent;
    const char *method;      // -X
    const char *data_file;   // -d
    const char *list_file;   // -i
    const char *script_file; // --script
    const char *json_file;   // --json
    const char *csv_file;    // --csv
    const char *connect_to;  // --connect-to HOST:PORT
    bool clear_is_h1;        // -p http/1.1
    bool is_plain;           // letters in place of blocks
    bool is_quiet;           // no progress
    bool owns_host;          // --i-own-this-host
    bool has_queue;          // --queue
};

/** The table of options, for parsing and for help. */
const struct weft_args_option *weft_load_options_table(void);

void weft_load_options_init(struct weft_load_options *options);

/** Fills in what follows from other options; returns NULL, or what does not go together: static text. */
const char *weft_load_options_settle(struct weft_load_options *options);

#endif
