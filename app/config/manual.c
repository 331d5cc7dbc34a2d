// config/manual.c: the settings as a manual page and as tables have them
#include "config/setting.h"

enum { WORDS_SIZE = 512 };

// The default in words.
static const char *standard_of(const struct weft_setting *setting, const void *fresh,
                               char room[WORDS_SIZE])
{
    if (setting->is_needed) return "has to be set";
    if (setting->standard) return setting->standard;
    switch (setting->kind) {
    case WEFT_SETTING_FLAG: return weft_setting_number(setting, fresh) ? "true" : "false";
    case WEFT_SETTING_WORD: return setting->words[weft_setting_number(setting, fresh)];
    case WEFT_SETTING_NUMBER:
        weft_setting_write_number(setting, weft_setting_number(setting, fresh), room, WORDS_SIZE);
        return room;
    default: return "none";
    }
}

static bool is_group(const struct weft_setting *setting)
{
    return setting->kind == WEFT_SETTING_GROUP || setting->kind == WEFT_SETTING_GROUPS;
}

// scdoc takes these for marks.
static void write_plain(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("_*\\#", *text)) fputc('\\', out);
        fputc(*text, out);
    }
}

static void write_manual_rows(FILE *out, const struct weft_setting *rows, const void *fresh)
{
    char room[WORDS_SIZE];
    for (const struct weft_setting *row = rows; row->name; row++) {
        fputc('*', out);
        write_plain(out, row->name);
        fputs(":* ", out);
        weft_setting_describe(row, room, sizeof(room));
        write_plain(out, room);
        fputs("\n\t", out);
        write_plain(out, row->help);
        if (!is_group(row) || row->standard) {
            fputs(".\n\tDefault: ", out);
            write_plain(out, standard_of(row, fresh, room));
        }
        fputs("\n\n", out);
    }
}

static void write_table_rows(FILE *out, const struct weft_setting *rows, const void *fresh)
{
    char room[WORDS_SIZE];
    fputs("| setting | value | default | what it does |\n|---|---|---|---|\n", out);
    for (const struct weft_setting *row = rows; row->name; row++) {
        weft_setting_describe(row, room, sizeof(room));
        fprintf(out, "| `%s` | %s | ", row->name, room);
        fprintf(out, "%s | %s |\n",
                is_group(row) && !row->standard ? "" : standard_of(row, fresh, room), row->help);
    }
    fputc('\n', out);
}

struct writer {
    void (*rows)(FILE *out, const struct weft_setting *rows, const void *fresh);
    const char *heading; // printf(): of a group inside, with its path
};

// The rows of a group, then of the groups inside.
static void write_group(FILE *out, const struct writer *writer, const struct weft_setting *rows,
                        const void *fresh, const char *path)
{
    writer->rows(out, rows, fresh);
    for (const struct weft_setting *row = rows; row->name; row++) {
        char inner[256];
        if (!is_group(row)) continue;
        snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", row->name);
        fputs(writer->heading, out);
        fprintf(out, "%s\n\n", inner);
        write_group(out, writer, row->rows, row->groups ? row->groups->fresh() : fresh, inner);
    }
}

static void write_all(FILE *out, const struct writer *writer)
{
    struct weft_server_config fresh;
    weft_server_config_init(&fresh);
    write_group(out, writer, weft_server_settings, &fresh, "");
    weft_server_config_deinit(&fresh);
}

void weft_config_write_manual(FILE *out)
{
    static const struct writer writer = {write_manual_rows, "## "};
    write_all(out, &writer);
}

void weft_config_write_tables(FILE *out)
{
    static const struct writer writer = {write_table_rows, "### "};
    write_all(out, &writer);
}
