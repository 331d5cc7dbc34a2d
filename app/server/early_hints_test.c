// server/early_hints_test.c: RFC 8297
#include "server/early_hints.h"

#include "check.h"

static struct weft_http_field fields[3];

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

// §3: and never over HTTP/1, where an old client may take the 103 for the answer
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
    head.version = WEFT_HTTP_1_1;
    CHECK(!weft_early_hints_pay(&site, &head, &page));
    head.version = WEFT_HTTP_2;
    head.method = WEFT_HTTP_HEAD;
    CHECK(!weft_early_hints_pay(&site, &head, &page));
}
