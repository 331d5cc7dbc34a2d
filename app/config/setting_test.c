// config/setting_test.c: rows of settings, and their numbers
#include "config/setting.h"

#include "check.h"

struct numbers {
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
};

TEST(numbers_are_written_with_their_units_and_read_again)
{
    static const struct {
        const char *unit;
        uint64_t number;
        const char *text;
    } rows[] = {
        {"ms", 0, "0"},
        {"ms", 1, "1ms"},
        {"ms", 1000, "1s"},
        {"ms", 1500, "1500ms"},
        {"ms", 90000, "90s"},
        {"ms", 3600000, "1h"},
        {"ms", 86400000, "24h"},
        {"bytes", 0, "0"},
        {"bytes", 1023, "1023"},
        {"bytes", 1024, "1k"},
        {"bytes", 1536000, "1500k"},
        {"bytes", 1 << 20, "1M"},
        {"bytes", 1 << 30, "1G"},
        {"threads", 1024, "1024"},
        {"threads", 7, "7"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        char text[32];
        uint64_t number = 1;
        struct weft_setting setting = {
            .name = "x", .kind = WEFT_SETTING_NUMBER, .unit = rows[i].unit, .most = UINT64_MAX};
        weft_setting_write_number(&setting, rows[i].number, text, sizeof(text));
        CHECK_SAME(weft_span_of(text), weft_span_of(rows[i].text));
        CHECK(weft_setting_parse_number(&setting, text, &number));
        CHECK(number == rows[i].number);
    }
}

TEST(numbers_are_of_their_unit_and_within_their_bounds)
{
    static const struct {
        const char *name;
        const char *unit;
        const char *text;
        bool is_fine;
    } rows[] = {
        {"x", "ms", "10", false},    {"x_ms", "ms", "10", true},   {"x_ms", "ms", "10k", false},
        {"x", "bytes", "10", true},  {"x", "bytes", "9", false},   {"x", "bytes", "10s", false},
        {"x", "things", "10", true}, {"x", "things", "1k", false}, {"x", "things", "2000", false},
        {"x", "things", "", false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        uint64_t number;
        struct weft_setting setting = {.name = rows[i].name,
                                       .kind = WEFT_SETTING_NUMBER,
                                       .unit = rows[i].unit,
                                       .least = 10,
                                       .most = 1500};
        CHECK_EQ(weft_setting_parse_number(&setting, rows[i].text, &number), rows[i].is_fine);
    }
}

TEST(fields_of_every_width_are_set)
{
    static const struct weft_setting rows[] = {
        {WEFT_SETTING_FIELD(numbers, one)},
        {WEFT_SETTING_FIELD(numbers, two)},
        {WEFT_SETTING_FIELD(numbers, four)},
        {WEFT_SETTING_FIELD(numbers, eight)},
    };
    struct numbers numbers = {0};
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        weft_setting_set_number(&rows[i], &numbers, i + 1);
        CHECK_EQ(weft_setting_number(&rows[i], &numbers), i + 1);
    }
    CHECK_EQ(numbers.one, 1);
    CHECK_EQ(numbers.two, 2);
    CHECK_EQ(numbers.four, 3);
    CHECK_EQ(numbers.eight, 4);
}

static bool is_number_like(const struct weft_setting *row)
{
    return row->kind == WEFT_SETTING_FLAG || row->kind == WEFT_SETTING_NUMBER ||
           row->kind == WEFT_SETTING_WORD;
}

static void check_row(const struct weft_setting *row, const void *fresh)
{
    CHECK(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(row->name));
    CHECK(row->help && *row->help && row->help[strlen(row->help) - 1] != '.');
    CHECK(strpbrk(row->help, "\n|") == NULL);
    if (row->kind == WEFT_SETTING_FLAG) CHECK_EQ(row->width, sizeof(bool));
    if (is_number_like(row)) {
        uint64_t number =
            weft_setting_number(row, fresh); // aborts where it is of no number's width
        if (row->kind == WEFT_SETTING_WORD) CHECK(number < 16 && row->words[number]);
        if (row->kind == WEFT_SETTING_NUMBER) {
            CHECK(row->unit && row->least <= row->most);
            CHECK(number >= row->least && number <= row->most);
            CHECK(row->width == 8 || row->most < UINT64_C(1) << (8 * row->width));
        }
    }
    bool is_text = row->kind == WEFT_SETTING_TEXT || row->kind == WEFT_SETTING_FILE;
    if (is_text) CHECK_EQ(row->width, sizeof(const char *));
    if (is_text) CHECK(row->form && (row->is_needed || row->standard));
    if (row->kind == WEFT_SETTING_LIST) CHECK(row->form && row->list->add && row->list->item);
    if (row->kind == WEFT_SETTING_MAP) CHECK(row->form && row->map->put && row->map->pair);
}

static void check_rows(const struct weft_setting *rows, const void *fresh)
{
    size_t count = 0;
    for (const struct weft_setting *row = rows; row->name; row++, count++) {
        check_row(row, fresh);
        for (const struct weft_setting *other = rows; other < row; other++) {
            CHECK(strcmp(other->name, row->name) != 0);
        }
        if (row->kind == WEFT_SETTING_GROUP) check_rows(row->rows, fresh);
        if (row->kind != WEFT_SETTING_GROUPS) continue;
        CHECK(row->groups->begin && row->groups->at && row->groups->fresh);
        check_rows(row->rows, row->groups->fresh());
    }
    CHECK(count < WEFT_SETTING_ROWS_MOST);
}

// What a row says of its field holds, and its default is one that it would take.
TEST(every_row_is_whole)
{
    struct weft_server_config config;
    weft_server_config_init(&config);
    check_rows(weft_server_settings, &config);
    weft_server_config_deinit(&config);
}
