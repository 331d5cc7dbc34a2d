// load/worker.c: a thread with its loop: begins, measures, ends
#include "load/state.h"

#include <time.h>

enum {
    POOL_MOST = 256 << 20,
    LIMIT_MOST = 1000000000,
    MEMORY_BUDGET = 1 << 30, // of a connection
    PIPELINE_MOST = 1 << 20,
    LINGER_MS = 200,
    TICK_US = 50000,
    TICK_LEAST_US = 1000,
    ARRIVALS_A_TURN = 1024,
    TIMEOUT_PARTS = 16, // a timeout is seen within such a part of it
};

uint64_t weft_load_now_us(struct weft_load_worker *worker)
{
    if (worker->clock_us == 0) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        worker->clock_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    }
    return worker->clock_us;
}

static uint64_t fresh_now_us(struct weft_load_worker *worker)
{
    worker->clock_us = 0;
    return weft_load_now_us(worker);
}

// The end

static void publish(struct weft_load_worker *worker)
{
    atomic_store_explicit(&worker->started, worker->started_all, memory_order_relaxed);
    atomic_store_explicit(&worker->finished, worker->finished_all, memory_order_relaxed);
    atomic_store_explicit(&worker->failed, worker->failed_all, memory_order_relaxed);
    atomic_store_explicit(&worker->waiting, worker->queue_count, memory_order_relaxed);
}

static uint64_t count_measured(const struct weft_list *requests)
{
    uint64_t count = 0;
    WEFT_LIST_EACH(link, requests)
    {
        count += WEFT_LIST_ENTRY(link, struct weft_load_request, link)->is_measured;
    }
    return count;
}

static uint64_t measured_until(const struct weft_load_worker *worker, uint64_t now_us)
{
    if (worker->end_us != UINT64_MAX) return now_us < worker->end_us ? now_us : worker->end_us;
    return worker->last_end_us > 0 ? worker->last_end_us : now_us;
}

static void sum_up(struct weft_load_worker *worker)
{
    struct weft_load_result *result = &worker->result;
    uint64_t until_us = measured_until(worker, fresh_now_us(worker));
    result->ledger.unfinished = count_measured(&worker->in_flight) +
                                count_measured(&worker->queue) + count_measured(&worker->again);
    if (until_us > worker->measure_us) result->elapsed_us = until_us - worker->measure_us;
    WEFT_LIST_EACH(link, &worker->connections)
    {
        weft_load_connection_sum_up(WEFT_LIST_ENTRY(link, struct weft_load_connection, link));
    }
    publish(worker);
}

void weft_load_worker_stop(void *context)
{
    struct weft_load_worker *worker = context;
    if (worker->phase == WEFT_LOAD_OVER) return;
    worker->phase = WEFT_LOAD_OVER;
    sum_up(worker);
    weft_loop_stop(worker->loop);
}

void weft_load_worker_check_end(struct weft_load_worker *worker)
{
    bool is_last = worker->budget == 0 && worker->phase == WEFT_LOAD_RUNNING;
    if (is_last) worker->phase = WEFT_LOAD_ENDING;
    if (worker->phase == WEFT_LOAD_ENDING && worker->live_count == 0) {
        weft_load_worker_stop(worker);
    }
}

// Phases

static void phase_is_due(struct weft_timer *timer)
{
    struct weft_load_worker *worker = WEFT_LIST_ENTRY(timer, struct weft_load_worker, phase_timer);
    uint64_t now_us = fresh_now_us(worker);
    uint64_t next_us = worker->end_us;
    if (!worker->has_measured) {
        worker->has_measured = true;
        WEFT_LIST_EACH(link, &worker->connections)
        {
            weft_load_connection_measure(WEFT_LIST_ENTRY(link, struct weft_load_connection, link));
        }
    } else if (worker->phase == WEFT_LOAD_RUNNING) {
        worker->phase = WEFT_LOAD_ENDING;
        next_us = now_us + worker->config->grace_us;
        weft_load_worker_check_end(worker);
    } else {
        weft_load_worker_stop(worker);
    }
    worker->clock_us = 0;
    if (worker->phase == WEFT_LOAD_OVER || next_us == UINT64_MAX) return;
    (void)weft_loop_set_timer(worker->loop, &worker->phase_timer, next_us);
}

// Timeouts

static bool is_late(const struct weft_load_worker *worker, const struct weft_load_request *request,
                    uint64_t now_us)
{
    return request->intended_us + worker->config->timeout_us <= now_us;
}

static void give_up(struct weft_load_request *request)
{
    struct weft_load_connection *connection = request->connection;
    request->is_late = true;
    weft_conn_reset(connection->conn, request->stream_id, WEFT_HTTP_CANCEL);
    weft_session_wake(connection->session);
}

// A request of the front has waited long enough? Those behind it began later.
static void check_in_flight(struct weft_load_worker *worker, uint64_t now_us)
{
    WEFT_LIST_EACH(link, &worker->in_flight)
    {
        struct weft_load_request *request = WEFT_LIST_ENTRY(link, struct weft_load_request, link);
        if (!is_late(worker, request, now_us)) return;
        if (!request->is_late && request->connection) give_up(request);
    }
}

// Those that wait for a connection.
static void check_waiting(struct weft_load_worker *worker, struct weft_list *waiting,
                          uint64_t now_us)
{
    while (!weft_list_is_empty(waiting)) {
        struct weft_load_request *request =
            WEFT_LIST_ENTRY(waiting->next, struct weft_load_request, link);
        if (!is_late(worker, request, now_us)) return;
        if (waiting == &worker->queue) worker->queue_count--;
        weft_load_request_fail(worker, request, WEFT_LOAD_TIMEOUT,
                               "it waited for a connection until the timeout");
    }
}

static uint64_t tick_us(const struct weft_load_worker *worker)
{
    uint64_t part_us = worker->config->timeout_us / TIMEOUT_PARTS;
    if (part_us > TICK_US) return TICK_US;
    return part_us < TICK_LEAST_US ? TICK_LEAST_US : part_us;
}

static void tick_is_due(struct weft_timer *timer)
{
    struct weft_load_worker *worker = WEFT_LIST_ENTRY(timer, struct weft_load_worker, tick_timer);
    if (worker->phase == WEFT_LOAD_OVER) return; // within this turn
    uint64_t now_us = fresh_now_us(worker);
    check_in_flight(worker, now_us);
    check_waiting(worker, &worker->again, now_us);
    check_waiting(worker, &worker->queue, now_us);
    publish(worker);
    weft_load_worker_check_end(worker);
    worker->clock_us = 0;
    if (worker->phase == WEFT_LOAD_OVER) return;
    (void)weft_loop_set_timer(worker->loop, &worker->tick_timer, now_us + tick_us(worker));
}

// Arrivals

static struct weft_load_lane *next_ready(struct weft_load_worker *worker)
{
    struct weft_list *link = weft_list_pop_front(&worker->ready);
    return link ? WEFT_LIST_ENTRY(link, struct weft_load_lane, ready) : NULL;
}

static bool dispatch(struct weft_load_worker *worker, struct weft_load_request *request)
{
    struct weft_load_lane *lane;
    while ((lane = next_ready(worker))) {
        if (worker->config->makes_new) {
            request->sent_us = weft_load_now_us(worker);
            (void)weft_load_connect(lane, request); // a failure is counted there
            return true;
        }
        struct weft_load_connection *connection = lane->connection;
        if (!weft_load_send(connection, request)) continue;
        weft_session_wake(connection->session);
        if (weft_load_has_room(connection)) weft_list_push_back(&worker->ready, &lane->ready);
        return true;
    }
    return false;
}

static void arrive(struct weft_load_worker *worker, uint64_t intended_us, size_t target)
{
    uint64_t now_us = weft_load_now_us(worker);
    if (intended_us >= worker->measure_us) {
        weft_histogram_record(&worker->result.lag, now_us - intended_us);
    }
    if (weft_list_is_empty(&worker->ready) && worker->queue_count >= worker->config->queue_most) {
        weft_load_request_refuse(worker, intended_us, WEFT_LOAD_OVERFLOW,
                                 "the queue of those that wait for a connection was full");
        return;
    }
    struct weft_load_request *request = weft_load_request_start(worker, intended_us, target);
    if (!request || dispatch(worker, request)) return;
    weft_list_push_back(&worker->queue, &request->link);
    worker->queue_count++;
}

static void arrival_is_due(struct weft_timer *timer)
{
    struct weft_load_worker *worker =
        WEFT_LIST_ENTRY(timer, struct weft_load_worker, arrival_timer);
    struct weft_arrivals *arrivals = &worker->arrivals;
    uint64_t now_us = fresh_now_us(worker);
    size_t left = ARRIVALS_A_TURN; // then those whose answers have come have their turn
    while (worker->phase == WEFT_LOAD_RUNNING && worker->budget > 0 && left-- > 0) {
        uint64_t intended_us = weft_arrivals_next_us(arrivals);
        if (intended_us > now_us || intended_us >= worker->end_us) break;
        worker->budget--;
        arrive(worker, intended_us, arrivals->count % worker->config->plan->count);
        weft_arrivals_advance(arrivals);
    }
    weft_load_worker_check_end(worker);
    worker->clock_us = 0;
    if (worker->phase != WEFT_LOAD_RUNNING) return;
    (void)weft_loop_set_timer(worker->loop, timer, weft_arrivals_next_us(arrivals));
}

// The beginning

void weft_load_worker_lane_opened(struct weft_load_worker *worker, struct weft_load_lane *lane)
{
    if (lane->has_opened) return;
    lane->has_opened = true;
    worker->opening_count--;
    if (worker->opening_count > 0) return;
    pthread_mutex_lock(&worker->shared->mutex);
    worker->shared->connected++;
    pthread_cond_signal(&worker->shared->changed);
    pthread_mutex_unlock(&worker->shared->mutex);
}

static void start_lanes(struct weft_load_worker *worker)
{
    for (size_t i = 0; i < worker->lane_count; i++) {
        struct weft_load_lane *lane = &worker->lanes[i];
        lane->turn = i % worker->config->plan->count;
        if (!lane->connection) {
            weft_load_lane_open(lane);
        } else if (lane->connection->conn) {
            weft_session_wake(lane->connection->session);
        }
        if (worker->phase == WEFT_LOAD_OVER) return;
    }
}

void weft_load_worker_begin(void *context)
{
    struct weft_load_worker *worker = context;
    const struct weft_load_config *config = worker->config;
    if (worker->phase != WEFT_LOAD_CONNECTING) return;
    uint64_t now_us = fresh_now_us(worker);
    worker->begin_us = worker->shared->begin_us;
    worker->measure_us = worker->begin_us + config->warm_up_us;
    worker->end_us =
        config->duration_us > 0 ? worker->measure_us + config->duration_us : UINT64_MAX;
    worker->result.timeline.start_us = worker->measure_us;
    worker->has_measured = config->warm_up_us == 0;
    worker->phase = WEFT_LOAD_RUNNING;
    uint64_t due_us = worker->has_measured ? worker->end_us : worker->measure_us;
    if (due_us != UINT64_MAX) {
        (void)weft_loop_set_timer(worker->loop, &worker->phase_timer, due_us);
    }
    (void)weft_loop_set_timer(worker->loop, &worker->tick_timer, now_us + tick_us(worker));
    if (config->rate > 0) {
        double rate = config->rate / (double)config->threads;
        double offset_us = config->is_poisson ? 0 : (double)worker->index * 1e6 / config->rate;
        weft_arrivals_init(&worker->arrivals, rate, config->is_poisson,
                           (double)worker->begin_us + offset_us, config->seed + worker->index);
        (void)weft_loop_set_timer(worker->loop, &worker->arrival_timer,
                                  weft_arrivals_next_us(&worker->arrivals));
    }
    start_lanes(worker);
    weft_load_worker_check_end(worker);
    worker->clock_us = 0;
}

static void open_lanes(struct weft_load_worker *worker)
{
    for (size_t i = 0; i < worker->lane_count; i++) {
        struct weft_load_lane *lane = &worker->lanes[i];
        if (worker->config->makes_new) { // it is made when there is something to ask
            weft_load_worker_lane_opened(worker, lane);
        } else {
            weft_load_lane_open(lane);
        }
        worker->clock_us = 0;
    }
}

void *weft_load_worker_run(void *context)
{
    struct weft_load_worker *worker = context;
    open_lanes(worker);
    int error = weft_loop_run(worker->loop);
    if (error) weft_load_result_blame(&worker->result, strerrordesc_np(-error), 1);
    weft_load_worker_stop(worker);
    pthread_mutex_lock(&worker->shared->mutex);
    worker->shared->over++;
    pthread_cond_signal(&worker->shared->changed);
    pthread_mutex_unlock(&worker->shared->mutex);
    return NULL;
}

// Birth and death

// A server is measured here and not judged: what it may cost us is bounded by timeouts and memory.
static struct weft_http_limits limits_of(const struct weft_load_config *config)
{
    static const struct weft_http_limits defaults = WEFT_HTTP_LIMITS_INIT;
    struct weft_http_limits limits = defaults;
    limits.stream_window = limits.stream_window_most = (1U << config->window_bits) - 1;
    limits.connection_window = limits.connection_window_most =
        (1U << config->connection_window_bits) - 1;
    limits.pipeline_count =
        config->streams < PIPELINE_MOST ? (uint32_t)config->streams : PIPELINE_MOST;
    limits.memory_budget = MEMORY_BUDGET;
    limits.reset_burst = limits.glitch_burst = LIMIT_MOST;
    limits.requests_per_connection = UINT32_MAX;
    limits.connection_age_ms = limits.idle_timeout_ms = UINT32_MAX;
    limits.header_timeout_ms = limits.body_timeout_ms = limits.write_timeout_ms = UINT32_MAX;
    limits.settings_timeout_ms = UINT32_MAX;
    limits.body_rate = limits.write_rate = 0;
    return limits;
}

static uint64_t part_of(uint64_t whole, size_t parts, size_t index)
{
    return whole / parts + (index < whole % parts ? 1 : 0);
}

static bool init_lanes(struct weft_load_worker *worker)
{
    worker->lane_count =
        (size_t)part_of(worker->config->lanes, worker->config->threads, worker->index);
    worker->opening_count = worker->lane_count;
    worker->lanes =
        weft_allocate_zeroed(&worker->alloc, worker->lane_count * sizeof(*worker->lanes));
    if (!worker->lanes) return false;
    for (size_t i = 0; i < worker->lane_count; i++) {
        worker->lanes[i].worker = worker;
        worker->lanes[i].timer.due = weft_load_lane_timer_due;
    }
    return true;
}

bool weft_load_worker_init(struct weft_load_worker *worker)
{
    const struct weft_load_config *config = worker->config;
    worker->limits = limits_of(config);
    worker->pool.most = POOL_MOST;
    worker->alloc = weft_pool_alloc(&worker->pool);
    worker->phase_timer.due = phase_is_due;
    worker->tick_timer.due = tick_is_due;
    worker->arrival_timer.due = arrival_is_due;
    worker->end_us = worker->measure_us = UINT64_MAX;
    worker->budget = config->requests > 0
                         ? part_of(config->requests, config->threads, worker->index)
                         : UINT64_MAX;
    weft_list_init(&worker->connections);
    weft_list_init(&worker->ready);
    weft_list_init(&worker->in_flight);
    weft_list_init(&worker->queue);
    weft_list_init(&worker->again);
    weft_list_init(&worker->spare);
    if (!weft_load_result_init(&worker->result) || !init_lanes(worker)) return false;
    worker->loop = weft_loop_new();
    if (!worker->loop) return false;
    struct weft_session_hub_config hub = {
        .loop = worker->loop,
        .alloc = &worker->alloc,
        .limits = &worker->limits,
        .handshake_timeout_ms = (uint32_t)(config->timeout_us / 1000),
        .linger_ms = LINGER_MS,
    };
    worker->hub = weft_session_hub_new(&hub);
    return worker->hub != NULL;
}

static void free_requests(struct weft_load_worker *worker, struct weft_list *requests)
{
    struct weft_list *link;
    while ((link = weft_list_pop_front(requests))) {
        struct weft_load_request *request = WEFT_LIST_ENTRY(link, struct weft_load_request, link);
        weft_release(&worker->alloc, request, sizeof(*request));
    }
}

void weft_load_worker_deinit(struct weft_load_worker *worker)
{
    struct weft_list *link;
    weft_session_hub_free(worker->hub);
    weft_loop_free(worker->loop);
    while ((link = weft_list_pop_front(&worker->connections))) {
        weft_release(&worker->alloc, WEFT_LIST_ENTRY(link, struct weft_load_connection, link),
                     sizeof(struct weft_load_connection));
    }
    free_requests(worker, &worker->in_flight);
    free_requests(worker, &worker->queue);
    free_requests(worker, &worker->again);
    free_requests(worker, &worker->spare);
    weft_release(&worker->alloc, worker->lanes, worker->lane_count * sizeof(*worker->lanes));
    weft_load_result_deinit(&worker->result);
    weft_pool_deinit(&worker->pool);
}
