// load/plan.c
#include "load/plan.h"

#include "net/memory.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    ARENA_MOST = 256 << 20,
    SHOWN_MOST = 120, // bytes of a URL in a complaint
    WAIT_MOST_MS = 3600000,
};

void weft_load_plan_init(struct weft_load_plan *plan)
{
    *plan = (struct weft_load_plan){0};
    weft_arena_init(&plan->arena, weft_heap_alloc(), ARENA_MOST);
}

void weft_load_plan_deinit(struct weft_load_plan *plan)
{
    weft_arena_deinit(&plan->arena);
}

__attribute__((format(printf, 2, 3))) static bool fail(struct weft_load_plan *plan,
                                                       const char *format, ...)
{
    va_list values;
    va_start(values, format);
    // NOLINTNEXTLINE: it was started a line before
    (void)vsnprintf(plan->error, sizeof(plan->error), format, values);
    va_end(values);
    return false;
}

static int shown(struct weft_span text)
{
    return (int)(text.size < SHOWN_MOST ? text.size : SHOWN_MOST);
}

// Room for one more in an array of the arena; false without memory.
static bool has_room(struct weft_load_plan *plan, void *array, size_t *capacity, size_t count,
                     size_t size)
{
    void **items = array;
    if (count < *capacity) return true;
    size_t more = *capacity > 0 ? *capacity * 2 : 16;
    void *grown = weft_arena_grow(&plan->arena, *items, *capacity * size, more * size);
    if (!grown) return false;
    *items = grown;
    *capacity = more;
    return true;
}

static const char *parse(struct weft_load_plan *plan, struct weft_span text, struct weft_url *url)
{
    bool is_path = text.size > 0 && text.data[0] == '/';
    if (!is_path) return weft_url_parse(text, &plan->arena, url);
    if (plan->count == 0) return "the first one has to be whole: http://... or https://...";
    return weft_url_join(&plan->origin, text, &plan->arena, url);
}

bool weft_load_plan_add(struct weft_load_plan *plan, struct weft_span text)
{
    struct weft_url url = {0};
    const char *wrong = parse(plan, text, &url);
    if (wrong) return fail(plan, "'%.*s': %s", shown(text), (const char *)text.data, wrong);
    if (plan->count == 0) plan->origin = url;
    if (!weft_url_same_origin(&plan->origin, &url)) {
        return fail(plan, "'%.*s' is not on %s://%s: one run asks one server", shown(text),
                    (const char *)text.data, plan->origin.is_secure ? "https" : "http",
                    plan->origin.authority);
    }
    if (plan->count == WEFT_LOAD_TARGETS_MOST) {
        return fail(plan, "more than %d URLs", WEFT_LOAD_TARGETS_MOST);
    }
    if (!has_room(plan, &plan->heads, &plan->capacity, plan->count, sizeof(*plan->heads))) {
        return fail(plan, "no memory for so many URLs");
    }
    struct weft_http_head head = WEFT_HTTP_HEAD_INIT;
    head.path = url.path;
    plan->heads[plan->count++] = head;
    return true;
}

// The next line of a text, without its end.
static struct weft_span take_line(struct weft_span *text)
{
    size_t size = weft_span_find(*text, '\n');
    struct weft_span line = weft_span_part(*text, 0, size);
    *text = weft_span_skip(*text, size + 1);
    if (line.size > 0 && line.data[line.size - 1] == '\r') line.size--;
    return line;
}

// Puts the place before what is wrong.
static bool fail_at(struct weft_load_plan *plan, const char *name, size_t line)
{
    char wrong[WEFT_LOAD_PLAN_ERROR_SIZE];
    memcpy(wrong, plan->error, sizeof(wrong));
    return fail(plan, "%.100s, line %zu: %.*s", name, line, WEFT_LOAD_PLAN_ERROR_SIZE - 130, wrong);
}

bool weft_load_plan_add_list(struct weft_load_plan *plan, const char *name, struct weft_span text)
{
    for (size_t number = 1; text.size > 0; number++) {
        struct weft_span line = weft_span_trim(take_line(&text));
        if (line.size == 0 || line.data[0] == '#') continue;
        if (!weft_load_plan_add(plan, line)) return fail_at(plan, name, number);
    }
    return plan->count > 0 || fail(plan, "%s has no URL", name);
}

// Scripts

static struct weft_load_step *add_step(struct weft_load_plan *plan)
{
    if (!has_room(plan, &plan->steps, &plan->step_capacity, plan->step_count,
                  sizeof(*plan->steps))) {
        fail(plan, "no memory for so many steps");
        return NULL;
    }
    struct weft_load_step *step = &plan->steps[plan->step_count++];
    *step = (struct weft_load_step){.first = plan->count};
    return step;
}

// "200ms", "2s" or "2": false for anything else.
static bool read_wait(struct weft_span text, uint64_t *wait_us)
{
    uint64_t number = 0;
    size_t i = 0;
    for (; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        number = number * 10 + (uint64_t)(text.data[i] - '0');
        if (number > WAIT_MOST_MS) return false;
    }
    struct weft_span unit = weft_span_skip(text, i);
    if (i == 0) return false;
    if (weft_span_is(unit, "ms")) {
        *wait_us = number * 1000;
    } else if (unit.size == 0 || weft_span_is(unit, "s")) {
        *wait_us = number * 1000000;
    } else {
        return false;
    }
    return true;
}

/** Where the reading of a script is. */
struct script {
    uint64_t wait_us;                 // before the next page
    struct weft_load_step *resources; // of the page above, NULL before its first
    bool has_page;
};

static bool read_resource(struct weft_load_plan *plan, struct script *script, struct weft_span line)
{
    if (!script->has_page) return fail(plan, "an indented line belongs to a page above it");
    if (!script->resources) script->resources = add_step(plan);
    if (!script->resources || !weft_load_plan_add(plan, line)) return false;
    script->resources->count++;
    return true;
}

static bool read_page(struct weft_load_plan *plan, struct script *script, struct weft_span line)
{
    struct weft_load_step *step = add_step(plan);
    if (!step || !weft_load_plan_add(plan, line)) return false;
    step->count = 1;
    step->wait_us = script->wait_us;
    step->begins_page = true;
    *script = (struct script){.has_page = true};
    return true;
}

static bool read_line(struct weft_load_plan *plan, struct script *script, struct weft_span raw)
{
    struct weft_span line = weft_span_trim(raw);
    if (line.size == 0 || line.data[0] == '#') return true;
    if (weft_span_starts_with(line, WEFT_SPAN("wait "))) {
        struct weft_span time = weft_span_trim(weft_span_skip(line, 5));
        uint64_t wait_us;
        if (!read_wait(time, &wait_us)) {
            return fail(plan, "'%.*s': a time was expected, as in 'wait 200ms'", shown(line),
                        (const char *)line.data);
        }
        script->wait_us += wait_us;
        return true;
    }
    bool is_indented = raw.data[0] == ' ' || raw.data[0] == '\t';
    return is_indented ? read_resource(plan, script, line) : read_page(plan, script, line);
}

bool weft_load_plan_read_script(struct weft_load_plan *plan, const char *name,
                                struct weft_span text)
{
    struct script script = {0};
    for (size_t number = 1; text.size > 0; number++) {
        if (!read_line(plan, &script, take_line(&text))) return fail_at(plan, name, number);
    }
    if (plan->step_count == 0) return fail(plan, "%s has no page", name);
    plan->steps[0].wait_us += script.wait_us; // the end's, before it begins anew
    return true;
}

// The heads

bool weft_load_plan_prepare(struct weft_load_plan *plan, const struct weft_load_manner *manner)
{
    const struct weft_url *origin = &plan->origin;
    plan->content = manner->content;
    for (size_t i = 0; i < plan->count; i++) {
        struct weft_http_head *head = &plan->heads[i];
        head->method = (uint8_t)manner->method;
        head->method_text = manner->method_text;
        head->scheme = origin->is_secure ? WEFT_SPAN("https") : WEFT_SPAN("http");
        head->authority =
            manner->authority.size > 0 ? manner->authority : weft_span_of(origin->authority);
        head->fields = manner->fields;
        head->field_count = manner->field_count;
        head->stamp = i + 1;
        if (manner->has_content) head->content_length = (int64_t)manner->content.size;
    }
    return plan->count > 0 || fail(plan, "there is no URL");
}
