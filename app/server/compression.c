// server/compression.c
#include "server/compression.h"

#include "http/cache_control.h"
#include "http/field_rules.h"
#include "server/encoder.h"

const char *weft_compression_set_codings(struct weft_compression *compression,
                                         struct weft_span text)
{
    static const char expected[] = "expected on, off, or a list of gzip, br and zstd";
    static const struct weft_compression usual = WEFT_COMPRESSION_INIT;
    struct weft_span name;
    unsigned codings = 0;
    if (weft_span_is(text, "on")) codings = usual.codings;
    bool is_word = codings || weft_span_is(text, "off");
    while (!is_word && weft_http_list_next(&text, &name)) {
        enum weft_http_coding coding = weft_http_coding_lookup(name);
        if (coding == 0 || coding == WEFT_HTTP_IDENTITY) return expected;
        codings |= coding;
    }
    if (!is_word && codings == 0) return expected;
    compression->codings = codings;
    return NULL;
}

// type/subtype of tokens, or type/*: "*" is a token too.
static bool is_media_range(struct weft_span range)
{
    size_t slash = weft_span_find(range, '/');
    return weft_http_is_token(weft_span_part(range, 0, slash)) &&
           weft_http_is_token(weft_span_skip(range, slash + 1));
}

const char *weft_compression_add_types(struct weft_compression *compression, struct weft_span list)
{
    struct weft_span range;
    size_t count = compression->type_count;
    while (weft_http_list_next(&list, &range)) {
        if (!is_media_range(range)) return "expected media types: text/*,application/json";
        if (count == WEFT_COMPRESSION_TYPES_MOST) return "at most 32 media types";
        compression->types[count++] = range;
    }
    if (count == compression->type_count) return "expected media types: text/*,application/json";
    compression->type_count = count;
    return NULL;
}

static bool takes(const struct weft_compression *compression, const struct weft_http_mime *mime)
{
    size_t size = weft_span_find(mime->type, ';');
    struct weft_span type = weft_span_trim(weft_span_part(mime->type, 0, size));
    if (compression->type_count == 0) return mime->is_compressible;
    for (size_t i = 0; i < compression->type_count; i++) {
        if (weft_http_media_range_takes(compression->types[i], type)) return true;
    }
    return false;
}

unsigned weft_compression_codings(const struct weft_compression *compression,
                                  const struct weft_http_mime *mime, uint64_t size)
{
    return size >= compression->least && takes(compression, mime) ? compression->codings : 0;
}

bool weft_compression_is_allowed(const struct weft_http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].id != WEFT_HTTP_FIELD_CACHE_CONTROL) continue;
        if (weft_http_cache_control_parse(fields[i].value).no_transform) return false;
    }
    return true;
}

struct weft_file_traits weft_compression_traits(const struct weft_compression *compression,
                                                enum weft_http_coding coding)
{
    return (struct weft_file_traits){.coding = weft_http_coding_text(coding),
                                     .varies = true,
                                     .made = weft_encoder_mark(coding, compression->level) | 1};
}
