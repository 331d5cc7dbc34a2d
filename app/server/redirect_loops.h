// server/redirect_loops.h: does following the redirects of a configuration come to an end?
#ifndef WEFT_SERVER_REDIRECT_LOOPS_H
#define WEFT_SERVER_REDIRECT_LOOPS_H

#include "server/config.h"

/**
 * Follows each redirect of a site, over all sites of the configuration that its targets name; where a star stands, as if
 * it were some text.
 *
 * returns  false with one line in `error`, which shows the way, where one goes on and on
 */
bool weft_redirects_end(const struct weft_server_config *config,
                        const struct weft_site_config *site, char *error, size_t error_size);

#endif
