// h2/known_heads.c
#include "h2/known_heads.h"

#include "base/hash.h"

#include <assert.h>

static uint32_t hash_of(struct weft_span block)
{
    return (uint32_t)weft_hash_bytes(0, block) | 1; // 0 is a free place among those that were seen
}

struct weft_h2_known_head *weft_h2_known_heads_find(struct weft_h2_known_heads *heads,
                                                    struct weft_span block, uint64_t table)
{
    if (block.size > WEFT_H2_KNOWN_BLOCK_MOST) return NULL;
    uint32_t hash = hash_of(block);
    struct weft_h2_known_head *known = heads->slots[(hash >> 1) % WEFT_H2_KNOWN_SLOTS];
    bool is_same = known && known->hash == hash && known->table == table &&
                   weft_span_equal(known->block, block);
    if (!is_same) return NULL;
    known->references++;
    return known;
}

static bool was_seen(struct weft_h2_known_heads *heads, uint32_t hash)
{
    uint32_t *place = &heads->seen[(hash >> 1) % WEFT_H2_KNOWN_SEEN];
    if (*place == hash) return true;
    *place = hash;
    return false;
}

static size_t text_of(const struct weft_http_head *head)
{
    size_t size = head->method_text.size + head->scheme.size + head->authority.size +
                  head->path.size + head->protocol.size;
    for (size_t i = 0; i < head->field_count; i++) {
        size += head->fields[i].name.size + head->fields[i].value.size;
    }
    return size;
}

// Copies `text` to *at, which moves on.
static struct weft_span copy(uint8_t **at, struct weft_span text)
{
    struct weft_span copied = {*at, text.size};
    if (text.size > 0) memcpy(*at, text.data, text.size);
    *at += text.size;
    return copied;
}

// Writes a head's fields to `fields`, and all of its text to `at`.
static void copy_head(struct weft_http_head *head, struct weft_http_field *fields, uint8_t *at)
{
    head->method_text = copy(&at, head->method_text);
    head->scheme = copy(&at, head->scheme);
    head->authority = copy(&at, head->authority);
    head->path = copy(&at, head->path);
    head->protocol = copy(&at, head->protocol);
    for (size_t i = 0; i < head->field_count; i++) {
        fields[i] = head->fields[i];
        fields[i].name = copy(&at, fields[i].name);
        fields[i].value = copy(&at, fields[i].value);
    }
    head->fields = fields;
}

void weft_h2_known_heads_add(struct weft_h2_known_heads *heads, const struct weft_alloc *alloc,
                             const struct weft_h2_known_head *known)
{
    if (known->block.size > WEFT_H2_KNOWN_BLOCK_MOST) return;
    uint32_t hash = hash_of(known->block);
    if (!was_seen(heads, hash)) return;

    size_t fields_size = known->head.field_count * sizeof(struct weft_http_field);
    size_t held = sizeof(*known) + fields_size + known->block.size + text_of(&known->head);
    struct weft_h2_known_head *made = weft_allocate(alloc, held);
    if (!made) return; // it is only for speed
    struct weft_http_field *fields = (void *)(made + 1);
    uint8_t *at = (uint8_t *)(fields + known->head.field_count);
    *made = *known;
    made->references = 1;
    made->hash = hash;
    made->held = held;
    made->block = copy(&at, known->block);
    copy_head(&made->head, fields, at);

    struct weft_h2_known_head **slot = &heads->slots[(hash >> 1) % WEFT_H2_KNOWN_SLOTS];
    weft_h2_known_head_release(*slot, alloc);
    *slot = made;
}

void weft_h2_known_head_release(struct weft_h2_known_head *known, const struct weft_alloc *alloc)
{
    if (!known) return;
    assert(known->references > 0);
    if (--known->references == 0) weft_release(alloc, known, known->held);
}

void weft_h2_known_heads_clear(struct weft_h2_known_heads *heads, const struct weft_alloc *alloc)
{
    for (size_t i = 0; i < WEFT_H2_KNOWN_SLOTS; i++) {
        weft_h2_known_head_release(heads->slots[i], alloc);
        heads->slots[i] = NULL;
    }
}
