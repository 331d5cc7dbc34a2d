// abuse/run.c: plays cases one by one.
#include "abuse/judge.h"
#include "abuse/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    WARM_UP_ASKS = 12,
    SPIN_US = 30000, // for so long the server is watched when all is over
    SPIN_LONG_US = 200000,
};

struct weft_abuse_run {
    struct weft_abuse_target target;
    struct weft_abuse_options options;
    struct weft_abuse_processes processes;
    struct weft_abuse_play play; // of the case that goes on
};

static const struct weft_abuse_budget short_budget = {
    .flood_us = 300000,
    .patience_us = 1500000,
    .limit_us = 600000,
    .bytes = 8 << 20,
    .repeats = 3,
    .crowd = 100,
};

static const struct weft_abuse_budget long_budget = {
    .flood_us = 3000000,
    .patience_us = 5000000,
    .limit_us = 75000000,
    .bytes = 256 << 20,
    .repeats = 1000,
    .crowd = 500,
};

static bool make_contexts(struct weft_abuse_target *target, char *error, size_t error_size)
{
    static const char *const h1[] = {"http/1.1", NULL};
    static const char *const h2[] = {"h2", NULL};
    if (!target->is_secure) return true;
    target->tls_h1 = weft_tls_client_new(
        &(struct weft_tls_client_config){.skips_verification = true, .alpn = h1}, error,
        error_size);
    if (!target->tls_h1) return false;
    target->tls_h2 = weft_tls_client_new(
        &(struct weft_tls_client_config){.skips_verification = true, .alpn = h2}, error,
        error_size);
    return target->tls_h2 != NULL;
}

static void find_processes(struct weft_abuse_run *run)
{
    if (run->options.pid > 0) {
        weft_abuse_find_family((pid_t)run->options.pid, &run->processes);
    } else {
        weft_abuse_find_listeners(&run->target.address, &run->processes);
    }
}

// What a server takes once for all, such as its caches, is there before anything is measured.
static bool warm_up(struct weft_abuse_run *run, char *error, size_t error_size)
{
    unsigned status = 0;
    for (int i = 0; i < WARM_UP_ASKS; i++) {
        if (weft_abuse_ask(&run->target, &status) != UINT64_MAX) continue;
        snprintf(error, error_size, "%s does not answer GET %.*s over HTTP/1.1: is it running?",
                 run->target.authority, (int)run->target.path.size,
                 (const char *)run->target.path.data);
        return false;
    }
    if (status >= 200 && status < 300) return true;
    snprintf(error, error_size, "%s answers GET %.*s with %u: name a path that it answers with 200",
             run->target.authority, (int)run->target.path.size, (const char *)run->target.path.data,
             status);
    return false;
}

struct weft_abuse_run *weft_abuse_run_new(const struct weft_abuse_options *options, char *error,
                                          size_t error_size)
{
    struct weft_abuse_run *run = calloc(1, sizeof(*run));
    if (!run) {
        snprintf(error, error_size, "no memory");
        return NULL;
    }
    run->options = *options;
    run->target = (struct weft_abuse_target){
        .address = *options->address,
        .is_secure = options->url->is_secure,
        .host = options->url->host,
        .authority = options->url->authority,
        .path = options->url->path,
        .large = options->large.size > 0 ? options->large : options->url->path,
    };
    if (!weft_address_is_loopback(options->address)) {
        snprintf(error, error_size, "not a loopback address");
        goto failed;
    }
    if (!make_contexts(&run->target, error, error_size)) goto failed;
    if (!warm_up(run, error, error_size)) goto failed;
    find_processes(run);
    if (options->pid > 0 && run->processes.count == 0) {
        snprintf(error, error_size, "no process %d", options->pid);
        goto failed;
    }
    return run;

failed:
    weft_abuse_run_free(run);
    return NULL;
}

void weft_abuse_run_free(struct weft_abuse_run *run)
{
    if (!run) return;
    if (run->target.tls_h1) weft_tls_context_free(run->target.tls_h1);
    if (run->target.tls_h2) weft_tls_context_free(run->target.tls_h2);
    free(run);
}

size_t weft_abuse_process_count(const struct weft_abuse_run *run)
{
    return run->processes.count;
}

static uint64_t thread_cpu_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

// Whether it still computes, with nobody there: the part of a core.
static double spin_of(const struct weft_abuse_run *run, uint64_t time_us)
{
    uint64_t cpu_us = weft_abuse_cpu_us(&run->processes);
    uint64_t start_us = weft_abuse_now_us();
    nanosleep(&(struct timespec){.tv_nsec = (long)time_us * 1000}, NULL);
    uint64_t spent_us = weft_abuse_cpu_us(&run->processes) - cpu_us;
    return (double)spent_us / (double)(weft_abuse_now_us() - start_us);
}

static void play_it(struct weft_abuse_run *run, const struct weft_abuse_case *which,
                    struct weft_abuse_result *result, struct weft_abuse_evidence *evidence)
{
    struct weft_abuse_watch watch;
    if (!weft_abuse_all_live(&run->processes)) find_processes(run); // workers may have gone since
    int64_t resident = weft_abuse_resident(&run->processes, false);
    uint64_t cpu_us = weft_abuse_cpu_us(&run->processes);
    uint64_t own_cpu_us = thread_cpu_us();
    uint64_t start_us = weft_abuse_now_us();
    if (!weft_abuse_watch_start(&watch, &run->target, &run->processes)) {
        snprintf(result->why, sizeof(result->why), "no thread to watch the server with");
        return;
    }
    run->play.watch = &watch;
    which->play(&run->play);
    result->elapsed_us = weft_abuse_now_us() - start_us;
    result->own_cpu_us = thread_cpu_us() - own_cpu_us;
    weft_abuse_watch_end(&watch);
    result->cpu_us = weft_abuse_cpu_us(&run->processes) - cpu_us;
    result->grown = watch.most > resident ? watch.most - resident : 0;
    result->fresh_us = watch.slowest_us;
    evidence->unanswered = watch.unanswered;
    bool may_spin = result->elapsed_us > 50000;
    if (may_spin && run->processes.count > 0)
        evidence->spin = spin_of(run, run->options.is_long ? SPIN_LONG_US : SPIN_US);
    evidence->has_died = !weft_abuse_all_live(&run->processes);
}

void weft_abuse_run_case(struct weft_abuse_run *run, const struct weft_abuse_case *which,
                         struct weft_abuse_result *result)
{
    struct weft_abuse_evidence evidence = {.play = &run->play};
    *result = (struct weft_abuse_result){.which = which, .outcome = "failed"};
    if (which->needs & WEFT_ABUSE_TLS && !run->target.is_secure) {
        result->is_skipped = true;
        result->outcome = "skipped";
        snprintf(result->why, sizeof(result->why), "needs an https URL");
        return;
    }
    run->play = (struct weft_abuse_play){
        .which = which,
        .target = &run->target,
        .budget = run->options.is_long ? long_budget : short_budget,
        .is_long = run->options.is_long,
    };
    // a time limit of the server is awaited for as long as it takes, and then nothing more is sent
    const struct weft_abuse_budget *budget = &run->play.budget;
    run->play.until_us = weft_abuse_now_us() + budget->patience_us + budget->limit_us;
    play_it(run, which, result, &evidence);
    result->has_process = run->processes.count > 0;
    result->sent_size = run->play.seen.sent_size;
    result->connections = run->play.seen.connections;
    weft_abuse_judge(&evidence, result);
}
