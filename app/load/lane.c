// load/lane.c: one place for a connection: what it asks, and when it connects again
#include "load/state.h"

enum {
    RETRY_US = 10000, // before connecting again after a failure, doubled each time
    RETRY_DOUBLINGS = 7,
    GIVEN_UP_AFTER = 5, // failures in a row of every lane, where no time ends the run
};

static bool is_open_loop(const struct weft_load_worker *worker)
{
    return worker->config->rate > 0;
}

// Scripts

static void begin_step(struct weft_load_lane *lane, uint64_t now_us)
{
    const struct weft_load_step *step = &lane->worker->config->plan->steps[lane->step];
    lane->asked = 0;
    lane->resume_us = step->wait_us > 0 ? now_us + step->wait_us : 0;
    if (lane->resume_us == 0) return;
    (void)weft_loop_set_timer(lane->worker->loop, &lane->timer, lane->resume_us);
}

static void end_page(struct weft_load_lane *lane, uint64_t now_us)
{
    struct weft_load_result *result = &lane->worker->result;
    if (lane->page_us == 0 || !lane->page_is_measured) return;
    if (lane->page_failed) {
        result->pages_failed++;
    } else {
        weft_histogram_record(&result->page, now_us - lane->page_us);
    }
}

static void end_step(struct weft_load_lane *lane)
{
    const struct weft_load_plan *plan = lane->worker->config->plan;
    uint64_t now_us = weft_load_now_us(lane->worker);
    lane->step = (lane->step + 1) % plan->step_count;
    if (plan->steps[lane->step].begins_page) {
        end_page(lane, now_us);
        lane->page_us = 0;
        lane->page_failed = false;
    }
    begin_step(lane, now_us);
}

// The script's next target; false where it waits, or for what was asked.
static bool next_of_script(struct weft_load_lane *lane, size_t *target)
{
    const struct weft_load_step *step = &lane->worker->config->plan->steps[lane->step];
    uint64_t now_us = weft_load_now_us(lane->worker);
    if (lane->resume_us > now_us || lane->asked == step->count) return false;
    lane->resume_us = 0;
    if (lane->page_us == 0) {
        lane->page_us = now_us;
        lane->page_is_measured = now_us >= lane->worker->measure_us;
    }
    *target = step->first + lane->asked++;
    return true;
}

static bool next_target(struct weft_load_lane *lane, size_t *target)
{
    const struct weft_load_plan *plan = lane->worker->config->plan;
    if (plan->steps) return next_of_script(lane, target);
    *target = lane->turn;
    lane->turn = lane->turn + 1 < plan->count ? lane->turn + 1 : 0;
    return true;
}

void weft_load_lane_ended(struct weft_load_lane *lane, const struct weft_load_request *request,
                          bool has_failed)
{
    const struct weft_load_plan *plan = lane->worker->config->plan;
    if (!plan->steps) return;
    (void)request;
    lane->outstanding--;
    if (has_failed) lane->page_failed = true;
    if (lane->outstanding == 0 && lane->asked == plan->steps[lane->step].count) end_step(lane);
}

// Asking

// What is to be sent next: what waits, or, in a closed loop, a new one. NULL for none.
static struct weft_load_request *next_request(struct weft_load_lane *lane)
{
    struct weft_load_worker *worker = lane->worker;
    struct weft_list *link = weft_list_pop_front(&worker->again);
    size_t target;
    if (!link) {
        link = weft_list_pop_front(&worker->queue);
        if (link) worker->queue_count--;
    }
    if (link) return WEFT_LIST_ENTRY(link, struct weft_load_request, link);
    if (worker->phase != WEFT_LOAD_RUNNING || is_open_loop(worker) || worker->budget == 0) {
        return NULL;
    }
    if (!next_target(lane, &target)) return NULL;
    worker->budget--;
    struct weft_load_request *request =
        weft_load_request_start(worker, weft_load_now_us(worker), target);
    if (!request) return NULL;
    request->lane = lane;
    lane->outstanding++;
    return request;
}

static void put_back(struct weft_load_worker *worker, struct weft_load_request *request)
{
    weft_list_push_front(&worker->again, &request->link);
}

// The connection was made for one request.
static void send_waiting(struct weft_load_connection *connection)
{
    struct weft_load_request *request = connection->waiting;
    connection->waiting = NULL;
    weft_list_remove(&request->link);
    if (weft_load_send(connection, request)) return;
    weft_load_request_fail(connection->worker, request, WEFT_LOAD_CONNECT,
                           "the new connection takes no request");
    weft_load_retire(connection);
}

void weft_load_lane_fill(struct weft_load_lane *lane)
{
    struct weft_load_connection *connection = lane->connection;
    struct weft_load_worker *worker = lane->worker;
    if (worker->config->makes_new) {
        if (connection->waiting) send_waiting(connection);
        return;
    }
    if (connection->in_flight == 0) connection->room = SIZE_MAX; // the peer may have changed it
    while (lane->connection == connection && weft_load_has_room(connection)) {
        struct weft_load_request *request = next_request(lane);
        if (!request) break;
        if (!weft_load_send(connection, request)) put_back(worker, request);
    }
    if (lane->connection != connection) return;
    bool is_ready = is_open_loop(worker) && weft_load_has_room(connection);
    if (is_ready && !weft_list_is_linked(&lane->ready)) {
        weft_list_push_back(&worker->ready, &lane->ready);
    }
    weft_load_worker_check_end(worker);
}

// Connecting

static void open_for_one(struct weft_load_lane *lane)
{
    struct weft_load_worker *worker = lane->worker;
    struct weft_load_request *request = next_request(lane);
    if (request) {
        request->sent_us = weft_load_now_us(worker);
        if (!is_open_loop(worker)) request->intended_us = request->sent_us;
        (void)weft_load_connect(lane, request);
    } else if (is_open_loop(worker) && !weft_list_is_linked(&lane->ready)) {
        weft_list_push_back(&worker->ready, &lane->ready);
    }
    weft_load_worker_check_end(worker);
}

static bool is_wanted(const struct weft_load_worker *worker)
{
    if (worker->phase == WEFT_LOAD_OVER) return false;
    return worker->phase != WEFT_LOAD_ENDING || worker->queue_count > 0 ||
           !weft_list_is_empty(&worker->again);
}

void weft_load_lane_open(struct weft_load_lane *lane)
{
    bool waits = lane->failures > 0 && lane->timer.heap_index != 0;
    if (lane->connection || waits) return;
    if (!is_wanted(lane->worker)) {
        weft_load_worker_check_end(lane->worker);
    } else if (lane->worker->config->makes_new) {
        open_for_one(lane);
    } else {
        (void)weft_load_connect(lane, NULL);
    }
}

static bool is_hopeless(const struct weft_load_worker *worker)
{
    if (worker->config->duration_us > 0 || worker->phase == WEFT_LOAD_CONNECTING) return false;
    if (worker->open_count > 0) return false;
    for (size_t i = 0; i < worker->lane_count; i++) {
        if (worker->lanes[i].failures < GIVEN_UP_AFTER) return false;
    }
    return true;
}

// In a closed loop the next request would have gone over that connection.
static void count_failed_try(struct weft_load_worker *worker, const char *reason)
{
    bool would_have_asked = worker->phase == WEFT_LOAD_RUNNING && !is_open_loop(worker) &&
                            !worker->config->makes_new && worker->budget > 0;
    if (would_have_asked) {
        worker->budget--;
        weft_load_request_refuse(worker, weft_load_now_us(worker), WEFT_LOAD_CONNECT, reason);
    } else if (!worker->config->makes_new) {
        weft_load_result_blame(&worker->result, reason, 1);
    }
}

void weft_load_lane_failed(struct weft_load_lane *lane, const char *reason)
{
    struct weft_load_worker *worker = lane->worker;
    size_t doublings = lane->failures < RETRY_DOUBLINGS ? lane->failures : RETRY_DOUBLINGS;
    uint64_t now_us = weft_load_now_us(worker);
    lane->failures++;
    worker->result.connections_failed++;
    count_failed_try(worker, reason);
    if (!worker->address_is_good) {
        worker->address = (worker->address + 1) % worker->config->address_count;
    }
    if (lane->failures >= worker->config->address_count) {
        weft_load_worker_lane_opened(worker, lane);
    }
    if (is_hopeless(worker)) {
        weft_load_worker_stop(worker);
        return;
    }
    (void)weft_loop_set_timer(worker->loop, &lane->timer,
                              now_us + ((uint64_t)RETRY_US << doublings));
    weft_load_worker_check_end(worker);
}

void weft_load_lane_timer_due(struct weft_timer *timer)
{
    struct weft_load_lane *lane = WEFT_LIST_ENTRY(timer, struct weft_load_lane, timer);
    lane->worker->clock_us = 0;
    if (!lane->connection) {
        weft_load_lane_open(lane);
    } else if (lane->connection->conn) {
        weft_session_wake(lane->connection->session); // to go on with the script
    }
    lane->worker->clock_us = 0;
}
