// server/redirects.c
#include "server/redirects.h"

#include "http/target.h"
#include "server/location.h"

#include <stdlib.h>

struct weft_redirect *weft_redirects_begin(struct weft_redirects *redirects,
                                           struct weft_arena *arena)
{
    size_t count = redirects->count;
    if (count == WEFT_REDIRECTS_MOST) return NULL;
    // Both lists grow together; among `exact` there may be fewer.
    void *list = weft_arena_grow_list(arena, redirects->list, count, sizeof(*redirects->list));
    if (list) redirects->list = list;
    void *exact = weft_arena_grow_list(arena, redirects->exact, count, sizeof(*redirects->exact));
    if (exact) redirects->exact = exact;
    struct weft_redirect *redirect = weft_arena_take(arena, sizeof(*redirect));
    if (!list || !exact || !redirect) return NULL;
    *redirect = (struct weft_redirect){.status = 301};
    redirects->list[redirects->count++] = redirect;
    return redirect;
}

// Where the path of a target begins; 0 for a path alone, its size where it is neither path nor URL.
static size_t path_start(struct weft_span to)
{
    size_t scheme = weft_span_starts_with(to, WEFT_SPAN("https://"))  ? 8
                    : weft_span_starts_with(to, WEFT_SPAN("http://")) ? 7
                                                                      : 0;
    if (scheme == 0) {
        bool is_path =
            to.size > 0 && to.data[0] == '/' && !weft_span_starts_with(to, WEFT_SPAN("//"));
        return is_path ? 0 : to.size;
    }
    struct weft_http_authority authority;
    struct weft_span rest = weft_span_skip(to, scheme);
    size_t slash = weft_span_find(rest, '/');
    bool is_fine = weft_http_parse_authority(weft_span_part(rest, 0, slash), &authority);
    return is_fine && slash < rest.size ? scheme + slash : to.size;
}

static const char *read_target(struct weft_redirect *redirect)
{
    struct weft_span to = weft_span_of(redirect->to_text);
    if (to.size > WEFT_REDIRECT_TARGET_MOST) return "the target is longer than 2048 bytes";
    for (size_t i = 0; i < to.size; i++) {
        if (to.data[i] <= 0x20 || to.data[i] >= 0x7f) {
            return "expected a target in ASCII without spaces (percent-encode what is none)";
        }
    }
    if (path_start(to) == to.size) {
        return "expected a target: /PATH, https://HOST/PATH or http://HOST/PATH";
    }
    size_t star = weft_span_find(to, '*');
    redirect->to_has_star = star < to.size;
    redirect->to_has_query = weft_span_find(to, '?') < to.size;
    redirect->before = weft_span_part(to, 0, star);
    redirect->after = weft_span_skip(to, star + 1);
    if (!redirect->to_has_star) return NULL;
    if (weft_span_find(redirect->after, '*') < redirect->after.size) {
        return "a target has at most one *";
    }
    if (!redirect->from.has_star)
        return "a * in the target stands for that of 'from', which has none";
    if (star <= path_start(to)) return "the * of a target stands in its path, not in its host";
    return NULL;
}

static int compare(struct weft_span a, struct weft_span b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

// Where a path stands, or would stand, among those without a star.
static size_t place_of(const struct weft_redirects *redirects, struct weft_span path)
{
    size_t low = 0;
    size_t high = redirects->exact_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(redirects->exact[middle]->from.before, path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const struct weft_redirect *find_exact(const struct weft_redirects *redirects,
                                              struct weft_span path)
{
    size_t at = place_of(redirects, path);
    bool is_there =
        at < redirects->exact_count && weft_span_equal(redirects->exact[at]->from.before, path);
    return is_there ? redirects->exact[at] : NULL;
}

const char *weft_redirects_finish(struct weft_redirects *redirects)
{
    struct weft_redirect *redirect = redirects->list[redirects->count - 1];
    const char *wrong = weft_pattern_parse(redirect->from_text, &redirect->from);
    if (!wrong) wrong = read_target(redirect);
    if (wrong || redirect->from.has_star) return wrong;
    if (find_exact(redirects, redirect->from.before)) return "a path is redirected only once";
    size_t at = place_of(redirects, redirect->from.before);
    memmove(redirects->exact + at + 1, redirects->exact + at,
            (redirects->exact_count - at) * sizeof(struct weft_redirect *));
    redirects->exact[at] = redirect;
    redirects->exact_count++;
    return NULL;
}

const struct weft_redirect *weft_redirects_find(const struct weft_redirects *redirects,
                                                struct weft_span path, struct weft_span *rest)
{
    *rest = (struct weft_span){0};
    if (redirects->count == 0) return NULL;
    const struct weft_redirect *exact = find_exact(redirects, path);
    if (exact) return exact;
    if (redirects->count == redirects->exact_count) return NULL;
    for (size_t i = 0; i < redirects->count; i++) {
        const struct weft_redirect *redirect = redirects->list[i];
        if (!redirect->from.has_star) continue;
        if (weft_pattern_matches(&redirect->from, path, rest)) return redirect;
    }
    return NULL;
}

static char *add(char *at, struct weft_span span)
{
    if (span.size > 0) memcpy(at, span.data, span.size);
    return at + span.size;
}

char *weft_redirect_location(const struct weft_redirect *redirect, struct weft_span rest,
                             struct weft_span query, bool has_query)
{
    size_t size = redirect->before.size + 3 * rest.size + redirect->after.size + query.size + 2;
    char *location = malloc(size);
    if (!location) return NULL;
    bool follows_slash =
        redirect->before.size > 0 && redirect->before.data[redirect->before.size - 1] == '/';
    while (follows_slash && rest.size > 0 && rest.data[0] == '/') {
        rest = weft_span_skip(rest, 1);
    }
    char *at = add(location, redirect->before);
    if (redirect->to_has_star) at = weft_location_encode(at, rest);
    at = add(at, redirect->after);
    if (has_query && !redirect->to_has_query) {
        *at++ = '?';
        at = add(at, query);
    }
    *at = 0;
    // Two slashes at the start would name a host (//HOST), and what the star stood for may be empty.
    size_t slashes = strspn(location, "/");
    if (slashes > 1)
        memmove(location, location + slashes - 1, (size_t)(at - location) + 2 - slashes);
    return location;
}
