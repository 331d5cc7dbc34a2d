// server/header_rules.c
#include "server/header_rules.h"

#include "http/field_rules.h"

// Fields that the server or the engine writes: a second one of them would contradict.
static bool is_written_by_us(enum weft_http_field_name id)
{
    switch (id) {
    case WEFT_HTTP_FIELD_CONTENT_LENGTH:
    case WEFT_HTTP_FIELD_CONTENT_RANGE:
    case WEFT_HTTP_FIELD_CONTENT_TYPE:
    case WEFT_HTTP_FIELD_CONTENT_ENCODING:
    case WEFT_HTTP_FIELD_ETAG:
    case WEFT_HTTP_FIELD_LAST_MODIFIED:
    case WEFT_HTTP_FIELD_DATE: return true;
    default: return weft_http_field_is_connection_specific(id);
    }
}

const char *weft_header_fault(const struct weft_http_field *field)
{
    if (!weft_http_field_name_is_valid(field->name)) return "the name is no token";
    if (!weft_http_field_value_is_valid(field->value)) return "the value holds a control byte";
    if (is_written_by_us((enum weft_http_field_name)field->id)) {
        return "this field is written by the server itself";
    }
    return NULL;
}

struct weft_header_rule *weft_header_rules_add(struct weft_header_rules *rules,
                                               struct weft_arena *arena)
{
    if (rules->count == WEFT_HEADER_RULES_MOST) return NULL;
    struct weft_header_rule *rule = weft_arena_take(arena, sizeof(*rule));
    if (!rule) return NULL;
    *rule = (struct weft_header_rule){.owner = rules};
    if (rules->last) {
        rules->last->next = rule;
    } else {
        rules->first = rule;
    }
    rules->last = rule;
    rules->count++;
    return rule;
}

const char *weft_header_rule_finish(struct weft_header_rule *rule)
{
    return rule->path_text ? weft_pattern_parse(rule->path_text, &rule->path) : NULL;
}

// A field that depends on the file or the request: what it says would not be true any more.
static bool is_of_the_answer(enum weft_http_field_name id)
{
    return id == WEFT_HTTP_FIELD_VARY || id == WEFT_HTTP_FIELD_ACCEPT_RANGES ||
           id == WEFT_HTTP_FIELD_LOCATION || id == WEFT_HTTP_FIELD_ALLOW;
}

static const char *judge(const struct weft_header_rules *rules, enum weft_header_action action,
                         const struct weft_http_field *field)
{
    const char *wrong = weft_header_fault(field);
    if (wrong) return wrong;
    if (action != WEFT_HEADER_ADD && is_of_the_answer((enum weft_http_field_name)field->id)) {
        return "this field is written by the server itself";
    }
    if (action == WEFT_HEADER_REMOVE) {
        return rules->removed_count < WEFT_HEADER_REMOVED_MOST
                   ? NULL
                   : "all rules of a site remove at most 48 fields";
    }
    return rules->field_count < WEFT_HEADER_FIELDS_MOST
               ? NULL
               : "all rules of a site set and add at most 48 fields";
}

// A copy with a NUL behind it; the name in lower case.
static struct weft_span copy(struct weft_arena *arena, struct weft_span text, bool lowers)
{
    uint8_t *made = weft_arena_take(arena, text.size + 1);
    if (!made) return (struct weft_span){0};
    for (size_t i = 0; i < text.size; i++) {
        bool is_upper = lowers && text.data[i] >= 'A' && text.data[i] <= 'Z';
        made[i] = is_upper ? text.data[i] | 0x20 : text.data[i];
    }
    made[text.size] = 0;
    return (struct weft_span){made, text.size};
}

// Behind those that come before it by what they do.
static void insert(struct weft_header_rule *rule, struct weft_header_change *change)
{
    static const int order[] = {
        [WEFT_HEADER_REMOVE] = 0, [WEFT_HEADER_SET] = 1, [WEFT_HEADER_ADD] = 2};
    struct weft_header_change **at = &rule->first;
    while (*at && order[(*at)->action] <= order[change->action]) {
        at = &(*at)->next;
    }
    change->next = *at;
    *at = change;
}

const char *weft_header_rule_change(struct weft_header_rule *rule, struct weft_arena *arena,
                                    enum weft_header_action action, const char *name,
                                    const char *value)
{
    struct weft_header_rules *rules = rule->owner;
    struct weft_header_change *change = weft_arena_take(arena, sizeof(*change));
    if (!change) return "no memory";
    *change = (struct weft_header_change){.action = action};
    struct weft_http_field *field = &change->field;
    field->name = copy(arena, weft_span_of(name), true);
    field->value = copy(arena, weft_span_trim(weft_span_of(value ? value : "")), false);
    if (!field->name.data || !field->value.data) return "no memory";
    field->id = (uint8_t)weft_http_field_lookup(field->name);
    const char *wrong = judge(rules, action, field);
    if (wrong) return wrong;
    if (action == WEFT_HEADER_REMOVE) {
        rules->removed_count++;
    } else {
        rules->field_count++;
    }
    insert(rule, change);
    return NULL;
}

const struct weft_header_change *weft_header_rule_at(const struct weft_header_rule *rule,
                                                     enum weft_header_action action, size_t index)
{
    const struct weft_header_change *change = rule->first;
    for (; change; change = change->next) {
        if (change->action == action && index-- == 0) return change;
    }
    return NULL;
}

static size_t remove_named(const struct weft_http_field *named, struct weft_http_field *fields,
                           size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (weft_span_equal(fields[i].name, named->name)) continue;
        fields[kept++] = fields[i];
    }
    return kept;
}

size_t weft_header_rules_apply(const struct weft_header_rules *rules, struct weft_span path,
                               bool is_error, struct weft_http_field *fields, size_t count)
{
    struct weft_span rest;
    for (const struct weft_header_rule *rule = rules->first; rule; rule = rule->next) {
        if (rule->path_text && !weft_pattern_matches(&rule->path, path, &rest)) continue;
        const struct weft_header_change *change = rule->first;
        for (; change; change = change->next) {
            if (is_error && change->field.id == WEFT_HTTP_FIELD_CACHE_CONTROL) continue;
            bool adds = change->action == WEFT_HEADER_ADD;
            if (!adds) count = remove_named(&change->field, fields, count);
            if (change->action != WEFT_HEADER_REMOVE) fields[count++] = change->field;
        }
    }
    return count;
}

bool weft_header_rules_name(const struct weft_header_rules *rules, enum weft_http_field_name id)
{
    for (const struct weft_header_rule *rule = rules->first; rule; rule = rule->next) {
        const struct weft_header_change *change = rule->first;
        for (; change; change = change->next) {
            if (change->field.id == id && change->action != WEFT_HEADER_REMOVE) return true;
        }
    }
    return false;
}
