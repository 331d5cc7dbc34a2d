// server/root.h: opens what lies in the directory that is served, and nothing else.
//
// A path never leads out: the kernel resolves it beneath the root (openat2 with RESOLVE_BENEATH), so that a symbolic
// link may point to anything inside but to nothing outside, also while somebody moves things about. Only regular files
// are opened for reading, never a FIFO or a device, whose mere opening can block or do harm.
#ifndef WEFT_SERVER_ROOT_H
#define WEFT_SERVER_ROOT_H

#include <stdbool.h>
#include <sys/stat.h>

struct weft_root {
    int fd;
    bool walks; // the kernel lacks openat2: walk name by name, follow no symbolic link at all
};

/** Opens the directory; returns 0 or a negative errno. */
int weft_root_open(struct weft_root *root, const char *directory);
void weft_root_close(struct weft_root *root);

/**
 * Looks at what a path names.
 *
 * path     begins with a slash; "/" is the root; one slash at the end asks for a directory
 * returns  0 or a negative errno: -ENOENT also for what leads out (-EXDEV, -ELOOP of the kernel)
 */
int weft_root_stat(const struct weft_root *root, const char *path, struct stat *status);

/**
 * Opens a regular file for reading.
 *
 * status   set to what was opened, as of now
 * returns  the descriptor, or a negative errno: -EISDIR for a directory, -ENOENT for what leads out and for anything
 *          that is neither, -EACCES for a file that may not be read
 */
int weft_root_open_file(const struct weft_root *root, const char *path, struct stat *status);

/** Opens a directory, to be read with fdopendir(); a negative errno. */
int weft_root_open_directory(const struct weft_root *root, const char *path);

#endif
