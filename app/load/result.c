// load/result.c: what was measured, and results of several threads as one
#include "load/state.h"
#include "net/memory.h"

#include <stdio.h>
#include <string.h>

// All histograms of a result.
#define EACH_HISTOGRAM(X) X(latency) X(naive) X(first_byte) X(lag) X(connect) X(handshake) X(page)

bool weft_load_result_init(struct weft_load_result *result)
{
    const struct weft_alloc *alloc = weft_heap_alloc();
    bool is_fine = true;
    *result = (struct weft_load_result){0};
#define X(name) is_fine = weft_histogram_init(&result->name, WEFT_HISTOGRAM_FINE, alloc) && is_fine;
    EACH_HISTOGRAM(X)
#undef X
    is_fine = weft_timeline_init(&result->timeline, 0, alloc) && is_fine;
    if (!is_fine) weft_load_result_deinit(result);
    return is_fine;
}

void weft_load_result_deinit(struct weft_load_result *result)
{
#define X(name) weft_histogram_deinit(&result->name);
    EACH_HISTOGRAM(X)
#undef X
    weft_timeline_deinit(&result->timeline);
}

void weft_load_result_blame(struct weft_load_result *result, const char *text, uint64_t count)
{
    for (size_t i = 0; i < WEFT_LOAD_REASONS_MOST; i++) {
        struct weft_load_reason *reason = &result->reasons[i];
        bool is_last = i + 1 == WEFT_LOAD_REASONS_MOST;
        if (reason->count == 0) {
            snprintf(reason->text, sizeof(reason->text), "%s", is_last ? "other reasons" : text);
        } else if (!is_last && strncmp(reason->text, text, sizeof(reason->text) - 1) != 0) {
            continue;
        }
        reason->count += count;
        return;
    }
}

static void add_traffic(struct weft_load_traffic *to, const struct weft_load_traffic *from)
{
    to->wire_received += from->wire_received;
    to->wire_sent += from->wire_sent;
    to->http_received += from->http_received;
    to->http_sent += from->http_sent;
    to->field_text_received += from->field_text_received;
    to->field_text_sent += from->field_text_sent;
    to->field_wire_received += from->field_wire_received;
    to->field_wire_sent += from->field_wire_sent;
    to->content_received += from->content_received;
    to->content_sent += from->content_sent;
}

void weft_load_result_add(struct weft_load_result *result, struct weft_load_result *from)
{
    weft_ledger_add(&result->ledger, &from->ledger);
#define X(name) weft_histogram_add(&result->name, &from->name);
    EACH_HISTOGRAM(X)
#undef X
    weft_timeline_add(&result->timeline, &from->timeline);
    add_traffic(&result->traffic, &from->traffic);
    for (size_t i = 0; i < WEFT_COUNT(result->statuses); i++) {
        result->statuses[i] += from->statuses[i];
    }
    result->connections_opened += from->connections_opened;
    result->connections_failed += from->connections_failed;
    result->handshakes += from->handshakes;
    result->resumed += from->resumed;
    result->sent_again += from->sent_again;
    result->pages_failed += from->pages_failed;
    result->finished_in_time += from->finished_in_time;
    if (from->elapsed_us > result->elapsed_us) result->elapsed_us = from->elapsed_us;
    for (size_t i = 0; i < WEFT_LOAD_REASONS_MOST && from->reasons[i].count > 0; i++) {
        weft_load_result_blame(result, from->reasons[i].text, from->reasons[i].count);
    }
    if (result->version != 0 || from->version == 0) return;
    result->version = from->version;
    memcpy(result->protocol, from->protocol, sizeof(result->protocol));
    memcpy(result->address, from->address, sizeof(result->address));
}
