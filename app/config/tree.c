// config/tree.c: from the events of libyaml, so that no alias is followed before it was counted.
#include "config/tree.h"

#include <assert.h>
#include <yaml.h>

struct anchor {
    const char *name;
    const struct weft_config_node *node; // complete, so that nothing holds itself
};

/** A list or map that is not complete yet. */
struct level {
    struct weft_config_node *node;
    const struct weft_config_node *key; // of a map: what waits for its value
    const char *anchor;
};

struct parsing {
    const char *file;
    struct weft_arena *arena;
    struct weft_config_report *report;
    struct level levels[WEFT_CONFIG_DEPTH_MOST];
    size_t depth;
    struct anchor anchors[WEFT_CONFIG_ANCHORS_MOST];
    size_t anchor_count;
    size_t weight; // of all
    const struct weft_config_node *root;
    unsigned documents;
};

static struct weft_config_place place_of(const struct parsing *parsing, yaml_mark_t mark)
{
    return (struct weft_config_place){parsing->file, (unsigned)mark.line + 1,
                                      (unsigned)mark.column + 1};
}

static bool fail(struct parsing *parsing, yaml_mark_t mark, const char *text)
{
    struct weft_config_place place = place_of(parsing, mark);
    weft_config_fault(parsing->report, &place, "%s", text);
    return false;
}

static bool fail_memory(struct parsing *parsing, yaml_mark_t mark)
{
    return fail(parsing, mark, "no memory");
}

static const char *copy_text(struct parsing *parsing, const uint8_t *text, size_t size)
{
    char *copy = weft_arena_take(parsing->arena, size + 1);
    if (!copy) return NULL;
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

static struct weft_config_node *new_node(struct parsing *parsing, enum weft_config_node_kind kind,
                                         yaml_mark_t mark)
{
    struct weft_config_node *node = weft_arena_take(parsing->arena, sizeof(*node));
    if (!node) return NULL;
    *node = (struct weft_config_node){
        .kind = kind, .place = place_of(parsing, mark), .text = "", .weight = 1};
    return node;
}

// Puts a complete part where it belongs.
static bool attach(struct parsing *parsing, const struct weft_config_node *node, yaml_mark_t mark)
{
    if (parsing->depth == 0) {
        parsing->root = node;
        return true;
    }
    struct level *level = &parsing->levels[parsing->depth - 1];
    assert(level->node);
    bool is_map = level->node->kind == WEFT_CONFIG_MAP;
    level->node->weight += node->weight;
    if (is_map && !level->key) {
        level->key = node;
        if (node->kind == WEFT_CONFIG_TEXT) return true;
        weft_config_fault(parsing->report, &node->place, "expected a name before the colon");
        return false;
    }
    struct weft_config_entry *entry = weft_arena_take(parsing->arena, sizeof(*entry));
    if (!entry) return fail_memory(parsing, mark);
    *entry = (struct weft_config_entry){.key = level->key, .value = node};
    level->key = NULL;
    if (level->node->last) {
        level->node->last->next = entry;
    } else {
        level->node->first = entry;
    }
    level->node->last = entry;
    return true;
}

// Counts parts, those that an alias stands for too.
static bool charge(struct parsing *parsing, size_t weight, yaml_mark_t mark)
{
    if (weight > WEFT_CONFIG_NODES_MOST - parsing->weight) {
        return fail(parsing, mark,
                    "the file has too many parts: at most 200000, aliases counted at each use");
    }
    parsing->weight += weight;
    return true;
}

static bool keep_anchor(struct parsing *parsing, const char *name,
                        const struct weft_config_node *node, yaml_mark_t mark)
{
    if (!name) return true;
    if (parsing->anchor_count == WEFT_CONFIG_ANCHORS_MOST) {
        return fail(parsing, mark, "too many anchors: at most 256");
    }
    parsing->anchors[parsing->anchor_count++] = (struct anchor){name, node};
    return true;
}

static const char *copy_name(struct parsing *parsing, const yaml_char_t *name)
{
    return name ? copy_text(parsing, name, strlen((const char *)name)) : NULL;
}

static bool take_text(struct parsing *parsing, const yaml_event_t *event)
{
    yaml_mark_t mark = event->start_mark;
    size_t size = event->data.scalar.length;
    if (event->data.scalar.tag) {
        return fail(parsing, mark, "tags (!) mean nothing here: leave it out");
    }
    if (memchr(event->data.scalar.value, 0, size)) return fail(parsing, mark, "it holds a NUL");
    struct weft_config_node *node = new_node(parsing, WEFT_CONFIG_TEXT, mark);
    if (!node) return fail_memory(parsing, mark);
    node->text = copy_text(parsing, event->data.scalar.value, size);
    if (!node->text) return fail_memory(parsing, mark);
    node->is_empty = size == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return charge(parsing, 1, mark) &&
           keep_anchor(parsing, copy_name(parsing, event->data.scalar.anchor), node, mark) &&
           attach(parsing, node, mark);
}

static bool open_level(struct parsing *parsing, enum weft_config_node_kind kind,
                       const yaml_char_t *anchor, const yaml_char_t *tag, yaml_mark_t mark)
{
    if (tag) return fail(parsing, mark, "tags (!) mean nothing here: leave it out");
    if (parsing->depth == WEFT_CONFIG_DEPTH_MOST) return fail(parsing, mark, "too deep inside");
    struct weft_config_node *node = new_node(parsing, kind, mark);
    if (!node) return fail_memory(parsing, mark);
    parsing->levels[parsing->depth++] =
        (struct level){.node = node, .anchor = copy_name(parsing, anchor)};
    return charge(parsing, 1, mark);
}

static bool close_level(struct parsing *parsing, yaml_mark_t mark)
{
    struct level level = parsing->levels[--parsing->depth];
    return keep_anchor(parsing, level.anchor, level.node, mark) &&
           attach(parsing, level.node, mark);
}

// The newest of a name counts, as YAML 1.2 §7.1 has it.
static bool take_alias(struct parsing *parsing, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    yaml_mark_t mark = event->start_mark;
    for (size_t i = parsing->anchor_count; i > 0; i--) {
        const struct anchor *anchor = &parsing->anchors[i - 1];
        if (strcmp(anchor->name, name) != 0) continue;
        return charge(parsing, anchor->node->weight, mark) && attach(parsing, anchor->node, mark);
    }
    struct weft_config_place place = place_of(parsing, mark);
    weft_config_fault(parsing->report, &place,
                      "*%.64s: no complete part before it is marked &%.64s", name, name);
    return false;
}

static bool take_event(struct parsing *parsing, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (parsing->documents++ == 0) return true;
        return fail(parsing, event->start_mark, "a second document: a file holds only one");
    case YAML_SCALAR_EVENT: return take_text(parsing, event);
    case YAML_ALIAS_EVENT: return take_alias(parsing, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(parsing, WEFT_CONFIG_LIST, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag, event->start_mark);
    case YAML_MAPPING_START_EVENT:
        return open_level(parsing, WEFT_CONFIG_MAP, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag, event->start_mark);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close_level(parsing, event->end_mark);
    default: return true;
    }
}

static void tell_of_yaml(struct parsing *parsing, const yaml_parser_t *parser)
{
    bool has_mark = parser->problem_mark.line || parser->problem_mark.column;
    struct weft_config_place place =
        place_of(parsing, has_mark ? parser->problem_mark : parser->context_mark);
    weft_config_fault(parsing->report, &place, "%s%s%s",
                      parser->problem ? parser->problem : "no memory", parser->context ? ", " : "",
                      parser->context ? parser->context : "");
}

static bool parse_all(struct parsing *parsing, yaml_parser_t *parser)
{
    for (bool is_over = false; !is_over;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            tell_of_yaml(parsing, parser);
            return false;
        }
        is_over = event.type == YAML_STREAM_END_EVENT;
        bool is_fine = take_event(parsing, &event);
        yaml_event_delete(&event);
        if (!is_fine) return false;
    }
    return true;
}

const struct weft_config_node *weft_config_tree_parse(struct weft_span bytes, const char *file,
                                                      struct weft_arena *arena,
                                                      struct weft_config_report *report)
{
    yaml_parser_t parser;
    struct parsing *parsing = weft_arena_take(arena, sizeof(*parsing)); // large
    struct weft_config_place place = {.file = file};
    if (!parsing || !yaml_parser_initialize(&parser)) {
        weft_config_fault(report, &place, "no memory");
        return NULL;
    }
    *parsing = (struct parsing){.file = file, .arena = arena, .report = report};
    yaml_parser_set_input_string(&parser, bytes.data, bytes.size);
    bool is_fine = parse_all(parsing, &parser);
    yaml_parser_delete(&parser);
    return is_fine ? parsing->root : NULL;
}
