// h2/known_heads.c
#include "h2/known_heads.h"

#include "base/hash.h"

#include <assert.h>

enum { WORD_BITS = 64, SEEN_MOST = WEFT_H2_KNOWN_SEEN * WORD_BITS / 4 };

static uint32_t hash_of(struct weft_span block)
{
    return (uint32_t)weft_hash_bytes(0, block);
}

// The slot that holds the block, or the free one where it would go.
static struct weft_h2_known_head **slot_of(const struct weft_h2_known_heads *heads,
                                           struct weft_span block, uint32_t hash)
{
    uint32_t mask = heads->slot_count - 1;
    uint32_t at = hash & mask;
    const struct weft_h2_known_head *known;
    while ((known = heads->slots[at]) &&
           (known->hash != hash || !weft_span_equal(known->block, block)))
        at = (at + 1) & mask;
    return &heads->slots[at];
}

struct weft_h2_known_head *weft_h2_known_heads_find(struct weft_h2_known_heads *heads,
                                                    struct weft_span block, uint64_t table)
{
    bool may_be_known = heads->count > 0 && heads->table == table;
    if (!may_be_known || block.size > WEFT_H2_KNOWN_BLOCK_MOST) return NULL;
    struct weft_h2_known_head *known = *slot_of(heads, block, hash_of(block));
    if (known) known->references++;
    return known;
}

// Now and then it says so of a block that was not: that costs a copy.
static bool was_seen(struct weft_h2_known_heads *heads, uint32_t hash)
{
    uint64_t *word = &heads->seen[hash / WORD_BITS % WEFT_H2_KNOWN_SEEN];
    uint64_t bit = UINT64_C(1) << hash % WORD_BITS;
    if (*word & bit) return true;
    if (heads->seen_count == SEEN_MOST) {
        memset(heads->seen, 0, sizeof(heads->seen));
        heads->seen_count = 0;
    }
    *word |= bit;
    heads->seen_count++;
    return false;
}

void weft_h2_known_head_release(struct weft_h2_known_head *known, const struct weft_alloc *alloc)
{
    if (!known) return;
    assert(known->references > 0);
    if (--known->references == 0) weft_release(alloc, known, known->held);
}

static size_t slots_size(uint32_t slot_count)
{
    return slot_count * sizeof(struct weft_h2_known_head *);
}

static void forget(struct weft_h2_known_heads *heads, const struct weft_alloc *alloc)
{
    for (uint32_t i = 0; heads->count > 0; i++) {
        if (!heads->slots[i]) continue;
        weft_h2_known_head_release(heads->slots[i], alloc);
        heads->slots[i] = NULL;
        heads->count--;
    }
    heads->held = 0;
}

void weft_h2_known_heads_clear(struct weft_h2_known_heads *heads, const struct weft_alloc *alloc)
{
    forget(heads, alloc);
    weft_release(alloc, heads->slots, slots_size(heads->slot_count));
    heads->slots = NULL;
    heads->slot_count = 0;
}

// Takes twice as many slots; false where there are as many as may be, or no memory.
static bool grow(struct weft_h2_known_heads *heads, const struct weft_alloc *alloc)
{
    struct weft_h2_known_heads larger = *heads;
    larger.slot_count = heads->slots ? heads->slot_count * 2 : WEFT_H2_KNOWN_FIRST;
    if (larger.slot_count > WEFT_H2_KNOWN_MOST) return false;
    larger.slots = weft_allocate_zeroed(alloc, slots_size(larger.slot_count));
    if (!larger.slots) return false;
    for (uint32_t i = 0; heads->slots && i < heads->slot_count; i++) {
        struct weft_h2_known_head *known = heads->slots[i];
        if (known) *slot_of(&larger, known->block, known->hash) = known;
    }
    weft_release(alloc, heads->slots, slots_size(heads->slot_count));
    *heads = larger;
    return true;
}

// Makes room for a head of so many bytes; false without memory.
static bool make_room(struct weft_h2_known_heads *heads, const struct weft_alloc *alloc,
                      size_t held)
{
    if (heads->held + held > WEFT_H2_KNOWN_SIZE_MOST) forget(heads, alloc);
    if (heads->count < heads->slot_count / 2 || grow(heads, alloc)) return true;
    forget(heads, alloc);
    return heads->slots != NULL;
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
                             size_t most, const struct weft_h2_known_head *known)
{
    if (known->block.size > WEFT_H2_KNOWN_BLOCK_MOST) return;
    uint32_t hash = hash_of(known->block);
    if (!was_seen(heads, hash)) return;

    size_t fields_size = known->head.field_count * sizeof(struct weft_http_field);
    size_t held = sizeof(*known) + fields_size + known->block.size + text_of(&known->head);
    if (heads->table != known->table) forget(heads, alloc);
    if (held > most || held > WEFT_H2_KNOWN_SIZE_MOST) return;
    if (!make_room(heads, alloc, held)) return; // it is only for speed
    struct weft_h2_known_head **slot = slot_of(heads, known->block, hash);
    if (*slot) return; // it came on a stream that holds another head
    struct weft_h2_known_head *made = weft_allocate(alloc, held);
    if (!made) return;
    struct weft_http_field *fields = (void *)(made + 1);
    uint8_t *at = (uint8_t *)(fields + known->head.field_count);
    *made = *known;
    made->references = 1;
    made->hash = hash;
    made->held = held;
    made->block = copy(&at, known->block);
    copy_head(&made->head, fields, at);
    heads->table = known->table;
    heads->held += held;
    heads->count++;
    *slot = made;
}
