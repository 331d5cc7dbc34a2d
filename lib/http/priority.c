// RFC 9218.
#include "http/priority.h"

#include "http/structured.h"

unsigned weft_http_priority_parse(struct weft_span value, struct weft_http_priority *priority)
{
    struct weft_http_structured in = weft_http_structured_over(value);
    struct weft_http_structured_item member;
    struct weft_http_priority read = *priority;
    unsigned set = 0;
    enum weft_http_structured_status status;

    while ((status = weft_http_structured_dictionary_next(&in, &member)) ==
           WEFT_HTTP_STRUCTURED_ITEM) {
        // The last of several counts, also where it is wrong: RFC 9651 §4.2.2.
        if (weft_span_is(member.key, "u")) {
            bool is_fit = member.value.type == WEFT_HTTP_INTEGER && member.value.number >= 0 &&
                          member.value.number < WEFT_HTTP_URGENCIES; // §4.1
            read.urgency = is_fit ? (uint8_t)member.value.number : priority->urgency;
            set = is_fit ? set | WEFT_HTTP_PRIORITY_URGENCY
                         : set & ~(unsigned)WEFT_HTTP_PRIORITY_URGENCY;
        } else if (weft_span_is(member.key, "i")) {
            bool is_fit = member.value.type == WEFT_HTTP_BOOLEAN; // §4.2
            read.incremental = is_fit ? member.value.number != 0 : priority->incremental;
            set = is_fit ? set | WEFT_HTTP_PRIORITY_INCREMENTAL
                         : set & ~(unsigned)WEFT_HTTP_PRIORITY_INCREMENTAL;
        } // unknown members are ignored, §4
    }
    if (status != WEFT_HTTP_STRUCTURED_END) return 0; // §5: ignored as a whole
    *priority = read;
    return set;
}

void weft_http_priority_write(struct weft_writer *out, struct weft_http_priority priority)
{
    weft_write_bytes(out, WEFT_SPAN("u="));
    weft_write_decimal(out, priority.urgency);
    if (priority.incremental) weft_write_bytes(out, WEFT_SPAN(", i"));
}
