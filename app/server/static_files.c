// server/static_files.c: RFC 9110
#include "server/static_files.h"

#include "base/hash.h"
#include "http/target.h"
#include "server/directory_listing.h"
#include "server/error_page.h"
#include "server/location.h"
#include "server/representation.h"

#include <stdio.h>
#include <stdlib.h>

bool weft_path_is_hidden(struct weft_span path)
{
    struct weft_span rest = path;
    if (weft_span_starts_with(path, WEFT_SPAN("/.well-known/"))) { // RFC 8615
        rest = weft_span_skip(path, sizeof("/.well-known") - 1);
    }
    for (size_t i = 0; i + 1 < rest.size; i++) {
        if (rest.data[i] == '/' && rest.data[i + 1] == '.') return true;
    }
    return false;
}

// The same path with a slash at its end, and its query. It begins with one slash, never two (empty segments are gone),
// so it cannot name another host.
static char *directory_location(const struct weft_http_path *path)
{
    char *location = malloc(3 * path->path.size + path->query.size + 3);
    if (!location) return NULL;
    char *at = weft_location_encode(location, path->path);
    *at++ = '/';
    if (path->has_query) *at++ = '?';
    if (path->query.size > 0) memcpy(at, path->query.data, path->query.size);
    at[path->query.size] = 0;
    return location;
}

static void answer_directory(struct weft_site *site, const struct weft_http_path *path,
                             struct weft_answer *answer)
{
    bool has_slash = path->path.data[path->path.size - 1] == '/';
    if (!has_slash) {
        weft_redirect(site, 301, directory_location(path), answer);
    } else if (site->config->lists_directories) {
        weft_directory_listing(site, path->path, answer);
    } else {
        weft_error_page(site, 404, answer);
    }
}

// The heads of a version of a file differ only in the date.
static uint64_t stamp_of(const struct weft_site *site, const struct weft_file *file,
                         bool is_unchanged)
{
    return (uint64_t)file->serial << 33 | (uint64_t)is_unchanged << 32 |
           (uint32_t)site->shared->clock.seconds;
}

void weft_static_files_whole(const struct weft_site *site, struct weft_file *file,
                             struct weft_answer *answer)
{
    weft_answer_start(answer, &file->head);
    answer->head.stamp = stamp_of(site, file, false);
    answer->head.content_length = (int64_t)file->size;
    weft_body_of_file(&answer->body, file, 0, file->size);
}

static void answer_unsatisfiable(struct weft_site *site, const struct weft_file *file,
                                 struct weft_answer *answer)
{
    struct weft_writer out = weft_writer_over((uint8_t *)answer->text, sizeof(answer->text));
    weft_http_content_range_write(&out, NULL, file->size); // §15.5.17
    weft_error_page(site, 416, answer);
    weft_answer_add(answer, WEFT_HTTP_FIELD(CONTENT_RANGE, weft_written(&out)));
}

static void answer_one_range(struct weft_file *file, const struct weft_http_range *range,
                             struct weft_answer *answer)
{
    struct weft_writer out = weft_writer_over((uint8_t *)answer->text, sizeof(answer->text));
    weft_http_content_range_write(&out, range, file->size);
    weft_answer_add_all(answer, file->head.fields, file->head.field_count);
    struct weft_http_field field = WEFT_HTTP_FIELD(CONTENT_RANGE, weft_written(&out)); // §15.3.7.1
    field.hint = WEFT_HTTP_FIELD_ONCE;
    weft_answer_add(answer, field);
    answer->head.status = 206;
    answer->head.content_length = (int64_t)(range->last - range->first + 1);
    weft_body_of_file(&answer->body, file, range->first, range->last + 1);
}

// §15.3.7.2: the parts have the content-type and content-range, the whole has neither.
static void answer_ranges(struct weft_site *site, struct weft_file *file,
                          const struct weft_http_ranges *ranges, struct weft_answer *answer)
{
    struct weft_span type = {0};
    uint64_t size = 0;
    const struct weft_http_field *fields = file->head.fields;
    for (size_t i = 0; i < file->head.field_count; i++) {
        if (fields[i].id == WEFT_HTTP_FIELD_CONTENT_TYPE) type = fields[i].value;
    }
    uint64_t *boundary = &site->shared->boundary;
    *boundary = weft_hash_mix(*boundary, site->shared->now_us);
    answer->body = weft_body_of_ranges(file, ranges, type, *boundary, answer->text, &size);
    if (!answer->body.kind) {
        weft_error_page(site, 503, answer);
        return;
    }
    for (size_t i = 0; i < file->head.field_count; i++) {
        if (fields[i].id != WEFT_HTTP_FIELD_CONTENT_TYPE) weft_answer_add(answer, fields[i]);
    }
    struct weft_http_field field = WEFT_HTTP_FIELD(CONTENT_TYPE, weft_span_of(answer->text));
    field.hint = WEFT_HTTP_FIELD_ONCE;
    weft_answer_add(answer, field);
    answer->head.status = 206;
    answer->head.content_length = (int64_t)size;
}

static void answer_range(struct weft_site *site, const struct weft_http_head *request,
                         struct weft_file *file, struct weft_answer *answer)
{
    struct weft_http_ranges ranges;
    const struct weft_http_field *field = weft_http_head_find(request, WEFT_HTTP_FIELD_RANGE);
    switch (weft_http_range_parse(field->value, file->size, &ranges)) {
    case WEFT_HTTP_RANGE_WHOLE: weft_static_files_whole(site, file, answer); break;
    case WEFT_HTTP_RANGE_UNSATISFIABLE: answer_unsatisfiable(site, file, answer); break;
    case WEFT_HTTP_RANGE_PARTS:
        if (ranges.count == 1) {
            answer_one_range(file, &ranges.parts[0], answer);
        } else {
            answer_ranges(site, file, &ranges, answer);
        }
        break;
    }
}

static void answer_unchanged(const struct weft_site *site, const struct weft_file *file,
                             struct weft_answer *answer)
{
    answer->head.stamp = stamp_of(site, file, true);
    answer->head.status = 304;
    answer->head.fields = file->unchanged_fields;
    answer->head.field_count = file->unchanged_count;
    answer->head.content_length = WEFT_HTTP_LENGTH_UNKNOWN;
}

static void answer_kept(struct weft_site *site, const struct weft_http_head *request,
                        struct weft_file *file, struct weft_answer *answer)
{
    struct weft_http_validators validators = file->validators;
    bool uses_range = false;
    validators.date = site->shared->clock.seconds;
    weft_file_hold(file); // an error page may push it out of the cache
    switch (weft_http_evaluate_conditions(request, &validators, site->shared->clock.seconds,
                                          &uses_range)) {
    case WEFT_HTTP_NOT_MODIFIED: answer_unchanged(site, file, answer); break;
    case WEFT_HTTP_FAILED_CONDITION: weft_error_page(site, 412, answer); break;
    case WEFT_HTTP_PROCEED:
        if (uses_range && weft_http_head_find(request, WEFT_HTTP_FIELD_RANGE)) {
            answer_range(site, request, file, answer);
        } else {
            weft_static_files_whole(site, file, answer);
        }
        break;
    }
    weft_file_release(file);
}

// The fields of a file with another entity-tag; parts of what is made as it is sent cannot be asked for.
static void add_with_etag(struct weft_answer *answer, const struct weft_http_field *fields,
                          size_t count, struct weft_span etag)
{
    for (size_t i = 0; i < count; i++) {
        struct weft_http_field field = fields[i];
        if (field.id == WEFT_HTTP_FIELD_ACCEPT_RANGES) continue;
        if (field.id == WEFT_HTTP_FIELD_ETAG) field.value = etag;
        weft_answer_add(answer, field);
    }
}

static void answer_coding(struct weft_site *site, struct weft_file *file,
                          enum weft_http_coding coding, struct weft_span etag,
                          struct weft_answer *answer)
{
    struct weft_body plain;
    weft_body_of_file(&plain, file, 0, file->size);
    answer->body = weft_body_coded(&plain, coding, file->size, &site->shared->coding);
    weft_body_close(&plain);
    if (!answer->body.kind) {
        weft_error_page(site, 503, answer);
        return;
    }
    add_with_etag(answer, file->head.fields, file->head.field_count, etag);
    weft_answer_add(answer, WEFT_HTTP_FIELD(CONTENT_ENCODING, weft_http_coding_text(coding)));
    answer->head.status = 200;
    answer->head.content_length = WEFT_HTTP_LENGTH_UNKNOWN;
    answer->content_most = file->size;
}

// A file that is coded while it is sent: its bytes are not known before, so its tag is weak and it has no parts.
static void answer_coded(struct weft_site *site, const struct weft_http_head *request,
                         const struct weft_representation *chosen, struct weft_answer *answer)
{
    struct weft_file *file = weft_file_hold(chosen->file);
    struct weft_file_traits traits =
        weft_compression_traits(site->place.compression, chosen->coding);
    struct weft_http_validators validators = file->validators;
    bool uses_range = false;
    validators.etag = weft_file_weak_etag(file, &traits, answer->text);
    validators.date = WEFT_HTTP_NO_DATE; // nor is its time a strong validator
    switch (weft_http_evaluate_conditions(request, &validators, site->shared->clock.seconds,
                                          &uses_range)) {
    case WEFT_HTTP_NOT_MODIFIED:
        add_with_etag(answer, file->unchanged_fields, file->unchanged_count, validators.etag);
        answer->head.status = 304;
        answer->head.content_length = WEFT_HTTP_LENGTH_UNKNOWN;
        break;
    case WEFT_HTTP_FAILED_CONDITION: weft_error_page(site, 412, answer); break;
    case WEFT_HTTP_PROCEED:
        answer_coding(site, file, chosen->coding, validators.etag, answer);
        break;
    }
    weft_file_release(file);
}

// Is the same request to be answered with the same file, for as long as that is there?
static bool is_repeatable(const struct weft_http_head *request,
                          const struct weft_representation *chosen)
{
    return chosen->file->bytes && !chosen->is_makeshift && weft_http_asks_for_all(request);
}

static void answer_file(struct weft_site *site, const struct weft_http_head *request,
                        const struct weft_resource *resource, struct weft_span path,
                        struct weft_answer *answer)
{
    struct weft_representation chosen = weft_representation_choose(site, request, resource, path);
    if (chosen.coding == WEFT_HTTP_IDENTITY) {
        bool repeats = is_repeatable(request, &chosen);
        uint64_t until_us = resource->checked_us + WEFT_CACHE_CHECK_US;
        answer_kept(site, request, chosen.file, answer);
        if (repeats) answer->repeats_until_us = until_us;
    } else {
        answer_coded(site, request, &chosen, answer);
    }
}

static uint16_t status_for(enum weft_http_path_status status)
{
    switch (status) {
    case WEFT_HTTP_PATH_FORBIDDEN: return 404; // no file has such a name
    case WEFT_HTTP_PATH_TOO_LONG: return 414;
    default: return 400;
    }
}

static void answer_resource(struct weft_site *site, const struct weft_http_head *request,
                            struct weft_answer *answer)
{
    uint8_t room[WEFT_PATH_SIZE - 1];
    struct weft_http_path path;
    enum weft_http_path_status status =
        weft_http_path_decode(request->path, room, sizeof(room), &path);
    if (status != WEFT_HTTP_PATH_FINE) {
        weft_error_page(site, status_for(status), answer);
        return;
    }
    if (weft_path_is_hidden(path.path)) {
        weft_error_page(site, 404, answer);
        return;
    }
    const struct weft_resource *resource = weft_site_find(site, path.path);
    switch (resource->kind) {
    case WEFT_RESOURCE_FILE: answer_file(site, request, resource, path.path, answer); break;
    case WEFT_RESOURCE_DIRECTORY: answer_directory(site, &path, answer); break;
    case WEFT_RESOURCE_NOTHING: weft_error_page(site, 404, answer); break;
    case WEFT_RESOURCE_FORBIDDEN: weft_error_page(site, 403, answer); break;
    case WEFT_RESOURCE_FAILED: weft_error_page(site, 503, answer); break;
    }
}

void weft_static_files(struct weft_site *site, const struct weft_http_head *request,
                       struct weft_answer *answer)
{
    const struct weft_resource *plain = weft_site_find_plain(site, request->path);
    if (plain) {
        answer_file(site, request, plain, request->path, answer);
    } else {
        answer_resource(site, request, answer);
    }
}
