// h1/known_head.c
#include "h1/known_head.h"

#include "h1/writer.h"

// A span of the parsed copy, in the copy of that.
static struct weft_span moved(struct weft_span span, const uint8_t *from, const uint8_t *to)
{
    if (span.size == 0) return (struct weft_span){NULL, 0};
    return (struct weft_span){to + (span.data - from), span.size};
}

struct weft_h1_known_head *weft_h1_known_head_new(const struct weft_alloc *alloc,
                                                  struct weft_span raw, const uint8_t *parsed,
                                                  const struct weft_h1_message *message)
{
    const struct weft_http_head *head = &message->head;
    if (raw.size > WEFT_H1_KNOWN_SIZE_MOST) return NULL; // so are its fields bounded
    size_t fields_size = head->field_count * sizeof(struct weft_http_field);
    size_t held = sizeof(struct weft_h1_known_head) + fields_size + 2 * raw.size;
    struct weft_h1_known_head *known = weft_allocate(alloc, held);
    if (!known) return NULL;

    struct weft_http_field *fields = (struct weft_http_field *)(void *)(known + 1);
    uint8_t *own_raw = (uint8_t *)(void *)(fields + head->field_count);
    uint8_t *own_parsed = own_raw + raw.size;
    memcpy(own_raw, raw.data, raw.size);
    memcpy(own_parsed, parsed, raw.size);
    for (size_t i = 0; i < head->field_count; i++) {
        fields[i] = head->fields[i];
        fields[i].name = moved(head->fields[i].name, parsed, own_parsed);
        fields[i].value = moved(head->fields[i].value, parsed, own_parsed);
    }
    *known = (struct weft_h1_known_head){
        .held = held,
        .raw = {own_raw, raw.size},
        .message = *message,
        .text_size = weft_h1_fields_size(fields, head->field_count),
    };
    known->message.head.fields = fields;
    return known;
}

void weft_h1_known_head_free(struct weft_h1_known_head *known, const struct weft_alloc *alloc)
{
    if (known) weft_release(alloc, known, known->held);
}
