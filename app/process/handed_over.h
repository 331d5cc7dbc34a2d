// process/handed_over.h: which of the sockets that a service manager hands over are whose listener's.
#ifndef WEFT_PROCESS_HANDED_OVER_H
#define WEFT_PROCESS_HANDED_OVER_H

#include "process/activation.h"
#include "process/sockets.h"

/**
 * Takes sockets for listeners: by address, or by name where a listener's host is @NAME. What a listener misses and what no
 * listener wants is told; the latter is closed.
 *
 * activation  is empty then
 */
void weft_sockets_take_over(struct weft_sockets *sockets, struct weft_activation *activation,
                            const struct weft_listen_url *urls, size_t count,
                            void (*tell)(const char *line));

#endif
