// server/redirect_loops.c
#include "server/redirect_loops.h"

#include "http/target.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HOPS_MOST = 16, // browsers give up at about 20
    HOPS_SHOWN = 4,
    PATH_MOST = 4096,
};

/** Where the way has got to. */
struct walk {
    const struct weft_server_config *config;
    const struct weft_site_config *site;
    uint8_t room[PATH_MOST];
    struct weft_span path; // in the room, decoded
    char way[512];
};

static bool has_name(const struct weft_site_config *site, struct weft_span host)
{
    for (size_t i = 0; i < site->name_count; i++) {
        if (weft_span_equal_ignoring_case(weft_span_of(site->names[i]), host)) return true;
    }
    return false;
}

// The site that a target names; NULL where it leads out of the configuration.
static const struct weft_site_config *site_of(const struct walk *walk, struct weft_span target,
                                              struct weft_span *path)
{
    struct weft_http_authority authority;
    *path = target;
    if (target.size > 0 && target.data[0] == '/') return walk->site;
    size_t scheme = weft_span_starts_with(target, WEFT_SPAN("https://")) ? 8 : 7;
    struct weft_span rest = weft_span_skip(target, scheme);
    size_t slash = weft_span_find(rest, '/');
    *path = weft_span_skip(rest, slash);
    if (!weft_http_parse_authority(weft_span_part(rest, 0, slash), &authority)) return NULL;
    for (size_t i = 0; i < walk->config->site_count; i++) {
        if (has_name(walk->config->sites[i], authority.host)) return walk->config->sites[i];
    }
    return NULL;
}

static bool decode(struct walk *walk, struct weft_span target)
{
    struct weft_http_path path;
    struct weft_span plain = weft_span_part(target, 0, weft_span_find(target, '#'));
    bool is_fine =
        weft_http_path_decode(plain, walk->room, sizeof(walk->room), &path) == WEFT_HTTP_PATH_FINE;
    walk->path = path.path;
    return is_fine;
}

static void show_hop(struct walk *walk, unsigned hop, struct weft_span target)
{
    size_t at = strlen(walk->way);
    if (hop > HOPS_SHOWN) return;
    snprintf(walk->way + at, sizeof(walk->way) - at, "%s%.*s", hop > 0 ? " -> " : "",
             (int)(target.size < 80 ? target.size : 80), (const char *)target.data);
}

// Goes on by one redirect; false where there is none.
static bool step(struct walk *walk, unsigned hop)
{
    struct weft_span rest;
    struct weft_span path;
    const struct weft_redirect *redirect =
        weft_redirects_find(&walk->site->redirects, walk->path, &rest);
    char *location =
        redirect ? weft_redirect_location(redirect, rest, (struct weft_span){0}, false) : NULL;
    if (!location) return false;
    struct weft_span target = weft_span_of(location);
    show_hop(walk, hop + 1, target);
    walk->site = site_of(walk, target, &path);
    bool goes_on = walk->site && decode(walk, path);
    free(location);
    return goes_on;
}

static bool ends(struct walk *walk, const struct weft_site_config *site,
                 const struct weft_redirect *redirect, struct weft_span star)
{
    const struct weft_pattern *from = &redirect->from;
    walk->site = site;
    walk->way[0] = 0;
    if (from->before.size + star.size + from->after.size > sizeof(walk->room)) return true;
    uint8_t *at = walk->room;
    struct weft_span parts[] = {from->before, from->has_star ? star : (struct weft_span){0},
                                from->after};
    for (size_t i = 0; i < WEFT_COUNT(parts); i++) {
        if (parts[i].size > 0) memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
    }
    walk->path = (struct weft_span){walk->room, (size_t)(at - walk->room)};
    show_hop(walk, 0, walk->path);
    for (unsigned hop = 0; hop < HOPS_MOST; hop++) {
        if (!step(walk, hop)) return true;
    }
    return false;
}

bool weft_redirects_end(const struct weft_server_config *config,
                        const struct weft_site_config *site, char *error, size_t error_size)
{
    static const struct weft_span stars[] = {WEFT_SPAN_INIT("x"), WEFT_SPAN_INIT("")};
    struct walk walk = {.config = config};
    for (size_t i = 0; i < site->redirects.count; i++) {
        for (size_t k = 0; k < WEFT_COUNT(stars); k++) {
            if (ends(&walk, site, site->redirects.list[i], stars[k])) continue;
            snprintf(error, error_size, "redirects go in a circle: %s%s", walk.way, " ...");
            return false;
        }
    }
    return true;
}
