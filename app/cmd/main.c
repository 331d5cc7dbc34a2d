// cmd/main.c: weft SUBCOMMAND ...
#include "base/nearest.h"
#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/term.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    void (*help)(void);
    const char *summary;
};

static const struct command commands[] = {
    {"serve", weft_serve, weft_serve_help, "serve a directory over HTTP/2, HTTP/1.1 and 1.0"},
    {"check", weft_check, weft_check_help, "judge a configuration file, and show what it means"},
    {"get", weft_get, weft_get_help, "fetch URLs and show what passes on the wire"},
    {"load", weft_load, weft_load_help, "ask a server for much, and measure it honestly"},
    {"manifest", weft_manifest, weft_manifest_help, "what pages need, for hints and pushes"},
    {"abuse", weft_abuse, weft_abuse_help, "play known attacks against a server on this machine"},
    {"hpack", weft_hpack, weft_hpack_help, "take field blocks of HTTP/2 apart, or make them"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    }
    return NULL;
}

static void print_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("weft " WEFT_VERSION ": HTTP as it is meant\n\n%sUsage%s\n  weft COMMAND [OPTIONS]\n\n",
           term->bold, term->plain);
    printf("%sCommands%s\n", term->bold, term->plain);
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    printf("  %-10s %s\n", "help", "weft help COMMAND: what a command does and takes");
    printf("  %-10s %s\n", "version", "the version");
    printf("\n%sExamples%s\n"
           "  weft serve                 this folder on https://localhost:8443 and "
           "http://localhost:8080\n"
           "  weft serve site --listing  the folder site, with an index of folders that lack one\n",
           term->bold, term->plain);
}

static int wrong_command(const char *name)
{
    const char *names[COMMANDS + 3] = {"help", "version"};
    char text[WEFT_ARGS_COMPLAINT_SIZE];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i + 2] = commands[i].name;
    }
    const char *kind = name[0] == '-' ? "option" : "command";
    const char *nearest = weft_nearest(name, names);
    if (nearest) {
        snprintf(text, sizeof(text), "unknown %s '%s': did you mean 'weft %s'?", kind, name,
                 nearest);
    } else {
        snprintf(text, sizeof(text), "unknown %s '%s': 'weft --help' lists them", kind, name);
    }
    weft_term_error(text);
    return WEFT_EXIT_USAGE;
}

static int help(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return WEFT_EXIT_DONE;
    }
    const struct command *command = find(argv[1]);
    if (!command) return wrong_command(argv[1]);
    command->help();
    return WEFT_EXIT_DONE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        weft_term_error(
            "a command is missing: try 'weft serve', or 'weft --help' for what there is");
        return WEFT_EXIT_USAGE;
    }
    const char *name = argv[1];
    const struct command *command = find(name);
    if (command) return command->run(argc - 1, argv + 1);
    if (strcmp(name, "help") == 0) return help(argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return help(1, argv);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0 || strcmp(name, "version") == 0) {
        printf("weft " WEFT_VERSION "\n");
        return WEFT_EXIT_DONE;
    }
    return wrong_command(name);
}
