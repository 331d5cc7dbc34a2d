// config/show.c: a configuration as a file that would give the same
#include "config/quote.h"
#include "config/setting.h"

enum { STEP = 2 };

static void write_rows(FILE *out, const struct weft_setting *rows, const void *target, int indent);

static void write_name(FILE *out, const struct weft_setting *setting, int indent)
{
    fprintf(out, "%*s%s:", indent, "", setting->name);
}

// What is not set has no value that could be written; it is told in words.
static void write_unset(FILE *out, const struct weft_setting *setting, int indent)
{
    fprintf(out, "%*s# %s: %s\n", indent, "", setting->name,
            setting->standard ? setting->standard : "none");
}

static void write_number(FILE *out, const struct weft_setting *setting, const void *target)
{
    char text[32];
    weft_setting_write_number(setting, weft_setting_number(setting, target), text, sizeof(text));
    fprintf(out, " %s\n", text);
}

static void write_text(FILE *out, const struct weft_setting *setting, const void *target,
                       int indent)
{
    const char *text = weft_setting_text(setting, target);
    if (!text) {
        write_unset(out, setting, indent);
        return;
    }
    write_name(out, setting, indent);
    fputc(' ', out);
    weft_write_quoted(out, text, true);
    fputc('\n', out);
}

static void write_list(FILE *out, const struct weft_setting *setting, const void *target,
                       int indent)
{
    char room[WEFT_SETTING_TEXT_SIZE];
    const char *text = setting->list->item(target, 0, room);
    if (!text && !setting->list->clear) {
        write_unset(out, setting, indent);
        return;
    }
    write_name(out, setting, indent);
    fputs(text ? "\n" : " []\n", out);
    for (size_t i = 0; (text = setting->list->item(target, i, room)); i++) {
        fprintf(out, "%*s- ", indent + STEP, "");
        weft_write_quoted(out, text, true);
        fputc('\n', out);
    }
}

static void write_map(FILE *out, const struct weft_setting *setting, const void *target, int indent)
{
    char room[WEFT_SETTING_TEXT_SIZE];
    const char *name;
    const char *text;
    if (!setting->map->pair(target, 0, room, &name, &text)) {
        write_unset(out, setting, indent);
        return;
    }
    write_name(out, setting, indent);
    fputc('\n', out);
    for (size_t i = 0; setting->map->pair(target, i, room, &name, &text); i++) {
        fprintf(out, "%*s", indent + STEP, "");
        weft_write_quoted(out, name, true);
        fputs(": ", out);
        weft_write_quoted(out, text, true);
        fputc('\n', out);
    }
}

static void write_elements(FILE *out, const struct weft_setting *setting, const void *target,
                           int indent)
{
    const void *element = setting->groups->at(target, 0);
    if (!element) {
        write_unset(out, setting, indent);
        return;
    }
    write_name(out, setting, indent);
    fputc('\n', out);
    for (size_t i = 0; (element = setting->groups->at(target, i)); i++) {
        fprintf(out, "%*s-\n", indent + STEP, "");
        write_rows(out, setting->rows, element, indent + 2 * STEP);
    }
}

static void write_setting(FILE *out, const struct weft_setting *setting, const void *target,
                          int indent)
{
    switch (setting->kind) {
    case WEFT_SETTING_FLAG:
        write_name(out, setting, indent);
        fputs(weft_setting_number(setting, target) ? " true\n" : " false\n", out);
        break;
    case WEFT_SETTING_NUMBER:
        write_name(out, setting, indent);
        write_number(out, setting, target);
        break;
    case WEFT_SETTING_WORD: // in quotes: a bare on is a truth value to some readers of YAML
        write_name(out, setting, indent);
        fprintf(out, " \"%s\"\n", setting->words[weft_setting_number(setting, target)]);
        break;
    case WEFT_SETTING_TEXT:
    case WEFT_SETTING_FILE: write_text(out, setting, target, indent); break;
    case WEFT_SETTING_LIST: write_list(out, setting, target, indent); break;
    case WEFT_SETTING_MAP: write_map(out, setting, target, indent); break;
    case WEFT_SETTING_GROUP:
        write_name(out, setting, indent);
        fputc('\n', out);
        write_rows(out, setting->rows, target, indent + STEP);
        break;
    case WEFT_SETTING_GROUPS: write_elements(out, setting, target, indent); break;
    case WEFT_SETTING_INCLUDE: break; // what was included stands where it is set
    }
}

static void write_rows(FILE *out, const struct weft_setting *rows, const void *target, int indent)
{
    for (; rows->name; rows++) {
        write_setting(out, rows, target, indent);
    }
}

void weft_config_show(const struct weft_server_config *config, FILE *out)
{
    write_rows(out, weft_server_settings, config, 0);
}
