// server/multipart.c: several ranges of a file as one body (RFC 9110 §14.6, RFC 2046 §5.1).
#include "server/body.h"

#include <stdio.h>
#include <stdlib.h>

enum { BOUNDARY_SIZE = 16, PART_HEAD_SIZE = 320 };

static const char closing[] = "\r\n--%.*s--\r\n";

/** What is left to send. The text before a part's bytes is written when its turn comes. */
struct weft_multipart {
    struct weft_http_ranges ranges;
    size_t next; // the part after the current one
    struct weft_span content_type;
    char boundary[BOUNDARY_SIZE + 1];
    char text[PART_HEAD_SIZE];
    size_t text_at;
    size_t text_size;
    struct weft_body part; // the bytes of the current part
};

static size_t write_part_head(const struct weft_multipart *multipart, size_t index, uint64_t size,
                              char text[PART_HEAD_SIZE])
{
    const struct weft_http_range *range = &multipart->ranges.parts[index];
    struct weft_span type = multipart->content_type;
    int written = snprintf(
        text, PART_HEAD_SIZE, "%s--%s\r\n%s%.*s%scontent-range: bytes %llu-%llu/%llu\r\n\r\n",
        index > 0 ? "\r\n" : "", multipart->boundary, type.size ? "content-type: " : "",
        (int)type.size, (const char *)type.data, type.size ? "\r\n" : "",
        (unsigned long long)range->first, (unsigned long long)range->last,
        (unsigned long long)size);
    return (size_t)written < PART_HEAD_SIZE ? (size_t)written : PART_HEAD_SIZE - 1;
}

static size_t write_closing(const struct weft_multipart *multipart, char text[PART_HEAD_SIZE])
{
    return (size_t)snprintf(text, PART_HEAD_SIZE, closing, BOUNDARY_SIZE, multipart->boundary);
}

static void begin_next(struct weft_multipart *multipart, struct weft_file *file)
{
    const struct weft_http_ranges *ranges = &multipart->ranges;
    weft_body_close(&multipart->part);
    multipart->text_at = 0;
    if (multipart->next == ranges->count) {
        multipart->text_size = write_closing(multipart, multipart->text);
    } else {
        const struct weft_http_range *range = &ranges->parts[multipart->next];
        multipart->text_size =
            write_part_head(multipart, multipart->next, file->size, multipart->text);
        weft_body_of_file(&multipart->part, file, range->first, range->last + 1);
    }
    multipart->next++;
}

static size_t take_text(struct weft_multipart *multipart, uint8_t *room, size_t size)
{
    size_t left = multipart->text_size - multipart->text_at;
    if (size > left) size = left;
    memcpy(room, multipart->text + multipart->text_at, size);
    multipart->text_at += size;
    return size;
}

// Reads from the current part; sets *ends where nothing of it is left.
static ssize_t take_part(struct weft_multipart *multipart, uint8_t *room, size_t size, bool *ends)
{
    *ends = !multipart->part.kind;
    return size > 0 ? weft_body_read(&multipart->part, room, size, ends) : 0;
}

static ssize_t read_multipart(struct weft_body *body, uint8_t *room, size_t size, bool *ends)
{
    struct weft_multipart *multipart = body->owned;
    size_t used = 0;
    while (!*ends) {
        bool part_ends = false;
        used += take_text(multipart, room + used, size - used);
        ssize_t got = take_part(multipart, room + used, size - used, &part_ends);
        if (got < 0) return got;
        used += (size_t)got;
        if (multipart->text_at < multipart->text_size || !part_ends) break; // the room is full
        *ends = multipart->next > multipart->ranges.count;
        if (!*ends) begin_next(multipart, body->file);
    }
    return (ssize_t)used;
}

static void close_multipart(struct weft_body *body)
{
    struct weft_multipart *multipart = body->owned;
    weft_body_close(&multipart->part);
    weft_file_release(body->file);
    free(multipart);
}

static const struct weft_body_kind multipart_kind = {read_multipart, close_multipart};

static uint64_t whole_size(const struct weft_multipart *multipart, uint64_t file_size)
{
    char text[PART_HEAD_SIZE];
    uint64_t size = write_closing(multipart, text);
    for (size_t i = 0; i < multipart->ranges.count; i++) {
        const struct weft_http_range *range = &multipart->ranges.parts[i];
        size += write_part_head(multipart, i, file_size, text) + (range->last - range->first + 1);
    }
    return size;
}

struct weft_body weft_body_of_ranges(struct weft_file *file, const struct weft_http_ranges *ranges,
                                     struct weft_span content_type, uint64_t seed,
                                     char type[WEFT_MULTIPART_TYPE_SIZE], uint64_t *size)
{
    struct weft_multipart *multipart = calloc(1, sizeof(*multipart));
    if (!multipart) return (struct weft_body){0};
    multipart->ranges = *ranges;
    multipart->content_type = content_type;
    snprintf(multipart->boundary, sizeof(multipart->boundary), "%016llx", (unsigned long long)seed);
    snprintf(type, WEFT_MULTIPART_TYPE_SIZE, "multipart/byteranges; boundary=%s",
             multipart->boundary);
    *size = whole_size(multipart, file->size);
    begin_next(multipart, file);
    return (struct weft_body){.kind = &multipart_kind,
                              .file = weft_file_hold(file),
                              .owned = multipart,
                              .held = sizeof(*multipart)};
}
