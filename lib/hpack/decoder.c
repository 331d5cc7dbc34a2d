// hpack/decoder.c: from field blocks to fields (RFC 7541 §3.2, §6).
#include "hpack/dynamic_table.h"
#include "hpack/hpack.h"
#include "hpack/static_table.h"
#include "wire/huffman.h"
#include "wire/prefixint.h"

enum { MOST_SIZE_UPDATES = 2 }; // in one block: the smallest, then the final (§4.2)

struct weft_hpack_decoder {
    struct weft_hpack_table table; // its allocator is the whole one's
    size_t limit;                  // what our SETTINGS allow
    size_t lowered; // the next block has to begin with a size update of at most this; else SIZE_MAX
    bool has_fields;       // of this block: size updates may not come any more
    bool arena_is_full;    // while this field was decoded
    unsigned update_count; // of this block
    struct weft_reader in; // the block
    uint8_t *scratch;      // decoded strings that are only lent
    size_t scratch_room;
    size_t scratch_size; // of the strings of this field
    const char *reason;
};

struct weft_hpack_decoder *weft_hpack_decoder_new(const struct weft_alloc *alloc,
                                                  size_t table_size_limit)
{
    struct weft_hpack_decoder *decoder = weft_allocate_zeroed(alloc, sizeof(*decoder));
    if (!decoder) return NULL;
    decoder->limit = table_size_limit;
    decoder->lowered = SIZE_MAX;
    size_t first = table_size_limit < WEFT_HPACK_DEFAULT_TABLE_SIZE ? table_size_limit
                                                                    : WEFT_HPACK_DEFAULT_TABLE_SIZE;
    weft_hpack_table_init(&decoder->table, alloc, first);
    return decoder;
}

static void drop_scratch(struct weft_hpack_decoder *decoder)
{
    weft_release(decoder->table.alloc, decoder->scratch, decoder->scratch_room);
    decoder->scratch = NULL;
    decoder->scratch_room = 0;
}

void weft_hpack_decoder_free(struct weft_hpack_decoder *decoder)
{
    if (!decoder) return;
    drop_scratch(decoder);
    weft_hpack_table_deinit(&decoder->table);
    weft_release(decoder->table.alloc, decoder, sizeof(*decoder));
}

void weft_hpack_decoder_set_limit(struct weft_hpack_decoder *decoder, size_t limit)
{
    decoder->limit = limit;
    if (limit < decoder->table.max_size && limit < decoder->lowered) decoder->lowered = limit;
}

void weft_hpack_decode_start(struct weft_hpack_decoder *decoder, struct weft_span block)
{
    decoder->in = weft_reader_over(block);
    decoder->has_fields = false;
    decoder->update_count = 0;
    decoder->reason = NULL;
}

static enum weft_hpack_status fail(struct weft_hpack_decoder *decoder, const char *reason)
{
    decoder->reason = reason;
    return WEFT_HPACK_ERROR;
}

// Makes sure that the scratch holds `size` bytes and all that the rest of the block could decode to, so that the
// strings of one field never move.
static bool make_scratch(struct weft_hpack_decoder *decoder, size_t size)
{
    size_t needed = size + WEFT_HUFFMAN_DECODED_MOST(weft_reader_left(&decoder->in));
    if (decoder->scratch_size > 0 || needed <= decoder->scratch_room)
        return true; // was made for both

    drop_scratch(decoder);
    decoder->scratch = weft_allocate(decoder->table.alloc, needed);
    if (decoder->scratch) decoder->scratch_room = needed;
    return decoder->scratch != NULL;
}

// Room for a decoded string of this field: in the arena, else (or where that is full) in the scratch.
static uint8_t *string_room(struct weft_hpack_decoder *decoder, struct weft_arena *arena,
                            size_t size)
{
    if (arena && !decoder->arena_is_full) {
        uint8_t *room = weft_arena_take(arena, size);
        if (room) return room;
        decoder->arena_is_full = true;
    }
    if (!make_scratch(decoder, size)) return NULL;
    if (size > decoder->scratch_room - decoder->scratch_size) return NULL;
    uint8_t *room = decoder->scratch + decoder->scratch_size;
    decoder->scratch_size += size;
    return room;
}

// A string that has to outlive the table's next change, and the block where there is an arena.
static bool keep(struct weft_hpack_decoder *decoder, struct weft_arena *arena,
                 struct weft_span *string)
{
    if (string->size == 0) {
        string->data = (const uint8_t *)"";
        return true;
    }
    uint8_t *room = string_room(decoder, arena, string->size);
    if (!room) return decoder->reason = "no memory for a field", false;
    memcpy(room, string->data, string->size);
    string->data = room;
    return true;
}

static bool decode_huffman(struct weft_hpack_decoder *decoder, struct weft_arena *arena,
                           struct weft_span code, struct weft_span *out)
{
    size_t most = WEFT_HUFFMAN_DECODED_MOST(code.size);
    uint8_t *room = string_room(decoder, arena, most);
    if (!room) return decoder->reason = "no memory for a field", false;

    size_t size;
    if (!weft_huffman_decode(code, room, &size))
        return decoder->reason = "wrong Huffman code, §5.2", false;
    if (arena && !decoder->arena_is_full) {
        room = weft_arena_grow(arena, room, most, size); // it becomes smaller: that cannot fail
    } else {
        decoder->scratch_size -= most - size;
    }
    *out = (struct weft_span){room, size};
    return true;
}

// A string literal (§5.2): one that is not coded is lent from the block where there is no arena.
static bool read_string(struct weft_hpack_decoder *decoder, struct weft_arena *arena,
                        struct weft_span *out)
{
    struct weft_reader *in = &decoder->in;
    bool is_coded = in->at < in->end && *in->at & 0x80;
    uint32_t size = weft_read_prefixint(in, 7);
    struct weft_span string = weft_read_bytes(in, size);
    if (in->failed) return decoder->reason = "string cut short, §5.2", false;

    if (is_coded) return decode_huffman(decoder, arena, string, out);
    *out = string;
    return !arena || keep(decoder, arena, out);
}

// Looks up an index of both tables (§2.3.3). Names that have a number are static text; others and values are the
// table's own.
static bool look_up(struct weft_hpack_decoder *decoder, uint32_t index,
                    struct weft_hpack_field *out)
{
    if (index == 0) return decoder->reason = "index 0, §6.1", false;
    if (index <= WEFT_HPACK_STATIC_COUNT) {
        out->field = *weft_hpack_static(index);
        out->static_index = (uint8_t)index;
        return true;
    }
    index -= WEFT_HPACK_STATIC_COUNT + 1;
    if (index >= weft_hpack_table_count(&decoder->table)) {
        return decoder->reason = "index beyond both tables, §2.3.3", false;
    }
    const struct weft_hpack_table_entry *entry =
        weft_hpack_table_numbered(&decoder->table, decoder->table.next - 1 - index);
    out->field = (struct weft_http_field){
        .name = entry->id ? weft_http_field_text(entry->id)
                          : weft_hpack_table_name(&decoder->table, entry),
        .value = weft_hpack_table_value(&decoder->table, entry),
        .id = entry->id,
    };
    return true;
}

static bool is_static_text(const struct weft_hpack_field *field)
{
    return field->static_index > 0 || field->field.id != WEFT_HTTP_OTHER_FIELD;
}

static bool read_indexed(struct weft_hpack_decoder *decoder, struct weft_arena *arena,
                         struct weft_hpack_field *out)
{
    uint32_t index = weft_read_prefixint(&decoder->in, 7);
    if (decoder->in.failed) return decoder->reason = "integer out of range, §5.1", false;
    if (!look_up(decoder, index, out)) return false;
    out->representation = WEFT_HPACK_INDEXED;
    if (!arena || out->static_index > 0) return true;
    return (is_static_text(out) || keep(decoder, arena, &out->field.name)) &&
           keep(decoder, arena, &out->field.value);
}

static bool read_new_name(struct weft_hpack_decoder *decoder, struct weft_arena *arena,
                          struct weft_http_field *field)
{
    if (!read_string(decoder, arena, &field->name)) return false;
    field->id = (uint8_t)weft_http_field_lookup(field->name);
    if (field->id) field->name = weft_http_field_text(field->id);
    return true;
}

static bool read_literal(struct weft_hpack_decoder *decoder, struct weft_arena *arena,
                         unsigned prefix_bits, struct weft_hpack_field *out)
{
    uint32_t index = weft_read_prefixint(&decoder->in, prefix_bits);
    if (decoder->in.failed) return decoder->reason = "integer out of range, §5.1", false;
    if (index == 0) {
        if (!read_new_name(decoder, arena, &out->field)) return false;
    } else {
        if (!look_up(decoder, index, out)) return false;
        // a name of the dynamic table is copied before adding can evict it
        if (!is_static_text(out) && !keep(decoder, arena, &out->field.name)) return false;
    }
    return read_string(decoder, arena, &out->field.value);
}

static bool read_field(struct weft_hpack_decoder *decoder, struct weft_arena *arena, uint8_t first,
                       struct weft_hpack_field *out)
{
    if (first & 0x80) return read_indexed(decoder, arena, out); // §6.1
    if (first & 0x40) {                                         // §6.2.1
        out->representation = WEFT_HPACK_INCREMENTAL;
        if (!read_literal(decoder, arena, 6, out)) return false;
        if (weft_hpack_table_add(&decoder->table, out->field.name, out->field.value,
                                 out->field.id) != WEFT_OK) {
            return decoder->reason = "no memory for the table", false;
        }
        return true;
    }
    bool is_never = first & 0x10; // §6.2.3, else §6.2.2
    out->representation = is_never ? WEFT_HPACK_NEVER_INDEXED : WEFT_HPACK_WITHOUT_INDEXING;
    if (!read_literal(decoder, arena, 4, out)) return false;
    out->field.hint = is_never ? WEFT_HTTP_FIELD_SECRET : WEFT_HTTP_FIELD_USUAL;
    return true;
}

// Dynamic table size update (§6.3).
static bool read_size_update(struct weft_hpack_decoder *decoder)
{
    uint32_t size = weft_read_prefixint(&decoder->in, 5);
    if (decoder->in.failed) return decoder->reason = "integer out of range, §5.1", false;
    if (decoder->has_fields) return decoder->reason = "size update behind a field, §4.2", false;
    if (++decoder->update_count > MOST_SIZE_UPDATES)
        return decoder->reason = "too many size updates, §4.2", false;
    if (size > decoder->limit) return decoder->reason = "size update above our limit, §6.3", false;
    if (size > decoder->lowered)
        return decoder->reason = "size update above the smallest of our limits, §4.2", false;
    weft_hpack_table_resize(&decoder->table, size);
    decoder->lowered = SIZE_MAX;
    return true;
}

static bool is_size_update(const struct weft_reader *in)
{
    return in->at < in->end && (*in->at & 0xe0) == 0x20;
}

enum weft_hpack_status weft_hpack_decode_next(struct weft_hpack_decoder *decoder,
                                              struct weft_arena *arena,
                                              struct weft_hpack_field *out)
{
    struct weft_reader *in = &decoder->in;
    if (decoder->reason) return WEFT_HPACK_ERROR;
    while (is_size_update(in)) {
        if (!read_size_update(decoder)) return WEFT_HPACK_ERROR;
    }
    if (decoder->lowered != SIZE_MAX)
        return fail(decoder, "size update to our lower limit missing, RFC 9113 §4.3.1");
    if (in->at == in->end) {
        drop_scratch(decoder);
        return WEFT_HPACK_END;
    }
    const uint8_t *start = in->at;
    decoder->has_fields = true;
    decoder->scratch_size = 0;
    decoder->arena_is_full = false;
    *out = (struct weft_hpack_field){0};
    if (!read_field(decoder, arena, *start, out)) return WEFT_HPACK_ERROR;
    out->encoded_size = (uint32_t)(in->at - start);
    return decoder->arena_is_full ? WEFT_HPACK_OUT_OF_MEMORY : WEFT_HPACK_FIELD;
}

void weft_hpack_decoder_trim(struct weft_hpack_decoder *decoder)
{
    weft_hpack_table_trim(&decoder->table);
}

const char *weft_hpack_decoder_reason(const struct weft_hpack_decoder *decoder)
{
    return decoder->reason ? decoder->reason : "";
}

uint64_t weft_hpack_decoder_state(const struct weft_hpack_decoder *decoder)
{
    if (decoder->lowered != SIZE_MAX || decoder->update_count > 0) return 0;
    return (uint64_t)decoder->table.next << 32 | (decoder->table.oldest + 1);
}

size_t weft_hpack_decoder_memory(const struct weft_hpack_decoder *decoder)
{
    return sizeof(*decoder) + weft_hpack_table_memory(&decoder->table) + decoder->scratch_room;
}

bool weft_hpack_decoder_entry(const struct weft_hpack_decoder *decoder, size_t index,
                              struct weft_hpack_entry *out)
{
    if (index <= WEFT_HPACK_STATIC_COUNT) return false;
    index -= WEFT_HPACK_STATIC_COUNT + 1;
    if (index >= weft_hpack_table_count(&decoder->table)) return false;
    const struct weft_hpack_table_entry *entry =
        weft_hpack_table_numbered(&decoder->table, decoder->table.next - 1 - (uint32_t)index);
    out->name = weft_hpack_table_name(&decoder->table, entry);
    out->value = weft_hpack_table_value(&decoder->table, entry);
    return true;
}
