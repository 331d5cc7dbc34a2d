// config/schema.c: the JSON Schema (draft 2020-12) of the configuration file
#include "config/quote.h"
#include "config/setting.h"

#include <inttypes.h>

enum { STEP = 2 };

/** Where the schema is being written. */
struct schema {
    FILE *out;
    int indent;
};

static void write_group(struct schema *schema, const struct weft_setting *rows, const void *fresh);

static void line(struct schema *schema)
{
    fprintf(schema->out, "\n%*s", schema->indent, "");
}

static void key(struct schema *schema, const char *name)
{
    weft_write_quoted(schema->out, name, false);
    fputs(": ", schema->out);
}

// A value that the environment gives is a text at first.
static void write_or_environment(struct schema *schema, const char *type)
{
    fprintf(schema->out, "\"anyOf\": [{%s}, {\"type\": \"string\", \"pattern\": \"\\\\$\\\\{\"}]",
            type);
}

static void write_number_type(struct schema *schema, const struct weft_setting *setting)
{
    char type[256];
    bool is_time = setting->unit && strcmp(setting->unit, "ms") == 0;
    bool is_size = setting->unit && strcmp(setting->unit, "bytes") == 0;
    if (is_time || is_size) {
        snprintf(type, sizeof(type),
                 "\"type\": [\"string\", \"integer\"], \"pattern\": \"^[0-9]+%s$\"",
                 is_time ? "(ms|s|m|h|d)?" : "[kKmMgG]?");
    } else {
        snprintf(type, sizeof(type),
                 "\"type\": \"integer\", \"minimum\": %" PRIu64 ", \"maximum\": %" PRIu64,
                 setting->least, setting->most);
    }
    write_or_environment(schema, type);
}

static void write_words(struct schema *schema, const struct weft_setting *setting)
{
    fputs("\"anyOf\": [{\"enum\": [", schema->out);
    for (size_t i = 0; setting->words[i]; i++) {
        if (i > 0) fputs(", ", schema->out);
        weft_write_quoted(schema->out, setting->words[i], false);
    }
    fputs("]}, {\"type\": \"string\", \"pattern\": \"\\\\$\\\\{\"}]", schema->out);
}

static void write_elements(struct schema *schema, const struct weft_setting *setting)
{
    fputs("\"type\": \"array\",", schema->out);
    line(schema);
    key(schema, "items");
    fputs("{", schema->out);
    schema->indent += STEP;
    write_group(schema, setting->rows, setting->groups->fresh());
    schema->indent -= STEP;
    fputs("}", schema->out);
}

static void write_type(struct schema *schema, const struct weft_setting *setting, const void *fresh)
{
    static const char texts[] =
        "\"anyOf\": [{\"type\": [\"string\", \"number\"]}, {\"type\": \"array\", "
        "\"items\": {\"type\": [\"string\", \"number\"]}}]";
    switch (setting->kind) {
    case WEFT_SETTING_FLAG: write_or_environment(schema, "\"type\": \"boolean\""); break;
    case WEFT_SETTING_NUMBER: write_number_type(schema, setting); break;
    case WEFT_SETTING_WORD: write_words(schema, setting); break;
    case WEFT_SETTING_TEXT:
    case WEFT_SETTING_FILE: fputs("\"type\": [\"string\", \"number\"]", schema->out); break;
    case WEFT_SETTING_LIST:
    case WEFT_SETTING_INCLUDE: fputs(texts, schema->out); break;
    case WEFT_SETTING_MAP:
        fputs(
            "\"type\": \"object\", \"additionalProperties\": {\"type\": [\"string\", \"number\"]}",
            schema->out);
        break;
    case WEFT_SETTING_GROUP: write_group(schema, setting->rows, fresh); break;
    case WEFT_SETTING_GROUPS: write_elements(schema, setting); break;
    }
}

// The default, where the field has one that is the same everywhere.
static void write_default(struct schema *schema, const struct weft_setting *setting,
                          const void *fresh)
{
    char text[64];
    if (setting->standard || setting->is_needed) return;
    switch (setting->kind) {
    case WEFT_SETTING_FLAG:
        snprintf(text, sizeof(text), "%s", weft_setting_number(setting, fresh) ? "true" : "false");
        break;
    case WEFT_SETTING_WORD:
        snprintf(text, sizeof(text), "\"%s\"", setting->words[weft_setting_number(setting, fresh)]);
        break;
    case WEFT_SETTING_NUMBER:
        weft_setting_write_number(setting, weft_setting_number(setting, fresh), text + 1,
                                  sizeof(text) - 2);
        size_t size = strlen(text + 1);
        bool is_plain = text[size] >= '0' && text[size] <= '9';
        text[0] = '"';
        if (is_plain) memmove(text, text + 1, size + 1);
        if (!is_plain) memcpy(text + size + 1, "\"", 2);
        break;
    default: return;
    }
    fputs(",", schema->out);
    line(schema);
    key(schema, "default");
    fputs(text, schema->out);
}

static void write_property(struct schema *schema, const struct weft_setting *setting,
                           const void *fresh)
{
    line(schema);
    key(schema, setting->name);
    fputs("{", schema->out);
    schema->indent += STEP;
    line(schema);
    key(schema, "description");
    weft_write_quoted(schema->out, setting->help, false);
    fputs(",", schema->out);
    line(schema);
    write_type(schema, setting, fresh);
    write_default(schema, setting, fresh);
    schema->indent -= STEP;
    fputs("}", schema->out);
}

static void write_needed(struct schema *schema, const struct weft_setting *rows)
{
    bool is_first = true;
    for (; rows->name; rows++) {
        if (!rows->is_needed) continue;
        if (is_first) {
            fputs(",", schema->out);
            line(schema);
        }
        fputs(is_first ? "\"required\": [" : ", ", schema->out);
        weft_write_quoted(schema->out, rows->name, false);
        is_first = false;
    }
    if (!is_first) fputs("]", schema->out);
}

static void write_group(struct schema *schema, const struct weft_setting *rows, const void *fresh)
{
    const struct weft_setting *row = rows;
    fputs("\"type\": \"object\",", schema->out);
    line(schema);
    fputs("\"additionalProperties\": false,", schema->out);
    line(schema);
    key(schema, "properties");
    fputs("{", schema->out);
    schema->indent += STEP;
    for (; row->name; row++) {
        if (row > rows) fputs(",", schema->out);
        write_property(schema, row, fresh);
    }
    schema->indent -= STEP;
    fputs("}", schema->out);
    write_needed(schema, rows);
}

void weft_config_write_schema(FILE *out)
{
    struct weft_server_config fresh;
    struct schema schema = {.out = out, .indent = STEP};
    weft_server_config_init(&fresh);
    fputs("{", out);
    line(&schema);
    fputs("\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",", out);
    line(&schema);
    fputs("\"title\": \"The configuration of weft serve\",", out);
    line(&schema);
    write_group(&schema, weft_server_settings, &fresh);
    fputs("\n}\n", out);
    weft_server_config_deinit(&fresh);
}
