// server/site.c
#include "server/site.h"

#include "net/secret.h"
#include "server/answered.h"

#include <stdlib.h>

enum {
    ENTRIES_MOST = 4096,    // paths of one thread
    DESCRIPTORS_MOST = 128, // open files of one thread's cache
};

bool weft_site_shared_init(struct weft_site_shared *shared, const struct weft_server_config *config,
                           uint64_t seed)
{
    *shared = (struct weft_site_shared){.seed = seed, .coding.limits = &config->limits};
    if (!weft_secret_make(&shared->boundary, sizeof(shared->boundary))) return false;
    weft_clock_init(&shared->clock);
    struct weft_span date = {shared->clock.date, sizeof(shared->clock.date)};
    shared->common[0] = WEFT_HTTP_FIELD(SERVER, WEFT_SPAN("weft"));
    shared->common[1] = WEFT_HTTP_FIELD(DATE, date); // RFC 9110 §6.6.1
    shared->common[2] = WEFT_HTTP_FIELD(X_CONTENT_TYPE_OPTIONS, WEFT_SPAN("nosniff"));
    struct weft_file_cache_config cache = {
        .bytes_most = config->cache_size / config->thread_count,
        .entries_most = ENTRIES_MOST,
        .descriptors_most = DESCRIPTORS_MOST,
        .seed = seed,
    };
    if (!weft_file_cache_init(&shared->cache, &cache)) return false;
    shared->answered = calloc(WEFT_ANSWERED_SLOTS, sizeof(*shared->answered));
    if (shared->answered) return true;
    weft_file_cache_deinit(&shared->cache);
    return false;
}

void weft_site_shared_deinit(struct weft_site_shared *shared)
{
    for (size_t i = 0; i < WEFT_LISTINGS_KEPT; i++) {
        free(shared->listings[i].path);
        weft_file_release(shared->listings[i].page);
    }
    for (size_t i = 0; i < shared->coded_page_count; i++) {
        weft_file_release(shared->coded_pages[i].file);
    }
    free(shared->answered);
    weft_file_cache_deinit(&shared->cache);
}

void weft_site_init(struct weft_site *site, const struct weft_site_config *config,
                    const struct weft_root *root, struct weft_site_shared *shared)
{
    *site = (struct weft_site){.config = config, .shared = shared};
    site->delivers =
        config->manifest || config->learns || config->learned ||
        weft_http_field_find(config->extra_fields, config->extra_count, WEFT_HTTP_FIELD_LINK) ||
        weft_header_rules_name(&config->headers, WEFT_HTTP_FIELD_LINK);
    site->hints_are_fresh = weft_site_config_lets_keep(config);
    site->heads = (struct weft_file_heads){.common = shared->common,
                                           .common_count = WEFT_SITE_COMMON_FIELDS,
                                           .extra = config->extra_fields,
                                           .extra_count = config->extra_count,
                                           .now = &shared->clock.seconds};
    if (config->headers.count > 0) site->heads.rules = &config->headers;
    site->place = (struct weft_file_place){.root = root,
                                           .heads = &site->heads,
                                           .index_names = config->index_names,
                                           .index_count = config->index_count};
    if (config->compression.codings) site->place.compression = &config->compression;
}

const struct weft_http_path *weft_site_path(struct weft_site_shared *shared)
{
    if (shared->path_is_decoded) return &shared->path;
    enum weft_http_path_status status = weft_http_path_decode(
        shared->request->path, shared->path_room, sizeof(shared->path_room) - 1, &shared->path);
    if (status != WEFT_HTTP_PATH_FINE) shared->path = (struct weft_http_path){0};
    shared->path_is_decoded = true;
    return &shared->path;
}

void weft_site_add_common(struct weft_site *site, struct weft_answer *answer)
{
    weft_answer_add_all(answer, site->shared->common, WEFT_SITE_COMMON_FIELDS);
    const struct weft_site_config *config = site->config;
    for (size_t i = 0; i < config->extra_count; i++) {
        // never over http, RFC 6797 §7.2
        bool is_hsts = config->extra_fields[i].id == WEFT_HTTP_FIELD_STRICT_TRANSPORT_SECURITY;
        if (!is_hsts || site->shared->is_secure) weft_answer_add(answer, config->extra_fields[i]);
    }
    if (config->headers.count == 0) return;
    struct weft_http_head *head = &answer->head;
    head->field_count =
        weft_header_rules_apply(&config->headers, weft_site_path(site->shared)->path,
                                head->status >= 400, answer->made, head->field_count);
}
