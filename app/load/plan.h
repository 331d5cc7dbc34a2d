// load/plan.h: what is asked: targets in turns, or a script of pages with what they need.
#ifndef WEFT_LOAD_PLAN_H
#define WEFT_LOAD_PLAN_H

#include "client/client.h"

enum {
    WEFT_LOAD_TARGETS_MOST = 100000,
    WEFT_LOAD_PLAN_ERROR_SIZE = 512,
};

/** Requests that are asked together; the next step begins once all of them have ended. */
struct weft_load_step {
    size_t first; // of the plan's targets
    size_t count;
    uint64_t wait_us; // before they are asked
    bool begins_page; // what came before it was another page
};

/** All targets are of one origin. Heads may be sent as they are; each has a stamp. */
struct weft_load_plan {
    struct weft_arena arena;
    struct weft_url origin; // the first URL; its path is of no account
    struct weft_http_head *heads;
    size_t count;
    size_t capacity;
    struct weft_load_step *steps; // NULL: targets are asked in turns
    size_t step_count;
    size_t step_capacity;
    struct weft_span content; // of every request; borrowed
    char error[WEFT_LOAD_PLAN_ERROR_SIZE];
};

/** What all requests have in common; borrowed until weft_load_plan_prepare() has returned, fields for the plan's life. */
struct weft_load_manner {
    enum weft_http_method method; // WEFT_HTTP_OTHER_METHOD with `method_text`
    struct weft_span method_text;
    struct weft_span authority; // in place of the URL's; or empty
    const struct weft_http_field *fields;
    size_t field_count;
    bool has_content;
    struct weft_span content;
};

void weft_load_plan_init(struct weft_load_plan *plan);
void weft_load_plan_deinit(struct weft_load_plan *plan);

/** Adds a target. Later URLs may be paths on the first one's origin. Returns false with plan->error. */
WEFT_MUST_USE bool weft_load_plan_add(struct weft_load_plan *plan, struct weft_span url);

/** Adds one URL a line; empty lines and those that begin with # are left out. `name` is for complaints. */
WEFT_MUST_USE bool weft_load_plan_add_list(struct weft_load_plan *plan, const char *name,
                                           struct weft_span text);

/**
 * Reads a script: a line that begins with a URL or path is a page, indented lines below it are what it needs, asked for
 * together once the page is there; "wait 200ms" is the time that a reader takes. Then it begins anew.
 */
WEFT_MUST_USE bool weft_load_plan_read_script(struct weft_load_plan *plan, const char *name,
                                              struct weft_span text);

/** Makes the heads, once all targets are there. */
WEFT_MUST_USE bool weft_load_plan_prepare(struct weft_load_plan *plan,
                                          const struct weft_load_manner *manner);

#endif
