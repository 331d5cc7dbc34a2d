// server/config.c: what a configuration holds, and what is wrong with each thing that is put into it.
#include "server/config.h"

#include "http/cache_control.h"
#include "http/field_rules.h"
#include "http/target.h"
#include "net/memory.h"
#include "wire/writer.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

enum {
    MEMORY_MOST = 64 << 20,
    HOST_NAME_MOST = 253,
    FILE_NAME_MOST = 255,
    ERROR_PAGE_PATH_MOST = 1024,
    HSTS_LINE_SIZE = 128,
    REALM_SIZE_MOST = 128,
};

static const uint64_t YEAR_MS = (uint64_t)365 * 86400000;

static const struct weft_limit_row limit_rows[] = {
#define X(name, standard, unit, help) {#name, standard, unit, help},
    WEFT_HTTP_LIMITS(X)
#undef X
};

// The processors that this process may run on.
static unsigned usual_threads(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > WEFT_THREADS_MOST ? WEFT_THREADS_MOST : (unsigned)count;
}

void weft_server_config_init(struct weft_server_config *config)
{
    *config = (struct weft_server_config){
        .log_format = WEFT_LOG_COMBINED,
        .error_log = "-",
        .error_level = WEFT_ERROR_WARNING,
        .cache_size = 64 << 20,
        .drain_timeout_ms = 30000,
        .learn_interval_ms = 10000,
        .thread_count = usual_threads(),
        .limits = WEFT_HTTP_LIMITS_INIT,
    };
    weft_arena_init(&config->arena, weft_heap_alloc(), MEMORY_MOST);
}

void weft_server_config_deinit(struct weft_server_config *config)
{
    weft_arena_deinit(&config->arena);
}

void weft_site_config_init(struct weft_site_config *site)
{
    *site = (struct weft_site_config){.index_names = {"index.html"},
                                      .index_count = 1,
                                      .learn_quorum = WEFT_LEARN_QUORUM,
                                      .compression = WEFT_COMPRESSION_INIT,
                                      .auth = {.realm = "Restricted"}};
}

struct weft_site_config *weft_server_config_add_site(struct weft_server_config *config)
{
    if (config->site_count == WEFT_SITES_MOST) return NULL;
    void *list = weft_arena_grow_list(&config->arena, config->sites, config->site_count,
                                      sizeof(*config->sites));
    if (!list) return NULL;
    config->sites = list;
    struct weft_site_config *site = weft_arena_take(&config->arena, sizeof(*site));
    if (!site) return NULL;
    weft_site_config_init(site);
    config->sites[config->site_count++] = site;
    return site;
}

// Letters, digits, hyphens and underscores between single dots (RFC 1123 §2.1; underscores are met in practice).
static bool is_host_name(struct weft_span name)
{
    if (name.size == 0 || name.size > HOST_NAME_MOST) return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        bool is_dot = byte == '.';
        bool is_fine = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
        if (!is_fine && !is_dot) return false;
        if (is_dot && (i == 0 || i + 1 == name.size || name.data[i - 1] == '.')) return false;
    }
    return true;
}

static bool is_address_in_brackets(struct weft_span name)
{
    struct weft_http_authority authority;
    return name.size > 0 && name.data[0] == '[' && weft_http_parse_authority(name, &authority) &&
           authority.port == WEFT_HTTP_NO_PORT;
}

const char *weft_site_config_add_name(struct weft_server_config *config,
                                      struct weft_site_config *site, struct weft_span name)
{
    struct weft_span plain =
        weft_span_starts_with(name, WEFT_SPAN("*.")) ? weft_span_skip(name, 2) : name;
    if (!is_host_name(plain) && !is_address_in_brackets(name)) {
        return "expected a host name without a port: example.org or *.example.org";
    }
    void *list =
        weft_arena_grow_list(&config->arena, site->names, site->name_count, sizeof(*site->names));
    if (!list) return "no memory";
    site->names = list;
    char *copy = weft_arena_take(&config->arena, name.size + 1);
    if (!copy) return "no memory";
    for (size_t i = 0; i < name.size; i++) {
        bool is_upper = name.data[i] >= 'A' && name.data[i] <= 'Z';
        copy[i] = (char)(is_upper ? name.data[i] | 0x20 : name.data[i]);
    }
    copy[name.size] = 0;
    site->names[site->name_count++] = copy;
    return NULL;
}

const char *weft_site_config_add_index(struct weft_site_config *site, const char *name)
{
    if (*name == 0 || *name == '.' || strchr(name, '/')) return "expected the name of a file";
    if (strlen(name) > FILE_NAME_MOST) return "no file has so long a name";
    if (site->index_count == WEFT_INDEX_NAMES_MOST) return "at most 8 names";
    site->index_names[site->index_count++] = name;
    return NULL;
}

const char *weft_site_config_add_field(struct weft_site_config *site, const char *line)
{
    struct weft_span text = weft_span_of(line);
    size_t colon = weft_span_find(text, ':');
    if (colon == text.size) return "expected 'Name: value'";
    if (site->extra_count == WEFT_EXTRA_FIELDS_MOST) return "at most 16 fields can be added";
    if (colon > WEFT_EXTRA_NAME_SIZE) return "the name is longer than 64 bytes";

    char *name = site->extra_names[site->extra_count];
    for (size_t i = 0; i < colon; i++) {
        bool is_upper = line[i] >= 'A' && line[i] <= 'Z';
        name[i] = line[i];
        if (is_upper) name[i] |= 0x20;
    }
    struct weft_http_field field = {.name = {(const uint8_t *)name, colon},
                                    .value = weft_span_trim(weft_span_skip(text, colon + 1))};
    field.id = (uint8_t)weft_http_field_lookup(field.name);
    const char *fault = weft_header_fault(&field);
    if (fault) return fault;
    site->extra_fields[site->extra_count++] = field;
    return NULL;
}

const char *weft_site_config_add_error_page(struct weft_site_config *site, struct weft_span status,
                                            const char *path)
{
    int64_t number = 0;
    if (!weft_http_parse_decimal(status, &number) || number < 400 || number > 599) {
        return "expected a status from 400 to 599";
    }
    if (path[0] != '/' || path[1] == 0) return "expected a file beneath the root: /404.html";
    if (strlen(path) >= ERROR_PAGE_PATH_MOST) return "the path is too long";
    if (site->error_page_count == WEFT_ERROR_PAGES_MOST) return "at most 32 error pages";
    for (size_t i = 0; i < site->error_page_count; i++) {
        if (site->error_pages[i].status == number) return "the status stands twice";
    }
    site->error_pages[site->error_page_count++] =
        (struct weft_error_page_file){(uint16_t)number, path};
    return NULL;
}

// RFC 6797 §6.1
static const char *add_hsts(struct weft_server_config *config, struct weft_site_config *site)
{
    const struct weft_hsts *hsts = &site->hsts;
    if (hsts->max_age_ms == 0) {
        bool is_lone = hsts->includes_subdomains || hsts->preloads;
        return is_lone ? "hsts: 'max_age' is missing: for how long" : NULL;
    }
    if (!site->https_only)
        return "hsts needs 'https_only: true': it holds for all that is answered";
    if (hsts->preloads && (!hsts->includes_subdomains || hsts->max_age_ms < YEAR_MS)) {
        return "hsts: preload lists ask for 'include_subdomains: true' and a 'max_age' of 365d";
    }
    char *line = weft_arena_take(&config->arena, HSTS_LINE_SIZE);
    if (!line) return "no memory";
    snprintf(line, HSTS_LINE_SIZE, "strict-transport-security: max-age=%" PRIu64 "%s%s",
             hsts->max_age_ms / 1000, hsts->includes_subdomains ? "; includeSubDomains" : "",
             hsts->preloads ? "; preload" : "");
    return weft_site_config_add_field(site, line);
}

static const char *fault_of_auth(const struct weft_auth *auth)
{
    if (!auth->file) return NULL;
    if (auth->file[0] == 0)
        return "expected a file of names and hashes, as 'htpasswd -B' writes it";
    if (auth->realm[0] == 0) return "expected a few words that tell what the password is for";
    struct weft_span realm = weft_span_of(auth->realm);
    if (realm.size > REALM_SIZE_MOST) return "the realm is longer than 128 bytes";
    return weft_http_field_value_is_valid(realm) ? NULL : "the realm holds a control byte";
}

const char *weft_site_config_set_auth(struct weft_server_config *config,
                                      struct weft_site_config *site, const char *text)
{
    struct weft_span all = weft_span_of(text);
    size_t colon = weft_span_find(all, ':');
    if (colon == all.size) return "expected REALM:FILE";
    struct weft_span realm = weft_arena_copy(&config->arena, weft_span_part(all, 0, colon + 1));
    if (!realm.data) return "no memory";
    ((char *)realm.data)[colon] = 0;
    site->auth.realm = (const char *)realm.data;
    site->auth.file = text + colon + 1;
    return fault_of_auth(&site->auth);
}

// RFC 7617 §2 and §2.1; the realm as a quoted-string (RFC 9110 §5.6.4)
static const char *write_challenge(struct weft_arena *arena, const char *realm)
{
    size_t size = 2 * strlen(realm) + sizeof("Basic realm=\"\", charset=\"UTF-8\"");
    char *text = weft_arena_take(arena, size);
    if (!text) return NULL;
    struct weft_writer out = weft_writer_over((uint8_t *)text, size);
    weft_write_bytes(&out, WEFT_SPAN("Basic realm=\""));
    for (; *realm; realm++) {
        if (*realm == '"' || *realm == '\\') weft_write_u8(&out, '\\');
        weft_write_u8(&out, (uint8_t)*realm);
    }
    weft_write_bytes(&out, WEFT_SPAN("\", charset=\"UTF-8\""));
    weft_write_u8(&out, 0);
    return text;
}

// Would it be wrong beside `private`, or is that itself, of a few fields perhaps?
static bool is_for_sharing(struct weft_span directive)
{
    struct weft_span name = weft_span_part(directive, 0, weft_span_find(directive, '='));
    return weft_span_equal_ignoring_case(name, WEFT_SPAN("public")) ||
           weft_span_equal_ignoring_case(name, WEFT_SPAN("s-maxage")) ||
           weft_span_equal_ignoring_case(name, WEFT_SPAN("private"));
}

// A Cache-Control says `private`, and nothing against it (RFC 9111 §5.2.2).
static bool make_private(struct weft_arena *arena, struct weft_http_field *field)
{
    static const struct weft_span word = WEFT_SPAN_INIT("private");
    if (field->id != WEFT_HTTP_FIELD_CACHE_CONTROL) return true;
    struct weft_span rest = field->value;
    struct weft_span directive;
    size_t size = word.size + 2 * field->value.size + 1; // the spaces behind commas may be new
    uint8_t *text = weft_arena_take(arena, size);
    if (!text) return false;
    struct weft_writer out = weft_writer_over(text, size);
    weft_write_bytes(&out, word);
    while (weft_http_list_next(&rest, &directive)) {
        if (is_for_sharing(directive)) continue;
        weft_write_bytes(&out, WEFT_SPAN(", "));
        weft_write_bytes(&out, directive);
    }
    field->value = weft_written(&out);
    weft_write_u8(&out, 0);
    return true;
}

static bool make_all_private(struct weft_arena *arena, struct weft_site_config *site)
{
    bool is_done = true;
    for (size_t i = 0; i < site->extra_count; i++)
        is_done = make_private(arena, &site->extra_fields[i]) && is_done;
    for (struct weft_header_rule *rule = site->headers.first; rule; rule = rule->next) {
        for (struct weft_header_change *change = rule->first; change; change = change->next) {
            if (change->action == WEFT_HEADER_REMOVE) continue;
            is_done = make_private(arena, &change->field) && is_done;
        }
    }
    return is_done;
}

const char *weft_site_config_protect(struct weft_server_config *config,
                                     struct weft_site_config *site,
                                     const struct weft_passwords *passwords)
{
    bool has_any = weft_http_field_find(site->extra_fields, site->extra_count,
                                        WEFT_HTTP_FIELD_CACHE_CONTROL) != NULL;
    site->auth.challenge = write_challenge(&config->arena, site->auth.realm);
    if (!site->auth.challenge || !make_all_private(&config->arena, site)) return "no memory";
    const char *wrong = NULL;
    if (!has_any) wrong = weft_site_config_add_field(site, "cache-control: private, no-cache");
    if (!wrong) site->auth.passwords = passwords;
    return wrong;
}

bool weft_server_config_asks_passwords(const struct weft_server_config *config)
{
    for (size_t i = 0; i < config->site_count; i++) {
        if (config->sites[i]->auth.passwords) return true;
    }
    return false;
}

const char *weft_site_config_finish(struct weft_server_config *config,
                                    struct weft_site_config *site)
{
    const char *wrong = fault_of_auth(&site->auth);
    if (wrong) return wrong;
    site->has_rules = site->https_only || site->headers.count > 0 || site->redirects.count > 0;
    return add_hsts(config, site);
}

const char *weft_server_config_set_metrics(struct weft_server_config *config, const char *url)
{
    const char *wrong = weft_listen_url_parse(url, &config->metrics);
    if (!wrong && config->metrics.is_secure) wrong = "expected http://, like http://127.0.0.1:9100";
    config->has_metrics = !wrong;
    return wrong;
}

void weft_server_config_join_metrics(struct weft_server_config *config)
{
    config->metrics.shows_metrics = true;
    if (!config->has_metrics || config->listen_count == WEFT_LISTENS_MOST) return;
    config->listens[config->listen_count++] = config->metrics;
}

bool weft_site_config_lets_keep(const struct weft_site_config *site)
{
    struct weft_http_field fields[WEFT_EXTRA_FIELDS_MOST + WEFT_HEADER_FIELDS_MOST];
    size_t count = site->extra_count;
    memcpy(fields, site->extra_fields, count * sizeof(*fields));
    // of most paths, as far as the rules say something of all
    count = weft_header_rules_apply(&site->headers, WEFT_SPAN("/"), false, fields, count);
    const struct weft_http_field *field =
        weft_http_field_find(fields, count, WEFT_HTTP_FIELD_CACHE_CONTROL);
    if (!field) return false; // no-cache is what files say by themselves
    struct weft_http_cache_control control = weft_http_cache_control_parse(field->value);
    return weft_http_cache_control_is_fresh(&control);
}

bool weft_server_config_set_limit(struct weft_server_config *config, struct weft_span name,
                                  uint32_t value)
{
    static const size_t offsets[] = {
#define X(limit, standard, unit, help) offsetof(struct weft_http_limits, limit),
        WEFT_HTTP_LIMITS(X)
#undef X
    };
    for (size_t i = 0; i < WEFT_COUNT(offsets); i++) {
        if (!weft_span_equal(name, weft_span_of(limit_rows[i].name))) continue;
        memcpy((char *)&config->limits + offsets[i], &value, sizeof(value));
        return true;
    }
    return false;
}

const struct weft_limit_row *weft_limit_row_at(size_t index)
{
    return index < WEFT_COUNT(limit_rows) ? &limit_rows[index] : NULL;
}

const struct weft_limit_row *weft_limit_row_of_counter(const struct weft_limit_row *row)
{
    struct weft_span name = weft_span_of(row->name);
    struct weft_span rate = WEFT_SPAN("_rate");
    if (name.size <= rate.size) return row;
    struct weft_span stem = weft_span_part(name, 0, name.size - rate.size);
    if (!weft_span_equal(weft_span_skip(name, stem.size), rate)) return row;
    for (size_t i = 0; i < WEFT_COUNT(limit_rows); i++) {
        struct weft_span other = weft_span_of(limit_rows[i].name);
        if (!weft_span_starts_with(other, stem)) continue;
        if (weft_span_is(weft_span_skip(other, stem.size), "_burst")) return &limit_rows[i];
    }
    return row;
}
