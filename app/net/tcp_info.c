// net/tcp_info.c. The kernel's own header has the newer members; it does not go together with <netinet/tcp.h>.
#include "net/tcp_info.h"

#include <linux/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

enum { TCP_LEVEL = 6 }; // IPPROTO_TCP

bool weft_tcp_info_get(int fd, struct weft_tcp_info *info)
{
    struct tcp_info kernel = {0};
    socklen_t size = sizeof(kernel);
    if (getsockopt(fd, TCP_LEVEL, TCP_INFO, &kernel, &size) != 0) return false;
    size_t needed = offsetof(struct tcp_info, tcpi_delivered) + sizeof(kernel.tcpi_delivered);
    if (size < needed) return false;
    *info = (struct weft_tcp_info){
        .rate = kernel.tcpi_delivery_rate,
        .rate_is_lower_bound = kernel.tcpi_delivery_rate_app_limited,
        .delivered = (uint64_t)kernel.tcpi_delivered * kernel.tcpi_snd_mss,
        .round_trip_us = kernel.tcpi_rtt,
        .least_round_trip_us = kernel.tcpi_min_rtt,
        .segment_size = kernel.tcpi_snd_mss,
    };
    return true;
}

void weft_tcp_set_most_rate(int fd, uint64_t rate)
{
    (void)setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate));
}
