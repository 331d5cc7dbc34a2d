// test/link/link.c: a slow link between two network namespaces.
//
//   server's namespace  [TUN]--.                .--[TUN]  client's namespace
//   10.77.0.1                   link (this one)           10.77.0.2
//
// Real packets of real TCPs pass through here. Each direction has a rate, a delay, a drop-tail queue before the rate, and a
// share of packets lost by chance. Prints the two namespaces (paths for setns() or nsenter --net=), then relays
// until its input ends; a line of input asks for what has passed. Exits with 77 where it may not make namespaces or TUNs.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_SIZE = 1500, RING = 8192, SKIPPED = 77, READS_MOST = 64 };

struct packet {
    uint64_t due_ns;
    size_t size;
    uint8_t bytes[PACKET_SIZE];
};

struct direction {
    int from;
    int into;
    uint64_t bits_per_second;
    uint64_t delay_ns;
    uint64_t queue_ns; // a packet that would wait longer for the rate is dropped
    double loss;
    uint64_t busy_until_ns; // the last packet in the queue has passed the rate
    struct packet *ring;
    size_t first; // counts up; the place is modulo RING
    size_t end;
    uint64_t passed_bytes;
    uint64_t passed_count;
    uint64_t dropped_count;
    uint64_t lost_count;
};

struct options {
    double down_kbit;
    double up_kbit;
    double delay_ms;
    double queue_ms;
    double loss_percent;
    const char *congestion; // the default of the server's namespace
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

// xorshift64: the same losses in every run
static double chance(void)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / (double)(1ULL << 53);
}

static void may_not(const char *what)
{
    fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
    exit(SKIPPED);
}

static void write_setting(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) < 0) may_not(path);
    close(fd);
}

static void bring_up(int fd, const char *name, const char *address)
{
    struct ifreq request = {0};
    struct sockaddr_in in = {.sin_family = AF_INET};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (address) {
        inet_pton(AF_INET, address, &in.sin_addr);
        memcpy(&request.ifr_addr, &in, sizeof(in));
        if (ioctl(fd, SIOCSIFADDR, &request) < 0) may_not("SIOCSIFADDR");
        inet_pton(AF_INET, "255.255.255.0", &in.sin_addr);
        memcpy(&request.ifr_netmask, &in, sizeof(in));
        if (ioctl(fd, SIOCSIFNETMASK, &request) < 0) may_not("SIOCSIFNETMASK");
    }
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) may_not("SIOCSIFFLAGS");
}

// Goes into a new namespace with a TUN; returns the TUN, and a descriptor of the namespace.
static int make_side(const char *address, int *space)
{
    if (unshare(CLONE_NEWNET) < 0) may_not("unshare");
    *space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (*space < 0 || tun < 0) may_not("/dev/net/tun");

    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strncpy(request.ifr_name, "slow", IFNAMSIZ - 1);
    if (ioctl(tun, TUNSETIFF, &request) < 0) may_not("TUNSETIFF");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) may_not("socket");
    bring_up(fd, "slow", address);
    bring_up(fd, "lo", NULL);
    close(fd);
    write_setting("/proc/sys/net/ipv4/tcp_no_metrics_save", "1"); // each connection learns anew
    return tun;
}

static void take_packet(struct direction *way, const uint8_t *bytes, size_t size)
{
    uint64_t now = now_ns();
    if (chance() < way->loss) {
        way->lost_count++;
        return;
    }
    if (way->busy_until_ns < now) way->busy_until_ns = now;
    if (way->busy_until_ns - now > way->queue_ns || way->end - way->first == RING) {
        way->dropped_count++;
        return;
    }
    way->busy_until_ns += size * 8 * 1000000000U / way->bits_per_second;
    struct packet *packet = &way->ring[way->end++ % RING];
    packet->due_ns = way->busy_until_ns + way->delay_ns;
    packet->size = size;
    memcpy(packet->bytes, bytes, size);
}

static void take_packets(struct direction *way)
{
    uint8_t bytes[PACKET_SIZE];
    for (size_t i = 0; i < READS_MOST; i++) {
        ssize_t size = read(way->from, bytes, sizeof(bytes));
        if (size <= 0) return;
        take_packet(way, bytes, (size_t)size);
    }
}

static void give_packets(struct direction *way)
{
    while (way->first < way->end) {
        const struct packet *packet = &way->ring[way->first % RING];
        if (packet->due_ns > now_ns()) return;
        if (write(way->into, packet->bytes, packet->size) < 0 && errno == EAGAIN) return;
        way->passed_bytes += packet->size;
        way->passed_count++;
        way->first++;
    }
}

static uint64_t next_due_ns(const struct direction *way)
{
    return way->first < way->end ? way->ring[way->first % RING].due_ns : UINT64_MAX;
}

static void report(const struct direction ways[2])
{
    for (size_t i = 0; i < 2; i++) {
        const struct direction *way = &ways[i];
        printf("%s bytes=%llu packets=%llu dropped=%llu lost=%llu%s", i == 0 ? "down" : "up",
               (unsigned long long)way->passed_bytes, (unsigned long long)way->passed_count,
               (unsigned long long)way->dropped_count, (unsigned long long)way->lost_count,
               i == 0 ? " " : "\n");
    }
    fflush(stdout);
}

// Until the input ends; a line there asks for a report.
static void relay(struct direction ways[2])
{
    struct pollfd fds[] = {{.fd = ways[0].from, .events = POLLIN},
                           {.fd = ways[1].from, .events = POLLIN},
                           {.fd = STDIN_FILENO, .events = POLLIN}};
    char ignored[64];
    for (;;) {
        uint64_t due = next_due_ns(&ways[0]);
        if (next_due_ns(&ways[1]) < due) due = next_due_ns(&ways[1]);
        uint64_t now = now_ns();
        uint64_t wait = due > now ? due - now : 0;
        struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000000U),
                                   .tv_nsec = (long)(wait % 1000000000U)};
        if (ppoll(fds, 3, due == UINT64_MAX ? NULL : &timeout, NULL) < 0 && errno != EINTR) return;
        if (fds[2].revents && read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0) return;
        if (fds[2].revents) report(ways);
        for (size_t i = 0; i < 2; i++) {
            if (fds[i].revents) take_packets(&ways[i]);
            give_packets(&ways[i]);
        }
    }
}

static double number_of(const char *text)
{
    char *end;
    double number = strtod(text, &end);
    if (*text == 0 || *end != 0 || number < 0) {
        fprintf(stderr, "link: %s is not a number\n", text);
        exit(2);
    }
    return number;
}

static struct options read_options(int argc, char **argv)
{
    struct options options = {.down_kbit = 5000, .up_kbit = 1000, .delay_ms = 20, .queue_ms = 100};
    struct {
        const char *name;
        double *number;
    } rows[] = {{"--down", &options.down_kbit},
                {"--up", &options.up_kbit},
                {"--delay", &options.delay_ms},
                {"--queue", &options.queue_ms},
                {"--loss", &options.loss_percent}};
    for (int i = 1; i < argc; i += 2) {
        bool is_known = i + 1 < argc && strcmp(argv[i], "--congestion") == 0;
        if (is_known) options.congestion = argv[i + 1];
        for (size_t row = 0; row < sizeof(rows) / sizeof(*rows) && i + 1 < argc; row++) {
            if (strcmp(argv[i], rows[row].name) != 0) continue;
            *rows[row].number = number_of(argv[i + 1]);
            is_known = true;
        }
        if (!is_known) {
            fprintf(stderr, "usage: link [--down KBIT] [--up KBIT] [--delay MS] [--queue MS] "
                            "[--loss PERCENT] [--congestion NAME]\n");
            exit(2);
        }
    }
    return options;
}

static struct direction direction(int from, int into, double kbit, const struct options *options)
{
    struct direction way = {.from = from, .into = into};
    way.bits_per_second = (uint64_t)(kbit * 1000);
    way.delay_ns = (uint64_t)(options->delay_ms * 1e6);
    way.queue_ns = (uint64_t)(options->queue_ms * 1e6);
    way.loss = options->loss_percent / 100;
    way.ring = calloc(RING, sizeof(*way.ring));
    if (!way.ring || way.bits_per_second == 0) may_not("a direction");
    return way;
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    int client_space;
    int server_space;
    int client = make_side("10.77.0.2", &client_space);
    int server = make_side("10.77.0.1", &server_space);
    if (options.congestion) {
        write_setting("/proc/sys/net/ipv4/tcp_congestion_control", options.congestion);
    }
    printf("/proc/%d/fd/%d /proc/%d/fd/%d\n", (int)getpid(), server_space, (int)getpid(),
           client_space);
    fflush(stdout);

    struct direction ways[2] = {direction(server, client, options.down_kbit, &options),
                                direction(client, server, options.up_kbit, &options)};
    // A network does not wait for a processor; where this is not allowed, it has to.
    struct sched_param urgent = {.sched_priority = 1};
    (void)sched_setscheduler(0, SCHED_FIFO, &urgent);
    relay(ways);
    report(ways);
    free(ways[0].ring);
    free(ways[1].ring);
    return 0;
}
