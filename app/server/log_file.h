// server/log_file.h: a file that lines go to, and that never costs time.
//
// Lines gather in memory and leave in one write at the end of the loop's turn. A file that cannot take them (a full pipe,
// a full disk) costs lines, which are counted, and never time. One thread's alone; threads share the file, which is
// opened for appending, so that lines stay whole.
#ifndef WEFT_SERVER_LOG_FILE_H
#define WEFT_SERVER_LOG_FILE_H

#include "net/loop.h"
#include "wire/writer.h"

enum { WEFT_LOG_BUFFER_SIZE = 65536 };

struct weft_log_file {
    const char *path; // NULL: there is no log
    int standard;     // what "-" stands for: 1 or 2
    int fd;
    bool is_pipe;   // written in pieces that a pipe takes whole
    bool is_socket; // of those, one whose O_NONBLOCK is not ours to set
    char *buffer;
    size_t size;
    uint64_t dropped; // lines
    uint64_t told;    // how many of them those who run the server were told of
    struct weft_loop *loop;
    struct weft_task flush;
};

/**
 * Opens a log.
 *
 * path      a file, "-" for a standard output, NULL for none
 * standard  which one that is: 1, or 2 for errors
 * loop      where it is written at the end of each turn; NULL: only where it is full or flushed
 * returns   0 or a negative errno
 */
int weft_log_file_open(struct weft_log_file *log, const char *path, int standard,
                       struct weft_loop *loop);

/** Writes what waits, and closes; lines that the file does not take now are dropped. */
void weft_log_file_close(struct weft_log_file *log);

/** Opens the file anew, after it was moved away. Where that fails it goes on with the old one: a negative errno. */
int weft_log_file_reopen(struct weft_log_file *log);

/** Adds a line: `write` is called once or twice, and lets the writer fail where there is no room. */
void weft_log_file_add(struct weft_log_file *log,
                       void (*write)(struct weft_writer *out, const void *context),
                       const void *context);

/** Writes what waits, as far as the file takes it now. */
void weft_log_file_flush(struct weft_log_file *log);

#endif
