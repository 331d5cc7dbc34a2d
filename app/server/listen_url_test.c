// server/listen_url_test.c
#include "server/listen_url.h"

#include "check.h"

TEST(listen_url_names_scheme_host_and_port)
{
    static const struct {
        const char *text;
        bool is_secure;
        const char *host;
        uint16_t port;
    } rows[] = {
        {"http://localhost:8080", false, "localhost", 8080},
        {"https://localhost:8443/", true, "localhost", 8443},
        {"HTTPS://[::1]:1", true, "::1", 1},
        {"http://*:0", false, "*", 0},
        {"http://example.org", false, "example.org", 80},
        {"https://[::]", true, "::", 443},
        {"http://0.0.0.0:65535", false, "0.0.0.0", 65535},
        {"https://@web", true, "@web", 443}, // sd_listen_fds(3)
        {"http://@weft@1.socket", false, "@weft@1.socket", 80},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_listen_url url;
        CHECK(weft_listen_url_parse(rows[i].text, &url) == NULL);
        CHECK_EQ(url.is_secure, rows[i].is_secure);
        CHECK_EQ(url.port, rows[i].port);
        CHECK_EQ(strcmp(url.host, rows[i].host), 0);
    }
}

TEST(listen_url_says_what_is_wrong_and_changes_nothing)
{
    static const struct {
        const char *text;
        const char *wrong; // part of the answer
    } rows[] = {
        {"localhost:8080", "http://"},
        {"ftp://x:1", "http://"},
        {"", "http://"},
        {"http://", "host is missing"},
        {"http://:80", "host is missing"},
        {"http://[::1:80", "bracket"},
        {"http://x:65536", "65535"},
        {"http://x:-1", "65535"},
        {"http://x:", "65535"},
        {"http://[::1]80", "colon"},
        {"http://x:80/path", "no path"},
        {"http://me@x:80", "no user"},
        {"http://@", "name of a socket"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_listen_url url = {.port = 7};
        const char *wrong = weft_listen_url_parse(rows[i].text, &url);
        CHECK(wrong != NULL && strstr(wrong, rows[i].wrong) != NULL);
        CHECK_EQ(url.port, 7);
    }
}
