// server/file.c
#include "server/file.h"

#include "base/hash.h"
#include "http/date.h"
#include "http/rank.h"
#include "wire/base64.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OWN_FIELDS = 8 }; // what a file's head may have beside the common and the extra fields

struct weft_file_mark weft_file_mark_of(const struct stat *status)
{
    return (struct weft_file_mark){.device = status->st_dev,
                                   .inode = status->st_ino,
                                   .size = (uint64_t)status->st_size,
                                   .modified = status->st_mtim,
                                   .changed = status->st_ctim};
}

static bool time_equal(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool weft_file_mark_equal(const struct weft_file_mark *a, const struct weft_file_mark *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           time_equal(a->modified, b->modified) && time_equal(a->changed, b->changed);
}

// Reads all of it; false where it is not what its size said, and is then read as it is sent.
static bool read_whole(int fd, uint8_t *bytes, uint64_t size, const struct weft_file_mark *mark)
{
    struct stat after;
    uint64_t at = 0;
    while (at < size) {
        ssize_t got = pread(fd, bytes + at, (size_t)(size - at), (off_t)at);
        if (got <= 0) return false;
        at += (uint64_t)got;
    }
    if (fstat(fd, &after) != 0) return false;
    struct weft_file_mark now = weft_file_mark_of(&after); // written to in the meantime?
    return weft_file_mark_equal(&now, mark);
}

static bool is_extra(const struct weft_file_heads *heads, enum weft_http_field_name id)
{
    return weft_http_field_find(heads->extra, heads->extra_count, id) != NULL;
}

// Eleven letters of a hash over inode, size and time, and one for the coding: other bytes, other tag (RFC 9110 §8.8.3.3).
// They are short because each answer of a page carries one of its own, which no header compression shortens. What is
// coded by us has a capital, and depends on how it was coded too.
static void write_etag(struct weft_writer *out, const struct weft_file_mark *mark,
                       const struct weft_file_traits *traits)
{
    uint64_t hash = weft_hash_mix(weft_hash_mix(traits->made, mark->inode), mark->size);
    hash = weft_hash_mix(hash, (uint64_t)mark->modified.tv_sec);
    hash = weft_hash_mix(weft_hash_mix(hash, (uint64_t)mark->modified.tv_nsec), mark->device);
    weft_write_u8(out, '"');
    weft_write_base64(out, WEFT_BASE64_URL, (struct weft_span){(uint8_t *)&hash, sizeof(hash)});
    uint8_t letter = traits->coding.size > 0 ? traits->coding.data[0] : 0;
    if (letter) weft_write_u8(out, traits->made ? letter & 0xdf : letter);
    weft_write_u8(out, '"');
}

struct weft_span weft_file_weak_etag(const struct weft_file *plain,
                                     const struct weft_file_traits *traits,
                                     char room[WEFT_WEAK_ETAG_SIZE])
{
    struct weft_writer out = weft_writer_over((uint8_t *)room, WEFT_WEAK_ETAG_SIZE);
    weft_write_bytes(&out, WEFT_SPAN("W/"));
    write_etag(&out, &plain->mark, traits);
    return weft_written(&out);
}

static void write_validators(struct weft_file *file, const struct weft_file_traits *traits,
                             int64_t now)
{
    const struct weft_file_mark *mark = &file->mark;
    struct weft_writer out = weft_writer_over((uint8_t *)file->etag, sizeof(file->etag));
    write_etag(&out, mark, traits);
    file->etag_size = weft_writer_size(&out);
    // never later than the Date of an answer, §8.8.2.1
    int64_t modified = mark->modified.tv_sec < now ? mark->modified.tv_sec : now;
    weft_http_date_format(modified, file->last_modified);
    file->validators = (struct weft_http_validators){
        .etag = {(const uint8_t *)file->etag, file->etag_size},
        .last_modified = modified,
        .date = WEFT_HTTP_NO_DATE,
        .exists = true,
    };
}

// The fields that 200 and 304 share (RFC 9110 §15.4.5); returns their count.
static size_t write_shared_fields(struct weft_file *file, const struct weft_file_heads *heads,
                                  const struct weft_file_traits *traits,
                                  struct weft_http_field *out)
{
    size_t count = 0;
    for (size_t i = 0; i < heads->common_count; i++) {
        out[count++] = heads->common[i];
    }
    out[count++] = WEFT_HTTP_FIELD(ETAG, file->validators.etag);
    struct weft_span modified = {file->last_modified, sizeof(file->last_modified)};
    out[count++] = WEFT_HTTP_FIELD(LAST_MODIFIED, modified);
    if (!is_extra(heads, WEFT_HTTP_FIELD_CACHE_CONTROL)) {
        out[count++] = WEFT_HTTP_FIELD(CACHE_CONTROL, WEFT_SPAN("no-cache"));
    }
    if (traits->varies) out[count++] = WEFT_HTTP_FIELD(VARY, WEFT_SPAN("accept-encoding"));
    for (size_t i = 0; i < heads->extra_count; i++) {
        out[count++] = heads->extra[i];
    }
    if (!heads->rules) return count;
    return weft_header_rules_apply(heads->rules, traits->path, false, out, count);
}

static void write_heads(struct weft_file *file, const struct weft_file_heads *heads,
                        const struct weft_file_traits *traits, struct weft_http_field *room)
{
    size_t shared = write_shared_fields(file, heads, traits, room);
    file->unchanged_fields = room;
    file->unchanged_count = shared;

    struct weft_http_field *out = room + shared;
    size_t count = shared;
    memcpy(out, room, shared * sizeof(*out));
    if (traits->content_type.size > 0) {
        out[count++] = WEFT_HTTP_FIELD(CONTENT_TYPE, traits->content_type);
    }
    if (traits->coding.size > 0) {
        out[count++] = WEFT_HTTP_FIELD(CONTENT_ENCODING, traits->coding);
    }
    out[count++] = WEFT_HTTP_FIELD(ACCEPT_RANGES, WEFT_SPAN("bytes"));
    file->head = (struct weft_http_head)WEFT_HTTP_HEAD_INIT;
    file->head.status = 200;
    file->head.fields = out;
    file->head.field_count = count;
    file->head.lacks = weft_http_fields_lack(out, count);
    weft_http_rank_note(&file->head);
}

// One with its head and no content yet, and with room for so many bytes behind it.
static struct weft_file *describe(const struct weft_file_mark *mark, size_t in_memory,
                                  const struct weft_file_heads *heads,
                                  const struct weft_file_traits *traits)
{
    size_t ruled = heads->rules ? heads->rules->field_count : 0;
    size_t most = 2 * (heads->common_count + heads->extra_count + ruled + OWN_FIELDS);
    size_t held = sizeof(struct weft_file) + most * sizeof(struct weft_http_field) + in_memory;
    struct weft_file *file = malloc(held);
    if (!file) return NULL;
    *file = (struct weft_file){.references = 1, .fd = -1, .mark = *mark, .held = held};
    struct weft_http_field *room = (void *)(file + 1);
    file->bytes = in_memory > 0 ? (uint8_t *)(room + most) : NULL;
    write_validators(file, traits, *heads->now);
    write_heads(file, heads, traits, room);
    return file;
}

struct weft_file *weft_file_new(int fd, const struct stat *status,
                                const struct weft_file_heads *heads,
                                const struct weft_file_traits *traits)
{
    uint64_t size = (uint64_t)status->st_size;
    bool is_small = size <= WEFT_FILE_IN_MEMORY_MOST;
    struct weft_file_mark mark = weft_file_mark_of(status);
    struct weft_file *file = describe(&mark, is_small ? (size_t)size + 1 : 0, heads, traits);
    if (!file) {
        close(fd);
        return NULL;
    }
    file->size = size;
    if (is_small && read_whole(fd, file->bytes, size, &mark)) {
        close(fd);
        return file;
    }
    file->bytes = NULL;
    file->fd = fd;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return file;
}

struct weft_file *weft_file_of_coded(const struct weft_file *plain, uint8_t *bytes, size_t size,
                                     const struct weft_file_heads *heads,
                                     const struct weft_file_traits *traits)
{
    struct weft_file_traits own = *traits;
    const struct weft_http_field *type = weft_http_field_find(
        plain->head.fields, plain->head.field_count, WEFT_HTTP_FIELD_CONTENT_TYPE);
    if (type) own.content_type = type->value;
    struct weft_file *file = describe(&plain->mark, 0, heads, &own);
    if (!file) {
        free(bytes);
        return NULL;
    }
    file->bytes = file->kept = bytes;
    file->size = size;
    file->held += size;
    return file;
}

bool weft_file_keep(struct weft_file *file)
{
    uint8_t *bytes = malloc((size_t)file->size);
    if (!bytes || !read_whole(file->fd, bytes, file->size, &file->mark)) {
        free(bytes);
        return false;
    }
    close(file->fd);
    file->fd = -1;
    file->bytes = file->kept = bytes;
    file->held += (size_t)file->size;
    return true;
}

struct weft_file *weft_file_of_bytes(uint8_t *bytes, size_t size, size_t *alive)
{
    struct weft_file *file = malloc(sizeof(*file));
    if (!file) {
        free(bytes);
        return NULL;
    }
    *file = (struct weft_file){.references = 1,
                               .fd = -1,
                               .bytes = bytes,
                               .kept = bytes,
                               .size = size,
                               .held = sizeof(*file) + size,
                               .alive = alive};
    *alive += file->held;
    return file;
}

void weft_file_release(struct weft_file *file)
{
    if (!file || --file->references > 0) return;
    if (file->fd >= 0) close(file->fd);
    if (file->alive) *file->alive -= file->held;
    free(file->kept);
    free(file);
}
