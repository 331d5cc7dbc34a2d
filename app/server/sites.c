// server/sites.c
#include "server/sites.h"

#include "base/hash.h"

#include <stdlib.h>

static size_t row_index(const struct weft_sites *sites, struct weft_span name)
{
    return (size_t)weft_hash_bytes(sites->shared.seed, name) & (sites->row_count - 1);
}

static void add_name(struct weft_sites *sites, const char *name, struct weft_site *site)
{
    struct weft_span span = weft_span_of(name);
    size_t at = row_index(sites, span);
    while (sites->rows[at].name) {
        at = (at + 1) & (sites->row_count - 1);
    }
    sites->rows[at] = (struct weft_sites_row){.name = name, .size = span.size, .site = site};
    if (name[0] == '*') sites->has_wildcards = true;
}

static struct weft_site *find_name(const struct weft_sites *sites, struct weft_span name)
{
    for (size_t at = row_index(sites, name);; at = (at + 1) & (sites->row_count - 1)) {
        const struct weft_sites_row *row = &sites->rows[at];
        if (!row->name) return NULL; // never full
        if (row->size == name.size && memcmp(row->name, name.data, name.size) == 0) {
            return row->site;
        }
    }
}

// At most half of the rows are used.
static bool make_rows(struct weft_sites *sites)
{
    size_t count = 0;
    for (size_t i = 0; i < sites->count; i++) {
        count += sites->list[i].config->name_count;
    }
    if (count == 0) return true;
    for (sites->row_count = 8; sites->row_count < 2 * count;) {
        sites->row_count *= 2;
    }
    sites->rows = calloc(sites->row_count, sizeof(*sites->rows));
    for (size_t i = 0; sites->rows && i < sites->count; i++) {
        const struct weft_site_config *config = sites->list[i].config;
        for (size_t k = 0; k < config->name_count; k++) {
            add_name(sites, config->names[k], &sites->list[i]);
        }
    }
    return sites->rows != NULL;
}

bool weft_sites_init(struct weft_sites *sites, const struct weft_server_config *config,
                     const struct weft_root *roots, uint64_t seed)
{
    static const struct weft_site_config nothing = {0};
    *sites = (struct weft_sites){.count = config->site_count};
    if (!weft_site_shared_init(&sites->shared, config, seed)) return false;
    weft_site_init(&sites->nobody, &nothing, NULL, &sites->shared);
    sites->nobody.index = SIZE_MAX; // none of the configuration
    sites->list = calloc(config->site_count, sizeof(*sites->list));
    for (size_t i = 0; sites->list && i < config->site_count; i++) {
        weft_site_init(&sites->list[i], config->sites[i], &roots[i], &sites->shared);
        sites->list[i].index = i;
        if (config->sites[i]->name_count == 0) sites->usual = &sites->list[i];
    }
    if (sites->list && make_rows(sites)) return true;
    weft_sites_deinit(sites);
    return false;
}

void weft_sites_deinit(struct weft_sites *sites)
{
    weft_site_shared_deinit(&sites->shared);
    for (size_t i = 0; sites->list && i < sites->count; i++)
        weft_learned_drop(&sites->list[i].learned);
    free(sites->list);
    free(sites->rows);
}

// The host ends at the last colon, but for those inside of brackets (RFC 3986 §3.2.2).
static size_t host_size(struct weft_span authority)
{
    size_t size = authority.size;
    for (size_t i = authority.size; i > 0; i--) {
        uint8_t byte = authority.data[i - 1];
        if (byte == ':') size = i - 1;
        if (byte == ':' || byte == ']') break;
    }
    if (size > 0 && authority.data[size - 1] == '.')
        size--; // a name from the root on, RFC 1034 §3.1
    return size;
}

bool weft_sites_host_of(struct weft_span authority, struct weft_sites_host *host)
{
    host->size = host_size(authority);
    if (host->size >= sizeof(host->name)) return false;
    for (size_t i = 0; i < host->size; i++) {
        bool is_upper = authority.data[i] >= 'A' && authority.data[i] <= 'Z';
        host->name[i] = (char)(is_upper ? authority.data[i] | 0x20 : authority.data[i]);
    }
    host->name[host->size] = 0;
    return true;
}

// What stands for all names that differ in their first label alone.
static struct weft_site *find_wildcard(const struct weft_sites *sites,
                                       const struct weft_sites_host *host)
{
    char room[WEFT_SITES_HOST_SIZE + 1];
    struct weft_span name = {(const uint8_t *)host->name, host->size};
    size_t dot = weft_span_find(name, '.');
    if (dot == 0 || dot == name.size) return NULL;
    room[0] = '*';
    memcpy(room + 1, host->name + dot, host->size - dot);
    return find_name(sites, (struct weft_span){(const uint8_t *)room, host->size - dot + 1});
}

struct weft_site *weft_sites_find(const struct weft_sites *sites,
                                  const struct weft_sites_host *host)
{
    struct weft_site *site = NULL;
    if (sites->rows && host->size > 0) {
        site = find_name(sites, (struct weft_span){(const uint8_t *)host->name, host->size});
        if (!site && sites->has_wildcards) site = find_wildcard(sites, host);
    }
    return site ? site : sites->usual;
}
