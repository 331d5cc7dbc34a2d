// server/server.c
#include "server/server.h"

#include "net/helpers.h"
#include "net/socket.h"
#include "server/learner.h"
#include "server/overseer.h"
#include "server/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    PACKERS = 1,          // threads that compress what is kept
    PACKING_MOST = 256,   // files that wait for them
    PACKER_NICENESS = 10, // behind whoever waits for an answer
    GUARDS_MOST = 4,      // threads that try passwords: one for two loops
    GUARD_NICENESS = 5,   // before what nobody waits for
};

struct thread {
    struct weft_server *server;
    struct weft_worker *worker;
    pthread_t id;
    bool is_running;
    atomic_bool owes_sign; // of life
    atomic_bool has_ended;
    atomic_bool has_closed; // it takes no more connections
};

struct weft_server {
    const struct weft_server_config *config;
    struct weft_root *roots; // one for each site
    struct weft_tls_context *tls;
    struct weft_learner *learner; // NULL where no site learns
    struct weft_helpers *packers; // NULL where no site compresses
    struct weft_helpers *guards;  // NULL where no site asks for passwords
    int ended_fd;
    int closed_fd;
    atomic_uint running; // threads
    atomic_uint open;    // threads that take connections, the overseer's among them
    uint16_t ports[WEFT_LISTENS_MOST];
    struct thread threads[WEFT_THREADS_MOST];
    struct weft_worker *workers[WEFT_THREADS_MOST]; // theirs
    struct weft_overseer *overseer;                 // NULL for none
    pthread_t overseer_id;
    bool overseer_is_running;
    atomic_bool overseer_has_closed;
};

static const char *const alpn[] = {"h2", "http/1.1", "http/1.0", NULL};

static bool has_secure_listener(const struct weft_server_config *config)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        if (config->listens[i].is_secure) return true;
    }
    return false;
}

static bool open_tls(struct weft_server *server, const struct weft_server_given *given, char *error,
                     size_t error_size)
{
    const struct weft_server_config *config = server->config;
    if (!has_secure_listener(config)) return true;
    struct weft_tls_server_config tls = {
        .certificates = config->certificates,
        .certificate_count = config->certificate_count,
        .alpn = alpn,
        .handshake_size = config->limits.handshake_size,
        .ticket_secret = given ? given->ticket_secret : NULL,
    };
    server->tls = weft_tls_server_new(&tls, error, error_size);
    return server->tls != NULL;
}

static void set_readable(int event_fd)
{
    uint64_t one = 1;
    (void)!write(event_fd, &one, sizeof(one));
}

static void note_closed(struct weft_server *server, atomic_bool *has_closed)
{
    if (atomic_exchange(has_closed, true)) return;
    if (atomic_fetch_sub(&server->open, 1) == 1) set_readable(server->closed_fd);
}

static void thread_has_closed(void *context)
{
    struct thread *thread = context;
    note_closed(thread->server, &thread->has_closed);
}

static void overseer_has_closed(void *context)
{
    struct weft_server *server = context;
    note_closed(server, &server->overseer_has_closed);
}

static bool open_workers(struct weft_server *server, char *error, size_t error_size)
{
    struct weft_worker_config config = {
        .server = server->config,
        .roots = server->roots,
        .tls = server->tls,
        .learner = server->learner,
        .closed = thread_has_closed,
    };
    for (unsigned i = 0; i < server->config->thread_count; i++) {
        struct thread *thread = &server->threads[i];
        if (getrandom(&config.seed, sizeof(config.seed), 0) != (ssize_t)sizeof(config.seed)) {
            snprintf(error, error_size, "cannot get random bytes: %s", strerror(errno));
            return false;
        }
        config.thread = i;
        config.context = thread;
        thread->server = server;
        thread->worker = weft_worker_new(&config, error, error_size);
        if (!thread->worker) return false;
        server->workers[i] = thread->worker;
    }
    return true;
}

// Figures tell who is served and how much: others see them only where that was asked for.
static bool are_for_us_alone(const struct weft_listening *listening, char *error, size_t error_size)
{
    for (size_t i = 0; i < weft_listening_count(listening); i++) {
        struct weft_address address = {.size = sizeof(address.storage)};
        struct sockaddr *any = (struct sockaddr *)&address.storage;
        if (getsockname(listening->fds[i], any, &address.size) == 0 &&
            weft_address_is_loopback(&address)) {
            continue;
        }
        snprintf(error, error_size,
                 "cannot show metrics on %s: that address can be reached by others; choose "
                 "127.0.0.1 or localhost, or say --metrics-public",
                 listening->url.host);
        return false;
    }
    return true;
}

// The overseer takes all of its sockets, those that are left after a failure are closed.
static bool hand_to_overseer(struct weft_server *server, struct weft_listening *listening,
                             char *error, size_t error_size)
{
    int result = 0;
    if (!server->config->metrics_are_public && !are_for_us_alone(listening, error, error_size)) {
        return false;
    }
    for (size_t i = 0; i < weft_listening_count(listening) && result == 0; i++) {
        int fd = listening->fds[i];
        listening->fds[i] = -1;
        result = weft_overseer_listen(server->overseer, fd);
    }
    if (result < 0) {
        snprintf(error, error_size, "cannot listen for metrics: %s", strerror(-result));
    }
    return result == 0;
}

static bool open_overseer(struct weft_server *server, const struct weft_server_given *given,
                          char *error, size_t error_size)
{
    struct weft_overseer_config own = {
        .server = server->config,
        .workers = server->workers,
        .worker_count = server->config->thread_count,
        .tls = server->tls,
        .learner = server->learner,
        .generation = given ? given->generation : 1,
        .closed = overseer_has_closed,
        .context = server,
    };
    if (!server->config->has_metrics) return true;
    server->overseer = weft_overseer_new(&own);
    if (server->overseer) return true;
    snprintf(error, error_size, "cannot show metrics: no memory or no descriptors");
    return false;
}

// Hands each thread its sockets of each address; those that are left after a failure are closed.
static bool hand_out(struct weft_server *server, struct weft_listening *listening, char *error,
                     size_t error_size)
{
    int result = 0;
    unsigned thread_count = server->config->thread_count;
    for (size_t i = 0; i < weft_listening_count(listening) && result == 0; i++) {
        size_t thread = i % listening->per_address % thread_count;
        int fd = listening->fds[i];
        listening->fds[i] = -1;
        result = weft_worker_listen(server->threads[thread].worker, fd, listening->url.is_secure);
    }
    weft_listening_close(listening);
    if (result < 0) snprintf(error, error_size, "cannot listen: %s", strerror(-result));
    return result == 0;
}

// What a listener accepts inherits it.
static bool set_congestion(const char *name, const struct weft_listening *listening, char *error,
                           size_t error_size)
{
    for (size_t i = 0; name && i < weft_listening_count(listening); i++) {
        int result = weft_socket_set_congestion(listening->fds[i], name);
        if (result == 0) continue;
        snprintf(error, error_size,
                 "cannot use the congestion control '%s': %s; "
                 "/proc/sys/net/ipv4/tcp_allowed_congestion_control has those that may be used",
                 name, strerror(-result));
        return false;
    }
    return true;
}

static bool open_listeners(struct weft_server *server, const struct weft_server_given *given,
                           char *error, size_t error_size)
{
    const struct weft_server_config *config = server->config;
    for (size_t i = 0; i < config->listen_count; i++) {
        struct weft_listening own = {.fds = NULL};
        struct weft_listening *listening = given ? &given->listenings[i] : &own;
        if (!given && weft_listening_open(&own, &config->listens[i], config->thread_count, false,
                                          error, error_size) < 0) {
            return false;
        }
        listening->url.is_secure = config->listens[i].is_secure;
        server->ports[i] = listening->port;
        bool is_fine = config->listens[i].shows_metrics
                           ? hand_to_overseer(server, listening, error, error_size)
                           : set_congestion(config->congestion, listening, error, error_size) &&
                                 hand_out(server, listening, error, error_size);
        weft_listening_close(listening);
        if (!is_fine) return false;
    }
    return true;
}

// Where those are sent who came over http to a site that is https only.
static void tell_https_port(struct weft_server *server)
{
    const struct weft_server_config *config = server->config;
    uint16_t port = config->https_port;
    for (size_t i = 0; i < config->listen_count && port == 0; i++) {
        if (config->listens[i].is_secure) port = server->ports[i];
    }
    for (unsigned i = 0; i < config->thread_count; i++) {
        weft_worker_set_https_port(server->threads[i].worker, port);
    }
}

static void close_given(const struct weft_server_given *given, size_t count)
{
    for (size_t i = 0; given && i < count; i++) {
        weft_listening_close(&given->listenings[i]);
    }
}

static bool open_roots(struct weft_server *server, char *error, size_t error_size)
{
    const struct weft_server_config *config = server->config;
    server->roots = calloc(config->site_count, sizeof(*server->roots));
    if (!server->roots) {
        snprintf(error, error_size, "no memory");
        return false;
    }
    for (size_t i = 0; i < config->site_count; i++) {
        server->roots[i].fd = -1;
    }
    for (size_t i = 0; i < config->site_count; i++) {
        int result = weft_root_open(&server->roots[i], config->sites[i]->root);
        if (result == 0) continue;
        snprintf(error, error_size, "cannot serve '%s': %s", config->sites[i]->root,
                 strerror(-result));
        return false;
    }
    return true;
}

struct weft_server *weft_server_new(const struct weft_server_config *config,
                                    const struct weft_server_given *given, char *error,
                                    size_t error_size)
{
    struct weft_server *server = calloc(1, sizeof(*server));
    if (!server) {
        snprintf(error, error_size, "no memory");
        close_given(given, config->listen_count);
        return NULL;
    }
    server->config = config;
    server->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->closed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->ended_fd < 0 || server->closed_fd < 0) {
        snprintf(error, error_size, "cannot start: %s", strerror(errno));
        goto failed;
    }
    if (!open_roots(server, error, error_size)) goto failed;
    if (!open_tls(server, given, error, error_size)) goto failed;
    server->learner = weft_learner_new(config, error, error_size);
    if (!server->learner && error[0]) goto failed;
    if (!open_workers(server, error, error_size)) goto failed;
    if (!open_overseer(server, given, error, error_size)) goto failed;
    if (!open_listeners(server, given, error, error_size)) goto failed;
    tell_https_port(server);
    return server;

failed:
    close_given(given, config->listen_count);
    weft_server_free(server);
    return NULL;
}

static void *run_thread(void *argument)
{
    struct thread *thread = argument;
    struct weft_server *server = thread->server;
    int result = weft_worker_run(thread->worker);
    atomic_store(&thread->has_ended, true);
    atomic_store(&thread->owes_sign, false); // nothing is to be expected of it any more
    if (result < 0) fprintf(stderr, "weft: a thread has failed: %s\n", strerror(-result));
    if (server->overseer) {
        weft_overseer_end_of(server->overseer, (size_t)(thread - server->threads));
    }
    thread_has_closed(thread); // where it has failed, or was told to stop
    if (atomic_fetch_sub(&server->running, 1) == 1) set_readable(server->ended_fd);
    return NULL;
}

static void *run_overseer(void *argument)
{
    struct weft_server *server = argument;
    int result = weft_overseer_run(server->overseer);
    if (result < 0) fprintf(stderr, "weft: metrics have failed: %s\n", strerror(-result));
    overseer_has_closed(server);
    return NULL;
}

static int start_overseer(struct weft_server *server)
{
    if (!server->overseer) return 0;
    int result = -pthread_create(&server->overseer_id, NULL, run_overseer, server);
    server->overseer_is_running = result == 0;
    return result;
}

static bool compresses(const struct weft_server_config *config)
{
    for (size_t i = 0; i < config->site_count; i++) {
        if (config->sites[i]->compression.codings) return true;
    }
    return false;
}

// Without a helper files are compressed as they are sent, each time anew.
static void start_packers(struct weft_server *server)
{
    struct weft_helpers_config config = {
        .thread_count = PACKERS, .queue_most = PACKING_MOST, .niceness = PACKER_NICENESS};
    if (!compresses(server->config)) return;
    server->packers = weft_helpers_new(&config);
    for (unsigned i = 0; server->packers && i < server->config->thread_count; i++) {
        weft_worker_use_packers(server->threads[i].worker, server->packers);
    }
}

// Without them nobody could be let in.
static int start_guards(struct weft_server *server)
{
    const struct weft_server_config *config = server->config;
    unsigned count = (config->thread_count + 1) / 2;
    struct weft_helpers_config helpers = {.thread_count = count < GUARDS_MOST ? count : GUARDS_MOST,
                                          .queue_most = config->limits.login_queue,
                                          .niceness = GUARD_NICENESS};
    if (!weft_server_config_asks_passwords(config)) return 0;
    server->guards = weft_helpers_new(&helpers);
    if (!server->guards) return -ENOMEM;
    for (unsigned i = 0; i < config->thread_count; i++) {
        if (!weft_worker_use_guards(server->threads[i].worker, server->guards)) return -ENOSYS;
    }
    return 0;
}

int weft_server_start(struct weft_server *server)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all); // signals are for the thread that started us
    pthread_sigmask(SIG_SETMASK, &all, &before);
    start_packers(server);
    int result = start_guards(server);
    atomic_store(&server->running, server->config->thread_count);
    atomic_store(&server->open, server->config->thread_count + (server->overseer ? 1 : 0));
    if (server->learner && result == 0) result = weft_learner_start(server->learner);
    for (unsigned i = 0; i < server->config->thread_count && result == 0; i++) {
        struct thread *thread = &server->threads[i];
        result = -pthread_create(&thread->id, NULL, run_thread, thread);
        thread->is_running = result == 0;
    }
    if (result == 0) result = start_overseer(server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

uint16_t weft_server_port(const struct weft_server *server, size_t listen_index)
{
    return server->ports[listen_index];
}

int weft_server_ended_fd(const struct weft_server *server)
{
    return server->ended_fd;
}

int weft_server_closed_fd(const struct weft_server *server)
{
    return server->closed_fd;
}

void weft_server_drain(struct weft_server *server, enum weft_server_end end)
{
    if (server->overseer) weft_overseer_drain(server->overseer, end != WEFT_SERVER_ENDS);
    for (unsigned i = 0; i < server->config->thread_count; i++) {
        weft_worker_drain(server->threads[i].worker, end != WEFT_SERVER_HANDS_OVER,
                          end == WEFT_SERVER_ENDS);
    }
}

void weft_server_note_failure(struct weft_server *server, const char *why)
{
    if (server->overseer) weft_overseer_note_failure(server->overseer, why);
}

// In the thread.
static void give_sign(void *context)
{
    struct thread *thread = context;
    atomic_store(&thread->owes_sign, false);
}

bool weft_server_ping(struct weft_server *server)
{
    for (unsigned i = 0; i < server->config->thread_count; i++) {
        if (atomic_load(&server->threads[i].owes_sign)) return false;
    }
    for (unsigned i = 0; i < server->config->thread_count; i++) {
        struct thread *thread = &server->threads[i];
        if (atomic_load(&thread->has_ended)) continue;
        atomic_store(&thread->owes_sign, true);
        if (weft_worker_post(thread->worker, give_sign, thread) != 0) {
            atomic_store(&thread->owes_sign, false); // without memory: the next time
        }
        if (atomic_load(&thread->has_ended)) atomic_store(&thread->owes_sign, false);
    }
    return true;
}

void weft_server_reopen_logs(struct weft_server *server)
{
    for (unsigned i = 0; i < server->config->thread_count; i++) {
        weft_worker_reopen_log(server->threads[i].worker);
    }
}

void weft_server_free(struct weft_server *server)
{
    if (!server) return;
    for (size_t i = 0; i < WEFT_THREADS_MOST; i++) {
        if (server->threads[i].is_running) weft_worker_stop(server->threads[i].worker);
    }
    for (size_t i = 0; i < WEFT_THREADS_MOST; i++) {
        if (server->threads[i].is_running) pthread_join(server->threads[i].id, NULL);
    }
    // It asks the workers, so it ends before they are gone, and after they have run.
    if (server->overseer_is_running) {
        weft_overseer_stop(server->overseer);
        pthread_join(server->overseer_id, NULL);
    }
    weft_overseer_free(server->overseer);
    weft_helpers_free(server->packers); // no loop runs any more
    weft_helpers_free(server->guards);
    for (size_t i = 0; i < WEFT_THREADS_MOST; i++) {
        weft_worker_free(server->threads[i].worker);
    }
    weft_learner_free(server->learner); // once it has the last notes
    if (server->tls) weft_tls_context_free(server->tls);
    for (size_t i = 0; server->roots && i < server->config->site_count; i++) {
        weft_root_close(&server->roots[i]);
    }
    free(server->roots);
    if (server->ended_fd >= 0) close(server->ended_fd);
    if (server->closed_fd >= 0) close(server->closed_fd);
    free(server);
}
