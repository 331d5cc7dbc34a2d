// cmd/get_input.c
#include "cmd/get_input.h"

#include "wire/base64.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE_MOST = 1 << 30, SIZE_FIRST = 65536 };

static size_t drop_line_ends(uint8_t *bytes, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        if (byte != '\r' && byte != '\n' && byte != 0) bytes[kept++] = byte;
    }
    return kept;
}

// Reads to the end; NULL or what is wrong.
static const char *read_all(FILE *in, uint8_t **memory, size_t *size)
{
    size_t room = 0;
    *size = 0;
    while (!feof(in) && !ferror(in)) {
        if (*size == room) {
            room = room ? 2 * room : SIZE_FIRST;
            if (room > SIZE_MOST) return "it has more than 1 GB";
            uint8_t *grown = realloc(*memory, room);
            if (!grown) return "no memory for it";
            *memory = grown;
        }
        *size += fread(*memory + *size, 1, room - *size, in);
    }
    return ferror(in) ? strerror(errno) : NULL;
}

const char *weft_get_read_file(const char *name, bool drops_line_ends, uint8_t **memory,
                               struct weft_span *content)
{
    bool is_standard = strcmp(name, "-") == 0;
    FILE *in = is_standard ? stdin : fopen(name, "rbe");
    size_t size = 0;
    if (!in) return strerror(errno);
    const char *wrong = read_all(in, memory, &size);
    if (!is_standard) fclose(in);
    if (wrong) return wrong;
    if (drops_line_ends) size = drop_line_ends(*memory, size);
    *content = (struct weft_span){*memory, size};
    return NULL;
}

struct weft_span weft_get_basic(struct weft_arena *arena, struct weft_span user)
{
    static const struct weft_span prefix = WEFT_SPAN_INIT("Basic ");
    size_t size = prefix.size + weft_base64_size(WEFT_BASE64, user.size);
    uint8_t *room = weft_arena_take(arena, size);
    if (!room) return (struct weft_span){NULL, 0};
    struct weft_writer out = weft_writer_over(room, size);
    weft_write_bytes(&out, prefix);
    weft_write_base64(&out, WEFT_BASE64, user);
    return weft_written(&out);
}
