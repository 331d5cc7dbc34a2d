// cmd/args.c
#include "cmd/args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_VALUE = 256, // getopt's value of options without a letter: the row's index on top
    WORD_MOST = 32,    // longer words are not compared
};

// How many letters have to be added, taken away, changed or swapped (Damerau-Levenshtein).
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MOST + 2];
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    size_t *above2 = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    if (a_size > WORD_MOST || b_size > WORD_MOST) return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
        above[j] = above2[j] = 0;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t *oldest = above2;
        above2 = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && above2[j - 2] + 1 < best) best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return row[b_size];
}

const char *weft_args_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 2; // a third of the letters may be wrong
    for (; *names; names++) {
        size_t far = strncmp(word, *names, strlen(word)) == 0 && *word ? 1 : distance(word, *names);
        if (far >= least) continue;
        least = far;
        nearest = *names;
    }
    return nearest;
}

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

// A number and one of the units behind it, each with its factor.
static bool read_with_unit(const char *text, const char *const *units, const uint64_t *factors,
                           uint64_t *value)
{
    char *end = NULL;
    if (!is_digits(text) || strlen(text) > 14) return false;
    unsigned long long read = strtoull(text, &end, 10);
    for (size_t i = 0; units[i]; i++) {
        if (strcmp(end, units[i]) != 0) continue;
        *value = read * factors[i];
        return read <= UINT32_MAX || factors[i] == 1; // the product fits
    }
    return false;
}

bool weft_args_size(const char *text, uint64_t *size)
{
    static const char *const units[] = {"", "K", "k", "M", "m", "G", "g", NULL};
    static const uint64_t factors[] = {1, 1 << 10, 1 << 10, 1 << 20, 1 << 20, 1 << 30, 1 << 30};
    return read_with_unit(text, units, factors, size);
}

bool weft_args_duration_ms(const char *text, uint64_t *duration_ms)
{
    static const char *const units[] = {"ms", "", "s", "m", "h", NULL};
    static const uint64_t factors[] = {1, 1000, 1000, 60000, 3600000};
    return read_with_unit(text, units, factors, duration_ms);
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
    const char *nearest = is_long ? weft_args_nearest(word + 2, names) : NULL;
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
