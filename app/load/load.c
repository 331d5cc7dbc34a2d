// load/load.c: the threads, and one result from theirs
#include "load/load.h"

#include "load/state.h"
#include "net/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
    WAIT_NS = 20000000, // between two looks at whether we are to stop
    PROGRESS_US = 500000,
    CONNECT_US = 10000000, // then the run begins with the lanes that there are
    SPARE_DESCRIPTORS = 64,
};

struct weft_load {
    const struct weft_load_config *config;
    struct weft_load_shared shared;
    struct weft_load_worker *workers;
    struct weft_tls_context *tls;
    char *error;
    size_t error_size;
    bool has_begun;
    bool was_told_to_stop;
    uint64_t told_us; // of progress
    uint64_t cpu_before_us;
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t cpu_us(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// Threads

static struct weft_load_progress progress_of(const struct weft_load *load)
{
    struct weft_load_progress progress = {.is_connecting = !load->has_begun};
    for (size_t i = 0; i < load->config->threads; i++) {
        struct weft_load_worker *worker = &load->workers[i];
        progress.started += atomic_load_explicit(&worker->started, memory_order_relaxed);
        progress.finished += atomic_load_explicit(&worker->finished, memory_order_relaxed);
        progress.failed += atomic_load_explicit(&worker->failed, memory_order_relaxed);
        progress.waiting += atomic_load_explicit(&worker->waiting, memory_order_relaxed);
    }
    if (load->has_begun) progress.elapsed_us = now_us() - load->shared.begin_us;
    progress.is_warming_up = load->has_begun && progress.elapsed_us < load->config->warm_up_us;
    return progress;
}

static void tell_progress(struct weft_load *load)
{
    if (!load->config->progress || now_us() - load->told_us < PROGRESS_US) return;
    struct weft_load_progress progress = progress_of(load);
    load->told_us = now_us();
    load->config->progress(load->config->progress_context, &progress);
}

static void tell_all(struct weft_load *load, void (*what)(void *worker))
{
    for (size_t i = 0; i < load->config->threads; i++) {
        struct weft_load_worker *worker = &load->workers[i];
        if (worker->has_thread) (void)weft_loop_post(worker->loop, what, worker);
    }
}

// Waits until the workers have got so far, or for a moment. The mutex is held.
static void wait_a_moment(struct weft_load *load)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&load->shared.changed, &load->shared.mutex, &until);
}

static void begin(struct weft_load *load)
{
    load->shared.begin_us = now_us();
    load->cpu_before_us = cpu_us();
    load->has_begun = true;
    tell_all(load, weft_load_worker_begin);
}

static void watch(struct weft_load *load)
{
    struct weft_load_shared *shared = &load->shared;
    size_t threads = load->config->threads;
    uint64_t start_us = now_us();
    pthread_mutex_lock(&shared->mutex);
    while (shared->over < threads) {
        bool is_connected = shared->connected == threads || now_us() - start_us > CONNECT_US;
        if (is_connected && !load->has_begun) begin(load);
        bool stops = load->config->is_stopped && atomic_load(load->config->is_stopped);
        if (stops && !load->was_told_to_stop) {
            load->was_told_to_stop = true;
            tell_all(load, weft_load_worker_stop);
        }
        wait_a_moment(load);
        tell_progress(load);
    }
    pthread_mutex_unlock(&shared->mutex);
}

static bool start_threads(struct weft_load *load)
{
    for (size_t i = 0; i < load->config->threads; i++) {
        struct weft_load_worker *worker = &load->workers[i];
        int error = pthread_create(&worker->thread, NULL, weft_load_worker_run, worker);
        if (error) {
            snprintf(load->error, load->error_size, "cannot start a thread: %s", strerror(error));
            return false;
        }
        worker->has_thread = true;
    }
    return true;
}

static void join_threads(struct weft_load *load)
{
    for (size_t i = 0; i < load->config->threads; i++) {
        if (load->workers[i].has_thread) pthread_join(load->workers[i].thread, NULL);
    }
}

static bool run_threads(struct weft_load *load)
{
    bool is_started = start_threads(load);
    if (is_started) {
        watch(load);
    } else {
        tell_all(load, weft_load_worker_stop);
    }
    join_threads(load);
    return is_started;
}

// Setting up

static bool make_tls(struct weft_load *load)
{
    static const char *const best[] = {"h2", "http/1.1", NULL};
    static const char *const h1[] = {"http/1.1", NULL};
    static const char *const h2[] = {"h2", NULL};
    const struct weft_load_config *config = load->config;
    if (!config->plan->origin.is_secure) return true;
    struct weft_tls_client_config tls = {
        .ca_file = config->ca_file,
        .skips_verification = config->skips_verification,
        .alpn = config->version == WEFT_LOAD_H1   ? h1
                : config->version == WEFT_LOAD_H2 ? h2
                                                  : best,
        .key_log_file = config->key_log_file,
        .ciphers = config->ciphers,
    };
    load->tls = weft_tls_client_new(&tls, load->error, load->error_size);
    return load->tls != NULL;
}

static bool make_workers(struct weft_load *load)
{
    size_t count = load->config->threads;
    load->workers = weft_allocate_zeroed(weft_heap_alloc(), count * sizeof(*load->workers));
    bool is_made = load->workers != NULL;
    for (size_t i = 0; is_made && i < count; i++) {
        struct weft_load_worker *worker = &load->workers[i];
        worker->config = load->config;
        worker->shared = &load->shared;
        worker->index = i;
        worker->tls = load->tls;
        is_made = weft_load_worker_init(worker);
    }
    if (!is_made) snprintf(load->error, load->error_size, "cannot set up: %s", strerror(errno));
    return is_made;
}

static void free_workers(struct weft_load *load)
{
    size_t count = load->config->threads;
    for (size_t i = 0; load->workers && i < count; i++) {
        if (load->workers[i].config) weft_load_worker_deinit(&load->workers[i]);
    }
    weft_release(weft_heap_alloc(), load->workers, count * sizeof(*load->workers));
}

// Each connection is a descriptor.
static bool raise_descriptors(struct weft_load *load)
{
    struct rlimit limit;
    rlim_t wanted = load->config->lanes + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted) return true;
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max >= wanted && setrlimit(RLIMIT_NOFILE, &limit) == 0) return true;
    snprintf(load->error, load->error_size,
             "%zu connections need %llu descriptors, and the limit is %llu: raise 'ulimit -n'",
             load->config->lanes, (unsigned long long)wanted, (unsigned long long)limit.rlim_max);
    return false;
}

// Nobody let us in before it began?
static bool has_connected(struct weft_load *load, const struct weft_load_result *result)
{
    if (result->connections_opened > 0) return true;
    if (load->was_told_to_stop) {
        snprintf(load->error, load->error_size, "stopped before there was a connection");
        return false;
    }
    char address[64];
    weft_address_text(&load->config->addresses[0], true, address, sizeof(address));
    snprintf(load->error, load->error_size, "cannot connect to %s (%s): %s",
             load->config->plan->origin.authority, address, result->reasons[0].text);
    return false;
}

static bool run(struct weft_load *load, struct weft_load_result *result)
{
    if (!raise_descriptors(load) || !make_tls(load) || !make_workers(load)) return false;
    if (!run_threads(load)) return false;
    result->cpu_us = cpu_us() - load->cpu_before_us;
    for (size_t i = 0; i < load->config->threads; i++) {
        weft_load_result_add(result, &load->workers[i].result);
    }
    result->was_stopped = load->was_told_to_stop;
    return has_connected(load, result);
}

bool weft_load_run(const struct weft_load_config *config, struct weft_load_result *result,
                   char *error, size_t error_size)
{
    struct weft_load load = {.config = config, .error = error, .error_size = error_size};
    pthread_condattr_t monotonic;
    if (!weft_load_result_init(result)) {
        snprintf(error, error_size, "no memory for a result");
        return false;
    }
    pthread_mutex_init(&load.shared.mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&load.shared.changed, &monotonic);
    bool is_done = run(&load, result);
    free_workers(&load);
    weft_tls_context_free(load.tls);
    pthread_cond_destroy(&load.shared.changed);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_destroy(&load.shared.mutex);
    if (!is_done) weft_load_result_deinit(result);
    return is_done;
}
