// cmd/get_record.c
#include "cmd/get_record.h"

#include "net/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MEMORY_MOST = 256 << 20 };

void weft_get_record_init(struct weft_get_record *record, uint64_t now_us)
{
    struct timespec now;
    *record = (struct weft_get_record){.start_us = now_us};
    clock_gettime(CLOCK_REALTIME, &now);
    record->start_wall_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    weft_arena_init(&record->arena, weft_heap_alloc(), MEMORY_MOST);
}

void weft_get_record_deinit(struct weft_get_record *record)
{
    free(record->entries);
    free(record->connections);
    if (record->arena.alloc) weft_arena_deinit(&record->arena);
}

// Room for one more in an array that doubles; false where it is full.
static bool make_room(void **array, size_t count, size_t *room, size_t size, size_t most)
{
    if (count < *room) return true;
    size_t wanted = *room ? 2 * *room : 16;
    if (count >= most) return false;
    void *grown = realloc(*array, wanted * size);
    if (!grown) return false;
    *array = grown;
    *room = wanted;
    return true;
}

static struct weft_get_head copy_head(struct weft_get_record *record,
                                      const struct weft_http_head *head)
{
    struct weft_get_head copy = {NULL, 0};
    size_t size = head->field_count * sizeof(struct weft_http_field);
    struct weft_http_field *fields = size > 0 ? weft_arena_take(&record->arena, size) : NULL;
    if (!fields) return copy;
    for (size_t i = 0; i < head->field_count; i++) {
        fields[i] = head->fields[i];
        fields[i].name = weft_arena_copy(&record->arena, head->fields[i].name);
        fields[i].value = weft_arena_copy(&record->arena, head->fields[i].value);
    }
    copy.fields = fields;
    copy.count = head->field_count;
    return copy;
}

static const char *copy_text(struct weft_get_record *record, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = weft_arena_take(&record->arena, size);
    if (!copy) return "";
    memcpy(copy, text, size);
    return copy;
}

static bool has_room(struct weft_get_record *record)
{
    bool has = make_room((void **)&record->entries, record->entry_count, &record->entry_room,
                         sizeof(*record->entries), WEFT_GET_ENTRIES_MOST);
    if (!has) record->left_out++;
    return has;
}

// The entry of the attempt that is under way; a new one where there is none yet.
static struct weft_get_entry *entry_of(struct weft_get_record *record,
                                       const struct weft_exchange *exchange)
{
    const struct weft_exchange_report *report = weft_exchange_report(exchange);
    for (size_t i = record->entry_count; i > 0; i--) {
        struct weft_get_entry *entry = &record->entries[i - 1];
        if (entry->report.id == report->id && entry->report.ended_us == 0) return entry;
    }
    if (!has_room(record)) return NULL;
    char text[WEFT_URL_AUTHORITY_SIZE + WEFT_URL_SIZE_MOST * 3];
    struct weft_http_head head = weft_exchange_head(exchange);
    struct weft_get_entry *entry = &record->entries[record->entry_count++];
    struct weft_span known = weft_http_method_text(report->method);
    *entry = (struct weft_get_entry){.report = *report};
    entry->url_text = copy_text(record, weft_url_text(&report->url, text, sizeof(text)));
    entry->method = weft_arena_copy(&record->arena, known.size > 0 ? known : head.method_text);
    entry->request = copy_head(record, &head);
    return entry;
}

void weft_get_record_interim(struct weft_get_record *record, const struct weft_exchange *exchange,
                             const struct weft_http_head *head)
{
    struct weft_get_entry *entry = entry_of(record, exchange);
    if (!entry || entry->interim_us) return;
    entry->interim_us = weft_exchange_report(exchange)->heard_us;
    entry->interim_status = head->status;
    entry->interim = copy_head(record, head);
}

void weft_get_record_head(struct weft_get_record *record, const struct weft_exchange *exchange,
                          const struct weft_http_head *head)
{
    struct weft_get_entry *entry = entry_of(record, exchange);
    if (entry) entry->response = copy_head(record, head);
}

void weft_get_record_initiator(struct weft_get_record *record, const struct weft_exchange *exchange,
                               const char *initiator)
{
    struct weft_get_entry *entry = entry_of(record, exchange);
    if (entry) entry->initiator = initiator;
}

void weft_get_record_end(struct weft_get_record *record, const struct weft_exchange *exchange,
                         const char *failure)
{
    struct weft_get_entry *entry = entry_of(record, exchange);
    if (!entry) return;
    entry->report = *weft_exchange_report(exchange);
    entry->report.url = (struct weft_url){0};
    if (failure) entry->failure = copy_text(record, failure);
}

void weft_get_record_push(struct weft_get_record *record,
                          const struct weft_client_push_report *push)
{
    char text[WEFT_URL_AUTHORITY_SIZE + WEFT_URL_SIZE_MOST * 3];
    const struct weft_http_head *request = push->request;
    if (push->fate == WEFT_CLIENT_PUSH_CLAIMED || !has_room(record)) return;
    struct weft_get_entry *entry = &record->entries[record->entry_count++];
    *entry = (struct weft_get_entry){
        .report = {.connection_id = push->connection_id,
                   .stream_id = push->stream_id,
                   .version = WEFT_HTTP_2,
                   .method = request->method,
                   .status = push->response ? push->response->status : 0,
                   .pushed_us = push->promised_us,
                   .asked_us = push->promised_us,
                   .sent_us = push->promised_us,
                   .first_us = push->first_us,
                   .ended_us = push->ended_us,
                   .content_size = push->content_size,
                   .decoded_size = push->content_size},
    };
    snprintf(text, sizeof(text), "%.*s://%.*s%.*s", (int)request->scheme.size,
             (const char *)request->scheme.data, (int)request->authority.size,
             (const char *)request->authority.data, (int)request->path.size,
             (const char *)request->path.data);
    entry->url_text = copy_text(record, text);
    entry->method = weft_arena_copy(&record->arena, weft_http_method_text(request->method));
    entry->request = copy_head(record, request);
    if (push->response) entry->response = copy_head(record, push->response);
    entry->unasked = copy_text(record, push->reason);
}

const struct weft_get_entry *weft_get_record_last(const struct weft_get_record *record,
                                                  uint64_t exchange_id)
{
    for (size_t i = record->entry_count; i > 0; i--) {
        if (record->entries[i - 1].report.id == exchange_id) return &record->entries[i - 1];
    }
    return NULL;
}

uint64_t weft_get_record_born_us(const struct weft_get_record *record, uint64_t exchange_id)
{
    for (size_t i = 0; i < record->entry_count; i++) {
        if (record->entries[i].report.id == exchange_id) return record->entries[i].report.asked_us;
    }
    return 0;
}

const struct weft_get_connection *weft_get_record_find(const struct weft_get_record *record,
                                                       uint64_t id)
{
    for (size_t i = 0; i < record->connection_count; i++) {
        if (record->connections[i].info.id == id) return &record->connections[i];
    }
    return NULL;
}

void weft_get_record_connection(struct weft_get_record *record,
                                const struct weft_client_connection_info *info)
{
    struct weft_get_connection *it = NULL;
    for (size_t i = 0; i < record->connection_count && !it; i++) {
        if (record->connections[i].info.id == info->id) it = &record->connections[i];
    }
    if (!it && !make_room((void **)&record->connections, record->connection_count,
                          &record->connection_room, sizeof(*record->connections),
                          WEFT_GET_CONNECTIONS_MOST)) {
        record->left_out++;
        return;
    }
    if (!it) {
        it = &record->connections[record->connection_count++];
        it->info.origin = copy_text(record, info->origin);
    }
    const char *origin = it->info.origin;
    it->totals = info->totals ? *info->totals : (struct weft_http_totals){0};
    it->info = *info;
    it->info.origin = origin;
    it->info.totals = NULL;
}

double weft_get_ms(uint64_t from_us, uint64_t to_us)
{
    return from_us && to_us > from_us ? (double)(to_us - from_us) / 1000 : 0;
}

const char *weft_get_version_text(unsigned version)
{
    switch (version) {
    case WEFT_HTTP_1_0: return "1.0";
    case WEFT_HTTP_1_1: return "1.1";
    case WEFT_HTTP_2: return "2";
    default: return "0";
    }
}

uint64_t weft_get_record_span_us(const struct weft_get_record *record)
{
    uint64_t end_us = record->start_us + 1;
    for (size_t i = 0; i < record->entry_count; i++) {
        uint64_t ended_us = record->entries[i].report.ended_us;
        if (ended_us > end_us) end_us = ended_us;
    }
    return end_us - record->start_us;
}
