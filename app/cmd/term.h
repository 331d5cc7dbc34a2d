// cmd/term.h: what is said to whoever sits before the terminal.
#ifndef WEFT_CMD_TERM_H
#define WEFT_CMD_TERM_H

#include <stdbool.h>
#include <stdio.h>

/** The codes for a stream, or empty texts where it is no terminal, NO_COLOR is set or TERM is dumb. */
struct weft_term {
    const char *bold;
    const char *dim;
    const char *red;
    const char *link; // underlined
    const char *plain;
};

const struct weft_term *weft_term_of(FILE *stream);

/** Writes text that somebody else made: control bytes as \x1b, so that they do not reach the terminal. */
void weft_term_put(FILE *stream, const char *text, size_t size);

/** "weft: TEXT" on standard error, in one line: control bytes are written as \x1b. */
void weft_term_error(const char *text);

/** Columns of standard output, from 70 to 240; 110 where it is no terminal. */
size_t weft_term_width(void);

/** Does the terminal take UTF-8, as the locale's name says? */
bool weft_term_is_unicode(void);

enum { WEFT_EXIT_DONE = 0, WEFT_EXIT_FAILED = 1, WEFT_EXIT_USAGE = 2 };

#endif
