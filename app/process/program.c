// process/program.c
#include "process/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A path as text; false where it is too long.
static bool join(const char *folder, size_t folder_size, const char *name, char *path, size_t size)
{
    int written = snprintf(path, size, "%.*s/%s", (int)folder_size, folder, name);
    return written > 0 && (size_t)written < size;
}

static bool from_here(const char *name, char *path, size_t size)
{
    char here[PATH_MAX];
    return getcwd(here, sizeof(here)) && join(here, strlen(here), name, path, size);
}

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static bool in_folders(const char *name, char *path, size_t size)
{
    const char *folders = getenv("PATH");
    if (!folders) return false;
    for (;;) {
        size_t length = strcspn(folders, ":");
        // An empty folder is the current one.
        bool fits =
            length > 0 ? join(folders, length, name, path, size) : from_here(name, path, size);
        if (fits && path[0] == '/' && is_program(path)) return true;
        if (!folders[length]) return false;
        folders += length + 1;
    }
}

bool weft_program_find(const char *name, char *path, size_t size)
{
    if (name[0] == '/') {
        int written = snprintf(path, size, "%s", name);
        return written > 0 && (size_t)written < size;
    }
    return strchr(name, '/') ? from_here(name, path, size) : in_folders(name, path, size);
}
