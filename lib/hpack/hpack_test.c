// hpack/hpack_test.c: blocks of RFC 7541, Appendix C, in both directions, and what a decoder refuses.
#include "hpack/hpack.h"

#include "check.h"
#include "counting_alloc.h"
#include "wire/prefixint.h"

#include <stdio.h>
#include <stdlib.h>

/** Both directions of one connection, with their memory. */
struct pair {
    struct test_alloc counts;
    struct weft_alloc alloc;
    struct weft_hpack_decoder *decoder;
    struct weft_hpack_encoder *encoder;
    struct weft_arena arena;
    struct weft_queue out;
};

static void start(struct pair *pair, size_t table_size)
{
    pair->counts = (struct test_alloc){0};
    pair->alloc = test_allocator(&pair->counts);
    pair->decoder = weft_hpack_decoder_new(&pair->alloc, table_size);
    pair->encoder = weft_hpack_encoder_new(&pair->alloc, table_size);
    CHECK(pair->decoder && pair->encoder);
    weft_arena_init(&pair->arena, &pair->alloc, 1 << 20);
    weft_queue_init(&pair->out, &pair->alloc);
}

static void finish(struct pair *pair)
{
    weft_hpack_decoder_free(pair->decoder);
    weft_hpack_encoder_free(pair->encoder);
    weft_arena_deinit(&pair->arena);
    weft_queue_deinit(&pair->out);
    CHECK_EQ(pair->counts.live, 0);
}

static struct weft_span from_hex(const char *hex, uint8_t *room)
{
    size_t size = 0;
    for (; *hex; hex++) {
        if (*hex == ' ') continue;
        char digits[3] = {hex[0], hex[1], '\0'};
        room[size++] = (uint8_t)strtoul(digits, NULL, 16);
        hex++;
    }
    return (struct weft_span){room, size};
}

// Decodes a block and writes it as lines "name: value".
static void decode_to(struct pair *pair, struct weft_arena *arena, struct weft_span block,
                      char *text, size_t room)
{
    struct weft_hpack_field field;
    size_t size = 0;
    text[0] = '\0';
    weft_hpack_decode_start(pair->decoder, block);
    enum weft_hpack_status status;
    while ((status = weft_hpack_decode_next(pair->decoder, arena, &field)) == WEFT_HPACK_FIELD) {
        size += (size_t)snprintf(text + size, room - size, "%.*s: %.*s\n",
                                 (int)field.field.name.size, (const char *)field.field.name.data,
                                 (int)field.field.value.size, (const char *)field.field.value.data);
    }
    if (status != WEFT_HPACK_END)
        snprintf(text, room, "error: %s", weft_hpack_decoder_reason(pair->decoder));
}

#define REQUEST_1 ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n"
#define REQUEST_2 REQUEST_1 "cache-control: no-cache\n"
#define REQUEST_3                                                                                 \
    ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: " \
    "custom-value\n"
#define RESPONSE_1                                                                          \
    ":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: " \
    "https://www.example.com\n"
#define RESPONSE_2                                                                          \
    ":status: 307\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: " \
    "https://www.example.com\n"
#define RESPONSE_3                                                                          \
    ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\nlocation: " \
    "https://www.example.com\ncontent-encoding: gzip\nset-cookie: "                         \
    "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; "                                                     \
    "max-age=3600; version=1\n"

struct example {
    const char *section;
    size_t table_size;
    struct {
        const char *hex;
        const char *fields;
        size_t entries; // in the table, after the block
    } blocks[3];
};

// RFC 7541, Appendix C.2 to C.6; in C.5 and C.6 entries are evicted.
static const struct example examples[] = {
    {"C.2.1",
     4096,
     {{"400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header\n", 1}}},
    {"C.2.2", 4096, {{"040c2f73616d706c652f70617468", ":path: /sample/path\n", 0}}},
    {"C.2.3", 4096, {{"100870617373776f726406736563726574", "password: secret\n", 0}}},
    {"C.2.4", 4096, {{"82", ":method: GET\n", 0}}},
    {"C.3",
     4096,
     {{"828684410f7777772e6578616d706c652e636f6d", REQUEST_1, 1},
      {"828684be58086e6f2d6361636865", REQUEST_2, 2},
      {"828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", REQUEST_3, 3}}},
    {"C.4",
     4096,
     {{"828684418cf1e3c2e5f23a6ba0ab90f4ff", REQUEST_1, 1},
      {"828684be5886a8eb10649cbf", REQUEST_2, 2},
      {"828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", REQUEST_3, 3}}},
    {"C.5",
     256,
     {{"4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546"
       "e1768747470"
       "733a2f2f7777772e6578616d706c652e636f6d",
       RESPONSE_1, 4},
      {"4803333037c1c0bf", RESPONSE_2, 4},
      {"88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3"
       "d4153444a4b"
       "48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3"
       "d31",
       RESPONSE_3, 3}}},
    {"C.6",
     256,
     {{"488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0"
       "b97c8e9ae82"
       "ae43d3",
       RESPONSE_1, 4},
      {"4883640effc1c0bf", RESPONSE_2, 4},
      {"88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfd"
       "fcd5b3960d5"
       "af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
       RESPONSE_3, 3}}},
};

static size_t entry_count(const struct weft_hpack_decoder *decoder)
{
    struct weft_hpack_entry entry;
    size_t count = 0;
    while (weft_hpack_decoder_entry(decoder, 62 + count, &entry))
        count++;
    return count;
}

static void check_example(const struct example *example, bool keeps)
{
    struct pair pair;
    start(&pair, example->table_size);
    for (size_t i = 0; i < 3 && example->blocks[i].hex; i++) {
        uint8_t room[256];
        char text[1024];
        struct weft_span block = from_hex(example->blocks[i].hex, room);
        decode_to(&pair, keeps ? &pair.arena : NULL, block, text, sizeof(text));
        CHECK_SAME(weft_span_of(text), weft_span_of(example->blocks[i].fields));
        CHECK_EQ(entry_count(pair.decoder), example->blocks[i].entries);
    }
    finish(&pair);
}

// RFC 7541, Appendix C.
TEST(blocks_of_the_rfc_are_decoded)
{
    for (size_t i = 0; i < WEFT_COUNT(examples); i++) {
        check_example(&examples[i], false);
        check_example(&examples[i], true);
    }
}

static void encode_lines(struct pair *pair, const char *lines)
{
    CHECK_EQ(weft_hpack_encode_start(pair->encoder, &pair->out), WEFT_OK);
    struct weft_span rest = weft_span_of(lines);
    while (rest.size > 0) {
        struct weft_span line = weft_span_part(rest, 0, weft_span_find(rest, '\n'));
        size_t colon = 1 + weft_span_find(weft_span_skip(line, 1), ':');
        struct weft_http_field field = {.name = weft_span_part(line, 0, colon),
                                        .value = weft_span_skip(line, colon + 2)};
        CHECK_EQ(weft_hpack_encode_field(pair->encoder, &pair->out, &field), WEFT_OK);
        rest = weft_span_skip(rest, line.size + 1);
    }
}

// RFC 7541, Appendix C.4: our encoder makes the same bytes. (C.3 and C.5 are without Huffman, which we always use where
// it is shorter; of C.6 the policy differs: `location` and `set-cookie` go into the table when they are seen again.)
TEST(requests_are_encoded_as_in_the_rfc)
{
    for (size_t i = 0; i < WEFT_COUNT(examples); i++) {
        if (strcmp(examples[i].section, "C.4") != 0) continue;
        struct pair pair;
        start(&pair, 4096);
        for (size_t b = 0; b < 3; b++) {
            uint8_t room[256];
            encode_lines(&pair, examples[i].blocks[b].fields);
            CHECK_SAME(weft_queue_bytes(&pair.out), from_hex(examples[i].blocks[b].hex, room));
            weft_queue_drop(&pair.out, weft_queue_size(&pair.out));
        }
        finish(&pair);
    }
}

// RFC 7541 §2.3.3, §4.2, §5.1, §5.2, §6.1, §6.3.
TEST(wrong_blocks_are_refused)
{
    const struct {
        const char *hex;
        const char *reason;
    } rows[] = {
        {"80", "index 0"},
        {"be", "index beyond both tables"},
        {"ffffffffff07", "index beyond both tables"},
        {"ffffffffffff0f", "integer out of range"},
        {"ff", "integer out of range"},
        {"7e", "index beyond both tables"},
        {"40", "string cut short"},
        {"400161", "string cut short"},
        {"40016105", "string cut short"},
        {"4001617fffffffff7f", "string cut short"},
        {"400161821fff", "wrong Huffman code"},
        {"8220", "size update behind a field"},
        {"202020", "too many size updates"},
        {"3fe21f", "size update above our limit"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct pair pair;
        uint8_t room[64];
        char text[256];
        start(&pair, 4096);
        decode_to(&pair, &pair.arena, from_hex(rows[i].hex, room), text, sizeof(text));
        CHECK(strstr(text, rows[i].reason) != NULL);
        struct weft_hpack_field field;
        CHECK_EQ(weft_hpack_decode_next(pair.decoder, NULL, &field), WEFT_HPACK_ERROR);
        finish(&pair);
    }
}

// RFC 7541 §4.4: an entry larger than the table empties it, and that is no error.
TEST(an_entry_larger_than_the_table_empties_it)
{
    struct pair pair;
    uint8_t room[128];
    char text[512];
    start(&pair, 64);
    struct weft_hpack_entry entry;
    decode_to(&pair, NULL, from_hex("400161016240016301 64", room), text, sizeof(text));
    CHECK(weft_hpack_decoder_entry(pair.decoder, 62, &entry));
    CHECK_SPAN(entry.name, "c");
    CHECK(!weft_hpack_decoder_entry(pair.decoder, 63, &entry));
    decode_to(&pair, NULL,
              from_hex("4001611f 61616161616161616161616161616161616161616161616161616161616161 61",
                       room),
              text, sizeof(text));
    finish(&pair);

    start(&pair, 40);
    decode_to(&pair, NULL, from_hex("4001610162 400263630a 61616161616161616161", room), text,
              sizeof(text));
    CHECK_SPAN(weft_span_of(text), "a: b\ncc: aaaaaaaaaa\n");
    CHECK(!weft_hpack_decoder_entry(pair.decoder, 62, &entry));
    finish(&pair);
}

// RFC 7541 §2.3.2: a name of the table is used although adding evicts it.
TEST(a_name_may_come_from_the_entry_that_it_evicts)
{
    for (unsigned keeps = 0; keeps < 2; keeps++) {
        struct pair pair;
        uint8_t room[128];
        char text[512];
        start(&pair, 48);
        decode_to(&pair, keeps ? &pair.arena : NULL,
                  from_hex("4006782d6e616d650162 7e0163 7e0164", room), text, sizeof(text));
        CHECK_SPAN(weft_span_of(text), "x-name: b\nx-name: c\nx-name: d\n");
        finish(&pair);
    }
}

// RFC 9113 §4.3.1: after our lower limit is acknowledged, a block has to begin with a size update.
TEST(a_lowered_limit_has_to_be_taken_up)
{
    struct pair pair;
    uint8_t room[16];
    char text[256];
    start(&pair, 4096);
    weft_hpack_decoder_set_limit(pair.decoder, 100);
    decode_to(&pair, NULL, from_hex("82", room), text, sizeof(text));
    CHECK(strstr(text, "size update to our lower limit missing") != NULL);
    finish(&pair);

    start(&pair, 4096);
    weft_hpack_decoder_set_limit(pair.decoder, 100);
    decode_to(&pair, NULL, from_hex("3f4582", room), text, sizeof(text)); // 31 + 69 = 100
    CHECK_SPAN(weft_span_of(text), ":method: GET\n");
    finish(&pair);
}

// RFC 7541 §4.2: of several limits between two blocks, the smallest has to be taken up first.
TEST(a_limit_that_was_lower_for_a_while_has_to_be_taken_up_too)
{
    const struct {
        const char *hex;
        const char *text;
    } rows[] = {
        {"3fe11f82", "error: size update above the smallest of our limits, §4.2"}, // 4096
        {"3f453fe11f82", ":method: GET\n"},                                        // 100, then 4096
        {"3f4582", ":method: GET\n"},
        {"82", "error: size update to our lower limit missing, RFC 9113 §4.3.1"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct pair pair;
        uint8_t room[16];
        char text[256];
        start(&pair, 4096);
        weft_hpack_decoder_set_limit(pair.decoder, 100);
        weft_hpack_decoder_set_limit(pair.decoder, 4096);
        decode_to(&pair, NULL, from_hex(rows[i].hex, room), text, sizeof(text));
        CHECK_SAME(weft_span_of(text), weft_span_of(rows[i].text));
        finish(&pair);
    }
}

// RFC 7541 §4.2: the smallest size since the last block, then the final one.
TEST(size_updates_tell_the_smallest_and_the_final_size)
{
    struct pair pair;
    uint8_t room[16];
    start(&pair, 4096);
    weft_hpack_encoder_set_limit(pair.encoder, 0);
    weft_hpack_encoder_set_limit(pair.encoder, 100);
    encode_lines(&pair, ":method: GET\n");
    CHECK_SAME(weft_queue_bytes(&pair.out), from_hex("203f4582", room));
    weft_queue_drop(&pair.out, weft_queue_size(&pair.out));

    weft_hpack_encoder_set_limit(pair.encoder, 100);
    encode_lines(&pair, ":method: GET\n");
    CHECK_SAME(weft_queue_bytes(&pair.out), from_hex("82", room));
    finish(&pair);
}

// RFC 7541 §5.2: a string stands in its code where that is shorter, behind a size of one, two or three octets.
TEST(strings_are_written_in_the_shorter_form)
{
    static const struct {
        uint8_t octet;
        size_t code_bits;
    } rows[] = {{'a', 5}, {'z', 7}, {'&', 8}, {0xff, 26}};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct pair pair;
        start(&pair, 4096);
        uint8_t value[32768];
        memset(value, rows[i].octet, sizeof(value));
        for (size_t size = 0; size <= sizeof(value); size += size < 420 ? 1 : 1099) {
            struct weft_http_field field = {
                .name = WEFT_SPAN("x"), .value = {value, size}, .hint = WEFT_HTTP_FIELD_ONCE};
            CHECK_EQ(weft_hpack_encode_start(pair.encoder, &pair.out), WEFT_OK);
            CHECK_EQ(weft_hpack_encode_field(pair.encoder, &pair.out, &field), WEFT_OK);
            struct weft_span block = weft_queue_bytes(&pair.out);
            CHECK(block.data && block.size > 3);
            struct weft_reader in = weft_reader_over(weft_span_skip(block, 3)); // 00 01 "x"
            size_t code_size = (size * rows[i].code_bits + 7) / 8;
            bool is_coded = code_size < size;
            CHECK_EQ(block.data[3] >> 7, is_coded);
            CHECK_EQ(weft_read_prefixint(&in, 7), is_coded ? code_size : size);
            CHECK_EQ(weft_reader_left(&in), is_coded ? code_size : size);

            struct weft_hpack_field out;
            weft_hpack_decode_start(pair.decoder, block);
            CHECK_EQ(weft_hpack_decode_next(pair.decoder, &pair.arena, &out), WEFT_HPACK_FIELD);
            CHECK_SAME(out.field.value, field.value);
            CHECK_EQ(weft_hpack_decode_next(pair.decoder, &pair.arena, &out), WEFT_HPACK_END);
            weft_queue_drop(&pair.out, block.size);
            weft_arena_reset(&pair.arena);
        }
        finish(&pair);
    }
}

// RFC 7541 §7.1.3: credentials and short cookies are never indexed, and stay so when decoded.
TEST(secrets_are_never_indexed)
{
    const char *const rows[] = {"authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n",
                                "cookie: id=123\n"};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct pair pair;
        struct weft_hpack_field field;
        struct weft_hpack_entry entry;
        start(&pair, 4096);
        encode_lines(&pair, rows[i]);
        CHECK_EQ(weft_hpack_encoder_last(pair.encoder), WEFT_HPACK_NEVER_INDEXED);
        CHECK(!weft_hpack_encoder_entry(pair.encoder, 62, &entry));
        weft_hpack_decode_start(pair.decoder, weft_queue_bytes(&pair.out));
        CHECK_EQ(weft_hpack_decode_next(pair.decoder, &pair.arena, &field), WEFT_HPACK_FIELD);
        CHECK_EQ(field.representation, WEFT_HPACK_NEVER_INDEXED);
        CHECK_EQ(field.field.hint, WEFT_HTTP_FIELD_SECRET);
        CHECK_EQ(field.encoded_size, weft_queue_size(&pair.out));
        finish(&pair);
    }
}

// What varies is a literal at first and indexed from the third time on; what repeats is indexed the second time.
TEST(values_that_vary_enter_the_table_when_they_are_seen_again)
{
    struct pair pair;
    start(&pair, 4096);
    const enum weft_hpack_representation etag[] = {WEFT_HPACK_WITHOUT_INDEXING,
                                                   WEFT_HPACK_INCREMENTAL, WEFT_HPACK_INDEXED};
    for (size_t i = 0; i < 3; i++) {
        encode_lines(&pair, "etag: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"\n");
        CHECK_EQ(weft_hpack_encoder_last(pair.encoder), etag[i]);
        encode_lines(&pair, "server: weft\n");
        CHECK_EQ(weft_hpack_encoder_last(pair.encoder),
                 i == 0 ? WEFT_HPACK_INCREMENTAL : WEFT_HPACK_INDEXED);
    }
    struct weft_http_field once = {
        .name = WEFT_SPAN("x-id"), .value = WEFT_SPAN("1"), .hint = WEFT_HTTP_FIELD_ONCE};
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(weft_hpack_encode_field(pair.encoder, &pair.out, &once), WEFT_OK);
        CHECK_EQ(weft_hpack_encoder_last(pair.encoder), WEFT_HPACK_WITHOUT_INDEXING);
    }
    finish(&pair);
}

// A field section that does not fit its arena is told so, and the table stays right.
TEST(a_full_arena_leaves_the_table_in_step)
{
    struct pair pair;
    start(&pair, 4096);
    weft_arena_deinit(&pair.arena);
    weft_arena_init(&pair.arena, &pair.alloc, 64);
    encode_lines(
        &pair,
        "x-long: 0123456789012345678901234567890123456789012345678901234567890123456789\nx-next: "
        "a\n");
    weft_hpack_decode_start(pair.decoder, weft_queue_bytes(&pair.out));
    struct weft_hpack_field field;

    CHECK_EQ(weft_hpack_decode_next(pair.decoder, &pair.arena, &field), WEFT_HPACK_OUT_OF_MEMORY);
    CHECK_EQ(weft_hpack_decode_next(pair.decoder, NULL, &field), WEFT_HPACK_FIELD);
    CHECK_SPAN(field.field.name, "x-next");
    CHECK_EQ(weft_hpack_decode_next(pair.decoder, NULL, &field), WEFT_HPACK_END);
    struct weft_hpack_entry entry;
    CHECK(weft_hpack_decoder_entry(pair.decoder, 63, &entry));
    CHECK_SPAN(entry.name, "x-long");
    finish(&pair);
}

// Neither side leaks or crashes whichever allocation fails.
TEST(without_memory_both_sides_say_so)
{
    size_t calls = 1;
    for (size_t fail_at = 1; fail_at <= calls; fail_at++) {
        struct test_alloc counts = {.fail_at = fail_at};
        struct weft_alloc alloc = test_allocator(&counts);
        struct weft_queue out;
        weft_queue_init(&out, &alloc);
        struct weft_hpack_encoder *encoder = weft_hpack_encoder_new(&alloc, 4096);
        struct weft_hpack_decoder *decoder = weft_hpack_decoder_new(&alloc, 4096);
        enum weft_result result = encoder && decoder ? WEFT_OK : WEFT_NO_MEMORY;
        for (unsigned i = 0; i < 60 && result == WEFT_OK; i++) {
            char value[64];
            snprintf(value, sizeof(value), "a value of some length, number %u", i);
            struct weft_http_field field = {.name = WEFT_SPAN("x-name"),
                                            .value = weft_span_of(value)};
            result = weft_hpack_encode_field(encoder, &out, &field);
        }
        if (result == WEFT_OK) {
            struct weft_hpack_field field;
            weft_hpack_decode_start(decoder, weft_queue_bytes(&out));
            while (weft_hpack_decode_next(decoder, NULL, &field) == WEFT_HPACK_FIELD)
                continue;
        }
        if (counts.calls >= fail_at) calls = counts.calls + 1;
        weft_hpack_encoder_free(encoder);
        weft_hpack_decoder_free(decoder);
        weft_queue_deinit(&out);
        CHECK_EQ(counts.live, 0);
    }
    CHECK(calls > 10);
}

static void encode_with_stamp(struct pair *pair, const char *lines, uint64_t stamp)
{
    encode_lines(pair, lines);
    struct weft_hpack_block block = {weft_queue_bytes(&pair->out), 100};
    weft_hpack_remember(pair->encoder, stamp, &block);
}

// What a recalled block says is what the encoder would say now: the same fields, by the entries' indices of now.
static void check_recalled(struct pair *pair, const char *lines, uint64_t stamp)
{
    struct weft_hpack_block block;
    CHECK(weft_hpack_recall(pair->encoder, stamp, &block));
    encode_lines(pair, lines);
    CHECK_SAME(block.bytes, weft_queue_bytes(&pair->out));
    weft_queue_drop(&pair->out, weft_queue_size(&pair->out));
}

static void encode_alone(struct pair *pair, const char *lines)
{
    encode_lines(pair, lines);
    weft_queue_drop(&pair->out, weft_queue_size(&pair->out));
}

// A block is known again while what it names is in the table, wherever it stands there.
TEST(a_block_is_recalled_while_it_means_the_same)
{
    struct pair pair;
    struct weft_hpack_block block;
    start(&pair, 4096);
    const char *lines = ":status: 200\nserver: weft\nx-more: than one\n";
    encode_with_stamp(&pair, lines, 7);
    CHECK(!weft_hpack_recall(pair.encoder, 7, &block)); // it had literals
    weft_queue_drop(&pair.out, weft_queue_size(&pair.out));

    encode_with_stamp(&pair, lines, 7);
    CHECK(weft_hpack_recall(pair.encoder, 7, &block));
    CHECK_SAME(block.bytes, weft_queue_bytes(&pair.out));
    CHECK_EQ(block.text_size, 100);
    CHECK(!weft_hpack_recall(pair.encoder, 8, &block));
    weft_queue_drop(&pair.out, weft_queue_size(&pair.out));

    encode_alone(&pair, "x-new: entry\n");
    check_recalled(&pair, lines, 7);
    encode_alone(&pair, "x-new: one\nx-new: two\nx-new: three\n");
    check_recalled(&pair, lines, 7);
    check_recalled(&pair, lines, 7);
    weft_hpack_encoder_set_limit(pair.encoder, 100);
    CHECK(!weft_hpack_recall(pair.encoder, 7, &block)); // a size update is due
    weft_hpack_encoder_trim(pair.encoder);
    finish(&pair);
}

TEST(a_block_that_names_what_has_left_the_table_is_not_recalled)
{
    struct pair pair;
    struct weft_hpack_block block;
    start(&pair, 4096);
    const char *lines = ":status: 200\nserver: weft\n";
    encode_alone(&pair, lines);
    encode_with_stamp(&pair, lines, 7);
    weft_queue_drop(&pair.out, weft_queue_size(&pair.out));
    unsigned added = 0;
    while (weft_hpack_recall(pair.encoder, 7, &block)) {
        char line[80];
        check_recalled(&pair, lines, 7);
        CHECK(added < 200);
        snprintf(line, sizeof(line), "x-fill: %u%*s\n", added++, 40, "long");
        encode_alone(&pair, line);
    }
    CHECK(added > 30);
    encode_with_stamp(&pair, lines, 7);
    CHECK_EQ(weft_hpack_encoder_last(pair.encoder), WEFT_HPACK_INCREMENTAL); // it had left
    finish(&pair);
}

// An index of more than one byte is not moved.
TEST(a_block_whose_indices_grow_long_is_not_recalled)
{
    struct pair pair;
    struct weft_hpack_block block;
    start(&pair, 4096);
    const char *lines = "server: weft\n";
    encode_alone(&pair, lines);
    encode_with_stamp(&pair, lines, 7);
    weft_queue_drop(&pair.out, weft_queue_size(&pair.out));
    for (unsigned i = 0; i < 64; i++) {
        char line[16];
        check_recalled(&pair, lines, 7);
        snprintf(line, sizeof(line), "x: %u\n", i);
        encode_alone(&pair, line);
    }
    check_recalled(&pair, lines, 7); // index 126
    encode_alone(&pair, "x: more\n");
    CHECK(!weft_hpack_recall(pair.encoder, 7, &block));
    encode_with_stamp(&pair, lines, 7);
    CHECK_EQ(weft_queue_size(&pair.out), 2);
    CHECK(!weft_hpack_recall(pair.encoder, 7, &block));
    finish(&pair);
}

// A secret is never indexed: there is no shorter block to wait for.
TEST(a_block_with_literals_is_recalled_once_it_was_written_twice)
{
    struct pair pair;
    struct weft_hpack_block block;
    start(&pair, 4096);
    const char *lines = ":status: 200\nauthorization: secret\nx-a: b\n";
    encode_alone(&pair, "x-a: b\n");
    encode_with_stamp(&pair, lines, 7);
    CHECK(!weft_hpack_recall(pair.encoder, 7, &block));
    weft_queue_drop(&pair.out, weft_queue_size(&pair.out));

    encode_with_stamp(&pair, lines, 7);
    weft_queue_drop(&pair.out, weft_queue_size(&pair.out));
    check_recalled(&pair, lines, 7);
    encode_alone(&pair, "x-new: entry\n");
    check_recalled(&pair, lines, 7);
    finish(&pair);
}

// The head of one of many files, at a time.
static void file_lines(char *lines, size_t room, unsigned file, unsigned second)
{
    snprintf(
        lines, room,
        ":status: 200\netag: \"%u-of-a-file\"\nx-kind: %u\ndate: %u o'clock\ncontent-length: %u\n",
        file, file % 3, second, file * 37);
}

static void encode_or_recall(struct pair *pair, const char *lines, uint64_t stamp,
                             unsigned *recalled)
{
    struct weft_hpack_block block;
    if (weft_hpack_recall(pair->encoder, stamp, &block)) {
        ++*recalled;
        CHECK_EQ(weft_queue_add(&pair->out, block.bytes), WEFT_OK);
        return;
    }
    encode_with_stamp(pair, lines, stamp);
}

// Whatever was added and has left in the meantime, the other side reads what was meant.
TEST(recalled_blocks_are_decoded_to_their_heads)
{
    static const size_t sizes[] = {0, 150, 600, 4096};
    for (size_t i = 0; i < WEFT_COUNT(sizes); i++) {
        struct pair pair;
        uint32_t random = 1;
        unsigned recalled = 0;
        start(&pair, sizes[i]);
        for (unsigned turn = 0; turn < 4000; turn++) {
            char lines[160];
            char decoded[160];
            random = random * 1103515245U + 12345;
            unsigned file = (random >> 16) % 12;
            unsigned second = turn / 500;
            file_lines(lines, sizeof(lines), file, second);
            encode_or_recall(&pair, lines, second * 100 + file + 1, &recalled);
            decode_to(&pair, NULL, weft_queue_bytes(&pair.out), decoded, sizeof(decoded));
            CHECK_SAME(weft_span_of(decoded), weft_span_of(lines));
            weft_queue_drop(&pair.out, weft_queue_size(&pair.out));
        }
        if (sizes[i] == 4096) CHECK(recalled > 3000);
        finish(&pair);
    }
}

// As many as a page has assets; more than may be kept push the others out, and no wrong one is found.
TEST(many_blocks_are_recalled_and_too_many_begin_anew)
{
    enum { KEPT = 100, MANY = 1000 };
    struct pair pair;
    struct weft_hpack_block block;
    start(&pair, 4096);
    encode_lines(&pair, "server: weft\n");
    encode_lines(&pair, "server: weft\n"); // all indexed
    for (size_t i = 0; i < KEPT; i++) {
        uint8_t byte = (uint8_t)(0x81 + i % 60);
        weft_hpack_remember(pair.encoder, i + 1, &(struct weft_hpack_block){{&byte, 1}, i});
    }
    for (size_t i = 0; i < KEPT; i++) {
        CHECK(weft_hpack_recall(pair.encoder, i + 1, &block));
        CHECK_EQ(block.bytes.data[0], 0x81 + i % 60);
        CHECK_EQ(block.text_size, i);
    }
    for (size_t i = 0; i < MANY; i++) {
        uint8_t byte = (uint8_t)(0x81 + i % 60);
        weft_hpack_remember(pair.encoder, i + 1, &(struct weft_hpack_block){{&byte, 1}, i});
        CHECK(weft_hpack_recall(pair.encoder, i + 1, &block));
        CHECK_EQ(block.bytes.data[0], byte);
    }
    CHECK(!weft_hpack_recall(pair.encoder, 1, &block));
    finish(&pair);
}

// What is kept for speed alone may go: the table stays, and so does what is found in it.
TEST(a_trimmed_encoder_still_finds_its_entries)
{
    struct pair pair;
    start(&pair, 4096);
    const char *lines = "server: weft\nx-one: first\nx-two: second\n";
    encode_lines(&pair, lines);
    size_t before = pair.counts.live;
    weft_hpack_encoder_trim(pair.encoder);
    CHECK(pair.counts.live + 1024 <= before);
    weft_queue_drop(&pair.out, weft_queue_size(&pair.out));

    encode_lines(&pair, lines);
    CHECK_EQ(weft_queue_size(&pair.out), 3); // all indexed
    encode_lines(&pair, "x-one: other\n");
    CHECK_EQ(weft_hpack_encoder_last(pair.encoder), WEFT_HPACK_INCREMENTAL);
    finish(&pair);
}
