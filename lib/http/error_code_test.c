// http/error_code_test.c
#include "http/error_code.h"

#include "check.h"

// RFC 9113 §7
TEST(codes_have_the_names_of_the_rfc)
{
    CHECK_SPAN(weft_span_of(weft_http_error_code_name(0x0)), "NO_ERROR");
    CHECK_SPAN(weft_span_of(weft_http_error_code_name(0x1)), "PROTOCOL_ERROR");
    CHECK_SPAN(weft_span_of(weft_http_error_code_name(0x5)), "STREAM_CLOSED");
    CHECK_SPAN(weft_span_of(weft_http_error_code_name(0xb)), "ENHANCE_YOUR_CALM");
    CHECK_SPAN(weft_span_of(weft_http_error_code_name(0xd)), "HTTP_1_1_REQUIRED");
}

TEST(a_code_that_the_rfc_does_not_know_is_called_unknown)
{
    CHECK_SPAN(weft_span_of(weft_http_error_code_name(0xe)), "unknown");
    CHECK_SPAN(weft_span_of(weft_http_error_code_name(UINT32_MAX)), "unknown");
}
