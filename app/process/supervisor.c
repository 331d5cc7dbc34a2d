// process/supervisor.c: what becomes of workers, from their start to their end.
#include "process/supervisor.h"

#include "process/clock.h"
#include "process/handed_over.h"
#include "process/upgrade.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

enum { FAILED = 1 }; // an exit code

void weft_supervisor_tell(struct weft_supervisor *supervisor, const char *format, ...)
{
    char line[WEFT_SUPERVISOR_LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments); // NOLINT: it was started a line before
    va_end(arguments);
    supervisor->config->tell(line);
}

// Starting

// The configuration as it is now. A new version may understand what this one does not: then the listeners stay.
static bool read_plan(struct weft_supervisor *supervisor, enum weft_child_reason reason,
                      char *error, size_t error_size)
{
    struct weft_supervise_plan plan;
    const struct weft_supervise_config *config = supervisor->config;
    int code = config->read(config->context, &plan, error, error_size);
    if (code == 0) supervisor->plan = plan;
    supervisor->code = code ? code : FAILED; // from here on, if at all
    return code == 0 || reason == WEFT_CHILD_UPGRADE;
}

bool weft_supervisor_start(struct weft_supervisor *supervisor, enum weft_child_reason reason,
                           char *error, size_t error_size)
{
    const struct weft_supervise_plan *plan = &supervisor->plan;
    if (supervisor->child_count >= WEFT_CHILDREN_MOST) {
        snprintf(error, error_size, "%zu old workers are still draining: try again later",
                 supervisor->child_count - 1);
        return false;
    }
    if (!read_plan(supervisor, reason, error, error_size)) return false;
    if (supervisor->activation.count > 0) {
        weft_sockets_take_over(&supervisor->sockets, &supervisor->activation, plan->listens,
                               plan->listen_count, supervisor->config->tell);
    }
    if (weft_sockets_plan(&supervisor->sockets, plan->listens, plan->listen_count,
                          plan->thread_count, error, error_size) < 0) {
        return false;
    }
    supervisor->start.announces = reason == WEFT_CHILD_FIRST;
    supervisor->start.generation = supervisor->generation + 1;
    struct weft_child_plan child = {
        .program = reason == WEFT_CHILD_UPGRADE ? supervisor->program : NULL,
        .command = supervisor->config->command,
        .sockets = &supervisor->sockets,
        .start = &supervisor->start,
        .reason = reason,
        .start_within_ms = WEFT_HELLO_WITHIN_MS,
    };
    supervisor->starting = weft_child_start(&child, error, error_size);
    if (!supervisor->starting) {
        weft_sockets_undo(&supervisor->sockets);
        return false;
    }
    weft_list_push_back(&supervisor->children, &supervisor->starting->link);
    supervisor->child_count++;
    return true;
}

static void restart_later(struct weft_supervisor *supervisor, uint32_t wait_ms)
{
    supervisor->restart_ms = weft_clock_ms() + wait_ms;
}

static void say_when(uint32_t wait_ms, char *text, size_t size)
{
    if (wait_ms == 0) {
        snprintf(text, size, "another one starts");
    } else {
        snprintf(text, size, "another one starts in %u s", wait_ms / 1000);
    }
}

// No worker takes connections and one could not be started: they wait in the sockets until the next.
static void try_later(struct weft_supervisor *supervisor, uint64_t lived_ms, const char *why)
{
    char when[64];
    uint32_t wait_ms = weft_backoff_next_ms(&supervisor->backoff, lived_ms);
    if (wait_ms == 0) wait_ms = WEFT_BACKOFF_FIRST_MS; // what cannot start now will not at once
    say_when(wait_ms, when, sizeof(when));
    weft_supervisor_tell(supervisor, "no worker serves: %s; %s", why, when);
    restart_later(supervisor, wait_ms);
}

void weft_supervisor_restart(struct weft_supervisor *supervisor)
{
    char error[WEFT_SUPERVISOR_LINE_SIZE];
    supervisor->restart_ms = UINT64_MAX;
    if (supervisor->starting || supervisor->is_ending) return;
    if (!weft_supervisor_start(supervisor, WEFT_CHILD_RESTART, error, sizeof(error))) {
        try_later(supervisor, 0, error);
    }
}

// Told to the service manager; also where a reload came to nothing.
static void notify_ready(const struct weft_supervisor *supervisor, const char *what)
{
    char status[WEFT_SUPERVISOR_LINE_SIZE];
    snprintf(status, sizeof(status), "%sworker %d serves", what, (int)supervisor->serving->pid);
    weft_notify_ready(&supervisor->notify, status);
}

// What did not come to pass, and who serves on.
static void tell_failure(struct weft_supervisor *supervisor, const char *what, const char *why)
{
    if (supervisor->serving) {
        weft_supervisor_tell(supervisor, "%s: %s; worker %d goes on", what, why,
                             (int)supervisor->serving->pid);
        notify_ready(supervisor, "not reloaded, ");
        weft_child_tell_failure(supervisor->serving, what, why);
    } else {
        try_later(supervisor, 0, why);
    }
}

void weft_supervisor_reload(struct weft_supervisor *supervisor)
{
    char error[WEFT_SUPERVISOR_LINE_SIZE];
    if (supervisor->is_ending) return;
    if (supervisor->starting || supervisor->leaving) {
        supervisor->reloads_again = true; // it may have read what has changed since
        return;
    }
    supervisor->restart_ms = UINT64_MAX;
    weft_notify_reloading(&supervisor->notify);
    if (!weft_supervisor_start(supervisor, WEFT_CHILD_RELOAD, error, sizeof(error))) {
        tell_failure(supervisor, "not reloaded", error);
    }
}

void weft_supervisor_upgrade(struct weft_supervisor *supervisor)
{
    char error[WEFT_SUPERVISOR_LINE_SIZE] = "its program is not found in PATH";
    if (supervisor->is_ending) return;
    if (supervisor->starting || supervisor->leaving) {
        weft_supervisor_tell(supervisor, "not upgraded: a worker is %s: try again",
                             supervisor->starting ? "starting" : "leaving");
        return;
    }
    bool is_known = supervisor->program[0] != 0;
    if (!is_known || !weft_supervisor_start(supervisor, WEFT_CHILD_UPGRADE, error, sizeof(error))) {
        tell_failure(supervisor, "not upgraded", error);
    }
}

// Serving

static void tell_success(struct weft_supervisor *supervisor, const struct weft_child *old)
{
    int pid = (int)supervisor->serving->pid;
    if (supervisor->serving->reason == WEFT_CHILD_FIRST)
        return; // the worker has said what it serves
    bool is_upgrade = supervisor->serving->reason == WEFT_CHILD_UPGRADE;
    const char *what = is_upgrade ? "upgraded to weft " WEFT_VERSION : "reloaded";
    if (old) {
        weft_supervisor_tell(supervisor, "%s: worker %d serves, worker %d drains", what, pid,
                             (int)old->pid);
    } else {
        weft_supervisor_tell(supervisor, "worker %d serves", pid);
    }
}

// All is as it was asked for: whoever comes from now on comes to the worker that serves.
static void settle(struct weft_supervisor *supervisor)
{
    const struct weft_child *old = supervisor->leaving;
    assert(supervisor->serving);
    supervisor->leaving = NULL;
    supervisor->leaving_ms = UINT64_MAX;
    notify_ready(supervisor, "");
    tell_success(supervisor, old);
    if (!supervisor->reloads_again) return;
    supervisor->reloads_again = false;
    weft_supervisor_reload(supervisor);
}

void weft_supervisor_give_up_leaving(struct weft_supervisor *supervisor)
{
    weft_supervisor_tell(supervisor, "worker %d does not say that it takes no more connections",
                         (int)supervisor->leaving->pid);
    settle(supervisor);
}

void weft_supervisor_promote(struct weft_supervisor *supervisor)
{
    struct weft_child *child = supervisor->starting;
    struct weft_child *old = supervisor->serving;
    child->phase = WEFT_CHILD_SERVING;
    child->deadline_ms = UINT64_MAX;
    supervisor->serving = child;
    supervisor->starting = NULL;
    supervisor->has_served = true;
    supervisor->generation++;
    bool gives_up = weft_sockets_gives_up(&supervisor->sockets);
    weft_sockets_commit(&supervisor->sockets);
    child->is_well = true;
    supervisor->leaving = old;
    if (!old) {
        settle(supervisor);
        return;
    }
    weft_child_drain(old, gives_up ? WEFT_SERVER_HANDS_OVER_SOME : WEFT_SERVER_HANDS_OVER,
                     supervisor->plan.drain_timeout_ms);
    supervisor->leaving_ms = weft_clock_ms() + WEFT_CLOSE_WITHIN_MS;
}

// The new version serves, so it may have the supervisor's place too; it goes on in weft_upgrade_take_over().
static void make_room(struct weft_supervisor *supervisor)
{
    char why[WEFT_SUPERVISOR_LINE_SIZE];
    struct weft_child *child = supervisor->starting;
    int result = weft_upgrade_become(supervisor);
    snprintf(why, sizeof(why), "cannot run %.1500s: %s", supervisor->program, strerror(-result));
    supervisor->starting = NULL;
    weft_sockets_undo(&supervisor->sockets);
    weft_child_drain(child, WEFT_SERVER_HANDS_OVER, supervisor->plan.drain_timeout_ms);
    tell_failure(supervisor, "not upgraded", why);
}

static void judge_hello(struct weft_child *child)
{
    if (child->phase != WEFT_CHILD_STARTING) return;
    child->is_alien = child->protocol != WEFT_PROTOCOL; // then it ends by itself, or in time
    child->deadline_ms = child->born_ms + WEFT_START_WITHIN_MS;
}

void weft_supervisor_hear(struct weft_supervisor *supervisor, struct weft_child *child)
{
    uint32_t type;
    while ((type = weft_child_hear(child)) != 0) {
        if (type == WEFT_MESSAGE_HELLO) judge_hello(child);
        if (type == WEFT_MESSAGE_READY) child->has_served = true;
        if (type == WEFT_MESSAGE_WELL) child->is_well = true;
        if (type == WEFT_MESSAGE_CLOSED && child == supervisor->leaving) settle(supervisor);
        bool is_ready = type == WEFT_MESSAGE_READY && child->phase == WEFT_CHILD_STARTING &&
                        child == supervisor->starting && !child->is_alien;
        if (!is_ready || supervisor->is_ending) continue;
        if (child->reason == WEFT_CHILD_UPGRADE) {
            make_room(supervisor);
        } else {
            weft_supervisor_promote(supervisor);
        }
    }
}

// Ending

// Why a worker could not start.
static void explain(const struct weft_child *child, int status, char *why, size_t size)
{
    if (child->is_alien) {
        snprintf(why, size,
                 "the new program (%s) speaks to its supervisor in another way: stop and start it",
                 child->version);
    } else if (child->told_count > 1) {
        snprintf(why, size, "%s (and %u more)", child->told, child->told_count - 1);
    } else if (child->told_count > 0) {
        snprintf(why, size, "%s", child->told);
    } else if (child->is_killed) {
        bool has_spoken = child->protocol != 0;
        snprintf(why, size, "the new worker %s within %d s",
                 has_spoken ? "was not ready" : "did not say that it is one",
                 (has_spoken ? WEFT_START_WITHIN_MS : WEFT_HELLO_WITHIN_MS) / 1000);
    } else {
        char how[128];
        weft_child_how_ended(status, how, sizeof(how));
        snprintf(why, size, "the new worker %s before it was ready", how);
    }
}

static void bury_starting(struct weft_supervisor *supervisor, const struct weft_child *child,
                          int status)
{
    char why[WEFT_SUPERVISOR_LINE_SIZE];
    explain(child, status, why, sizeof(why));
    supervisor->starting = NULL;
    weft_sockets_undo(&supervisor->sockets);
    bool again = supervisor->reloads_again;
    supervisor->reloads_again = false;
    if (!supervisor->has_served) {
        supervisor->is_over = true;
        supervisor->code = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : FAILED;
        weft_supervisor_tell(supervisor, "%s", why);
        return;
    }
    bool was_upgrade = child->reason == WEFT_CHILD_UPGRADE;
    tell_failure(supervisor, was_upgrade ? "not upgraded" : "not reloaded", why);
    if (again) weft_supervisor_reload(supervisor);
}

static void bury_serving(struct weft_supervisor *supervisor, const struct weft_child *child,
                         int status)
{
    char how[128];
    char when[64];
    uint64_t lived_ms = weft_clock_ms() - child->born_ms;
    if (supervisor->leaving) settle(supervisor); // while there is one that serves
    weft_child_how_ended(status, how, sizeof(how));
    supervisor->serving = NULL;
    if (supervisor->starting) {
        weft_supervisor_tell(supervisor, "worker %d %s; another one is starting", (int)child->pid,
                             how);
        return;
    }
    uint32_t wait_ms = weft_backoff_next_ms(&supervisor->backoff, lived_ms);
    say_when(wait_ms, when, sizeof(when));
    weft_supervisor_tell(supervisor, "worker %d %s; %s", (int)child->pid, how, when);
    restart_later(supervisor, wait_ms);
}

// It was asked to end.
static void bury_draining(struct weft_supervisor *supervisor, const struct weft_child *child,
                          int status)
{
    char how[128];
    if (child == supervisor->leaving) settle(supervisor);
    if (child->is_killed) {
        weft_supervisor_tell(supervisor, "worker %d did not end in time and was killed",
                             (int)child->pid);
        return;
    }
    if (status == 0 || !child->has_served) return; // who could not start has nothing to lose
    weft_child_how_ended(status, how, sizeof(how));
    weft_supervisor_tell(supervisor, "worker %d %s while it drained", (int)child->pid, how);
    if (supervisor->is_ending) supervisor->code = FAILED;
}

void weft_supervisor_bury(struct weft_supervisor *supervisor, struct weft_child *child, int status)
{
    weft_supervisor_hear(supervisor, child); // its last words
    weft_list_remove(&child->link);
    supervisor->child_count--;
    if (child->phase == WEFT_CHILD_STARTING) {
        bury_starting(supervisor, child, status);
    } else if (child->phase == WEFT_CHILD_SERVING) {
        bury_serving(supervisor, child, status);
    } else {
        bury_draining(supervisor, child, status);
    }
    weft_child_free(child);
}

// One that is still starting too: it may have taken connections already.
static void end_child(struct weft_supervisor *supervisor, struct weft_child *child, bool at_once)
{
    if (at_once) {
        weft_child_order(child, WEFT_MESSAGE_END);
        child->deadline_ms = weft_clock_ms() + WEFT_END_WITHIN_MS;
        child->phase = WEFT_CHILD_DRAINING;
    } else {
        weft_child_drain(child, WEFT_SERVER_ENDS, supervisor->plan.drain_timeout_ms);
    }
}

void weft_supervisor_end(struct weft_supervisor *supervisor)
{
    bool at_once = supervisor->is_ending;
    supervisor->is_ending = true;
    weft_notify_stopping(&supervisor->notify, "answers in flight are completed");
    if (!at_once) supervisor->code = 0;
    supervisor->restart_ms = supervisor->leaving_ms = UINT64_MAX;
    supervisor->leaving = NULL;
    weft_sockets_close(
        &supervisor->sockets); // first: the worker's are then the last, which it closes in order
    WEFT_LIST_EACH(link, &supervisor->children)
    {
        end_child(supervisor, WEFT_LIST_ENTRY(link, struct weft_child, link), at_once);
    }
    supervisor->serving = supervisor->starting = NULL;
}

void weft_supervisor_beat(struct weft_supervisor *supervisor)
{
    struct weft_child *serving = supervisor->serving;
    supervisor->beat_ms = weft_clock_ms() + weft_notify_interval_ms(&supervisor->notify);
    if (!serving || serving->is_well) weft_notify_alive(&supervisor->notify);
    if (!serving) return;
    serving->is_well = false;
    weft_child_order(serving, WEFT_MESSAGE_ASK);
}
