// cmd/get_job.h: one request of weft get, and where its content goes.
//
// Answers come in any order; what goes to standard output is written in the order of the command line's URLs.
#ifndef WEFT_CMD_GET_JOB_H
#define WEFT_CMD_GET_JOB_H

#include "client/client.h"
#include "cmd/get_options.h"
#include "cmd/get_watch.h"

struct weft_get_run;

/** What a page wants something for; ASKED is what the command line names. */
enum weft_get_kind {
    WEFT_GET_ASKED,
    WEFT_GET_STYLE,
    WEFT_GET_SCRIPT,
    WEFT_GET_FONT,
    WEFT_GET_IMAGE,
    WEFT_GET_OTHER,
};

struct weft_get_job {
    struct weft_get_run *run;
    const char *text; // the URL, for complaints
    struct weft_url url;
    enum weft_get_kind kind;
    FILE *out;       // a file, or the place where it waits for its turn
    bool owns_out;   // to be closed
    bool is_waiting; // `out` is to be copied to standard output
    bool is_done;
    struct weft_get_reader *reader; // of what its content names (get_page.h); NULL: nobody reads
};

/** All that one `weft get` does. */
struct weft_get_run {
    struct weft_get_options options;
    struct weft_client *client;
    struct weft_arena arena;
    struct weft_get_job **jobs; // those of the command line first
    size_t job_count;
    size_t job_room;
    size_t asked_count; // jobs of the command line
    size_t turn;        // the job that writes to standard output now
    size_t open_count;
    struct weft_span content;
    uint8_t *content_memory;
    bool has_failed;
    bool has_bad_status;
    bool is_stuck; // the output cannot be written to
    struct weft_get_watch watch;
    struct weft_get_record record; // where watch.record is set
    struct weft_get_fields fields; // where watch.fields is set
};

/** One line on standard error, where the user did not ask for silence. */
void weft_get_complain(const struct weft_get_run *run, const char *what, const char *reason);

/** A job for `url` that is not sent yet; NULL without memory. */
struct weft_get_job *weft_get_job_add(struct weft_get_run *run, const char *text,
                                      const struct weft_url *url, enum weft_get_kind kind);

/**
 * Sends the request of a job.
 *
 * fields   beside those of the options; urgency: among those that wait for a connection (RFC 9218)
 * returns  false with a complaint
 */
bool weft_get_job_send(struct weft_get_job *job, const struct weft_http_field *fields,
                       size_t field_count, uint8_t urgency);

/** Lets the next job write to standard output, once those before it are done. */
void weft_get_take_turns(struct weft_get_run *run);

/** Opens the file that -o or -O names; false with a complaint. */
bool weft_get_job_open(struct weft_get_job *job);

/** Frees all jobs; false with a complaint where a file was not taken by its disk, which shows only now. */
bool weft_get_jobs_close(struct weft_get_run *run);

#endif
