// config/paths.c: paths as a file names them, and what is there
#include "config/reading.h"

#include <errno.h>
#include <fcntl.h>
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

// What is wrong with a file that is named; NULL where it is what it has to be.
static const char *fault_of(const char *path, bool is_folder)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno == ENOENT ? "there is nothing: check the path" : strerror(errno);
    if (is_folder && !S_ISDIR(status.st_mode)) {
        return "it is not a directory (name the folder it is in)";
    }
    if (!is_folder && !S_ISREG(status.st_mode)) return "it is not a file";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno == EACCES ? "give this user the right to read it" : strerror(errno);
    close(fd);
    return NULL;
}

void weft_config_look_at(struct weft_config_reading *reading, const struct weft_setting *setting,
                         const struct weft_config_place *place, const char *path)
{
    if (setting->file == WEFT_SETTING_ANY_FILE || !reading->looks) return;
    const char *fault = fault_of(path, setting->file == WEFT_SETTING_FOLDER);
    if (!fault) return;
    weft_config_fault(&reading->report, place, "%s: cannot use '%s': %s", setting->name, path,
                      fault);
}
