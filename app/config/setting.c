// config/setting.c: values of settings as text: numbers with their units, words
#include "config/setting.h"

#include "base/units.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

static bool has_unit(const struct weft_setting *setting, const char *unit)
{
    return setting->unit && strcmp(setting->unit, unit) == 0;
}

uint64_t weft_setting_number(const struct weft_setting *setting, const void *target)
{
    const void *field = (const char *)target + setting->offset;
    switch (setting->width) {
    case 1: return *(const uint8_t *)field;
    case 2: return *(const uint16_t *)field;
    case 4: return *(const uint32_t *)field;
    case 8: return *(const uint64_t *)field;
    default: abort(); // a row that names no number
    }
}

void weft_setting_set_number(const struct weft_setting *setting, void *target, uint64_t number)
{
    void *field = (char *)target + setting->offset;
    switch (setting->width) {
    case 1: *(uint8_t *)field = (uint8_t)number; break;
    case 2: *(uint16_t *)field = (uint16_t)number; break;
    case 4: *(uint32_t *)field = (uint32_t)number; break;
    case 8: *(uint64_t *)field = number; break;
    default: abort();
    }
}

const char *weft_setting_text(const struct weft_setting *setting, const void *target)
{
    return *(const char *const *)(const void *)((const char *)target + setting->offset);
}

void weft_setting_set_text(const struct weft_setting *setting, void *target, const char *text)
{
    *(const char **)(void *)((char *)target + setting->offset) = text;
}

static void write_in(const uint64_t *factors, const char *const *units, size_t count,
                     uint64_t number, char *room, size_t room_size)
{
    for (size_t i = 0; i < count; i++) {
        if (number == 0 || number % factors[i] != 0) continue;
        snprintf(room, room_size, "%" PRIu64 "%s", number / factors[i], units[i]);
        return;
    }
    snprintf(room, room_size, "%" PRIu64, number);
}

void weft_setting_write_number(const struct weft_setting *setting, uint64_t number, char *room,
                               size_t room_size)
{
    static const uint64_t times[] = {3600000, 60000, 1000, 1};
    static const char *const time_units[] = {"h", "m", "s", "ms"};
    static const uint64_t sizes[] = {1 << 30, 1 << 20, 1 << 10};
    static const char *const size_units[] = {"G", "M", "k"};
    if (has_unit(setting, "ms")) {
        write_in(times, time_units, WEFT_COUNT(times), number, room, room_size);
    } else if (has_unit(setting, "bytes")) {
        write_in(sizes, size_units, WEFT_COUNT(sizes), number, room, room_size);
    } else {
        snprintf(room, room_size, "%" PRIu64, number);
    }
}

// A bare number is of the unit that the name ends in, where it does.
static uint64_t bare_ms(const struct weft_setting *setting)
{
    size_t size = strlen(setting->name);
    return size > 3 && strcmp(setting->name + size - 3, "_ms") == 0 ? 1 : 0;
}

bool weft_setting_parse_number(const struct weft_setting *setting, const char *text,
                               uint64_t *number)
{
    struct weft_span span = weft_span_of(text);
    bool is_number = has_unit(setting, "ms")
                         ? weft_parse_duration_ms(span, bare_ms(setting), number)
                         : weft_parse_size(span, number);
    bool has_letter =
        span.size > 0 && (span.data[span.size - 1] < '0' || span.data[span.size - 1] > '9');
    if (!is_number) return false;
    if (has_letter && !has_unit(setting, "ms") && !has_unit(setting, "bytes")) return false;
    return *number >= setting->least && *number <= setting->most;
}

bool weft_setting_parse_word(const struct weft_setting *setting, const char *text, uint64_t *place)
{
    for (size_t i = 0; setting->words && setting->words[i]; i++) {
        if (strcmp(setting->words[i], text) != 0) continue;
        *place = i;
        return true;
    }
    return false;
}

static void describe_number(const struct weft_setting *setting, char *room, size_t room_size)
{
    char least[32];
    char most[32];
    bool is_time = has_unit(setting, "ms");
    bool is_size = has_unit(setting, "bytes");
    weft_setting_write_number(setting, setting->least, least, sizeof(least));
    weft_setting_write_number(setting, setting->most, most, sizeof(most));
    snprintf(room, room_size, "a %s from %s to %s%s",
             is_time   ? "time"
             : is_size ? "size"
                       : "number",
             least, most,
             is_time   ? ", like 30s or 500ms"
             : is_size ? ", like 64k or 1M"
                       : "");
}

// "a, b or c"
static void list_words(const char *const *words, char *room, size_t room_size)
{
    room[0] = 0;
    for (size_t i = 0; words[i]; i++) {
        size_t at = strlen(room);
        const char *before = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        snprintf(room + at, room_size - at, "%s%s", before, words[i]);
    }
}

void weft_setting_describe(const struct weft_setting *setting, char *room, size_t room_size)
{
    char words[512] = "";
    if (setting->words) list_words(setting->words, words, sizeof(words));
    switch (setting->kind) {
    case WEFT_SETTING_FLAG: snprintf(room, room_size, "true or false"); break;
    case WEFT_SETTING_NUMBER: describe_number(setting, room, room_size); break;
    case WEFT_SETTING_WORD: snprintf(room, room_size, "%s", words); break;
    case WEFT_SETTING_TEXT:
    case WEFT_SETTING_FILE:
        snprintf(room, room_size, "%s%s%s", setting->form, words[0] ? ", or " : "", words);
        break;
    case WEFT_SETTING_LIST:
    case WEFT_SETTING_INCLUDE:
        snprintf(room, room_size, "%s, or a list of such", setting->form);
        break;
    case WEFT_SETTING_MAP: snprintf(room, room_size, "%s for each name", setting->form); break;
    case WEFT_SETTING_GROUP: snprintf(room, room_size, "a map of settings"); break;
    case WEFT_SETTING_GROUPS:
        snprintf(room, room_size, "a list, each with a dash and its settings");
        break;
    }
}

static const struct weft_setting *find_row(const struct weft_setting *rows, const char *name)
{
    for (const struct weft_setting *row = rows; row->name; row++) {
        if (strcmp(row->name, name) == 0) return row;
    }
    return NULL;
}

bool weft_config_set_word(struct weft_server_config *config, struct weft_site_config *site,
                          const char *name, const char *word, char *expected, size_t expected_size)
{
    static const char before[] = "expected ";
    const struct weft_setting *row = find_row(weft_server_settings, name);
    void *target = row ? (void *)config : site;
    if (!row) row = find_row(weft_site_settings, name);
    assert(row && row->kind == WEFT_SETTING_WORD);
    uint64_t place;
    if (weft_setting_parse_word(row, word, &place)) {
        weft_setting_set_number(row, target, place);
        return true;
    }
    snprintf(expected, expected_size, "%s", before);
    weft_setting_describe(row, expected + strlen(before), expected_size - strlen(before));
    return false;
}

// Looks through a group and those inside of it; `path` is the group's, and becomes that of the group found.
static bool find_group(const struct weft_setting *rows, const char *name, char *path,
                       size_t path_size)
{
    size_t size = strlen(path);
    if (find_row(rows, name)) return true;
    for (const struct weft_setting *row = rows; row->name; row++) {
        if (!row->rows) continue;
        snprintf(path + size, path_size - size, "%s%s", size ? "." : "", row->name);
        if (find_group(row->rows, name, path, path_size)) return true;
        path[size] = 0;
    }
    return false;
}

bool weft_setting_group_of(const char *name, char *room, size_t room_size)
{
    room[0] = 0;
    if (!find_group(weft_server_settings, name, room, room_size)) return false;
    if (!room[0]) snprintf(room, room_size, "the outermost group");
    return true;
}
