// cmd/commands.h: the subcommands; each is a file.
#ifndef WEFT_CMD_COMMANDS_H
#define WEFT_CMD_COMMANDS_H

/**
 * Serves a directory until it is told to end.
 *
 * argv     argv[0] is "serve"
 * returns  the exit code
 */
int weft_serve(int argc, char **argv);

/** Prints the help of `weft serve`. */
void weft_serve_help(void);

/** Judges configuration files; as weft_serve(). */
int weft_check(int argc, char **argv);

void weft_check_help(void);

/** Fetches URLs; as weft_serve(). */
int weft_get(int argc, char **argv);

void weft_get_help(void);

/** Asks a server for much, and measures; as weft_serve(). */
int weft_load(int argc, char **argv);

void weft_load_help(void);

/** Makes and judges manifests; as weft_serve(). */
int weft_manifest(int argc, char **argv);

void weft_manifest_help(void);

/** Takes field blocks of HPACK apart, or makes them; as weft_serve(). */
int weft_hpack(int argc, char **argv);

void weft_hpack_help(void);

/** Plays attacks against a server on this machine; as weft_serve(). */
int weft_abuse(int argc, char **argv);

void weft_abuse_help(void);

#endif
