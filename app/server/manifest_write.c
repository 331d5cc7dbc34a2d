// server/manifest_write.c
#include "server/manifest_write.h"

bool weft_manifest_encode(struct weft_span text, bool is_name, char *out, size_t room)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t at = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool is_plain = byte > ' ' && byte < 0x7f && !strchr("\"<>\\^`{|}", byte) &&
                        !(is_name && strchr("%?#", byte));
        if (at + 4 > room) return false;
        if (is_plain) {
            out[at++] = (char)byte;
            continue;
        }
        out[at++] = '%';
        out[at++] = hex[byte >> 4];
        out[at++] = hex[byte & 15];
    }
    if (at >= room) return false;
    out[at] = 0;
    return true;
}

// A scalar of YAML: between quotes where a byte could mean something.
static void write_scalar(FILE *out, struct weft_span text)
{
    bool is_plain = true;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        is_plain = is_plain && ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                                (byte >= '0' && byte <= '9') || strchr("/._-+", byte));
    }
    const char *quote =
        is_plain ? "" : "\""; // a path on the wire has neither quotes nor backslashes
    fprintf(out, "%s%.*s%s", quote, (int)text.size, (const char *)text.data, quote);
}

void weft_manifest_write_page(FILE *out, struct weft_span wire_path)
{
    fprintf(out, "  ");
    write_scalar(out, wire_path);
    fprintf(out, ":\n");
}

static void write_tally(FILE *out, const struct weft_manifest_tally *tally)
{
    for (size_t i = 0; i < WEFT_MANIFEST_COUNTS; i++) {
        if (tally->counts[i] == 0) continue;
        fprintf(out, ", %s: %llu", weft_manifest_count_words[i],
                (unsigned long long)tally->counts[i]);
    }
}

void weft_manifest_write_resource(FILE *out, const struct weft_manifest_resource *resource)
{
    bool is_origin = resource->as == WEFT_MANIFEST_ORIGIN;
    fprintf(out, "    - {%s: ", is_origin ? "preconnect" : "path");
    write_scalar(out, resource->target);
    if (!is_origin) fprintf(out, ", as: %s", weft_manifest_as_words[resource->as]);
    enum weft_manifest_crossorigin usual = WEFT_MANIFEST_NO_CORS;
    if (!is_origin) usual = weft_manifest_crossorigin_of(resource->as);
    if (resource->crossorigin != usual) {
        fprintf(out, ", crossorigin: %s", weft_manifest_crossorigin_words[resource->crossorigin]);
    }
    if (resource->type.size > 0) {
        fprintf(out, ", type: %.*s", (int)resource->type.size, (const char *)resource->type.data);
    }
    if (!is_origin) {
        fprintf(out, ", size: %llu, depth: %u", (unsigned long long)resource->size,
                resource->depth);
    }
    if (!is_origin && resource->mode != WEFT_MANIFEST_BOTH) {
        fprintf(out, ", mode: %s", weft_manifest_mode_words[resource->mode]);
    }
    if (!is_origin && resource->priority != WEFT_MANIFEST_AUTO) {
        fprintf(out, ", fetchpriority: %s", weft_manifest_priority_words[resource->priority]);
    }
    write_tally(out, &resource->tally);
    fprintf(out, "}\n");
}
