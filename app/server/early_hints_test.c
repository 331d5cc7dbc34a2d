// server/early_hints_test.c: RFC 8297
#include "server/early_hints.h"

#include "check.h"

static struct weft_http_field fields[4];

// A request with what is not NULL of Sec-Fetch-Mode, Sec-Fetch-Dest and Accept.
static struct weft_http_head request_of(const char *mode, const char *dest, const char *accept)
{
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.version = WEFT_HTTP_2;
    head.method = WEFT_HTTP_GET;
    head.fields = fields;
    if (mode) {
        fields[head.field_count++] = WEFT_HTTP_FIELD(SEC_FETCH_MODE, weft_span_of(mode));
    }
    if (dest) {
        fields[head.field_count++] = WEFT_HTTP_FIELD(SEC_FETCH_DEST, weft_span_of(dest));
    }
    if (accept) fields[head.field_count++] = WEFT_HTTP_FIELD(ACCEPT, weft_span_of(accept));
    return head;
}

TEST(a_navigation_is_known_by_what_the_browser_says_of_it)
{
    static const struct {
        const char *mode;
        const char *dest;
        const char *accept;
        bool is_one;
    } rows[] = {
        {"navigate", "document", "text/html", true},
        {"navigate", NULL, NULL, true},
        {NULL, "document", NULL, true},
        {NULL, NULL, "text/html,application/xml;q=0.9,*/*;q=0.8", true},
        {NULL, NULL, "*/*, Text/HTML ;q=0.5", true},
        {"navigate", "iframe", "text/html", false},
        {"cors", "document", "text/html", false},
        {"no-cors", NULL, "text/html", false},
        {NULL, "empty", "text/html", false},
        {NULL, NULL, "*/*", false},
        {NULL, NULL, "text/html-not, text/*", false},
        {NULL, NULL, NULL, false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_http_head head = request_of(rows[i].mode, rows[i].dest, rows[i].accept);
        CHECK_EQ(weft_request_is_navigation(&head), rows[i].is_one);
    }
}

TEST(hints_are_not_sent_where_they_do_harm_or_nothing)
{
    struct weft_site_config config = {.early_hints = WEFT_EARLY_HINTS_ALWAYS};
    struct weft_site site = {.config = &config, .hints_are_fresh = true};
    struct weft_manifest_page page = {0};
    struct weft_http_head head = request_of("navigate", "document", NULL);
    CHECK(weft_early_hints_pay(&site, &head, &page));
    config.early_hints = WEFT_EARLY_HINTS_NEVER;
    CHECK(!weft_early_hints_pay(&site, &head, &page));
    config.early_hints = WEFT_EARLY_HINTS_AUTO;
    CHECK(!weft_early_hints_pay(&site, &head, &page)); // the answer says it as soon
    page.hints_images = true;
    CHECK(weft_early_hints_pay(&site, &head, &page));

    config.early_hints = WEFT_EARLY_HINTS_ALWAYS;
    site.hints_are_fresh = false; // would be fetched twice
    CHECK(!weft_early_hints_pay(&site, &head, &page));
    site.hints_are_fresh = true;
    head.method = WEFT_HTTP_HEAD;
    CHECK(!weft_early_hints_pay(&site, &head, &page));
}

// §3: over HTTP/1.1 only to a client that is known to use them, for an old one may take the 103 for the answer.
TEST(over_http_1_only_a_firefox_that_uses_them_gets_hints)
{
    struct weft_site_config config = {.early_hints = WEFT_EARLY_HINTS_ALWAYS};
    struct weft_site site = {.config = &config, .hints_are_fresh = true};
    struct weft_manifest_page page = {0};
    static const struct {
        const char *agent;
        uint8_t version;
        bool is_fit;
    } rows[] = {
        {"Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0", 11, true},
        {"Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0", 11, true},
        {"Mozilla/5.0 (X11; rv:1000.0) Gecko/20100101 Firefox/1000.0", 11, true},
        {"Mozilla/5.0 (X11; Linux x86_64; rv:122.0) Gecko/20100101 Firefox/122.0", 11, false},
        {"Mozilla/5.0 (X11; rv:123.0) Gecko/20100101 Firefox/", 11, false},
        {"Mozilla/5.0 (X11; rv:123.0) Gecko/20100101 Firefox/x123", 11, false},
        {"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36", 11,
         false},
        {"curl/8.5.0", 11, false},
        {"Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0", 10, false},
        {"curl/8.5.0", 20, true},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_http_head head = request_of("navigate", "document", NULL);
        head.version = rows[i].version;
        fields[head.field_count++] = WEFT_HTTP_FIELD(USER_AGENT, weft_span_of(rows[i].agent));
        CHECK_EQ(weft_early_hints_pay(&site, &head, &page), rows[i].is_fit);
        fields[head.field_count++] = WEFT_HTTP_FIELD(VIA, WEFT_SPAN("1.1 proxy"));
        CHECK_EQ(weft_early_hints_pay(&site, &head, &page), rows[i].version == WEFT_HTTP_2);
    }
    struct weft_http_head old = request_of(NULL, NULL, "text/html"); // says it is one, and is not
    old.version = WEFT_HTTP_1_1;
    fields[old.field_count++] = WEFT_HTTP_FIELD(USER_AGENT, weft_span_of(rows[0].agent));
    CHECK(!weft_early_hints_pay(&site, &old, &page));
}
