// net/tcp_info.h: what the kernel's TCP knows of a connection's path.
#ifndef WEFT_NET_TCP_INFO_H
#define WEFT_NET_TCP_INFO_H

#include <stdbool.h>
#include <stdint.h>

struct weft_tcp_info {
    uint64_t rate;                // bytes a second that arrived lately; 0: not known yet
    bool rate_is_lower_bound;     // more could have been sent than there was
    uint64_t delivered;           // bytes that have arrived since the beginning
    uint32_t round_trip_us;       // smoothed
    uint32_t least_round_trip_us; // the least of the last minutes
    uint32_t segment_size;        // content of a full packet
};

/** returns  false where the socket is none of TCP, or the kernel does not tell */
bool weft_tcp_info_get(int fd, struct weft_tcp_info *info);

/** Holds the kernel to so many bytes a second; UINT64_MAX: to none. A kernel that cannot is as good without. */
void weft_tcp_set_most_rate(int fd, uint64_t rate);

#endif
