// cmd/args.h: command-line options as a table: one row an option, from which parsing, help and complaints are made.
#ifndef WEFT_CMD_ARGS_H
#define WEFT_CMD_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_ARGS_OPTIONS_MOST = 64, WEFT_ARGS_COMPLAINT_SIZE = 512 };

/** What a command line gave rise to. */
struct weft_args_outcome {
    char complaint[WEFT_ARGS_COMPLAINT_SIZE]; // one line; empty where all is well
    bool wants_help;
    bool wants_version;
};

struct weft_args_option {
    const char *name;     // long, without the dashes
    char letter;          // 0 for none
    const char *argument; // what it takes, for help ("FILE"); NULL for none
    const char *help;     // "\n" parts lines; NULL: it is not listed
    /** Takes the value in; returns NULL or what was expected: static text. NULL for a function: help or version. */
    const char *(*take)(void *target, const char *value);
};

/**
 * Reads options and what stands between them.
 *
 * argv      argv[0] is the subcommand's name; permuted so that what is no option stands at the end
 * options   ends with a row without a name
 * target    handed to the options' functions
 * first     set to the index of the first argument that is no option
 * returns   true where all is well; false: outcome->complaint, or --help or --version was there
 */
bool weft_args_read(int argc, char **argv, const struct weft_args_option *options, void *target,
                    int *first, struct weft_args_outcome *outcome);

/** Reads a number within bounds: false for anything else. */
bool weft_args_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/** Reads a size: a number with K, M or G behind it, of 1024. */
bool weft_args_size(const char *text, uint64_t *size);

/** Reads a time: a number of seconds, or with ms, s, m, h or d behind it; in milliseconds. */
bool weft_args_duration_ms(const char *text, uint64_t *duration_ms);

#endif
