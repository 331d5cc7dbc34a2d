// server/credentials_test.c
#include "server/credentials.h"

#include "check.h"
#include "wire/base64.h"

static struct weft_credentials credentials;

static bool parses(const char *value)
{
    return weft_credentials_parse(weft_span_of(value), &credentials);
}

// The value that a client would send for a text.
static bool parses_text(struct weft_span text)
{
    static uint8_t room[2048];
    struct weft_writer out = weft_writer_over(room, sizeof(room));
    weft_write_bytes(&out, WEFT_SPAN("Basic "));
    weft_write_base64(&out, WEFT_BASE64, text);
    return weft_credentials_parse(weft_written(&out), &credentials);
}

// RFC 7617 §2 and §2.1 have these two.
TEST(a_name_and_a_password_are_read)
{
    CHECK(parses("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    CHECK_SPAN(credentials.user, "Aladdin");
    CHECK_SPAN(credentials.password, "open sesame");
    CHECK_EQ(credentials.password.data[credentials.password.size], 0);
    CHECK(parses("Basic dGVzdDoxMjPCow=="));
    CHECK_SPAN(credentials.user, "test");
    CHECK_SPAN(credentials.password, "123\xc2\xa3");
}

// RFC 9110 §11.1 and §11.4
TEST(the_scheme_is_of_either_case_and_may_stand_apart)
{
    CHECK(parses("bAsIc   QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    CHECK_SPAN(credentials.user, "Aladdin");
}

TEST(the_first_colon_divides)
{
    CHECK(parses_text(WEFT_SPAN("a:b:c")));
    CHECK_SPAN(credentials.user, "a");
    CHECK_SPAN(credentials.password, "b:c");
    CHECK(parses_text(WEFT_SPAN(":")));
    CHECK_EQ(credentials.user.size, 0);
    CHECK_EQ(credentials.password.size, 0);
    CHECK_EQ(credentials.password.data[0], 0); // a NUL follows all the same
}

TEST(what_is_not_well_formed_is_nothing)
{
    static const char *const wrong[] = {
        "",
        "Basic",
        "Basic ",
        "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",    // no padding
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== ", // and more
        "Basic QWxhZGRpbg==",                  // no colon
        "Basic QWxhZGRpbjpv*GVuIHNlc2FtZQ==",  // no letter
        "Basic realm=\"x\"",                   // parameters
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==",  // bits behind the end
    };
    for (size_t i = 0; i < WEFT_COUNT(wrong); i++)
        CHECK(!parses(wrong[i]));
}

// RFC 7617 §2
TEST(control_bytes_are_in_neither)
{
    CHECK(!parses_text((struct weft_span)BYTES('a', ':', 'b', 0, 'c')));
    CHECK(!parses_text(WEFT_SPAN("a\nb:c")));
    CHECK(!parses_text(WEFT_SPAN("a:b\x7f")));
}

TEST(nothing_is_longer_than_may_be_and_nothing_is_left_of_it)
{
    static const uint8_t nothing[sizeof(credentials.text)];
    uint8_t text[1024];
    memset(text, 'a', sizeof(text));
    text[WEFT_USER_SIZE_MOST] = ':';
    size_t most = WEFT_USER_SIZE_MOST + 1 + WEFT_PASSWORD_SIZE_MOST;
    CHECK(parses_text((struct weft_span){text, most}));
    CHECK_EQ(credentials.user.size, WEFT_USER_SIZE_MOST);
    CHECK_EQ(credentials.password.size, WEFT_PASSWORD_SIZE_MOST);
    CHECK(!parses_text((struct weft_span){text, most + 1}));
    CHECK(memcmp(credentials.text, nothing, sizeof(nothing)) == 0);
    CHECK(!parses_text((struct weft_span){text, sizeof(text)}));
    text[WEFT_USER_SIZE_MOST] = 'a';
    text[WEFT_USER_SIZE_MOST + 1] = ':';
    CHECK(!parses_text((struct weft_span){text, most}));
}

static bool finds(const struct weft_http_field *fields, size_t count)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.fields = fields;
    head.field_count = count;
    return weft_credentials_of(&head, &credentials);
}

TEST(a_request_says_it_once)
{
    const struct weft_http_field fields[] = {
        WEFT_HTTP_FIELD(ACCEPT, WEFT_SPAN("*/*")),
        WEFT_HTTP_FIELD(AUTHORIZATION, WEFT_SPAN("Basic YTpi")),
        WEFT_HTTP_FIELD(AUTHORIZATION, WEFT_SPAN("Basic YTpi")),
    };
    CHECK(!finds(fields, 1));
    CHECK(finds(fields, 2));
    CHECK_SPAN(credentials.user, "a");
    CHECK(!finds(fields, 3));
}
