// RFC 4648 §4, §5
#include "wire/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static uint8_t letter_of(enum weft_base64_form form, uint32_t value)
{
    if (value < 62) return (uint8_t)letters[value];
    if (form == WEFT_BASE64_URL) return value == 62 ? '-' : '_';
    return value == 62 ? '+' : '/';
}

// The six bits that a letter stands for; -1 where it is none.
static int value_of(enum weft_base64_form form, uint8_t letter)
{
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    if (letter == letter_of(form, 62)) return 62;
    return letter == letter_of(form, 63) ? 63 : -1;
}

// Up to three bytes as four letters.
static void write_group(struct weft_writer *out, enum weft_base64_form form, struct weft_span three)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < three.size ? three.data[i] : 0);
    for (size_t i = 0; i <= three.size; i++)
        weft_write_u8(out, letter_of(form, bits >> (18 - 6 * i) & 63));
    for (size_t i = three.size; i < 3 && form != WEFT_BASE64_URL; i++)
        weft_write_u8(out, '=');
}

void weft_write_base64(struct weft_writer *out, enum weft_base64_form form, struct weft_span bytes)
{
    for (size_t at = 0; at < bytes.size; at += 3)
        write_group(out, form, weft_span_part(bytes, at, 3));
}

// How many letters stand in front of the padding; false where that is not as the form has it.
static bool strip_padding(enum weft_base64_form form, struct weft_span text, size_t *count)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    *count = text.size - padding;
    if (*count % 4 == 1) return false; // six bits are no byte
    if (form == WEFT_BASE64_URL) return padding == 0;
    if (form == WEFT_BASE64_LAX && padding == 0) return true;
    return text.size % 4 == 0;
}

bool weft_base64_decode(enum weft_base64_form form, struct weft_span text, uint8_t *room,
                        size_t *size)
{
    size_t count;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t made = 0;
    if (!strip_padding(form, text, &count)) return false;
    for (size_t i = 0; i < count; i++) {
        int value = value_of(form, text.data[i]);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        if (room) room[made] = (uint8_t)(bits >> bit_count);
        made++;
    }
    bool has_rest = (bits & ((UINT32_C(1) << bit_count) - 1)) != 0;
    if (has_rest && form != WEFT_BASE64_LAX) return false; // two texts for the same bytes, §3.5
    *size = made;
    return true;
}
