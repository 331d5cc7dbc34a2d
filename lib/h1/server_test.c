// h1/server_test.c: the engine as a server.
#include "server_rig_test.h"

// RFC 9112 §9.3: 1.1 goes on by default.
TEST(a_request_is_answered_and_the_connection_goes_on)
{
    start();
    serve("GET /a?b HTTP/1.1\r\nHost: example\r\nX-One:  two \t\r\n\r\n", 0);

    CHECK_STORY(&rig, "REQUEST GET /a?b @example x-one=two END;CLOSED;");
    CHECK_SPAN(rig_output(&rig), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    CHECK(weft_h1_wants_input(rig.conn));
    CHECK(!weft_h1_is_finished(rig.conn));
    rig_close(&rig);
}

struct exchange_row {
    const char *name;
    const char *input;
    const char *story;
    const char *output; // NULL: not looked at
    bool is_finished;
};

static const struct exchange_row rows[] = {
    // §2.2
    {"one empty line before a request is passed over", "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
     "REQUEST GET / @a END;CLOSED;", NULL, false},
    // §2.3
    {"1.7 is taken as 1.1", "GET / HTTP/1.7\r\nhost: a\r\n\r\n", "REQUEST GET / @a END;CLOSED;",
     "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", false},
    // §9.3
    {"1.0 closes by default and needs no host", "GET / HTTP/1.0\r\n\r\n",
     "REQUEST GET / END;CLOSED;",
     "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", true},
    {"1.0 goes on if it says so", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
     "REQUEST GET / connection=Keep-Alive END;CLOSED;",
     "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok", false},
    {"close wins", "GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Close\r\n\r\n",
     "REQUEST GET / @a connection=keep-alive, Close END;CLOSED;",
     "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", true},
    // §6.3
    {"content by length", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
     "REQUEST POST / @a content-length=5;'hello' END;CLOSED;", NULL, false},
    {"an equal list of lengths is one",
     "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2, 2\r\n\r\nab",
     "REQUEST POST / @a content-length=2, 2;'ab' END;CLOSED;", NULL, false},
    {"a length of 0 ends with the head", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
     "REQUEST POST / @a content-length=0 END;CLOSED;", NULL, false},
    // §7.1
    {"content by chunks",
     "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: Chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n1 ; "
     "z\r\n!\r\n0\r\n\r\n",
     "REQUEST POST / @a transfer-encoding=Chunked;'hello!' END;CLOSED;", NULL, false},
    {"trailers", // §7.1.2; what may not stand there is left out
     "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n000\r\nX-Sum: "
     "1\r\nContent-Length: 7\r\n\r\n",
     "REQUEST POST / @a transfer-encoding=chunked;'x'TRAILERS x-sum=1 END;CLOSED;", NULL, false},
    // §3.2
    {"an absolute target goes before Host", "GET http://b:8/x HTTP/1.1\r\nhost: a\r\n\r\n",
     "REQUEST GET /x @b:8 END;CLOSED;", NULL, false},
    {"asterisk form", "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", "REQUEST OPTIONS * @a END;CLOSED;",
     NULL, false},
    // RFC 9110 §9.1: what the method means is for the application
    {"an unknown method is handed out", "BREW / HTTP/1.1\r\nhost: a\r\n\r\n",
     "REQUEST BREW / @a END;CLOSED;", NULL, false},
    // §9.3.2
    {"a pipeline is answered in order",
     "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nPOST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: "
     "1\r\n\r\nxGET /3 HTTP/1.1\r\nhost: a\r\n\r\n",
     "REQUEST GET /1 @a END;CLOSED;REQUEST POST /2 @a content-length=1;'x' END;CLOSED;REQUEST GET "
     "/3 @a END;CLOSED;",
     NULL, false},
    {"nothing is read behind a close", // §9.6
     "GET /1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n",
     "REQUEST GET /1 @a connection=close END;CLOSED;", NULL, true},
    {"HEAD has no content but its length", "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n",
     "REQUEST HEAD / @a END;CLOSED;", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", false},
};

TEST(requests_are_read_alike_however_they_are_split)
{
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        size_t size = strlen(rows[i].input);
        for (size_t piece = 0; piece <= size; piece++) {
            start();
            serve(rows[i].input, piece);
            CHECK_SAME(weft_span_of(rig.story), weft_span_of(rows[i].story));
            if (rows[i].output) CHECK_SAME(rig_output(&rig), weft_span_of(rows[i].output));
            CHECK_EQ(weft_h1_is_finished(rig.conn), rows[i].is_finished);
            rig_close(&rig);
        }
    }
}

// RFC 9218 §5
TEST(the_priority_field_is_read)
{
    struct weft_http_event event;
    start();
    CHECK(rig_open(&rig));
    weft_h1_feed(rig.conn, WEFT_SPAN("GET / HTTP/1.1\r\nhost: a\r\npriority: u=1, i\r\n\r\n"), 0);
    CHECK(weft_h1_next_event(rig.conn, &event));
    CHECK_EQ(event.head->priority.urgency, 1);
    CHECK(event.head->priority.incremental);
    CHECK_EQ(event.head->version, WEFT_HTTP_1_1);
    rig_close(&rig);
}
