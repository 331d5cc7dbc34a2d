// server/learner.c
#include "server/learner.h"

#include "server/book.h"
#include "server/error_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { FILE_NAME_MOST = 4096 };

/** A site that learns. */
struct pupil {
    const struct weft_site_config *config;
    struct weft_book *book; // NULL: it does not
    struct weft_learned_shelf shelf;
    bool has_failed; // to write its file, which was told
};

struct weft_learner {
    const struct weft_server_config *config;
    struct pupil *pupils; // one for each site
    struct weft_notebook notebooks[WEFT_THREADS_MOST];
    uint8_t *rooms[WEFT_THREADS_MOST]; // to exchange with the notebooks'
    uint64_t seed;
    pthread_mutex_t lock; // of the books, and of what follows
    pthread_cond_t wakes;
    pthread_t thread;
    bool is_running;
    bool is_ending;
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

// The file

// Writes the whole book. A buffer that could not be written is gone, and what comes behind it may well be written: only
// the stream's mark tells.
static int write_down(const struct weft_book *book, FILE *out)
{
    errno = 0;
    bool is_whole =
        weft_book_write(book, out) && !ferror(out) && fflush(out) == 0 && fsync(fileno(out)) == 0;
    int why = errno;
    if (fclose(out) != 0 && is_whole) {
        is_whole = false;
        why = errno;
    }
    if (is_whole) return 0;
    return why ? -why : -EIO;
}

// Beside the file, and then in its place: whoever reads finds the old one or the new one, whole. By a name of this process,
// for while a configuration is loaded anew the old process and the new one both learn.
static int save(const char *file, const struct weft_book *book)
{
    char name[FILE_NAME_MOST];
    int size = snprintf(name, sizeof(name), "%s.%ld.new", file, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof(name)) return -ENAMETOOLONG;
    FILE *out = fopen(name, "wbe");
    if (!out) return -errno;
    int result = write_down(book, out);
    if (result == 0 && rename(name, file) != 0) result = -errno;
    if (result < 0) (void)unlink(name);
    return result;
}

// Into the error log, opened for this line: those that are open are the serving threads' own.
static void tell(const struct weft_learner *learner, const char *text, const char *detail)
{
    struct weft_counts counts = {0};
    struct weft_error_log log;
    struct weft_error_record record = {.level = WEFT_ERROR_ERROR, .text = text, .detail = detail};
    if (weft_error_log_open(&log, learner->config, &counts, NULL) < 0) return;
    weft_error_log_add(&log, time(NULL), now_us(), &record);
    weft_error_log_close(&log);
}

// Told once, and not again before it has worked.
static void save_pupil(const struct weft_learner *learner, struct pupil *pupil)
{
    char detail[WEFT_ERROR_TEXT_MOST];
    const struct weft_site_config *config = pupil->config;
    int result = save(config->learned_file, pupil->book);
    if (result < 0 && !pupil->has_failed) {
        snprintf(detail, sizeof(detail), "%s: %s", config->learned_file, strerror(-result));
        tell(learner, "what was learned cannot be written; it is tried again", detail);
    }
    pupil->has_failed = result < 0;
}

// Tells what the book says now.
static void publish(struct pupil *pupil)
{
    struct weft_manifest *manifest = weft_book_publish(pupil->book);
    if (manifest) weft_learned_lay_down(&pupil->shelf, manifest); // without memory: the next time
}

// Lessons

/** The notes of a thread that are being read. */
struct stack {
    struct weft_notes notes;
    struct weft_note next;
    bool has_next;
};

// The thread whose next note is the oldest of all; NULL where none has one.
static struct stack *oldest(struct stack *stacks, unsigned count)
{
    struct stack *found = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (!stacks[i].has_next) continue;
        if (!found || stacks[i].next.time_us < found->next.time_us) found = &stacks[i];
    }
    return found;
}

// Takes all notes, in order; returns how many there were.
static size_t read_notes(struct weft_learner *learner)
{
    struct stack stacks[WEFT_THREADS_MOST];
    unsigned count = learner->config->thread_count;
    size_t read = 0;
    for (unsigned i = 0; i < count; i++) {
        stacks[i].notes = weft_notebook_take(&learner->notebooks[i], &learner->rooms[i]);
        stacks[i].has_next = weft_notes_next(&stacks[i].notes, &stacks[i].next);
    }
    struct stack *stack;
    while ((stack = oldest(stacks, count))) {
        struct weft_book *book = learner->pupils[stack->next.site].book;
        if (book) weft_book_take(book, &stack->next);
        stack->has_next = weft_notes_next(&stack->notes, &stack->next);
        read++;
    }
    return read;
}

static void hold_lesson(struct weft_learner *learner)
{
    uint64_t now = now_us();
    size_t read = read_notes(learner);
    for (size_t i = 0; i < learner->config->site_count; i++) {
        struct pupil *pupil = &learner->pupils[i];
        if (!pupil->book) continue;
        weft_book_age(pupil->book, now);
        if (pupil->config->learns) publish(pupil);
        bool is_kept = pupil->config->learns && pupil->config->learned_file;
        if (is_kept && (read > 0 || pupil->has_failed)) save_pupil(learner, pupil);
    }
}

static void *run(void *argument)
{
    struct weft_learner *learner = argument;
    uint64_t interval_us = (uint64_t)learner->config->learn_interval_ms * 1000;
    pthread_mutex_lock(&learner->lock);
    do { // also where the end is asked for before this thread has begun: there may be notes
        uint64_t due_us = now_us() + interval_us;
        struct timespec due = {.tv_sec = (time_t)(due_us / 1000000),
                               .tv_nsec = (long)(due_us % 1000000 * 1000)};
        int result = 0;
        while (!learner->is_ending && result == 0)
            result = pthread_cond_timedwait(&learner->wakes, &learner->lock, &due);
        hold_lesson(learner);
    } while (!learner->is_ending);
    pthread_mutex_unlock(&learner->lock);
    return NULL;
}

// From start to end

static bool needs_book(const struct weft_site_config *config)
{
    return config->learns || config->learned;
}

static bool open_pupil(struct pupil *pupil, const struct weft_site_config *config)
{
    *pupil = (struct pupil){.config = config};
    if (!needs_book(config)) return true;
    if (!weft_learned_shelf_init(&pupil->shelf)) return false;
    pupil->book = weft_book_new(config->learn_quorum);
    if (!pupil->book) {
        weft_learned_shelf_deinit(&pupil->shelf);
        return false;
    }
    if (config->learned) weft_book_load(pupil->book, config->learned);
    if (config->manifest) weft_book_load_given(pupil->book, config->manifest);
    publish(pupil);
    return true;
}

static bool open_all(struct weft_learner *learner)
{
    const struct weft_server_config *config = learner->config;
    pthread_condattr_t attributes;
    if (getrandom(&learner->seed, sizeof(learner->seed), 0) != (ssize_t)sizeof(learner->seed)) {
        return false;
    }
    pthread_mutex_init(&learner->lock,
                       NULL); // with the standard's attributes these do not fail here
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&learner->wakes, &attributes);
    pthread_condattr_destroy(&attributes);
    learner->pupils = calloc(config->site_count, sizeof(*learner->pupils));
    if (!learner->pupils) return false;
    for (size_t i = 0; i < config->site_count; i++) {
        if (!open_pupil(&learner->pupils[i], config->sites[i])) return false;
    }
    for (unsigned i = 0; i < config->thread_count; i++) {
        learner->rooms[i] = malloc(WEFT_NOTEBOOK_SIZE);
        if (!learner->rooms[i] || !weft_notebook_init(&learner->notebooks[i])) return false;
    }
    return true;
}

struct weft_learner *weft_learner_new(const struct weft_server_config *config, char *error,
                                      size_t error_size)
{
    bool is_needed = false;
    error[0] = 0;
    for (size_t i = 0; i < config->site_count; i++)
        is_needed = is_needed || needs_book(config->sites[i]);
    if (!is_needed) return NULL;
    struct weft_learner *learner = calloc(1, sizeof(*learner));
    if (learner) learner->config = config;
    if (learner && open_all(learner)) return learner;
    snprintf(error, error_size, "cannot learn: no memory");
    weft_learner_free(learner);
    return NULL;
}

int weft_learner_start(struct weft_learner *learner)
{
    int result = -pthread_create(&learner->thread, NULL, run, learner);
    learner->is_running = result == 0;
    return result;
}

void weft_learner_free(struct weft_learner *learner)
{
    if (!learner) return;
    if (learner->is_running) {
        pthread_mutex_lock(&learner->lock);
        learner->is_ending = true;
        pthread_cond_signal(&learner->wakes);
        pthread_mutex_unlock(&learner->lock);
        pthread_join(learner->thread, NULL); // after a last lesson
    }
    for (size_t i = 0; learner->pupils && i < learner->config->site_count; i++) {
        if (!learner->pupils[i].book) continue;
        weft_learned_shelf_deinit(&learner->pupils[i].shelf);
        weft_book_free(learner->pupils[i].book);
    }
    for (unsigned i = 0; i < WEFT_THREADS_MOST; i++) {
        weft_notebook_deinit(&learner->notebooks[i]);
        free(learner->rooms[i]);
    }
    free(learner->pupils);
    free(learner);
}

struct weft_notebook *weft_learner_notebook(struct weft_learner *learner, unsigned thread)
{
    return &learner->notebooks[thread];
}

struct weft_learned_shelf *weft_learner_shelf(struct weft_learner *learner, size_t site)
{
    return learner->pupils[site].book ? &learner->pupils[site].shelf : NULL;
}

uint64_t weft_learner_seed(const struct weft_learner *learner)
{
    return learner->seed;
}

static void write_status(struct weft_learner *learner, FILE *out)
{
    unsigned long long lost = 0;
    for (unsigned i = 0; i < learner->config->thread_count; i++) {
        struct weft_notebook *notebook = &learner->notebooks[i];
        pthread_mutex_lock(&notebook->lock);
        lost += notebook->lost;
        pthread_mutex_unlock(&notebook->lock);
    }
    fprintf(out, "{\"lost_notes\":%llu,\"sites\":[", lost);
    for (size_t i = 0; i < learner->config->site_count; i++) {
        const struct weft_book *book = learner->pupils[i].book;
        if (i > 0) fputc(',', out);
        if (book) weft_book_write_json(book, out);
        if (!book) fputs("{\"pages\":{}}", out);
    }
    fputs("]}\n", out);
}

char *weft_learner_status(struct weft_learner *learner)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    pthread_mutex_lock(&learner->lock);
    write_status(learner, out);
    pthread_mutex_unlock(&learner->lock);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}
