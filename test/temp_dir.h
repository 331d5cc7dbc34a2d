// test/temp_dir.h: a folder for one test, with what it needs in it.
#ifndef TEST_TEMP_DIR_H
#define TEST_TEMP_DIR_H

#include "check.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct temp_dir {
    char path[64];
    char full[512]; // of the newest temp_dir_path()
};

static inline struct temp_dir temp_dir_new(void)
{
    struct temp_dir dir = {0};
    const char *base = getenv("TMPDIR");
    if (!base || strlen(base) + sizeof("/weft-test-XXXXXX") > sizeof(dir.path)) base = P_tmpdir;
    snprintf(dir.path, sizeof(dir.path), "%s/weft-test-XXXXXX", base);
    CHECK(mkdtemp(dir.path) != NULL);
    return dir;
}

/** The full path of a name in it; lent until the next call. */
static inline const char *temp_dir_path(struct temp_dir *dir, const char *name)
{
    snprintf(dir->full, sizeof(dir->full), "%s/%s", dir->path, name);
    return dir->full;
}

static inline void temp_dir_folder(struct temp_dir *dir, const char *name)
{
    CHECK_EQ(mkdir(temp_dir_path(dir, name), 0755), 0);
}

static inline void temp_dir_bytes(struct temp_dir *dir, const char *name, struct weft_span bytes)
{
    int fd = open(temp_dir_path(dir, name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, bytes.data, bytes.size), bytes.size);
    close(fd);
}

static inline void temp_dir_file(struct temp_dir *dir, const char *name, const char *text)
{
    temp_dir_bytes(dir, name, weft_span_of(text));
}

static inline void temp_dir_link(struct temp_dir *dir, const char *name, const char *target)
{
    CHECK_EQ(symlink(target, temp_dir_path(dir, name)), 0);
}

static inline int temp_dir_remove_one(const char *path, const struct stat *status, int kind,
                                      struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

/** Removes it with all that is in it. */
static inline void temp_dir_remove(struct temp_dir *dir)
{
    (void)nftw(dir->path, temp_dir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
