// cmd/get_options.h: what weft get is told on its command line.
#ifndef WEFT_CMD_GET_OPTIONS_H
#define WEFT_CMD_GET_OPTIONS_H

#include "client/client.h"
#include "cmd/args.h"
#include "cmd/field_options.h"

enum { WEFT_GET_WAYS_MOST = 32 };

/** A connection's way: --resolve and --connect-to. */
struct weft_get_way {
    char host[WEFT_URL_HOST_SIZE];
    char to_host[WEFT_URL_HOST_SIZE];
    uint16_t port;
    uint16_t to_port;
};

struct weft_get_options {
    struct weft_client_config client;
    struct weft_field_options sent; // -H and its short forms
    struct weft_get_way ways[WEFT_GET_WAYS_MOST];
    size_t way_count;
    const char *output;  // -o
    bool output_by_name; // -O
    bool shows_heads;    // -i
    bool asks_head;      // -I
    const char *method;  // -X
    const char *data;    // -d
    bool data_is_binary;
    const char *user; // -u
    bool follows;     // -L
    bool decodes;     // --compressed
    bool is_silent;   // -s
    bool is_verbose;  // -v
    bool shows_stats; // --stats
    bool shows_waterfall;
    bool is_plain;   // --plain: letters in place of blocks
    bool shows_json; // --json
    const char *html;
    const char *har;
    const char *qlog;
    bool fails_on_status;  // -f
    const char *write_out; // -w
    bool takes_page;       // --page
};

/** The table of options, for parsing and for help. */
const struct weft_args_option *weft_get_options_table(void);

/** Sets what holds without any option. */
void weft_get_options_init(struct weft_get_options *options);

#endif
