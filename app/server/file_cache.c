// server/file_cache.c
#include "server/file_cache.h"

#include "base/hash.h"
#include "http/mime.h"
#include "http/target.h"

#include <errno.h>
#include <stdlib.h>

enum {
    USES_TO_KEEP = 2,  // so often a large file is sent from its descriptor
    SHARE_TO_KEEP = 8, // of what the cache may hold, a large file takes no more than an eighth
};

/** A path and what it named when it was last looked at. */
struct weft_cache_entry {
    struct weft_resource resource;
    const struct weft_file_place *place;
    struct weft_list by_age;
    struct weft_cache_entry *next; // in the bucket
    uint64_t hash;
    bool was_checked;
    bool is_plain; // weft_file_cache_find_plain() finds it
    size_t bytes;
    size_t descriptors;
    size_t path_size;
    char path[];
};

/** What the file system says now, without anything opened. */
struct look {
    enum weft_resource_kind kind;
    unsigned codings;
    struct weft_file_mark marks[WEFT_CACHE_CODINGS];
    char path[WEFT_PATH_SIZE + 256]; // of the file: with the index file's name
};

// In the order of the bits of enum weft_http_coding.
static const char *const suffixes[WEFT_CACHE_CODINGS] = {"", ".gz", ".br", ".zst"};

bool weft_file_cache_init(struct weft_file_cache *cache,
                          const struct weft_file_cache_config *config)
{
    *cache = (struct weft_file_cache){.config = *config, .bucket_count = 64};
    while (cache->bucket_count < 2 * config->entries_most) {
        cache->bucket_count *= 2;
    }
    weft_list_init(&cache->found);
    weft_list_init(&cache->nothing);
    cache->buckets = calloc(cache->bucket_count, sizeof(struct weft_cache_entry *));
    return cache->buckets != NULL;
}

// Lets the files of an entry go, and takes them off the books.
static void empty_entry(struct weft_file_cache *cache, struct weft_cache_entry *entry)
{
    for (size_t i = 0; i < WEFT_CACHE_CODINGS; i++) {
        weft_file_release(entry->resource.files[i]);
    }
    if (entry->resource.kind == WEFT_RESOURCE_FILE) cache->changes++;
    cache->bytes -= entry->bytes;
    cache->descriptors -= entry->descriptors;
    entry->bytes = entry->descriptors = 0;
    entry->resource = (struct weft_resource){0};
}

static void unlink_entry(struct weft_file_cache *cache, struct weft_cache_entry *entry)
{
    if (entry->resource.kind == WEFT_RESOURCE_NOTHING) {
        cache->nothing_count--;
    } else {
        cache->found_count--;
    }
    weft_list_remove(&entry->by_age);
}

static void link_entry(struct weft_file_cache *cache, struct weft_cache_entry *entry)
{
    if (entry->resource.kind == WEFT_RESOURCE_NOTHING) {
        weft_list_push_back(&cache->nothing, &entry->by_age);
        cache->nothing_count++;
    } else {
        weft_list_push_back(&cache->found, &entry->by_age);
        cache->found_count++;
    }
}

static void drop_entry(struct weft_file_cache *cache, struct weft_cache_entry *entry)
{
    struct weft_cache_entry **link = &cache->buckets[entry->hash & (cache->bucket_count - 1)];
    while (*link != entry) {
        link = &(*link)->next;
    }
    *link = entry->next;
    unlink_entry(cache, entry);
    empty_entry(cache, entry);
    free(entry);
}

static struct weft_cache_entry *oldest(struct weft_list *list)
{
    return WEFT_LIST_ENTRY(list->next, struct weft_cache_entry, by_age);
}

void weft_file_cache_deinit(struct weft_file_cache *cache)
{
    while (!weft_list_is_empty(&cache->found)) {
        drop_entry(cache, oldest(&cache->found));
    }
    while (!weft_list_is_empty(&cache->nothing)) {
        drop_entry(cache, oldest(&cache->nothing));
    }
    free(cache->buckets);
}

static bool is_over(const struct weft_file_cache *cache)
{
    const struct weft_file_cache_config *config = &cache->config;
    return cache->bytes > config->bytes_most || cache->found_count > config->entries_most ||
           cache->descriptors > config->descriptors_most;
}

// The newest stays, whatever it takes: it is about to be used.
static void shed(struct weft_file_cache *cache, const struct weft_cache_entry *kept)
{
    while (is_over(cache) && !weft_list_is_empty(&cache->found) && oldest(&cache->found) != kept) {
        drop_entry(cache, oldest(&cache->found));
        cache->evictions++;
    }
    while (cache->nothing_count > WEFT_CACHE_NOTHING_MOST && oldest(&cache->nothing) != kept) {
        drop_entry(cache, oldest(&cache->nothing));
        cache->evictions++;
    }
}

static bool has_suffix(const char *path, const char *suffix)
{
    size_t size = strlen(path);
    size_t end = strlen(suffix);
    return size > end && strcmp(path + size - end, suffix) == 0;
}

// Looks for the file and its precompressed siblings; false where there is no such file.
static bool look_at_file(const struct weft_root *root, struct look *look)
{
    struct stat status;
    size_t size = strlen(look->path);
    bool is_packed = false;
    look->codings = 0;
    for (size_t i = 0; i < WEFT_CACHE_CODINGS && !is_packed; i++) {
        if (size + strlen(suffixes[i]) >= sizeof(look->path)) break;
        strcpy(look->path + size, suffixes[i]); // NOLINT: it was measured on the line before
        if (weft_root_stat(root, look->path, &status) != 0 || !S_ISREG(status.st_mode)) {
            if (i == 0) return false;
            continue;
        }
        look->codings |= 1U << i;
        look->marks[i] = weft_file_mark_of(&status);
        for (size_t j = 1; i == 0 && j < WEFT_CACHE_CODINGS; j++) {
            is_packed |= has_suffix(look->path, suffixes[j]);
        }
    }
    look->path[size] = 0;
    look->kind = WEFT_RESOURCE_FILE;
    return true;
}

static bool look_for_index(const struct weft_file_place *place, struct look *look)
{
    size_t size = strlen(look->path);
    for (size_t i = 0; i < place->index_count; i++) {
        const char *name = place->index_names[i];
        if (size + strlen(name) >= sizeof(look->path)) continue;
        strcpy(look->path + size, name); // NOLINT: it was measured on the line before
        if (look_at_file(place->root, look)) return true;
    }
    look->path[size] = 0;
    return false;
}

static void look_at(const struct weft_file_place *place, struct weft_span path, struct look *look)
{
    const struct weft_root *root = place->root;
    struct stat status;
    look->kind = WEFT_RESOURCE_NOTHING;
    look->codings = 0;
    memcpy(look->path, path.data, path.size);
    look->path[path.size] = 0;

    bool has_slash = path.data[path.size - 1] == '/';
    if (has_slash && look_for_index(place, look)) return;
    if (!has_slash && look_at_file(root, look)) return;
    look->path[path.size] = 0;
    int error = weft_root_stat(root, look->path, &status);
    if (error == -EACCES) look->kind = WEFT_RESOURCE_FORBIDDEN;
    if (error == -EMFILE || error == -ENFILE || error == -ENOMEM) look->kind = WEFT_RESOURCE_FAILED;
    if (error == 0 && S_ISDIR(status.st_mode)) look->kind = WEFT_RESOURCE_DIRECTORY;
}

static bool is_unchanged(const struct weft_cache_entry *entry, const struct look *look)
{
    const struct weft_resource *resource = &entry->resource;
    if (resource->kind != look->kind || (resource->codings & ~resource->made) != look->codings)
        return false;
    for (size_t i = 0; i < WEFT_CACHE_CODINGS; i++) {
        const struct weft_file *file = resource->files[i];
        bool is_made = resource->made >> i & 1; // of the file itself, which is looked at too
        if (file && !is_made && !weft_file_mark_equal(&file->mark, &look->marks[i])) return false;
    }
    return true;
}

static enum weft_resource_kind kind_of_error(int error)
{
    switch (-error) {
    case EACCES:
    case EPERM: return WEFT_RESOURCE_FORBIDDEN;
    case ENOENT:
    case EISDIR: return WEFT_RESOURCE_NOTHING;
    default: return WEFT_RESOURCE_FAILED;
    }
}

// Which codings may be made of the file itself: none that lie beside it, and none of what is packed already.
static unsigned codable(const struct weft_file_place *place, const struct look *look,
                        const struct weft_http_mime *mime)
{
    for (size_t i = 1; i < WEFT_CACHE_CODINGS; i++) {
        if (has_suffix(look->path, suffixes[i])) return 0;
    }
    if (!place->compression) return 0;
    return weft_compression_codings(place->compression, mime, look->marks[0].size) & ~look->codings;
}

static enum weft_resource_kind open_one(struct weft_file_cache *cache,
                                        struct weft_cache_entry *entry, struct look *look,
                                        size_t index)
{
    struct stat status;
    size_t size = strlen(look->path);
    strcpy(look->path + size, suffixes[index]); // NOLINT: look_at_file() has measured it
    int fd = weft_root_open_file(entry->place->root, look->path, &status);
    look->path[size] = 0;
    if (fd < 0) return kind_of_error(fd);

    const struct weft_http_mime *mime = weft_http_mime_of(weft_span_of(look->path));
    unsigned may_be_made = codable(entry->place, look, mime);
    struct weft_file_traits traits = {
        .path = {(const uint8_t *)entry->path, entry->path_size},
        .content_type = mime->type,
        .varies = ((look->codings | may_be_made) & ~1U) != 0,
    };
    if (index > 0) traits.coding = weft_http_coding_text((enum weft_http_coding)(1U << index));
    struct weft_file *file = weft_file_new(fd, &status, entry->place->heads, &traits);
    if (!file) return WEFT_RESOURCE_FAILED;
    file->serial = ++cache->serial;
    if (index == 0 && weft_compression_is_allowed(file->head.fields, file->head.field_count))
        file->codable = (uint8_t)may_be_made;
    entry->resource.files[index] = file;
    entry->resource.codings |= 1U << index;
    entry->bytes += file->held;
    entry->descriptors += file->fd >= 0;
    return WEFT_RESOURCE_FILE;
}

// Opens what was looked at. A sibling that cannot be opened is left out; without the file itself all is left out.
static void open_all(struct weft_file_cache *cache, struct weft_cache_entry *entry,
                     struct look *look)
{
    entry->resource.kind = look->kind;
    entry->bytes = sizeof(*entry) + entry->path_size;
    for (size_t i = 0; i < WEFT_CACHE_CODINGS; i++) {
        if (!(look->codings & 1U << i)) continue;
        enum weft_resource_kind kind = open_one(cache, entry, look, i);
        if (i == 0) entry->resource.kind = kind;
        if (i == 0 && kind != WEFT_RESOURCE_FILE) break;
    }
    cache->bytes += entry->bytes;
    cache->descriptors += entry->descriptors;
    cache->loads++;
}

// Does a path come from a client as it is here? Then it need not be decoded each time, nor looked through for hidden names.
static bool is_plain(struct weft_span path)
{
    uint8_t room[WEFT_PATH_SIZE];
    struct weft_http_path decoded;
    for (size_t i = 1; i < path.size; i++) {
        if (path.data[i - 1] == '/' && path.data[i] == '.') return false;
    }
    return weft_http_path_decode(path, room, sizeof(room), &decoded) == WEFT_HTTP_PATH_FINE &&
           weft_span_equal(decoded.path, path);
}

static struct weft_cache_entry *new_entry(struct weft_file_cache *cache,
                                          const struct weft_file_place *place,
                                          struct weft_span path, uint64_t hash)
{
    struct weft_cache_entry *entry = calloc(1, sizeof(*entry) + path.size);
    if (!entry) return NULL;
    struct weft_cache_entry **bucket = &cache->buckets[hash & (cache->bucket_count - 1)];
    memcpy(entry->path, path.data, path.size);
    entry->path_size = path.size;
    entry->place = place;
    entry->hash = hash;
    entry->is_plain = is_plain(path);
    entry->next = *bucket;
    *bucket = entry;
    link_entry(cache, entry);
    return entry;
}

static uint64_t hash_of(const struct weft_file_cache *cache, const struct weft_file_place *place,
                        struct weft_span path)
{
    return weft_hash_bytes(cache->config.seed ^ (uintptr_t)place, path);
}

static struct weft_cache_entry *find_entry(const struct weft_file_cache *cache,
                                           const struct weft_file_place *place,
                                           struct weft_span path, uint64_t hash)
{
    struct weft_cache_entry *entry = cache->buckets[hash & (cache->bucket_count - 1)];
    while (entry &&
           (entry->hash != hash || entry->place != place || entry->path_size != path.size ||
            memcmp(entry->path, path.data, path.size) != 0)) {
        entry = entry->next;
    }
    return entry;
}

// Asks the file system; what changed is opened anew.
static void refresh(struct weft_file_cache *cache, struct weft_cache_entry *entry, uint64_t now_us)
{
    struct look look;
    struct weft_span path = {(const uint8_t *)entry->path, entry->path_size};
    look_at(entry->place, path, &look);
    bool is_known = entry->was_checked && is_unchanged(entry, &look);
    entry->was_checked = true;
    if (!is_known) {
        unlink_entry(cache, entry);
        empty_entry(cache, entry);
        open_all(cache, entry, &look);
        link_entry(cache, entry);
    }
    entry->resource.checked_us = now_us;
}

// Takes large files into memory that are asked for again and again.
static void keep_used(struct weft_file_cache *cache, struct weft_cache_entry *entry)
{
    for (size_t i = 0; i < WEFT_CACHE_CODINGS; i++) {
        struct weft_file *file = entry->resource.files[i];
        if (!file || file->bytes || file->sent < USES_TO_KEEP) continue;
        file->sent = 0; // where it fails, not at once again
        if (file->size > WEFT_FILE_KEPT_MOST) continue;
        if (file->size > cache->config.bytes_most / SHARE_TO_KEEP) continue;
        if (!weft_file_keep(file)) continue;
        entry->bytes += (size_t)file->size;
        cache->bytes += (size_t)file->size;
        entry->descriptors--;
        cache->descriptors--;
    }
}

static bool is_fresh(const struct weft_cache_entry *entry, uint64_t now_us)
{
    return now_us - entry->resource.checked_us < WEFT_CACHE_CHECK_US;
}

static void hit(struct weft_file_cache *cache, struct weft_cache_entry *entry)
{
    cache->hits++;
    if (entry->descriptors > 0) keep_used(cache, entry);
}

static void make_newest(struct weft_file_cache *cache, struct weft_cache_entry *entry)
{
    bool is_found = entry->resource.kind != WEFT_RESOURCE_NOTHING;
    weft_list_remove(&entry->by_age);
    weft_list_push_back(is_found ? &cache->found : &cache->nothing, &entry->by_age);
    shed(cache, entry);
}

static const struct weft_resource failed = {.kind = WEFT_RESOURCE_FAILED};

const struct weft_resource *weft_file_cache_find(struct weft_file_cache *cache,
                                                 const struct weft_file_place *place,
                                                 struct weft_span path, uint64_t now_us)
{
    static const struct weft_resource nothing = {.kind = WEFT_RESOURCE_NOTHING};
    if (path.size == 0 || path.size >= WEFT_PATH_SIZE || !place->root) return &nothing;

    uint64_t hash = hash_of(cache, place, path);
    struct weft_cache_entry *entry = find_entry(cache, place, path, hash);
    if (entry && is_fresh(entry, now_us)) {
        hit(cache, entry);
    } else {
        if (!entry) entry = new_entry(cache, place, path, hash);
        if (!entry) return &failed;
        refresh(cache, entry, now_us);
    }
    if (entry->resource.kind == WEFT_RESOURCE_FAILED) {
        drop_entry(cache, entry);
        return &failed;
    }
    make_newest(cache, entry);
    return &entry->resource;
}

const struct weft_resource *weft_file_cache_find_plain(struct weft_file_cache *cache,
                                                       const struct weft_file_place *place,
                                                       struct weft_span path, uint64_t now_us)
{
    struct weft_cache_entry *entry = find_entry(cache, place, path, hash_of(cache, place, path));
    if (!entry || !entry->is_plain || entry->resource.kind != WEFT_RESOURCE_FILE) return NULL;
    if (!is_fresh(entry, now_us)) return NULL;
    hit(cache, entry);
    make_newest(cache, entry);
    return &entry->resource;
}

bool weft_file_cache_add(struct weft_file_cache *cache, const struct weft_file_place *place,
                         struct weft_span path, const struct weft_file *plain,
                         enum weft_http_coding coding, struct weft_file *coded)
{
    struct weft_cache_entry *entry = find_entry(cache, place, path, hash_of(cache, place, path));
    size_t index = (size_t)__builtin_ctz((unsigned)coding);
    if (!entry || entry->resource.files[0] != plain || entry->resource.files[index]) {
        weft_file_release(coded);
        return false;
    }
    coded->serial = ++cache->serial;
    entry->resource.files[index] = coded;
    entry->resource.codings |= coding;
    entry->resource.made |= coding;
    cache->changes++;
    entry->bytes += coded->held;
    cache->bytes += coded->held;
    shed(cache, entry);
    return true;
}
