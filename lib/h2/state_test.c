// h2/state_test.c: the states of a stream. RFC 9113 §5.1.
#include "h2/state.h"

#include "h2_frames.h"

static struct weft_h2_stream_state after(size_t count, const enum weft_h2_input *inputs)
{
    struct weft_h2_stream_state state = weft_h2_stream_idle();
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(weft_h2_stream_step(&state, inputs[i]).scope, WEFT_HTTP_FINE);
    return state;
}

#define AFTER(...)                                                                  \
    after(sizeof((enum weft_h2_input[]){__VA_ARGS__}) / sizeof(enum weft_h2_input), \
          (enum weft_h2_input[]){__VA_ARGS__})

// RFC 9113 §5.1, figure 2
TEST(each_state_takes_what_the_figure_allows)
{
    const struct {
        struct weft_h2_stream_state state;
        const char *allowed; // a letter for each input in their order; '-' where it is refused
    } rows[] = {
        {weft_h2_stream_idle(), "HhPp------"},
        {AFTER(WEFT_H2_SEND_PROMISE), "H-------wr"},
        {AFTER(WEFT_H2_RECV_PROMISE), "-h-------r"},
        {AFTER(WEFT_H2_RECV_HEADERS), "Hh--DdEewr"},
        {AFTER(WEFT_H2_SEND_HEADERS, WEFT_H2_SEND_END), "-h---d-ewr"},
        {AFTER(WEFT_H2_RECV_HEADERS, WEFT_H2_RECV_END), "H---D-E-wr"},
        {AFTER(WEFT_H2_RECV_HEADERS, WEFT_H2_RECV_END, WEFT_H2_SEND_END), "--------wr"},
        {AFTER(WEFT_H2_SEND_HEADERS, WEFT_H2_RESET), "--------wr"},
        {AFTER(WEFT_H2_SEND_PROMISE, WEFT_H2_SEND_HEADERS), "H---D-E-wr"},
        {AFTER(WEFT_H2_RECV_PROMISE, WEFT_H2_RECV_HEADERS), "-h---d-ewr"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        for (int input = 0; input < WEFT_H2_INPUTS; input++) {
            bool is_allowed = rows[i].allowed[input] != '-';
            CHECK_EQ(weft_h2_stream_allows(rows[i].state, (enum weft_h2_input)input), is_allowed);
        }
    }
}

// RFC 9113 §5.1 (H2-08 to H2-10): how far a frame in a wrong state reaches
TEST(what_a_state_refuses_has_a_scope_and_a_code)
{
    const struct {
        struct weft_h2_stream_state state;
        enum weft_http_scope scope;
        unsigned code;
    } rows[] = {
        {weft_h2_stream_idle(), WEFT_HTTP_CONNECTION, WEFT_HTTP_PROTOCOL_ERROR},
        {AFTER(WEFT_H2_SEND_PROMISE), WEFT_HTTP_CONNECTION, WEFT_HTTP_PROTOCOL_ERROR},
        {AFTER(WEFT_H2_RECV_PROMISE), WEFT_HTTP_CONNECTION, WEFT_HTTP_PROTOCOL_ERROR},
        {AFTER(WEFT_H2_RECV_HEADERS, WEFT_H2_RECV_END), WEFT_HTTP_STREAM,
         WEFT_HTTP_STREAM_CLOSED_ERROR},
        {AFTER(WEFT_H2_RECV_HEADERS, WEFT_H2_RESET), WEFT_HTTP_CONNECTION,
         WEFT_HTTP_STREAM_CLOSED_ERROR},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_h2_stream_state state = rows[i].state;
        struct weft_http_error error = weft_h2_stream_step(&state, WEFT_H2_RECV_DATA);
        CHECK_EQ(error.scope, rows[i].scope);
        CHECK_EQ(error.code, rows[i].code);
        CHECK_EQ(state.now, rows[i].state.now);
    }
}

static struct side *server_with_states(void)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_post(&side->in, 1); // open
    put_get(&side->in, 3);  // half-closed (remote)
    side_feed(side);
    side->story[0] = 0;
    return side;
}

static void put_some(struct frames *in, int type, uint32_t id)
{
    switch (type) {
    case DATA: PUT(in, DATA, 0, id, 'x'); break;
    case HEADERS:
        PUT(in, HEADERS, END_STREAM | END_HEADERS, id, 0x82, 0x86, 0x84, 0x01, 0x01, 'a');
        break;
    case PRIORITY: PUT(in, PRIORITY, 0, id, 0, 0, 0, 0, 15); break;
    case RST_STREAM: put_u32_frame(in, RST_STREAM, id, 8); break;
    case WINDOW_UPDATE: put_u32_frame(in, WINDOW_UPDATE, id, 2000); break;
    default: break;
    }
}

// RFC 9113 §5.1 (H2-08)
TEST(an_idle_stream_takes_only_headers_and_priority)
{
    const int refused[] = {DATA, RST_STREAM, WINDOW_UPDATE};
    for (size_t i = 0; i < WEFT_COUNT(refused); i++) {
        struct side *side = server_with_states();
        put_some(&side->in, refused[i], 5);
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
    struct side *side = server_with_states();
    put_some(&side->in, PRIORITY, 5);
    put_some(&side->in, HEADERS, 5);
    side_feed(side);
    CHECK_STORY(side, "5 REQUEST GET / END");
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9113 §5.1, §5.1.1 (H2-08, H2-11)
TEST(a_client_may_not_use_the_servers_ids)
{
    const int types[] = {DATA, HEADERS, RST_STREAM, WINDOW_UPDATE};
    for (size_t i = 0; i < WEFT_COUNT(types); i++) {
        struct side *side = server_with_states();
        put_some(&side->in, types[i], 2);
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
        side_end(side);
    }
}

// RFC 9113 §5.1 (H2-09)
TEST(after_its_end_a_request_goes_on_with_an_error)
{
    const int refused[] = {DATA, HEADERS};
    for (size_t i = 0; i < WEFT_COUNT(refused); i++) {
        struct side *side = server_with_states();
        put_some(&side->in, refused[i], 3);
        side_feed(side);
        CHECK_STORY(side, "3 CLOSED STREAM_CLOSED");
        CHECK_RESET(side, 3, WEFT_HTTP_STREAM_CLOSED_ERROR);
        side_end(side);
    }
    struct side *side = server_with_states();
    put_some(&side->in, PRIORITY, 3);
    put_some(&side->in, WINDOW_UPDATE, 3);
    side_feed(side);
    CHECK_STORY(side, "");
    put_some(&side->in, RST_STREAM, 3);
    side_feed(side);
    CHECK_STORY(side, "3 CLOSED CANCEL");
    CHECK_UNHARMED(side);
    side_end(side);
}

static struct side *server_with_closed(void)
{
    struct side *side = server_with_states();
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.status = 204;
    CHECK_EQ(weft_h2_respond(side->conn, 3, &head, true), WEFT_OK);
    side_pull(side);
    side_drain(side);
    CHECK_STORY(side, "3 CLOSED");
    return side;
}

// RFC 9113 §5.1 (H2-10): ended on both sides
TEST(a_closed_stream_takes_no_data_and_no_headers)
{
    const int refused[] = {DATA, HEADERS};
    for (size_t i = 0; i < WEFT_COUNT(refused); i++) {
        struct side *side = server_with_closed();
        put_some(&side->in, refused[i], 3);
        side_feed(side);
        CHECK_FAILED(side, WEFT_HTTP_STREAM_CLOSED_ERROR);
        side_end(side);
    }
    const int allowed[] = {PRIORITY, WINDOW_UPDATE, RST_STREAM};
    for (size_t i = 0; i < WEFT_COUNT(allowed); i++) {
        struct side *side = server_with_closed();
        put_some(&side->in, allowed[i], 3);
        side_feed(side);
        CHECK_UNHARMED(side);
        side_end(side);
    }
}

// RFC 9113 §5.1 (H2-10): reset by the peer
TEST(after_the_peers_reset_it_may_not_go_on)
{
    struct side *side = server_with_states();
    put_some(&side->in, RST_STREAM, 1);
    put_some(&side->in, DATA, 1);
    side_feed(side);
    CHECK_STORY(side, "1 CLOSED CANCEL");
    CHECK_RESET(side, 1, WEFT_HTTP_STREAM_CLOSED_ERROR);
    side_end(side);
}

// RFC 9113 §5.1, §6.9 (H2-10): reset by us; what was on its way is ignored, but counts for the connection's
// window and the table.
TEST(after_our_reset_what_was_on_its_way_is_ignored)
{
    struct side *side = server_with_states();
    weft_h2_reset(side->conn, 1, WEFT_HTTP_CANCEL);
    side_pull(side);
    side_drain(side);
    side->out.size = side->out_seen = 0;
    static uint8_t payload[16384];
    for (size_t i = 0; i < 40; i++) // more than the half of the connection's window
        put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, i < 10 ? 16384 : 0});
    side_feed(side);
    for (size_t i = 0; i < 30; i++) {
        put_frame(&side->in, DATA, 0, 1, (struct weft_span){payload, 16384});
        side_feed(side);
    }
    put_frame(&side->in, HEADERS, END_STREAM | END_HEADERS, 1,
              (struct weft_span)BYTES(0x40, 1, 'n', 1, 'v'));
    PUT(&side->in, HEADERS, END_STREAM | END_HEADERS, 5, 0x82, 0x86, 0x84, 0x01, 0x01, 'a', 0xbe);
    side_feed(side);
    CHECK_STORY(side, "1 CLOSED CANCEL; 5 REQUEST GET / END");
    struct frame update = {0};
    CHECK(side_find_frame(side, WINDOW_UPDATE, &update));
    CHECK_EQ(update.id, 0);
    CHECK_UNHARMED(side);
    side_end(side);
}

// RFC 9113 §5.1.1 (H2-11)
TEST(stream_ids_grow_and_lower_ones_are_closed)
{
    struct side *side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 5);
    side_feed(side);
    put_get(&side->in, 3);
    side_feed(side);
    CHECK_FAILED(side, WEFT_HTTP_PROTOCOL_ERROR);
    side_end(side);

    side = side_ready(WEFT_HTTP_SERVER);
    put_get(&side->in, 0x7fffffff);
    side_feed(side);
    CHECK_STORY(side, "2147483647 REQUEST GET / END");
    side_end(side);
}

// RFC 9113 §5.1.2 (H2-12, H2-36)
TEST(a_stream_above_the_limit_is_refused_and_may_come_again)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.concurrent_streams = 2;
    side_start(side);
    put_get(&side->in, 1);
    put_get(&side->in, 3);
    put_get(&side->in, 5);
    side_feed(side);
    CHECK_STORY(side, "1 REQUEST GET / END; 3 REQUEST GET / END");
    CHECK_RESET(side, 5, WEFT_HTTP_REFUSED_STREAM);
    put_u32_frame(&side->in, RST_STREAM, 1, WEFT_HTTP_CANCEL);
    put_get(&side->in, 7);
    side_feed(side);
    CHECK_STORY(side,
                "1 REQUEST GET / END; 3 REQUEST GET / END; 1 CLOSED CANCEL; 7 REQUEST GET / END");
    side_end(side);
}

// The ring of what is over is small; what fell out of it was ours to reset, so the peer is not blamed.
TEST(a_reset_long_ago_is_still_forgiven)
{
    struct side *side = side_new(WEFT_HTTP_SERVER);
    side->limits.reset_burst = 1000;
    side_start(side);
    for (uint32_t id = 1; id < 200; id += 2) {
        put_post(&side->in, id);
        side_feed(side);
        weft_h2_reset(side->conn, id, WEFT_HTTP_CANCEL);
        side_pull(side);
    }
    side->out_seen = side->out.size;
    side_drain(side);
    side->out_seen = side->out.size;
    PUT(&side->in, DATA, 0, 1, 'x');
    PUT(&side->in, DATA, 0, 199, 'x');
    side_feed(side);
    CHECK_UNHARMED(side);
    side_end(side);
}
