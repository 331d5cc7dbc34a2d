// cmd/get_write_out_test.c
#include "cmd/get_write_out.h"

#include "check.h"

#include <stdlib.h>

static struct weft_get_connection connection = {
    .info = {.id = 3,
             .version = WEFT_HTTP_2,
             .address = "[::1]:8443",
             .tls_version = "TLS1.3",
             .start_us = 1000000,
             .resolved_us = 1001000,
             .connected_us = 1002000,
             .ready_us = 1003000},
};

static void check_written(const char *format, const struct weft_get_connection *over,
                          const char *expected)
{
    struct weft_http_field fields[] = {
        WEFT_HTTP_FIELD(CONTENT_TYPE, WEFT_SPAN("text/css")),
        {.name = WEFT_SPAN("x-own"), .value = WEFT_SPAN("yes")},
    };
    struct weft_get_entry entry = {
        .report = {.status = 200,
                   .version = WEFT_HTTP_2,
                   .connection_id = 3,
                   .stream_id = 5,
                   .asked_us = 1000000,
                   .sent_us = 1003000,
                   .first_us = 1004000,
                   .ended_us = 1500000,
                   .content_size = 1000},
        .url_text = "https://[::1]:8443/a",
        .method = WEFT_SPAN("GET"),
        .response = {fields, 2},
    };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    weft_get_write_out(out, format, &entry, over, 1000000);
    fclose(out);
    CHECK_SAME(weft_span_of(text), weft_span_of(expected));
    free(text);
}

TEST(variables_have_the_names_and_units_of_curl)
{
    check_written("%{http_code} %{http_version} %{size_download} %{speed_download} %{method}\\n",
                  &connection, "200 2 1000 2000 GET\n");
    check_written("%{time_namelookup} %{time_connect} %{time_appconnect} %{time_pretransfer} "
                  "%{time_starttransfer} %{time_total} %{time_redirect}",
                  &connection, "0.001000 0.002000 0.003000 0.003000 0.004000 0.500000 0.000000");
    check_written("%{remote_ip}|%{remote_port}|%{scheme}|%{url}|%{num_connects}|%{tls_version}",
                  &connection, "::1|8443|https|https://[::1]:8443/a|1|TLS1.3");
    check_written("%{content_type}|%header{X-Own}|%header{none}|%{errormsg}|%{stream_id}",
                  &connection, "text/css|yes|||5");
}

TEST(a_request_that_never_had_a_connection_has_no_times_of_one)
{
    check_written("%{time_connect}|%{time_appconnect}|%{remote_ip}|%{remote_port}|%{num_connects}",
                  NULL, "0.000000|0.000000|||0");
}

TEST(text_stands_as_it_is_and_unknown_names_are_found)
{
    check_written("100%% \\t\\\\ \\q % {url} %", NULL, "100% \t\\ \\q % {url} %");
    CHECK(weft_get_write_out_check("%{url} %header{a} %% \\n") == NULL);
    const char *wrong = "%{url} %{nope}";
    CHECK(weft_get_write_out_check(wrong) == wrong + 7);
    CHECK(weft_get_write_out_check("%{url") != NULL);
    for (size_t i = 1; weft_get_write_out_name(i); i++) {
        CHECK(strcmp(weft_get_write_out_name(i - 1), weft_get_write_out_name(i)) < 0);
    }
}
