// config/read.c: the tree of a file, judged and stored row by row of the settings' tables
#include "config/environment.h"
#include "config/reading.h"

#include "base/nearest.h"
#include "net/memory.h"

enum { NODES_MEMORY_MOST = 128 << 20, WRONG_SIZE = 512, SHOWN_MOST = 64 };

/** A map that is being read, and where it goes. */
struct group {
    const struct weft_setting *rows;
    struct weft_config_seen *seen;
    void *target;
};

static void say_no_memory(struct weft_config_reading *reading,
                          const struct weft_config_place *place)
{
    weft_config_fault(&reading->report, place, "no memory");
}

// "threads: found 'many', expected a number from 1 to 64"
static void say_expected(struct weft_config_reading *reading, const struct weft_setting *setting,
                         const struct weft_config_node *node)
{
    char expected[512];
    char found[SHOWN_MOST + 8];
    weft_setting_describe(setting, expected, sizeof(expected));
    snprintf(found, sizeof(found), "'%.*s'", SHOWN_MOST, node->text);
    weft_config_fault(&reading->report, &node->place, "%s: found %s, expected %s", setting->name,
                      node->is_empty                   ? "nothing"
                      : node->kind == WEFT_CONFIG_LIST ? "a list"
                      : node->kind == WEFT_CONFIG_MAP  ? "a map"
                                                       : found,
                      expected);
}

const char *weft_config_text_of(struct weft_config_reading *reading,
                                const struct weft_config_node *node)
{
    char wrong[WRONG_SIZE];
    const char *text =
        weft_config_expand(node->text, &reading->config->arena, wrong, sizeof(wrong));
    if (!text) weft_config_fault(&reading->report, &node->place, "%s", wrong);
    return text;
}

// A text that outlives the tree; NULL where it is none, which was told.
static const char *take_text(struct weft_config_reading *reading,
                             const struct weft_setting *setting,
                             const struct weft_config_node *node)
{
    if (node->kind != WEFT_CONFIG_TEXT || node->is_empty) {
        say_expected(reading, setting, node);
        return NULL;
    }
    const char *text = weft_config_text_of(reading, node);
    if (!text || text != node->text) return text;
    size_t size = strlen(text) + 1;
    struct weft_span copy =
        weft_arena_copy(&reading->config->arena, (struct weft_span){(const uint8_t *)text, size});
    if (!copy.data) say_no_memory(reading, &node->place);
    return (const char *)copy.data;
}

static void read_path(struct weft_config_reading *reading, const struct weft_setting *setting,
                      const struct weft_config_node *node, void *target)
{
    uint64_t place;
    const char *text = take_text(reading, setting, node);
    if (!text) return;
    if (*text == 0) {
        say_expected(reading, setting, node);
        return;
    }
    if (!weft_setting_parse_word(setting, text, &place)) {
        text = weft_config_resolve(reading, &node->place, text);
        if (!text) return;
        weft_config_look_at(reading, setting, &node->place, text);
    }
    weft_setting_set_text(setting, target, text);
}

static void read_word(struct weft_config_reading *reading, const struct weft_setting *setting,
                      const struct weft_config_node *node, const char *text, void *target)
{
    uint64_t place;
    if (weft_setting_parse_word(setting, text, &place)) {
        weft_setting_set_number(setting, target, place);
        return;
    }
    const char *nearest = weft_nearest(text, setting->words);
    if (!nearest) {
        say_expected(reading, setting, node);
        return;
    }
    weft_config_fault(&reading->report, &node->place, "%s: unknown word '%.*s': did you mean '%s'?",
                      setting->name, SHOWN_MOST, text, nearest);
}

// What is one word: a flag, a number, a word.
static void read_plain(struct weft_config_reading *reading, const struct weft_setting *setting,
                       const struct weft_config_node *node, void *target)
{
    uint64_t number;
    if (node->kind != WEFT_CONFIG_TEXT || node->is_empty) {
        say_expected(reading, setting, node);
        return;
    }
    const char *text = weft_config_text_of(reading, node);
    if (!text) return;
    if (setting->kind == WEFT_SETTING_WORD) {
        read_word(reading, setting, node, text, target);
    } else if (setting->kind == WEFT_SETTING_FLAG) {
        bool is_true = strcmp(text, "true") == 0;
        if (!is_true && strcmp(text, "false") != 0) say_expected(reading, setting, node);
        weft_setting_set_number(setting, target, is_true);
    } else if (weft_setting_parse_number(setting, text, &number)) {
        weft_setting_set_number(setting, target, number);
    } else {
        say_expected(reading, setting, node);
    }
}

// One text of a list of them, or a file to include.
static void read_item(struct weft_config_reading *reading, const struct weft_setting *setting,
                      const struct weft_config_node *node, void *target)
{
    const char *text = take_text(reading, setting, node);
    if (!text) return;
    if (setting->kind == WEFT_SETTING_INCLUDE) {
        const char *path = weft_config_resolve(reading, &node->place, text);
        if (path) weft_config_include(reading, &node->place, path);
        return;
    }
    const char *wrong = setting->list->add(reading->config, target, text);
    if (!wrong && setting->is_unique) weft_config_note_unique(reading, &node->place, text);
    if (!wrong) return;
    weft_config_fault(&reading->report, &node->place, "%s: found '%.*s': %s", setting->name,
                      SHOWN_MOST, text, wrong);
}

static void read_list(struct weft_config_reading *reading, const struct weft_setting *setting,
                      const struct weft_config_node *node, void *target)
{
    if (node->kind != WEFT_CONFIG_LIST) {
        read_item(reading, setting, node, target);
        return;
    }
    for (const struct weft_config_entry *entry = node->first; entry; entry = entry->next) {
        read_item(reading, setting, entry->value, target);
    }
}

static bool is_named_before(const struct weft_config_node *node,
                            const struct weft_config_entry *until)
{
    for (const struct weft_config_entry *entry = node->first; entry != until; entry = entry->next) {
        if (strcmp(entry->key->text, until->key->text) == 0) return true;
    }
    return false;
}

static void read_pair(struct weft_config_reading *reading, const struct weft_setting *setting,
                      const struct weft_config_entry *entry, void *target)
{
    const struct weft_config_node *key = entry->key;
    const char *name = take_text(reading, setting, key);
    const char *text = take_text(reading, setting, entry->value);
    if (!name || !text) return;
    const char *wrong = setting->map->put(reading->config, target, name, text);
    if (!wrong) return;
    weft_config_fault(&reading->report, &key->place, "%s: found '%.*s': %s", setting->name,
                      SHOWN_MOST, name, wrong);
}

static void read_map(struct weft_config_reading *reading, const struct weft_setting *setting,
                     const struct weft_config_node *node, void *target)
{
    if (node->kind != WEFT_CONFIG_MAP) {
        say_expected(reading, setting, node);
        return;
    }
    unsigned count = 0;
    for (const struct weft_config_entry *entry = node->first; entry; entry = entry->next) {
        if (count++ < WEFT_SETTING_ROWS_MOST && is_named_before(node, entry)) {
            weft_config_fault(&reading->report, &entry->key->place, "'%.*s' stands twice",
                              SHOWN_MOST, entry->key->text);
        } else {
            read_pair(reading, setting, entry, target);
        }
    }
}

static void read_group(struct weft_config_reading *reading, const struct weft_config_node *node,
                       const struct group *group);

// A group of the same struct; files may each set a part of it.
static void read_inner(struct weft_config_reading *reading, const struct weft_setting *setting,
                       const struct weft_config_node *node, const struct group *outer,
                       struct weft_config_seen *seen)
{
    if (node->kind != WEFT_CONFIG_MAP) {
        say_expected(reading, setting, node);
        return;
    }
    size_t size = WEFT_SETTING_ROWS_MOST * sizeof(*seen->inside);
    if (!seen->inside) {
        seen->inside = weft_arena_take(&reading->nodes, size);
        if (seen->inside) memset(seen->inside, 0, size);
    }
    if (!seen->inside) {
        say_no_memory(reading, &node->place);
        return;
    }
    struct group inner = {setting->rows, seen->inside, outer->target};
    read_group(reading, node, &inner);
}

// One of a list of groups.
static void read_element(struct weft_config_reading *reading, const struct weft_setting *setting,
                         const struct weft_config_node *node, void *target)
{
    char room[WEFT_SETTING_TEXT_SIZE];
    struct weft_config_seen seen[WEFT_SETTING_ROWS_MOST] = {0};
    const struct weft_setting_groups *groups = setting->groups;
    const char *wrong = NULL;
    if (node->kind != WEFT_CONFIG_MAP) {
        say_expected(reading, setting, node);
        return;
    }
    void *element = groups->begin(reading->config, target, &wrong);
    if (!element) {
        weft_config_fault(&reading->report, &node->place, "%s: %s", setting->name, wrong);
        return;
    }
    unsigned faults = reading->report.faults;
    struct group inner = {setting->rows, seen, element};
    read_group(reading, node, &inner);
    if (reading->report.faults > faults) return; // it is judged when it is whole
    wrong =
        groups->end ? groups->end(reading->config, target, element, reading->looks, room) : NULL;
    if (wrong) weft_config_fault(&reading->report, &node->place, "%s", wrong);
    if (wrong || !groups->warn || !reading->looks) return;
    wrong = groups->warn(element, room);
    if (wrong) weft_config_warning(&reading->report, &node->place, "%s", wrong);
}

static void read_elements(struct weft_config_reading *reading, const struct weft_setting *setting,
                          const struct weft_config_node *node, void *target)
{
    if (node->kind != WEFT_CONFIG_LIST) {
        say_expected(reading, setting, node);
        return;
    }
    for (const struct weft_config_entry *entry = node->first; entry; entry = entry->next) {
        read_element(reading, setting, entry->value, target);
    }
}

static void read_setting(struct weft_config_reading *reading, const struct weft_setting *setting,
                         const struct weft_config_node *node, const struct group *group,
                         struct weft_config_seen *seen)
{
    void *target = group->target;
    switch (setting->kind) {
    case WEFT_SETTING_FLAG:
    case WEFT_SETTING_NUMBER:
    case WEFT_SETTING_WORD: read_plain(reading, setting, node, target); break;
    case WEFT_SETTING_TEXT: {
        const char *text = take_text(reading, setting, node);
        if (text) weft_setting_set_text(setting, target, text);
        break;
    }
    case WEFT_SETTING_FILE: read_path(reading, setting, node, target); break;
    case WEFT_SETTING_LIST:
    case WEFT_SETTING_INCLUDE: read_list(reading, setting, node, target); break;
    case WEFT_SETTING_MAP: read_map(reading, setting, node, target); break;
    case WEFT_SETTING_GROUP: read_inner(reading, setting, node, group, seen); break;
    case WEFT_SETTING_GROUPS: read_elements(reading, setting, node, target); break;
    }
}

static void say_unknown(struct weft_config_reading *reading, const struct weft_setting *rows,
                        const struct weft_config_node *key)
{
    const char *names[WEFT_SETTING_ROWS_MOST + 1] = {0};
    for (size_t i = 0; rows[i].name; i++) {
        names[i] = rows[i].name;
    }
    char group[128];
    const char *nearest = weft_nearest(key->text, names);
    if (weft_setting_group_of(key->text, group, sizeof(group))) {
        weft_config_fault(&reading->report, &key->place,
                          "unknown setting '%s' here: it belongs to %s", key->text, group);
    } else if (strcmp(key->text, "<<") == 0) {
        weft_config_fault(&reading->report, &key->place,
                          "merging (<<) is not known: write the settings out");
    } else if (nearest) {
        weft_config_fault(&reading->report, &key->place,
                          "unknown setting '%.*s': did you mean '%s'?", SHOWN_MOST, key->text,
                          nearest);
    } else {
        weft_config_fault(&reading->report, &key->place,
                          "unknown setting '%.*s': weft.conf(5) lists what there is", SHOWN_MOST,
                          key->text);
    }
}

// Lists of several files are joined; all else is said once.
static bool may_come_again(const struct weft_setting *setting,
                           const struct weft_config_place *before,
                           const struct weft_config_place *place)
{
    bool is_list = setting->kind == WEFT_SETTING_LIST || setting->kind == WEFT_SETTING_MAP ||
                   setting->kind == WEFT_SETTING_GROUPS || setting->kind == WEFT_SETTING_GROUP ||
                   setting->kind == WEFT_SETTING_INCLUDE;
    return is_list && before->file != place->file;
}

static void read_entry(struct weft_config_reading *reading, const struct weft_config_entry *entry,
                       const struct group *group)
{
    size_t i = 0;
    const struct weft_config_place *place = &entry->key->place;
    while (group->rows[i].name && strcmp(group->rows[i].name, entry->key->text) != 0) {
        i++;
    }
    const struct weft_setting *setting = &group->rows[i];
    if (!setting->name) {
        say_unknown(reading, group->rows, entry->key);
        return;
    }
    struct weft_config_seen *seen = &group->seen[i];
    if (seen->place.file && !may_come_again(setting, &seen->place, place)) {
        weft_config_fault(&reading->report, place, "'%s' stands twice: first in %s:%u:%u",
                          setting->name, seen->place.file, seen->place.line, seen->place.column);
        return;
    }
    if (!seen->place.file && setting->list && setting->list->clear) {
        setting->list->clear(group->target);
    }
    seen->place = *place;
    read_setting(reading, setting, entry->value, group, seen);
}

static void read_group(struct weft_config_reading *reading, const struct weft_config_node *node,
                       const struct group *group)
{
    for (const struct weft_config_entry *entry = node->first; entry; entry = entry->next) {
        read_entry(reading, entry, group);
    }
    for (size_t i = 0; group->rows[i].name; i++) {
        if (!group->rows[i].is_needed || group->seen[i].place.file) continue;
        weft_config_fault(&reading->report, &node->place, "'%s' is missing: %s",
                          group->rows[i].name, group->rows[i].help);
    }
}

void weft_config_read_root(struct weft_config_reading *reading, const struct weft_config_node *root)
{
    struct group group = {weft_server_settings, reading->seen, reading->config};
    if (root->is_empty) return;
    if (root->kind == WEFT_CONFIG_MAP) {
        read_group(reading, root, &group);
    } else {
        weft_config_fault(&reading->report, &root->place,
                          "expected settings, each a name, a colon and a value");
    }
}

static void begin(struct weft_config_reading *reading, struct weft_server_config *config,
                  const struct weft_config_listener *listener)
{
    *reading = (struct weft_config_reading){.config = config, .report = {.listener = listener}};
    weft_arena_init(&reading->nodes, weft_heap_alloc(), NODES_MEMORY_MOST);
}

static bool end(struct weft_config_reading *reading, const char *file)
{
    weft_config_judge_uniques(reading);
    weft_config_report_end(&reading->report, file);
    weft_arena_deinit(&reading->nodes);
    return reading->report.faults == 0;
}

bool weft_config_read(struct weft_server_config *config, const char *file,
                      const struct weft_config_listener *listener)
{
    struct weft_config_reading reading;
    begin(&reading, config, listener);
    reading.looks = true;
    weft_config_read_file(&reading, &(struct weft_config_place){0}, file);
    return end(&reading, file);
}

bool weft_config_read_bytes(struct weft_server_config *config, struct weft_span bytes,
                            const struct weft_config_listener *listener)
{
    struct weft_config_reading reading;
    begin(&reading, config, listener);
    weft_config_read_text(&reading, bytes, "(text)", "/");
    return end(&reading, "(text)");
}
