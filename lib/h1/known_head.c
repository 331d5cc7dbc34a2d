// h1/known_head.c
#include "h1/known_head.h"

#include "h1/writer.h"

/** The copy that was parsed, and the copy of that. */
struct move {
    struct weft_span from;
    uint8_t *to;
    bool failed; // a span was of neither: a path that was mended
};

// A span of the parsed copy, in the copy of that.
static struct weft_span moved(struct move *move, struct weft_span span)
{
    if (span.size == 0) return (struct weft_span){NULL, 0};
    size_t at = (size_t)((uintptr_t)span.data - (uintptr_t)move->from.data);
    move->failed |= at >= move->from.size;
    return (struct weft_span){move->to + (move->failed ? 0 : at), span.size};
}

static void move_head(struct move *move, struct weft_http_head *head,
                      struct weft_http_field *fields)
{
    head->method_text = moved(move, head->method_text);
    head->scheme = moved(move, head->scheme);
    head->authority = moved(move, head->authority);
    head->path = moved(move, head->path);
    for (size_t i = 0; i < head->field_count; i++) {
        fields[i] = head->fields[i];
        fields[i].name = moved(move, fields[i].name);
        fields[i].value = moved(move, fields[i].value);
    }
    head->fields = fields;
}

struct weft_h1_known_head *weft_h1_known_head_new(const struct weft_alloc *alloc, size_t most,
                                                  struct weft_span raw, const uint8_t *parsed,
                                                  const struct weft_h1_message *message)
{
    if (raw.size > WEFT_H1_KNOWN_SIZE_MOST) return NULL; // so are its fields bounded
    size_t fields_size = message->head.field_count * sizeof(struct weft_http_field);
    size_t held = sizeof(struct weft_h1_known_head) + fields_size + 2 * raw.size;
    struct weft_h1_known_head *known = held <= most ? weft_allocate(alloc, held) : NULL;
    if (!known) return NULL;

    struct weft_http_field *fields = (struct weft_http_field *)(void *)(known + 1);
    uint8_t *own_raw = (uint8_t *)(void *)(fields + message->head.field_count);
    struct move move = {.from = {parsed, raw.size}, .to = own_raw + raw.size};
    memcpy(own_raw, raw.data, raw.size);
    memcpy(move.to, parsed, raw.size);
    *known = (struct weft_h1_known_head){
        .held = held,
        .raw = {own_raw, raw.size},
        .message = *message,
    };
    move_head(&move, &known->message.head, fields);
    known->text_size = weft_h1_fields_size(fields, message->head.field_count);
    if (!move.failed) return known;
    weft_h1_known_head_free(known, alloc);
    return NULL;
}

void weft_h1_known_head_free(struct weft_h1_known_head *known, const struct weft_alloc *alloc)
{
    if (known) weft_release(alloc, known, known->held);
}
