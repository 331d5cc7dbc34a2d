// hpack/encoder.c: from fields to field blocks (RFC 7541 §6, §7.1).
#include "hpack/dynamic_table.h"
#include "hpack/field_index.h"
#include "hpack/hpack.h"
#include "hpack/recall.h"
#include "hpack/static_table.h"
#include "wire/huffman.h"
#include "wire/prefixint.h"

#include <assert.h>

enum { SHORT_SECRET = 20 }; // a cookie below this many bytes could be guessed by its size, §7.1.3

struct weft_hpack_encoder {
    struct weft_hpack_table table;       // its allocator is the whole one's
    struct weft_hpack_field_index index; // finds entries of the table
    struct weft_hpack_recall recall;
    size_t own_limit; // the most that we will use
    size_t smallest;  // maximum size since the last block, §4.2
    bool owes_update;
    bool has_literals; // in this block
    enum weft_hpack_representation last;
};

struct weft_hpack_encoder *weft_hpack_encoder_new(const struct weft_alloc *alloc,
                                                  size_t table_size_limit)
{
    struct weft_hpack_encoder *encoder = weft_allocate_zeroed(alloc, sizeof(*encoder));
    if (!encoder) return NULL;
    encoder->own_limit = table_size_limit;
    weft_hpack_table_init(&encoder->table, alloc, WEFT_HPACK_DEFAULT_TABLE_SIZE);
    if (table_size_limit < WEFT_HPACK_DEFAULT_TABLE_SIZE) {
        weft_hpack_encoder_set_limit(encoder,
                                     WEFT_HPACK_DEFAULT_TABLE_SIZE); // the peer has to be told
    }
    return encoder;
}

void weft_hpack_encoder_free(struct weft_hpack_encoder *encoder)
{
    if (!encoder) return;
    weft_hpack_recall_deinit(&encoder->recall, encoder->table.alloc);
    weft_hpack_field_index_deinit(&encoder->index, encoder->table.alloc);
    weft_hpack_table_deinit(&encoder->table);
    weft_release(encoder->table.alloc, encoder, sizeof(*encoder));
}

void weft_hpack_encoder_set_limit(struct weft_hpack_encoder *encoder, size_t limit)
{
    if (limit > encoder->own_limit) limit = encoder->own_limit;
    if (limit == encoder->table.max_size && !encoder->owes_update) return;

    if (!encoder->owes_update || limit < encoder->smallest) encoder->smallest = limit;
    encoder->owes_update = true;
    weft_hpack_table_resize(&encoder->table, limit);
}

enum weft_result weft_hpack_encode_start(struct weft_hpack_encoder *encoder, struct weft_queue *out)
{
    encoder->has_literals = false;
    if (!encoder->index.buckets && weft_hpack_table_count(&encoder->table) > 0) { // it was trimmed
        enum weft_result result =
            weft_hpack_field_index_rebuild(&encoder->index, &encoder->table, encoder->table.alloc);
        if (result != WEFT_OK) return result;
    }
    if (!encoder->owes_update) return WEFT_OK;

    enum { ROOM = 2 * WEFT_PREFIXINT_MOST };
    uint8_t *room = weft_queue_room(out, ROOM);
    if (!room) return WEFT_NO_MEMORY;
    struct weft_writer writer = weft_writer_over(room, ROOM);
    size_t final = encoder->table.max_size;
    if (encoder->smallest < final)
        weft_write_prefixint(&writer, 5, 0x20, (uint32_t)encoder->smallest);
    weft_write_prefixint(&writer, 5, 0x20, (uint32_t) final); // §6.3
    weft_queue_add_room(out, weft_writer_size(&writer));
    encoder->owes_update = false;
    return WEFT_OK;
}

// Writes a text, in its code where that is shorter. There is room for it, for its size and for WEFT_HUFFMAN_SLACK.
static void write_string(struct weft_writer *out, struct weft_span text)
{
    uint8_t *code = out->at + 1; // nearly all sizes take one octet
    uint8_t *end = text.size > 0 ? weft_huffman_encode(text, code, text.size - 1) : NULL;
    if (!end) {
        weft_write_prefixint(out, 7, 0, (uint32_t)text.size);
        weft_write_bytes(out, text);
        return;
    }
    size_t size = (size_t)(end - code);
    uint8_t *place = out->at + weft_prefixint_size(7, (uint32_t)size);
    if (place != code) memmove(place, code, size);
    weft_write_prefixint(out, 7, 0x80, (uint32_t)size);
    out->at = place + size;
}

static enum weft_result write_literal(struct weft_queue *out, const struct weft_http_field *field,
                                      enum weft_hpack_representation representation,
                                      uint32_t name_index)
{
    static const struct {
        uint8_t prefix_bits;
        uint8_t flags;
    } forms[] = {
        [WEFT_HPACK_INCREMENTAL] = {6, 0x40},      // §6.2.1
        [WEFT_HPACK_WITHOUT_INDEXING] = {4, 0x00}, // §6.2.2
        [WEFT_HPACK_NEVER_INDEXED] = {4, 0x10},    // §6.2.3
    };
    size_t most =
        (size_t)3 * WEFT_PREFIXINT_MOST + field->name.size + field->value.size + WEFT_HUFFMAN_SLACK;
    uint8_t *room = weft_queue_room(out, most);
    if (!room) return WEFT_NO_MEMORY;

    struct weft_writer writer = weft_writer_over(room, most);
    weft_write_prefixint(&writer, forms[representation].prefix_bits, forms[representation].flags,
                         name_index);
    if (name_index == 0) write_string(&writer, field->name);
    write_string(&writer, field->value);
    weft_queue_add_room(out, weft_writer_size(&writer));
    return WEFT_OK;
}

static enum weft_result write_indexed(struct weft_queue *out, uint32_t index)
{
    uint8_t *room = weft_queue_room(out, WEFT_PREFIXINT_MOST);
    if (!room) return WEFT_NO_MEMORY;
    struct weft_writer writer = weft_writer_over(room, WEFT_PREFIXINT_MOST);
    weft_write_prefixint(&writer, 7, 0x80, index); // §6.1
    weft_queue_add_room(out, weft_writer_size(&writer));
    return WEFT_OK;
}

static bool is_secret(const struct weft_http_field *field)
{
    if (field->hint == WEFT_HTTP_FIELD_SECRET) return true;
    switch (field->id) {
    case WEFT_HTTP_FIELD_AUTHORIZATION:
    case WEFT_HTTP_FIELD_PROXY_AUTHORIZATION: return true;
    case WEFT_HTTP_FIELD_COOKIE:
    case WEFT_HTTP_FIELD_SET_COOKIE: return field->value.size < SHORT_SECRET;
    default: return false;
    }
}

// Values that differ from message to message: they go into the table when they are seen again.
static bool is_varying(const struct weft_http_field *field)
{
    switch (field->id) {
    case WEFT_HTTP_FIELD_AGE:
    case WEFT_HTTP_FIELD_CONTENT_LENGTH:
    case WEFT_HTTP_FIELD_CONTENT_RANGE:
    case WEFT_HTTP_FIELD_ETAG:
    case WEFT_HTTP_FIELD_EXPIRES:
    case WEFT_HTTP_FIELD_IF_MODIFIED_SINCE:
    case WEFT_HTTP_FIELD_IF_NONE_MATCH:
    case WEFT_HTTP_FIELD_LAST_MODIFIED:
    case WEFT_HTTP_FIELD_LINK:
    case WEFT_HTTP_FIELD_LOCATION:
    case WEFT_HTTP_FIELD_RANGE:
    case WEFT_HTTP_FIELD_REFERER:
    case WEFT_HTTP_FIELD_SET_COOKIE:
    case WEFT_HPACK_PATH_NUMBER: return true;
    default: return false;
    }
}

// The index for the entry with that number (§2.3.3).
static uint32_t index_of(const struct weft_hpack_encoder *encoder, uint32_t number)
{
    return WEFT_HPACK_STATIC_COUNT + (encoder->table.next - number);
}

// An index of the field's name in either table, or 0.
static uint32_t name_index(const struct weft_hpack_encoder *encoder,
                           const struct weft_http_field *field, uint32_t static_index)
{
    if (static_index > 0) return static_index;
    uint32_t number;
    bool found = weft_hpack_field_index_find_name(&encoder->index, &encoder->table, field, &number);
    return found ? index_of(encoder, number) : 0;
}

static enum weft_result add_to_table(struct weft_hpack_encoder *encoder,
                                     const struct weft_http_field *field, uint32_t hash)
{
    uint32_t number = encoder->table.next;
    enum weft_result result =
        weft_hpack_table_add(&encoder->table, field->name, field->value, field->id);
    if (result != WEFT_OK || weft_hpack_table_count(&encoder->table) == 0) return result;
    return weft_hpack_field_index_add(&encoder->index, &encoder->table, encoder->table.alloc,
                                      number, hash, field);
}

// A field that is in no table: as a literal, and into the table where the policy says so.
static enum weft_result encode_new(struct weft_hpack_encoder *encoder, struct weft_queue *out,
                                   const struct weft_http_field *field, uint32_t static_index,
                                   uint32_t hash)
{
    size_t size = field->name.size + field->value.size + WEFT_HPACK_FIELD_OVERHEAD;
    bool adds = field->hint != WEFT_HTTP_FIELD_ONCE && size <= encoder->table.max_size / 2;
    if (adds && is_varying(field))
        adds = weft_hpack_field_index_was_seen(&encoder->index, encoder->table.alloc, hash);

    encoder->last = adds ? WEFT_HPACK_INCREMENTAL : WEFT_HPACK_WITHOUT_INDEXING;
    encoder->has_literals = true;
    enum weft_result result =
        write_literal(out, field, encoder->last, name_index(encoder, field, static_index));
    return result == WEFT_OK && adds ? add_to_table(encoder, field, hash) : result;
}

// What comes next may be far from the cache: the value, and the fields behind this one, which mostly stand in an array.
static void fetch_ahead(const struct weft_http_field *field)
{
    enum { AHEAD = 128 }; // bytes: the third field from here
    __builtin_prefetch(field->value.data);
    __builtin_prefetch((const uint8_t *)field + AHEAD);
}

enum weft_result weft_hpack_encode_field(struct weft_hpack_encoder *encoder, struct weft_queue *out,
                                         const struct weft_http_field *field)
{
    assert(field->id < WEFT_HTTP_FIELD_NAME_COUNT);
    fetch_ahead(field);
    struct weft_http_field numbered;
    if (field->id == WEFT_HTTP_OTHER_FIELD) {
        numbered = *field;
        numbered.id = weft_hpack_name_number(field->name);
        field = &numbered;
    }
    bool has_value;
    uint32_t static_index = weft_hpack_static_find(field, &has_value);
    if (is_secret(field)) {
        encoder->last = WEFT_HPACK_NEVER_INDEXED;
        encoder->has_literals = true;
        return write_literal(out, field, encoder->last, name_index(encoder, field, static_index));
    }
    encoder->last = WEFT_HPACK_INDEXED;
    if (has_value) return write_indexed(out, static_index);

    uint32_t hash = weft_hpack_field_hash(field);
    uint32_t number;
    if (weft_hpack_field_index_find(&encoder->index, &encoder->table, field, hash, &number)) {
        return write_indexed(out, index_of(encoder, number));
    }
    return encode_new(encoder, out, field, static_index, hash);
}

bool weft_hpack_recall(struct weft_hpack_encoder *encoder, uint64_t stamp,
                       struct weft_hpack_block *out)
{
    if (encoder->owes_update) return false;
    const struct weft_hpack_recall_slot *slot =
        weft_hpack_recall_find(&encoder->recall, &encoder->table, stamp);
    if (!slot) return false;
    *out = (struct weft_hpack_block){{slot->block, slot->size}, slot->text_size};
    return true;
}

void weft_hpack_remember(struct weft_hpack_encoder *encoder, uint64_t stamp,
                         const struct weft_hpack_block *block)
{
    weft_hpack_recall_add(&encoder->recall, &encoder->table, encoder->table.alloc, stamp,
                          block->bytes, block->text_size, !encoder->has_literals);
}

void weft_hpack_encoder_trim(struct weft_hpack_encoder *encoder)
{
    weft_hpack_recall_deinit(&encoder->recall, encoder->table.alloc);
    weft_hpack_field_index_trim(&encoder->index, encoder->table.alloc);
    weft_hpack_table_trim(&encoder->table);
}

enum weft_hpack_representation weft_hpack_encoder_last(const struct weft_hpack_encoder *encoder)
{
    return encoder->last;
}

bool weft_hpack_encoder_entry(const struct weft_hpack_encoder *encoder, size_t index,
                              struct weft_hpack_entry *out)
{
    const struct weft_hpack_table *table = &encoder->table;
    if (index <= WEFT_HPACK_STATIC_COUNT) return false;
    index -= WEFT_HPACK_STATIC_COUNT + 1;
    if (index >= weft_hpack_table_count(table)) return false;
    const struct weft_hpack_table_entry *entry =
        weft_hpack_table_numbered(table, table->next - 1 - (uint32_t)index);
    out->name = weft_hpack_table_name(table, entry);
    out->value = weft_hpack_table_value(table, entry);
    return true;
}
