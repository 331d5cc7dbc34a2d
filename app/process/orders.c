// process/orders.c
#include "process/orders.h"

#include <errno.h>

void weft_listening_write(struct weft_writer *out, const struct weft_listening *listening)
{
    struct weft_span host = weft_span_of(listening->url.host);
    weft_write_u8(out, listening->url.is_secure);
    weft_write_u16(out, listening->url.port);
    weft_write_u16(out, listening->port);
    weft_write_u8(out, (uint8_t)listening->address_count);
    weft_write_u8(out, (uint8_t)listening->per_address);
    weft_write_u8(out, (uint8_t)host.size); // below WEFT_LISTEN_HOST_SIZE
    weft_write_bytes(out, host);
}

bool weft_listening_read(struct weft_reader *in, struct weft_listening *listening)
{
    *listening = (struct weft_listening){.fds = NULL};
    listening->url.is_secure = weft_read_u8(in) != 0;
    listening->url.port = weft_read_u16(in);
    listening->port = weft_read_u16(in);
    listening->address_count = weft_read_u8(in);
    listening->per_address = weft_read_u8(in);
    struct weft_span host = weft_read_bytes(in, weft_read_u8(in));
    bool is_sane =
        listening->address_count >= 1 && listening->address_count <= WEFT_LISTEN_ADDRESSES_MOST &&
        listening->per_address >= 1 && listening->per_address <= WEFT_LISTEN_SOCKETS_MOST &&
        host.size < sizeof(listening->url.host);
    if (in->failed || !is_sane) return false;
    memcpy(listening->url.host, host.data, host.size);
    return true;
}

struct weft_message weft_order_sockets(const struct weft_listening *listening, unsigned address)
{
    struct weft_message message = {.type = WEFT_MESSAGE_SOCKETS, .number = address};
    struct weft_writer out = weft_writer_over(message.data, sizeof(message.data));
    weft_listening_write(&out, listening);
    message.size = weft_writer_size(&out);
    message.fd_count = listening->per_address;
    memcpy(message.fds, listening->fds + (size_t)address * listening->per_address,
           message.fd_count * sizeof(int));
    return message;
}

// Is it another address of the same listener?
static bool belongs(const struct weft_listening *listening, const struct weft_listening *read)
{
    return listening->address_count == read->address_count &&
           listening->per_address == read->per_address && listening->port == read->port;
}

int weft_order_take_sockets(struct weft_message *message, struct weft_listening *listening)
{
    struct weft_listening read;
    struct weft_reader in = weft_reader_over((struct weft_span){message->data, message->size});
    if (!weft_listening_read(&in, &read)) return -EPROTO;
    if (message->fd_count != read.per_address || message->number >= read.address_count) {
        return -EPROTO;
    }
    if (!listening->fds) {
        *listening = read;
        int result = weft_listening_make_room(listening, read.address_count, read.per_address);
        if (result < 0) return result;
    }
    int *room = listening->fds + (size_t)message->number * read.per_address;
    if (!belongs(listening, &read) || room[0] >= 0) return -EPROTO;
    memcpy(room, message->fds, message->fd_count * sizeof(int));
    message->fd_count = 0;
    return 0;
}

bool weft_listening_is_whole(const struct weft_listening *listening)
{
    for (size_t i = 0; i < weft_listening_count(listening); i++) {
        if (listening->fds[i] < 0) return false;
    }
    return listening->fds != NULL;
}

struct weft_message weft_order_start(const struct weft_start *start)
{
    struct weft_message message = {.type = WEFT_MESSAGE_START, .number = WEFT_PROTOCOL};
    struct weft_writer out = weft_writer_over(message.data, sizeof(message.data));
    weft_write_u8(&out, start->announces);
    weft_write_u32(&out, start->generation);
    weft_write_bytes(&out, (struct weft_span){start->ticket_secret, sizeof(start->ticket_secret)});
    message.size = weft_writer_size(&out);
    return message;
}

bool weft_order_take_start(const struct weft_message *message, struct weft_start *start)
{
    struct weft_reader in = weft_reader_over((struct weft_span){message->data, message->size});
    start->announces = weft_read_u8(&in) != 0;
    start->generation = weft_read_u32(&in);
    struct weft_span secret = weft_read_bytes(&in, sizeof(start->ticket_secret));
    if (in.failed || message->number != WEFT_PROTOCOL) return false;
    memcpy(start->ticket_secret, secret.data, secret.size);
    return true;
}
