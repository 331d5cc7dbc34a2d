// http/rank_test.c
#include "http/rank.h"

#include "check.h"

static struct weft_http_head head_with(struct weft_http_field *field, uint8_t id, const char *value)
{
    *field = (struct weft_http_field){
        .name = weft_http_field_text(id), .value = weft_span_of(value), .id = id};
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.fields = field;
    head.field_count = 1;
    return head;
}

TEST(what_a_page_needs_first_is_ranked_first)
{
    static const struct {
        uint8_t id;
        const char *value;
        int urgency; // negative: not known
        bool incremental;
    } rows[] = {
        {WEFT_HTTP_FIELD_SEC_FETCH_DEST, "style", 1, false},
        {WEFT_HTTP_FIELD_SEC_FETCH_DEST, "document", 2, false},
        {WEFT_HTTP_FIELD_SEC_FETCH_DEST, "image", 4, true},
        {WEFT_HTTP_FIELD_SEC_FETCH_DEST, "nonsense", -1, false},
        {WEFT_HTTP_FIELD_CONTENT_TYPE, "Text/CSS; charset=utf-8", 1, false},
        {WEFT_HTTP_FIELD_CONTENT_TYPE, "font/woff2", 2, false},
        {WEFT_HTTP_FIELD_CONTENT_TYPE, "image/avif", 4, true},
        {WEFT_HTTP_FIELD_CONTENT_TYPE, "video/mp4", 5, true},
        {WEFT_HTTP_FIELD_CONTENT_TYPE, "text/plain", -1, false},
        {WEFT_HTTP_FIELD_CONTENT_TYPE, "fon", -1, false},
        {WEFT_HTTP_FIELD_CONTENT_TYPE, "", -1, false},
        {WEFT_HTTP_FIELD_ACCEPT, "image/*", -1, false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_http_field field;
        struct weft_http_head head = head_with(&field, rows[i].id, rows[i].value);
        struct weft_http_priority priority = {7, false};
        bool is_known =
            weft_http_rank_request(&head, &priority) || weft_http_rank_response(&head, &priority);
        CHECK_EQ(is_known, rows[i].urgency >= 0);
        CHECK_EQ(priority.urgency, rows[i].urgency >= 0 ? rows[i].urgency : 7);
        CHECK_EQ(priority.incremental, rows[i].incremental);
    }
}

TEST(what_is_of_use_only_when_whole_is_known_by_its_type)
{
    static const struct {
        const char *type;
        bool is_whole;
    } rows[] = {
        {"text/css", true},
        {"Text/CSS; charset=utf-8", true},
        {"text/javascript", true},
        {"font/woff2", true},
        {"application/javascript", true},
        {"text/html", false},
        {"image/png", false},
        {"text/plain", false},
        {"application/json", false},
        {"text/cssx", false},
        {"", false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_http_field field;
        struct weft_http_head head = head_with(&field, WEFT_HTTP_FIELD_CONTENT_TYPE, rows[i].type);
        CHECK_EQ(weft_http_is_whole(&head), rows[i].is_whole);
    }
    struct weft_http_head none = WEFT_HTTP_HEAD_INIT;
    CHECK(!weft_http_is_whole(&none));
}

TEST(a_rank_that_was_noted_is_not_looked_for_again)
{
    struct weft_http_field field;
    struct weft_http_priority priority = WEFT_HTTP_PRIORITY_DEFAULT;
    struct weft_http_head head = head_with(&field, WEFT_HTTP_FIELD_CONTENT_TYPE, "image/png");
    weft_http_rank_note(&head);
    head.field_count = 0;
    CHECK(weft_http_rank_response(&head, &priority));
    CHECK_EQ(priority.urgency, 4);
    CHECK(priority.incremental);

    head = head_with(&field, WEFT_HTTP_FIELD_CONTENT_TYPE, "text/plain");
    weft_http_rank_note(&head);
    priority.urgency = 6;
    CHECK(!weft_http_rank_response(&head, &priority));
    CHECK_EQ(priority.urgency, 6);
}
