// config/environment.h: ${NAME} and ${NAME:-default} in texts; $${ is a plain ${.
#ifndef WEFT_CONFIG_ENVIRONMENT_H
#define WEFT_CONFIG_ENVIRONMENT_H

#include "base/arena.h"

enum { WEFT_CONFIG_EXPANDED_MOST = 65536 };

/**
 * Puts what the environment has in the place of its names.
 *
 * wrong     filled with one line where it cannot be done
 * returns   `text` itself where nothing is to be put in, a text of the arena, or NULL
 */
const char *weft_config_expand(const char *text, struct weft_arena *arena, char *wrong,
                               size_t wrong_size);

#endif
