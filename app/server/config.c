// server/config.c
#include "server/config.h"

#include "http/cache_control.h"
#include "http/field_rules.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

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
        .index_names = {"index.html"},
        .index_count = 1,
        .cache_size = 64 << 20,
        .drain_timeout_ms = 30000,
        .thread_count = usual_threads(),
        .limits = WEFT_HTTP_LIMITS_INIT,
    };
}

// Fields that the server or the engine writes: a second one of them would contradict.
static bool is_written_by_us(enum weft_http_field_name id)
{
    switch (id) {
    case WEFT_HTTP_FIELD_CONTENT_LENGTH:
    case WEFT_HTTP_FIELD_CONTENT_RANGE:
    case WEFT_HTTP_FIELD_CONTENT_TYPE:
    case WEFT_HTTP_FIELD_CONTENT_ENCODING:
    case WEFT_HTTP_FIELD_ETAG:
    case WEFT_HTTP_FIELD_LAST_MODIFIED:
    case WEFT_HTTP_FIELD_DATE: return true;
    default: return weft_http_field_is_connection_specific(id);
    }
}

const char *weft_server_config_add_field(struct weft_server_config *config, const char *line)
{
    struct weft_span text = weft_span_of(line);
    size_t colon = weft_span_find(text, ':');
    if (colon == text.size) return "expected 'Name: value'";
    if (config->extra_count == WEFT_EXTRA_FIELDS_MOST) return "at most 16 fields can be added";
    if (colon > WEFT_EXTRA_NAME_SIZE) return "the name is longer than 64 bytes";

    char *name = config->extra_names[config->extra_count];
    for (size_t i = 0; i < colon; i++) {
        bool is_upper = line[i] >= 'A' && line[i] <= 'Z';
        name[i] = line[i];
        if (is_upper) name[i] |= 0x20;
    }
    struct weft_http_field field = {.name = {(const uint8_t *)name, colon},
                                    .value = weft_span_trim(weft_span_skip(text, colon + 1))};
    field.id = (uint8_t)weft_http_field_lookup(field.name);
    if (!weft_http_field_name_is_valid(field.name)) return "the name is no token";
    if (!weft_http_field_value_is_valid(field.value)) return "the value holds a control byte";
    if (is_written_by_us(field.id)) return "this field is written by the server itself";
    config->extra_fields[config->extra_count++] = field;
    return NULL;
}

bool weft_server_config_lets_keep(const struct weft_server_config *config)
{
    const struct weft_http_field *field = weft_http_field_find(
        config->extra_fields, config->extra_count, WEFT_HTTP_FIELD_CACHE_CONTROL);
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

static bool root_is_directory(const char *root, char *error, size_t error_size)
{
    struct stat status;
    if (stat(root, &status) != 0) {
        snprintf(error, error_size, "cannot serve '%s': %s: check the path", root, strerror(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        snprintf(error, error_size, "cannot serve '%s': not a directory (name the folder it is in)",
                 root);
        return false;
    }
    return true;
}

bool weft_server_config_is_valid(const struct weft_server_config *config, char *error,
                                 size_t error_size)
{
    if (config->listen_count == 0) {
        snprintf(error, error_size, "no listener: name one with --listen http://HOST:PORT");
        return false;
    }
    if (config->thread_count < 1 || config->thread_count > WEFT_THREADS_MOST) {
        snprintf(error, error_size, "the threads have to be 1 to %d", WEFT_THREADS_MOST);
        return false;
    }
    if (config->limits.field_section_size < 1024 || config->limits.concurrent_streams < 1) {
        snprintf(error, error_size,
                 "limits below field_section_size=1024 or concurrent_streams=1 serve nobody");
        return false;
    }
    return root_is_directory(config->root, error, error_size);
}
