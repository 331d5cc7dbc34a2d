// server/header_rules.h: fields of answers that the configuration sets, adds or removes, by path.
//
// They are applied when the head of a file is made, once for each version of it, and to answers that are made for one
// request; a head that is sent again costs nothing more.
#ifndef WEFT_SERVER_HEADER_RULES_H
#define WEFT_SERVER_HEADER_RULES_H

#include "base/arena.h"
#include "http/field.h"
#include "server/pattern.h"

enum {
    WEFT_HEADER_RULES_MOST = 256,
    WEFT_HEADER_FIELDS_MOST = 48, // set and added, by all rules of a site
    WEFT_HEADER_REMOVED_MOST = 48,
};

enum weft_header_action {
    WEFT_HEADER_SET, // instead of all of that name
    WEFT_HEADER_ADD, // beside them
    WEFT_HEADER_REMOVE,
    WEFT_HEADER_ACTIONS,
};

/** One thing to do. */
struct weft_header_change {
    struct weft_http_field field; // texts end with a NUL; without a value where it is removed
    enum weft_header_action action;
    struct weft_header_change *next;
};

struct weft_header_rule {
    const char *path_text; // NULL: all paths
    struct weft_pattern path;
    struct weft_header_change *first; // in the order: remove, set, add
    struct weft_header_rules *owner;
    struct weft_header_rule *next;
};

/** All of a site, in order. */
struct weft_header_rules {
    struct weft_header_rule *first;
    struct weft_header_rule *last;
    size_t count;
    size_t field_count; // set and added
    size_t removed_count;
};

/** What is wrong with a field that the configuration gives, its name in lower case; NULL where it may stand in answers. */
const char *weft_header_fault(const struct weft_http_field *field);

/** A new rule at the end, for all paths; NULL without room. */
struct weft_header_rule *weft_header_rules_add(struct weft_header_rules *rules,
                                               struct weft_arena *arena);

/** Reads the rule's path; NULL, or what was expected: static text. */
const char *weft_header_rule_finish(struct weft_header_rule *rule);

/**
 * Adds what a rule does.
 *
 * value    NULL where a field is removed
 * returns  NULL, or what is wrong: static text
 */
const char *weft_header_rule_change(struct weft_header_rule *rule, struct weft_arena *arena,
                                    enum weft_header_action action, const char *name,
                                    const char *value);

/** The change of a kind with an index, or NULL. */
const struct weft_header_change *weft_header_rule_at(const struct weft_header_rule *rule,
                                                     enum weft_header_action action, size_t index);

/**
 * Changes the fields of an answer.
 *
 * path      decoded
 * is_error  the answer is one of 400 and up: its Cache-Control is left alone
 * fields    with room for WEFT_HEADER_FIELDS_MOST more
 * returns   how many there are then
 */
size_t weft_header_rules_apply(const struct weft_header_rules *rules, struct weft_span path,
                               bool is_error, struct weft_http_field *fields, size_t count);

/** Does any rule set or add a field with that name? */
bool weft_header_rules_name(const struct weft_header_rules *rules, enum weft_http_field_name id);

#endif
