#include "wire/base64.h"

#include "check.h"

// RFC 4648 §10, and what the alphabets part in
static const struct {
    struct weft_span bytes;
    struct weft_span padded;
    struct weft_span url;
} rows[] = {
    {WEFT_SPAN_INIT(""), WEFT_SPAN_INIT(""), WEFT_SPAN_INIT("")},
    {WEFT_SPAN_INIT("f"), WEFT_SPAN_INIT("Zg=="), WEFT_SPAN_INIT("Zg")},
    {WEFT_SPAN_INIT("fo"), WEFT_SPAN_INIT("Zm8="), WEFT_SPAN_INIT("Zm8")},
    {WEFT_SPAN_INIT("foo"), WEFT_SPAN_INIT("Zm9v"), WEFT_SPAN_INIT("Zm9v")},
    {WEFT_SPAN_INIT("foob"), WEFT_SPAN_INIT("Zm9vYg=="), WEFT_SPAN_INIT("Zm9vYg")},
    {WEFT_SPAN_INIT("fooba"), WEFT_SPAN_INIT("Zm9vYmE="), WEFT_SPAN_INIT("Zm9vYmE")},
    {WEFT_SPAN_INIT("foobar"), WEFT_SPAN_INIT("Zm9vYmFy"), WEFT_SPAN_INIT("Zm9vYmFy")},
    {WEFT_SPAN_INIT("\xfb\xef\xff"), WEFT_SPAN_INIT("++//"), WEFT_SPAN_INIT("--__")},
    {WEFT_SPAN_INIT("Aladdin:open sesame"), WEFT_SPAN_INIT("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
     WEFT_SPAN_INIT("QWxhZGRpbjpvcGVuIHNlc2FtZQ")},
};

static void check_both_ways(enum weft_base64_form form, struct weft_span bytes,
                            struct weft_span text)
{
    uint8_t room[64];
    size_t size = 99;
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_write_base64(&out, form, bytes);
    CHECK(!out.failed);
    CHECK_SAME(weft_written(&out), text);
    CHECK_EQ(weft_base64_size(form, bytes.size), text.size);
    CHECK(weft_base64_decode(form, text, NULL, &size));
    CHECK_EQ(size, bytes.size);
    CHECK(weft_base64_decode(form, text, room, &size));
    CHECK_SAME(((struct weft_span){room, size}), bytes);
}

TEST(bytes_are_written_and_read_again_in_both_alphabets)
{
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        check_both_ways(WEFT_BASE64, rows[i].bytes, rows[i].padded);
        check_both_ways(WEFT_BASE64_URL, rows[i].bytes, rows[i].url);
        check_both_ways(WEFT_BASE64_LAX, rows[i].bytes, rows[i].padded);
    }
}

static bool is_read(enum weft_base64_form form, const char *text)
{
    size_t size;
    return weft_base64_decode(form, weft_span_of(text), NULL, &size);
}

// §3.2, §3.3, §3.5
TEST(only_one_text_stands_for_the_same_bytes)
{
    static const char *const wrong[] = {"Z",      "Zg",   "Zg=",  "Zm8",      "Zg===", "=",
                                        "====",   "Zh==", "Zm9=", "Zg==Zg==", "Z=g=",  "Zm9v ",
                                        "Zm\n9v", "Zm9-", "Zm9_", "Zm9\xc3"};
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++) {
        if (is_read(WEFT_BASE64, wrong[i])) check_failed(__FILE__, __LINE__, wrong[i]);
    }
    CHECK(is_read(WEFT_BASE64_URL, "Zg"));
    CHECK(!is_read(WEFT_BASE64_URL, "Zg=="));
    CHECK(!is_read(WEFT_BASE64_URL, "Zh"));
    CHECK(!is_read(WEFT_BASE64_URL, "Zm9+"));
}

// RFC 9651 §4.2.7
TEST(the_lax_form_bears_with_missing_padding_and_bits_behind_the_end)
{
    CHECK(is_read(WEFT_BASE64_LAX, "Zg"));
    CHECK(is_read(WEFT_BASE64_LAX, "Zh=="));
    CHECK(is_read(WEFT_BASE64_LAX, "Zm9"));
    CHECK(!is_read(WEFT_BASE64_LAX, "Zg="));
    CHECK(!is_read(WEFT_BASE64_LAX, "Z"));
    CHECK(!is_read(WEFT_BASE64_LAX, "Zm9-"));
    CHECK(!is_read(WEFT_BASE64_LAX, "Zm9v="));
}
