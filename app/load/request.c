// load/request.c: what becomes of a request, and how it is counted
#include "load/state.h"

static bool is_measured(const struct weft_load_worker *worker, uint64_t intended_us)
{
    return intended_us >= worker->measure_us;
}

static struct weft_load_request *take_spare(struct weft_load_worker *worker)
{
    struct weft_list *link = weft_list_pop_front(&worker->spare);
    struct weft_load_request *request = link ? WEFT_LIST_ENTRY(link, struct weft_load_request, link)
                                             : weft_allocate(&worker->alloc, sizeof(*request));
    if (request) *request = (struct weft_load_request){0};
    return request;
}

static void count_start(struct weft_load_worker *worker, uint64_t intended_us)
{
    worker->started_all++;
    if (is_measured(worker, intended_us)) worker->result.ledger.started++;
}

static void count_failure(struct weft_load_worker *worker, bool measured,
                          enum weft_load_failure failure, const char *reason)
{
    worker->failed_all++;
    if (!measured) return;
    uint64_t now_us = weft_load_now_us(worker);
    worker->result.ledger.failed[failure]++;
    worker->last_end_us = now_us;
    weft_timeline_fail(&worker->result.timeline, now_us);
    weft_load_result_blame(&worker->result, reason, 1);
}

void weft_load_request_refuse(struct weft_load_worker *worker, uint64_t intended_us,
                              enum weft_load_failure failure, const char *reason)
{
    count_start(worker, intended_us);
    count_failure(worker, is_measured(worker, intended_us), failure, reason);
}

struct weft_load_request *weft_load_request_start(struct weft_load_worker *worker,
                                                  uint64_t intended_us, size_t target)
{
    struct weft_load_request *request = take_spare(worker);
    if (!request) {
        weft_load_request_refuse(worker, intended_us, WEFT_LOAD_OWN, "no memory for a request");
        return NULL;
    }
    request->intended_us = intended_us;
    request->target = target;
    request->is_measured = is_measured(worker, intended_us);
    count_start(worker, intended_us);
    worker->live_count++;
    return request;
}

// It is out of all lists; its memory waits for the next one.
static void release(struct weft_load_worker *worker, struct weft_load_request *request,
                    bool has_failed)
{
    struct weft_load_lane *lane = request->lane;
    worker->live_count--;
    if (lane) weft_load_lane_ended(lane, request, has_failed);
    weft_list_remove(&request->link);
    weft_list_push_front(&worker->spare, &request->link);
}

static void measure(struct weft_load_worker *worker, const struct weft_load_request *request)
{
    struct weft_load_result *result = &worker->result;
    uint64_t now_us = weft_load_now_us(worker);
    uint64_t latency_us = now_us - request->intended_us;
    result->ledger.finished++;
    if (now_us <= worker->end_us) result->finished_in_time++;
    if (request->status < 600) result->statuses[request->status / 100]++;
    weft_histogram_record(&result->latency, latency_us);
    weft_histogram_record(&result->first_byte, request->first_us - request->intended_us);
    if (worker->config->rate > 0) {
        weft_histogram_record(&result->naive, now_us - request->sent_us);
    }
    weft_timeline_finish(&result->timeline, now_us, latency_us);
    worker->last_end_us = now_us;
}

void weft_load_request_finish(struct weft_load_worker *worker, struct weft_load_request *request)
{
    worker->finished_all++;
    if (request->is_measured) measure(worker, request);
    release(worker, request, false);
}

void weft_load_request_fail(struct weft_load_worker *worker, struct weft_load_request *request,
                            enum weft_load_failure failure, const char *reason)
{
    count_failure(worker, request->is_measured, failure, reason);
    release(worker, request, true);
}

// A pipeline behind the end of a connection may be cut once for each of its places.
static size_t tries_most(const struct weft_load_worker *worker, const struct weft_http_error *error)
{
    if (error->scope == WEFT_HTTP_STREAM) return WEFT_LOAD_TRIES_MOST;
    return WEFT_LOAD_TRIES_MOST + worker->config->streams;
}

void weft_load_request_again(struct weft_load_worker *worker, struct weft_load_request *request,
                             const struct weft_http_error *error)
{
    if (request->tries >= tries_most(worker, error)) {
        weft_load_request_fail(worker, request, WEFT_LOAD_REFUSED, error->reason);
        return;
    }
    if (request->is_measured) worker->result.sent_again++;
    request->connection = NULL;
    request->content_sent = 0;
    weft_list_remove(&request->link);
    weft_list_push_back(&worker->again, &request->link);
}
