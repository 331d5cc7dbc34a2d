// abuse/hello.c
#include "abuse/hello.h"

enum {
    CLIENT_HELLO = 1,
    SERVER_NAME = 0,
    ALPN = 16,
    UNKNOWN_EXTENSION = 0xfafa,
    TLS12 = 0x0303,
};

// Room for a length that is written when what it counts is.
static uint8_t *start(struct weft_writer *out, size_t size)
{
    uint8_t *at = out->at;
    for (size_t i = 0; i < size; i++) {
        weft_write_u8(out, 0);
    }
    return at;
}

static void end(struct weft_writer *out, uint8_t *at, size_t size)
{
    if (out->failed) return;
    size_t counted = (size_t)(out->at - at) - size;
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(counted >> (8 * (size - 1 - i)));
    }
}

static void put_vector(struct weft_writer *out, size_t size, struct weft_span bytes)
{
    uint8_t *length = start(out, size);
    weft_write_bytes(out, bytes);
    end(out, length, size);
}

static void put_name(struct weft_writer *out, struct weft_span name)
{
    if (name.size == 0) return;
    weft_write_u16(out, SERVER_NAME);
    uint8_t *extension = start(out, 2);
    uint8_t *list = start(out, 2);
    weft_write_u8(out, 0); // host_name
    put_vector(out, 2, name);
    end(out, list, 2);
    end(out, extension, 2);
}

static void put_alpn(struct weft_writer *out, struct weft_span list)
{
    if (list.size == 0) return;
    weft_write_u16(out, ALPN);
    uint8_t *extension = start(out, 2);
    put_vector(out, 2, list);
    end(out, extension, 2);
}

static void put_extensions(struct weft_writer *out, const struct weft_abuse_hello *hello)
{
    uint8_t *length = start(out, 2);
    put_name(out, hello->name);
    put_alpn(out, hello->alpn);
    weft_write_bytes(out, WEFT_SPAN("\0\x0a\0\6\0\4\0\x1d\0\x17"));           // X25519, P-256
    weft_write_bytes(out, WEFT_SPAN("\0\x0d\0\x0a\0\x08\4\3\x08\4\4\1\2\1")); // signatures
    weft_write_bytes(out, WEFT_SPAN("\0\x0b\0\2\1\0"
                                    "\xff\1\0\1\0"
                                    "\0\x17\0\0")); // points, renegotiation, master secret
    weft_write_bytes(out, hello->more);
    if (hello->filler > 0) {
        weft_write_u16(out, UNKNOWN_EXTENSION);
        uint8_t *filler = start(out, 2);
        for (size_t i = 0; i < hello->filler; i++) {
            weft_write_u8(out, 0);
        }
        end(out, filler, 2);
    }
    end(out, length, 2);
}

void weft_abuse_put_hello(struct weft_writer *out, const struct weft_abuse_hello *hello)
{
    weft_write_u8(out, CLIENT_HELLO);
    uint8_t *length = start(out, 3);
    weft_write_u16(out, hello->version ? hello->version : TLS12);
    weft_write_bytes(out, WEFT_SPAN("weft abuse: this is not random..")); // 32 bytes
    weft_write_u8(out, 0);                                                // no session
    put_vector(out, 2,
               hello->ciphers.size > 0 ? hello->ciphers
                                       : WEFT_SPAN("\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30"));
    put_vector(out, 1, hello->compression.size > 0 ? hello->compression : WEFT_SPAN("\0"));
    put_extensions(out, hello);
    end(out, length, 3);
}

void weft_abuse_put_record(struct weft_writer *out, unsigned type, struct weft_span payload,
                           unsigned length)
{
    weft_write_u8(out, (uint8_t)type);
    weft_write_u16(out, TLS12);
    weft_write_u16(out, (uint16_t)(length > 0 ? length : payload.size));
    weft_write_bytes(out, payload);
}
