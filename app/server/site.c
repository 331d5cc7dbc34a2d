// server/site.c
#include "server/site.h"

#include <stdlib.h>

enum {
    ENTRIES_MOST = 4096,    // paths of one thread
    DESCRIPTORS_MOST = 128, // open files of one thread's cache
};

bool weft_site_init(struct weft_site *site, const struct weft_server_config *config,
                    const struct weft_root *root, uint64_t seed)
{
    *site = (struct weft_site){.config = config, .root = root, .seed = seed};
    weft_clock_init(&site->clock);
    site->delivers =
        config->manifest ||
        weft_http_field_find(config->extra_fields, config->extra_count, WEFT_HTTP_FIELD_LINK);
    site->hints_are_fresh = weft_server_config_lets_keep(config);
    struct weft_span date = {site->clock.date, sizeof(site->clock.date)};
    site->common[0] = WEFT_HTTP_FIELD(SERVER, WEFT_SPAN("weft"));
    site->common[1] = WEFT_HTTP_FIELD(DATE, date); // RFC 9110 §6.6.1
    site->common[2] = WEFT_HTTP_FIELD(X_CONTENT_TYPE_OPTIONS, WEFT_SPAN("nosniff"));
    site->heads = (struct weft_file_heads){.common = site->common,
                                           .common_count = WEFT_SITE_COMMON_FIELDS,
                                           .extra = config->extra_fields,
                                           .extra_count = config->extra_count,
                                           .now = &site->clock.seconds};
    struct weft_file_cache_config cache = {
        .root = root,
        .heads = &site->heads,
        .index_names = config->index_names,
        .index_count = config->index_count,
        .bytes_most = config->cache_size / config->thread_count,
        .entries_most = ENTRIES_MOST,
        .descriptors_most = DESCRIPTORS_MOST,
        .seed = seed,
    };
    return weft_file_cache_init(&site->cache, &cache);
}

void weft_site_deinit(struct weft_site *site)
{
    for (size_t i = 0; i < WEFT_LISTINGS_KEPT; i++) {
        free(site->listings[i].path);
        weft_file_release(site->listings[i].page);
    }
    weft_file_cache_deinit(&site->cache);
}

void weft_site_add_common(struct weft_site *site, struct weft_answer *answer)
{
    weft_answer_add_all(answer, site->common, WEFT_SITE_COMMON_FIELDS);
    weft_answer_add_all(answer, site->config->extra_fields, site->config->extra_count);
}
