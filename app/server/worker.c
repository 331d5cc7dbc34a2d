// server/worker.c
#include "server/worker.h"

#include "server/visitor.h"
#include "server/visitor_answer.h"
#include "server/worker_state.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    FDS_KEPT_MOST = 64, // descriptors kept free for files
    TIDY_US = 500000,
    PROBE_US = 500000,
    MEMORY_WORTH_TRIMMING = 1 << 18, // bytes, for the heap to be looked through
    MEMORY_KEPT = 4 << 20,           // bytes, warm for the next connection
};

// Gives memory back to the system once nobody has asked for it for a while.
static void tidy(struct weft_timer *timer)
{
    struct weft_worker *worker =
        (struct weft_worker *)(void *)((char *)timer - offsetof(struct weft_worker, tidying));
    if (weft_pool_trim(&worker->memory) >= MEMORY_WORTH_TRIMMING) (void)malloc_trim(0);
    if (worker->memory.kept == 0) return; // the next request starts it again
    (void)weft_loop_set_timer(worker->loop, timer, weft_loop_now_us(worker->loop) + TIDY_US);
}

void weft_worker_tidy_later(struct weft_worker *worker)
{
    if (worker->tidying.heap_index != 0) return;
    uint64_t due_us = weft_loop_now_us(worker->loop) + TIDY_US;
    (void)weft_loop_set_timer(worker->loop, &worker->tidying,
                              due_us); // without memory: the next time
}

void weft_worker_tell(struct weft_worker *worker, const struct weft_error_record *record)
{
    weft_error_log_add(&worker->errors, weft_loop_now_seconds(worker->loop),
                       weft_loop_now_us(worker->loop), record);
}

void weft_worker_tell_dropped(struct weft_worker *worker, struct weft_log_file *log,
                              const char *text)
{
    if (log->dropped == log->told) return;
    log->told = log->dropped;
    struct weft_error_record record = {.level = WEFT_ERROR_ERROR, .text = text};
    weft_worker_tell(worker, &record);
}

static struct weft_door *of_listener(struct weft_listener *listener)
{
    return (struct weft_door *)(void *)((char *)listener - offsetof(struct weft_door, listener));
}

static size_t shed(struct weft_worker *worker)
{
    size_t count = weft_session_hub_shed(worker->hub, WEFT_SESSION_SHED_MOST);
    worker->figures.counts.shed += count;
    struct weft_error_record record = {.level = WEFT_ERROR_ERROR,
                                       .text = "descriptors run out: idle connections are ended"};
    weft_worker_tell(worker, &record);
    return count;
}

// Whoever is ready has to wait for as long as this timer is late.
static void probe(struct weft_timer *timer)
{
    struct weft_worker *worker =
        (struct weft_worker *)(void *)((char *)timer - offsetof(struct weft_worker, probe));
    uint64_t now_us = weft_loop_now_us(worker->loop);
    weft_log2_add(&worker->figures.counts.loop_delay, now_us - timer->due_us);
    (void)weft_loop_set_timer(worker->loop, timer, now_us + PROBE_US);
}

static void on_accept(struct weft_listener *listener, int fd, const struct weft_address *peer)
{
    struct weft_door *door = of_listener(listener);
    struct weft_worker *worker = door->worker;
    // A crowd may come in one turn: those who leave at its end have made room already.
    size_t staying = weft_session_hub_count(worker->hub) - weft_session_hub_shed_count(worker->hub);
    if (staying >= worker->connection_ceiling) {
        (void)shed(worker);
    }
    weft_worker_tidy_later(worker);
    weft_visitor_start(worker, fd, peer, door->is_secure);
}

static bool on_full(struct weft_listener *listener)
{
    struct weft_door *door = of_listener(listener);
    return weft_session_hub_shed_count(door->worker->hub) > 0 || shed(door->worker) > 0;
}

// How many descriptors this process holds: the system gives the lowest that is free.
static size_t descriptors_in_use(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return SIZE_MAX;
    close(fd);
    return (size_t)fd;
}

// How many connections a thread may have before idle ones go: some descriptors are for files, and others are taken already.
static size_t connection_ceiling(unsigned threads)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
    size_t most = (size_t)limit.rlim_cur;
    size_t kept = most / 8 < FDS_KEPT_MOST ? most / 8 : FDS_KEPT_MOST;
    size_t used = descriptors_in_use();
    size_t left = used < most - kept ? most - kept - used : 0;
    return left > threads ? left / threads : 1;
}

static bool open_hub(struct weft_worker *worker)
{
    worker->loop = weft_loop_new();
    if (!worker->loop) return false;
    struct weft_session_hub_config config = {
        .loop = worker->loop,
        .alloc = &worker->alloc,
        .limits = &worker->config->limits,
        .counters = &worker->figures.counts.limits,
        .ends = &worker->figures.counts.ends,
        .handshake_timeout_ms = worker->config->limits.handshake_timeout_ms,
    };
    worker->hub = weft_session_hub_new(&config);
    return worker->hub != NULL;
}

// Where somebody may ask for figures.
static bool count_answers(struct weft_worker *worker)
{
    if (!worker->config->has_metrics) return true;
    uint64_t due_us = weft_loop_now_us(worker->loop) + PROBE_US;
    return weft_figures_init(&worker->figures, worker->config) &&
           weft_loop_set_timer(worker->loop, &worker->probe, due_us) == 0;
}

static void join_lessons(struct weft_worker *worker, const struct weft_worker_config *config)
{
    worker->notebook = weft_learner_notebook(config->learner, config->thread);
    worker->learn_seed = weft_learner_seed(config->learner);
    for (size_t i = 0; i < worker->sites.count; i++) {
        worker->sites.list[i].learned.shelf = weft_learner_shelf(config->learner, i);
    }
}

static bool open_logs(struct weft_worker *worker, char *error, size_t error_size)
{
    const struct weft_server_config *config = worker->config;
    const char *log = config->access_log;
    int result = weft_access_log_open(&worker->log, log, config->log_format, worker->loop);
    if (result < 0) {
        snprintf(error, error_size, "cannot write the access log %s: %s", log, strerror(-result));
        return false;
    }
    result = weft_error_log_open(&worker->errors, config, &worker->figures.counts, worker->loop);
    if (result < 0) {
        snprintf(error, error_size, "cannot write the error log %s: %s", config->error_log,
                 strerror(-result));
        return false;
    }
    result = weft_trace_log_open(&worker->traces, config->qlog, worker->index == 0, worker->loop);
    if (result < 0) {
        snprintf(error, error_size, "cannot write the qlog %s: %s", config->qlog,
                 strerror(-result));
    }
    return result == 0;
}

struct weft_worker *weft_worker_new(const struct weft_worker_config *config, char *error,
                                    size_t error_size)
{
    struct weft_worker *worker = calloc(1, sizeof(*worker));
    if (!worker) goto no_memory;
    worker->config = config->server;
    worker->index = (unsigned)config->thread;
    worker->closed = config->closed;
    worker->closed_context = config->context;
    worker->log.file.fd = worker->errors.file.fd = worker->traces.file.fd = -1;
    weft_exchange_pool_init(&worker->pool);
    worker->tidying.due = tidy;
    weft_list_init(&worker->doors);
    worker->probe.due = probe;
    worker->memory.most = MEMORY_KEPT;
    worker->alloc = weft_pool_alloc(&worker->memory);
    if (!weft_sites_init(&worker->sites, config->server, config->roots, config->seed)) {
        goto no_sites;
    }
    worker->sites.shared.coding.counters = &worker->figures.counts.limits;
    if (config->learner) join_lessons(worker, config);
    if (!weft_client_table_init(&worker->clients, &config->server->limits,
                                config->server->thread_count,
                                weft_server_config_asks_passwords(config->server), config->seed,
                                &worker->figures.counts.limits)) {
        goto no_hub;
    }
    if (!open_hub(worker) || !count_answers(worker)) goto no_hub;
    if (config->tls) worker->tls = weft_tls_context_share(config->tls);

    if (open_logs(worker, error, error_size)) return worker;
    weft_worker_free(worker);
    return NULL;

no_hub:
    weft_client_table_deinit(&worker->clients);
    weft_session_hub_free(worker->hub);
    weft_loop_free(worker->loop);
    weft_sites_deinit(&worker->sites);
no_sites:
    free(worker);
no_memory:
    snprintf(error, error_size, "cannot start a thread: no memory or no descriptors");
    return NULL;
}

static void stop_listening(struct weft_worker *worker)
{
    struct weft_list *link = worker->doors.next;
    while (link != &worker->doors) {
        struct weft_door *door = WEFT_LIST_ENTRY(link, struct weft_door, link);
        link = link->next;
        weft_listener_stop(&door->listener);
        free(door);
    }
    weft_list_init(&worker->doors);
}

// How many lines were lost of all, in the end.
static void close_log(struct weft_worker *worker, struct weft_log_file *log, const char *text)
{
    char count[64];
    weft_log_file_close(log);
    if (log->dropped == 0) return;
    snprintf(count, sizeof(count), "%llu lines", (unsigned long long)log->dropped);
    struct weft_error_record record = {.level = WEFT_ERROR_ERROR, .text = text, .detail = count};
    weft_worker_tell(worker, &record);
}

void weft_worker_free(struct weft_worker *worker)
{
    if (!worker) return;
    stop_listening(worker);
    weft_session_hub_free(worker->hub); // closes what is open, which is logged
    close_log(worker, &worker->log.file, "the access log could not take");
    close_log(worker, &worker->traces.file, "the qlog could not take");
    weft_error_log_close(&worker->errors);
    weft_figures_deinit(&worker->figures);
    weft_exchange_pool_deinit(&worker->pool);
    weft_packer_close(&worker->packer);
    weft_gate_close(&worker->gate);
    weft_client_table_deinit(&worker->clients);
    weft_sites_deinit(&worker->sites);
    if (worker->tls) weft_tls_context_free(worker->tls);
    weft_loop_free(worker->loop);
    weft_pool_deinit(&worker->memory);
    free(worker);
}

int weft_worker_listen(struct weft_worker *worker, int fd, bool is_secure)
{
    struct weft_door *door = calloc(1, sizeof(*door));
    if (!door) {
        close(fd);
        return -ENOMEM;
    }
    door->worker = worker;
    door->is_secure = is_secure;
    door->listener.accepted_fd = on_accept;
    door->listener.makes_room = on_full;
    int result = weft_listener_start(&door->listener, worker->loop, fd);
    if (result == 0) {
        weft_list_push_back(&worker->doors, &door->link);
    } else {
        free(door);
    }
    return result;
}

void weft_worker_set_https_port(struct weft_worker *worker, uint16_t port)
{
    worker->sites.shared.https_port = port;
}

void weft_worker_use_packers(struct weft_worker *worker, struct weft_helpers *helpers)
{
    weft_packer_open(&worker->packer, helpers, worker->loop, &worker->sites.shared.cache);
    worker->sites.shared.packer = &worker->packer;
}

bool weft_worker_use_guards(struct weft_worker *worker, struct weft_helpers *helpers)
{
    struct weft_counts *counts = &worker->figures.counts;
    worker->gate.clients = &worker->clients;
    worker->gate.counters = &counts->limits;
    worker->gate.counts = &counts->logins;
    worker->gate.decided = weft_visitor_is_judged;
    return weft_gate_open(&worker->gate, helpers, worker->loop);
}

int weft_worker_run(struct weft_worker *worker)
{
    worker->connection_ceiling = connection_ceiling(worker->config->thread_count);
    return weft_loop_run(worker->loop);
}

int weft_worker_post(struct weft_worker *worker, void (*run)(void *context), void *context)
{
    return weft_loop_post(worker->loop, run, context);
}

void weft_worker_stop(struct weft_worker *worker)
{
    weft_loop_stop(worker->loop);
}

static void is_empty(void *context)
{
    struct weft_worker *worker = context;
    weft_loop_stop(worker->loop);
}

// Whoever the kernel has told that the connection stands is let in, before the socket goes.
static void let_in_who_waits(struct weft_worker *worker)
{
    WEFT_LIST_EACH(link, &worker->doors)
    {
        weft_listener_take_all(&WEFT_LIST_ENTRY(link, struct weft_door, link)->listener);
    }
}

static void drain_here(void *context)
{
    struct weft_worker *worker = context;
    bool is_ending = atomic_load(&worker->is_ending);
    uint64_t patience_us = 2 * (uint64_t)worker->config->limits.drain_ms * 1000;
    if (atomic_load(&worker->lets_in)) let_in_who_waits(worker);
    stop_listening(worker);
    worker->closed(worker->closed_context);
    weft_session_hub_when_empty(worker->hub, is_empty, worker);
    weft_session_hub_drain(worker->hub, is_ending ? patience_us : UINT64_MAX);
    if (weft_session_hub_count(worker->hub) == 0) weft_loop_stop(worker->loop);
}

void weft_worker_drain(struct weft_worker *worker, bool lets_in, bool is_end)
{
    if (lets_in) atomic_store(&worker->lets_in, true);
    if (is_end) atomic_store(&worker->is_ending, true);
    if (weft_loop_post(worker->loop, drain_here, worker) != 0) weft_loop_stop(worker->loop);
}

static void tell_reopened(struct weft_worker *worker, const struct weft_log_file *log, int result,
                          const char *failed)
{
    char detail[512];
    if (result == 0) return;
    snprintf(detail, sizeof(detail), "%s: %s", log->path, strerror(-result));
    struct weft_error_record record = {.level = WEFT_ERROR_ERROR, .text = failed, .detail = detail};
    weft_worker_tell(worker, &record);
}

static void reopen_here(void *context)
{
    struct weft_worker *worker = context;
    struct weft_log_file *log = &worker->log.file;
    struct weft_log_file *errors = &worker->errors.file;
    tell_reopened(worker, log, weft_log_file_reopen(log),
                  "cannot reopen the access log; it goes on in the old file");
    tell_reopened(worker, errors, weft_log_file_reopen(errors),
                  "cannot reopen the error log; it goes on in the old file");
    tell_reopened(worker, &worker->traces.file, weft_trace_log_reopen(&worker->traces),
                  "cannot reopen the qlog; it goes on in the old file");
}

void weft_worker_reopen_log(struct weft_worker *worker)
{
    (void)weft_loop_post(worker->loop, reopen_here, worker); // without memory the old one stays
}
