// cmd/hex_line_test.c
#include "cmd/hex_line.h"

#include "check.h"

TEST(a_block_may_be_written_as_tools_print_it)
{
    static const struct {
        const char *line;
        size_t size;
        uint64_t stream_id;
    } rows[] = {
        {"828684", 3, 0},     {" 82 86\t84 \r", 3, 0}, {"82:86:84", 3, 0},
        {"1: 828684", 3, 1},  {"15: 82:86:84", 3, 15}, {"", 0, 0},
        {"  # remark", 0, 0},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint8_t room[32];
        size_t column = 0;
        struct weft_hex_line line;
        CHECK(!weft_hex_line_read(weft_span_of(rows[i].line), room, &line, &column));
        CHECK_EQ(line.size, rows[i].size);
        CHECK_EQ(line.stream_id, rows[i].stream_id);
        CHECK_EQ(line.has_stream, rows[i].stream_id > 0);
        if (line.size > 0) CHECK_EQ(room[2], 0x84);
    }
}

TEST(what_is_no_block_is_refused_with_its_column)
{
    static const struct {
        const char *line;
        size_t column;
    } rows[] = {
        {"82g6", 3}, {"828", 3}, {"8 2", 1}, {"1: ", 3}, {"x: 82", 1}, {"99999999999: 82", 11},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint8_t room[32];
        size_t column = 0;
        struct weft_hex_line line;
        CHECK(weft_hex_line_read(weft_span_of(rows[i].line), room, &line, &column));
        CHECK_EQ(column, rows[i].column);
    }
}
