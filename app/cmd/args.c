// cmd/args.c
#include "cmd/args.h"

#include "base/nearest.h"
#include "base/units.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_VALUE = 256, // getopt's value of options without a letter: the row's index on top
};

static bool is_digits(const char *text)
{
    return text[0] >= '0' && text[0] <= '9';
}

bool weft_args_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end = NULL;
    if (!is_digits(text) || strlen(text) > 18) return false;
    unsigned long long read = strtoull(text, &end, 10);
    if (*end || read < least || read > most) return false;
    *number = read;
    return true;
}

bool weft_args_size(const char *text, uint64_t *size)
{
    return weft_parse_size(weft_span_of(text), size);
}

bool weft_args_duration_ms(const char *text, uint64_t *duration_ms)
{
    return weft_parse_duration_ms(weft_span_of(text), 1000, duration_ms);
}

static size_t count_of(const struct weft_args_option *options)
{
    size_t count = 0;
    while (options[count].name) {
        count++;
    }
    return count;
}

// The tables that getopt_long() wants; `letters` has room for three bytes an option.
static void make_tables(const struct weft_args_option *options, struct option *longs, char *letters)
{
    *letters++ = ':'; // a missing argument is told apart
    for (size_t i = 0; options[i].name; i++) {
        const struct weft_args_option *option = &options[i];
        longs[i] = (struct option){.name = option->name,
                                   .has_arg = option->argument ? required_argument : no_argument,
                                   .val = FIRST_VALUE + (int)i};
        if (!option->letter) continue;
        *letters++ = option->letter;
        if (option->argument) *letters++ = ':';
    }
    *letters = 0;
}

static const struct weft_args_option *option_of(const struct weft_args_option *options, int value)
{
    if (value >= FIRST_VALUE) return &options[value - FIRST_VALUE];
    for (; options->name; options++) {
        if (value != 0 && options->letter == value) return options;
    }
    return NULL;
}

static void complain_unknown(const struct weft_args_option *options, const char *command,
                             char *word, struct weft_args_outcome *outcome)
{
    const char *names[WEFT_ARGS_OPTIONS_MOST + 1] = {0};
    for (size_t i = 0; options[i].name; i++) {
        names[i] = options[i].name;
    }
    char *equals = strchr(word, '=');
    if (equals) *equals = 0;
    bool is_long = word[0] == '-' && word[1] == '-';
    const char *nearest = is_long ? weft_nearest(word + 2, names) : NULL;
    if (nearest) {
        snprintf(outcome->complaint, sizeof(outcome->complaint),
                 "unknown option '%s': did you mean --%s?", word, nearest);
    } else {
        snprintf(outcome->complaint, sizeof(outcome->complaint),
                 "unknown option '%s': 'weft %s --help' lists them", word, command);
    }
}

static void complain(const struct weft_args_option *option, const char *value, const char *expected,
                     struct weft_args_outcome *outcome)
{
    snprintf(outcome->complaint, sizeof(outcome->complaint), "--%s '%s': %s", option->name, value,
             expected);
}

static void take_option(const struct weft_args_option *option, void *target, const char *value,
                        struct weft_args_outcome *outcome)
{
    if (!option->take) {
        outcome->wants_version = strcmp(option->name, "version") == 0;
        outcome->wants_help = !outcome->wants_version;
        return;
    }
    const char *expected = option->take(target, value);
    if (expected) complain(option, value ? value : "", expected, outcome);
}

// What getopt_long() found wrong.
static void complain_of(const struct weft_args_option *options, int found, char **argv,
                        struct weft_args_outcome *outcome)
{
    const struct weft_args_option *option = option_of(options, optopt);
    if (found == ':' && option) {
        snprintf(outcome->complaint, sizeof(outcome->complaint), "--%s needs a value: --%s %s",
                 option->name, option->name, option->argument);
    } else if (option) {
        snprintf(outcome->complaint, sizeof(outcome->complaint), "--%s takes no value",
                 option->name);
    } else if (optopt) {
        char word[8] = {'-', (char)optopt};
        complain_unknown(options, argv[0], word, outcome);
    } else {
        complain_unknown(options, argv[0], argv[optind - 1], outcome);
    }
}

bool weft_args_read(int argc, char **argv, const struct weft_args_option *options, void *target,
                    int *first, struct weft_args_outcome *outcome)
{
    struct option longs[WEFT_ARGS_OPTIONS_MOST + 1] = {0};
    char letters[3 * WEFT_ARGS_OPTIONS_MOST + 2];
    if (count_of(options) > WEFT_ARGS_OPTIONS_MOST) abort();
    make_tables(options, longs, letters);
    *outcome = (struct weft_args_outcome){0};

    opterr = 0;
    optind = 0; // glibc: starts anew
    int found;
    while ((found = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (found == '?' || found == ':') {
            complain_of(options, found, argv, outcome);
        } else {
            take_option(option_of(options, found), target, optarg, outcome);
        }
        if (outcome->complaint[0] || outcome->wants_help || outcome->wants_version) return false;
    }
    *first = optind;
    return true;
}
