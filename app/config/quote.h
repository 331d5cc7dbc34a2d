// config/quote.h: texts as YAML and JSON quote them.
#ifndef WEFT_CONFIG_QUOTE_H
#define WEFT_CONFIG_QUOTE_H

#include <stdbool.h>
#include <stdio.h>

/** Is it well-formed UTF-8 (RFC 3629)? */
bool weft_is_utf8(const char *text);

/** Writes a double-quoted scalar of YAML (1.2 §7.3.1), which is a string of JSON too.
 *  escapes_dollar  ${ is written $${, so that reading it does not ask the environment */
void weft_write_quoted(FILE *out, const char *text, bool escapes_dollar);

#endif
