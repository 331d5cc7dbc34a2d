// config/tree.h: a YAML file as a tree, in which each part knows where it stands.
//
// Bounded in depth and in parts, which aliases (*name) count as often as they are used. Tags are refused.
#ifndef WEFT_CONFIG_TREE_H
#define WEFT_CONFIG_TREE_H

#include "base/arena.h"
#include "config/report.h"

enum {
    WEFT_CONFIG_DEPTH_MOST = 16,
    WEFT_CONFIG_NODES_MOST = 200000,
    WEFT_CONFIG_ANCHORS_MOST = 256,
};

enum weft_config_node_kind {
    WEFT_CONFIG_TEXT,
    WEFT_CONFIG_LIST,
    WEFT_CONFIG_MAP,
};

struct weft_config_node;

/** A thing in a list, or a name and what it names in a map. */
struct weft_config_entry {
    const struct weft_config_node *key; // NULL in lists
    const struct weft_config_node *value;
    struct weft_config_entry *next;
};

struct weft_config_node {
    enum weft_config_node_kind kind;
    struct weft_config_place place;
    const char *text; // no NUL but the one at its end; also an empty value's
    bool is_empty;    // nothing was written: `name:`
    struct weft_config_entry *first;
    struct weft_config_entry *last;
    size_t weight; // parts, itself included
};

/**
 * Parses one document.
 *
 * file     borrowed for the tree's life: it stands in each place
 * returns  the root, of the arena; NULL where it is no YAML, which was told, or where nothing is in it
 */
const struct weft_config_node *weft_config_tree_parse(struct weft_span bytes, const char *file,
                                                      struct weft_arena *arena,
                                                      struct weft_config_report *report);

#endif
