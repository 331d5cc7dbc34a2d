// cmd/hpack_show.c
#include "cmd/hpack_show.h"

#include "cmd/term.h"
#include "wire/prefixint.h"

#include <stdio.h>

enum { FIRST_DYNAMIC = 62 }; // RFC 7541 §2.3.3

// How a field begins (§6): the bits that tell, the length of the integer's prefix, its name.
static const struct form {
    uint8_t mask;
    uint8_t bits;
    uint8_t prefix;
    const char *name;
} forms[] = {
    {0x80, 0x80, 7, "indexed"},       // §6.1
    {0xc0, 0x40, 6, "incremental"},   // §6.2.1
    {0xe0, 0x20, 5, "size update"},   // §6.3
    {0xf0, 0x10, 4, "never indexed"}, // §6.2.3
    {0xf0, 0x00, 4, "not indexed"},   // §6.2.2
};

static const struct form *form_of(uint8_t first)
{
    const struct form *form = forms;
    while ((first & form->mask) != form->bits)
        form++;
    return form;
}

uint32_t weft_hpack_index_at(struct weft_span encoded)
{
    if (encoded.size == 0) return 0;
    struct weft_reader in = weft_reader_over(encoded);
    return weft_read_prefixint(&in, form_of(encoded.data[0])->prefix);
}

size_t weft_hpack_text_size(const struct weft_http_field *field)
{
    return field->name.size + field->value.size + 4;
}

void weft_hpack_show_heading(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("%s  bytes   text  %-14s index  field%s\n", term->dim, "representation", term->plain);
}

static void put_text(struct weft_span text)
{
    weft_term_put(stdout, (const char *)text.data, text.size);
}

void weft_hpack_show_field(struct weft_span encoded, const struct weft_http_field *field)
{
    const struct weft_term *term = weft_term_of(stdout);
    char index[16] = "-";
    uint32_t number = weft_hpack_index_at(encoded);
    if (number > 0) snprintf(index, sizeof(index), "%u", number);
    printf("  %5zu  %5zu  %-14s %5s  %s", encoded.size, weft_hpack_text_size(field),
           form_of(encoded.data[0])->name, index, term->bold);
    put_text(field->name);
    printf("%s: ", term->plain);
    put_text(field->value);
    putchar('\n');
}

size_t weft_hpack_table_of(const struct weft_hpack_decoder *decoder, size_t *size)
{
    struct weft_hpack_entry entry;
    size_t count = 0;
    *size = 0;
    while (weft_hpack_decoder_entry(decoder, FIRST_DYNAMIC + count, &entry)) {
        *size += entry.name.size + entry.value.size + WEFT_HPACK_FIELD_OVERHEAD;
        count++;
    }
    return count;
}

void weft_hpack_show_table(const struct weft_hpack_decoder *decoder)
{
    const struct weft_term *term = weft_term_of(stdout);
    struct weft_hpack_entry entry;
    printf("%s  index   size  entry%s\n", term->dim, term->plain);
    for (size_t i = FIRST_DYNAMIC; weft_hpack_decoder_entry(decoder, i, &entry); i++) {
        printf("  %5zu  %5zu  %s", i,
               entry.name.size + entry.value.size + WEFT_HPACK_FIELD_OVERHEAD, term->bold);
        put_text(entry.name);
        printf("%s: ", term->plain);
        put_text(entry.value);
        putchar('\n');
    }
}
