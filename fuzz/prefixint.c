// fuzz/prefixint.c: an integer that was read, written again, is the same value in as few bytes or fewer (RFC 7541 §5.1).
#include "wire/prefixint.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (unsigned bits = 1; bits <= 8; bits++) {
        struct weft_reader in = weft_reader_over((struct weft_span){data, size});
        while (weft_reader_left(&in) > 0) {
            const uint8_t *start = in.at;
            uint32_t value = weft_read_prefixint(&in, bits);
            if (in.failed) break;

            uint8_t room[WEFT_PREFIXINT_MOST];
            struct weft_writer out = weft_writer_over(room, sizeof(room));
            weft_write_prefixint(&out, bits, 0, value);
            assert(!out.failed && weft_writer_size(&out) <= (size_t)(in.at - start));
            struct weft_reader again = weft_reader_over(weft_written(&out));
            assert(weft_read_prefixint(&again, bits) == value);
            assert(!again.failed && weft_reader_left(&again) == 0);
        }
    }
    return 0;
}
