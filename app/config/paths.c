// config/paths.c: paths as a file names them, and what is there
#include "config/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *weft_config_resolve(struct weft_config_reading *reading,
                                const struct weft_config_place *place, const char *path)
{
    const struct weft_config_file *file = reading->files;
    if (path[0] == '/') return path;
    while (file && file->name != place->file) {
        file = file->next;
    }
    const char *folder = file ? file->folder : "/";
    while (strncmp(path, "./", 2) == 0) {
        path += 2;
    }
    size_t size = strlen(folder) + strlen(path) + 1;
    char *full = weft_arena_take(&reading->config->arena, size);
    if (full) {
        snprintf(full, size, "%s%s", folder, strcmp(path, ".") == 0 ? "" : path);
    } else {
        weft_config_fault(&reading->report, place, "no memory");
    }
    return full;
}

static const char *remedy_of(int error)
{
    switch (error) {
    case ENOENT: return "there is nothing: check the path";
    case EACCES: return "give this user the right to it";
    default: return strerror(error);
    }
}

// A file that is written, and made where it is missing.
static const char *writing_fault(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode)) return "it is a directory (name a file in it)";
        return access(path, W_OK) == 0 ? NULL : remedy_of(errno);
    }
    const char *slash = strrchr(path, '/');
    if (errno != ENOENT || !slash) return remedy_of(errno);
    char *folder = strndup(path, slash > path ? (size_t)(slash - path) : 1);
    const char *fault = !folder                            ? "no memory"
                        : access(folder, W_OK | X_OK) == 0 ? NULL
                        : errno == ENOENT ? "its folder is not there: make it, or check the path"
                                          : remedy_of(errno);
    free(folder);
    return fault;
}

static const char *reading_fault(const char *path, bool is_folder)
{
    struct stat status;
    if (stat(path, &status) != 0) return remedy_of(errno);
    if (is_folder && !S_ISDIR(status.st_mode)) {
        return "it is not a directory (name the folder it is in)";
    }
    if (!is_folder && !S_ISREG(status.st_mode)) return "it is not a file";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return remedy_of(errno);
    close(fd);
    return NULL;
}

void weft_config_look_at(struct weft_config_reading *reading, const struct weft_setting *setting,
                         const struct weft_config_place *place, const char *path)
{
    const char *fault = NULL;
    if (!reading->looks) return;
    switch (setting->file) {
    case WEFT_SETTING_ANY_FILE: break;
    case WEFT_SETTING_FOLDER: fault = reading_fault(path, true); break;
    case WEFT_SETTING_READABLE: fault = reading_fault(path, false); break;
    case WEFT_SETTING_WRITABLE: fault = writing_fault(path); break;
    }
    if (!fault) return;
    weft_config_fault(&reading->report, place, "%s: cannot use '%s': %s", setting->name, path,
                      fault);
}
