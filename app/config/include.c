// config/include.c: files, and those that they include
#include "config/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *copy_text(struct weft_config_reading *reading, const char *text)
{
    struct weft_span copy = weft_arena_copy(
        &reading->nodes, (struct weft_span){(const uint8_t *)text, strlen(text) + 1});
    if (!copy.data)
        weft_config_fault(&reading->report, &(struct weft_config_place){0}, "no memory");
    return (const char *)copy.data;
}

void weft_config_read_text(struct weft_config_reading *reading, struct weft_span bytes,
                           const char *name, const char *folder)
{
    struct weft_config_file *file = weft_arena_take(&reading->nodes, sizeof(*file));
    if (!file) {
        weft_config_fault(&reading->report, &(struct weft_config_place){name, 0, 0}, "no memory");
        return;
    }
    *file = (struct weft_config_file){name, folder, reading->files};
    reading->files = file;
    const struct weft_config_node *root =
        weft_config_tree_parse(bytes, name, &reading->nodes, &reading->report);
    if (root) weft_config_read_root(reading, root);
}

// Reads what an open descriptor has, all of it.
static void read_open(struct weft_config_reading *reading, const struct weft_config_place *place,
                      const char *name, int fd, size_t size)
{
    char *real = realpath(name, NULL);
    uint8_t *bytes = malloc(size + 1);
    size_t got = 0;
    ssize_t more = real && bytes ? 1 : 0;
    while (got < size && more > 0) {
        more = read(fd, bytes + got, size - got);
        if (more > 0) got += (size_t)more;
    }
    if (!real || !bytes || got < size) {
        weft_config_fault(&reading->report, place, "cannot read %s to its end", name);
    } else {
        *(strrchr(real, '/') + 1) = 0; // absolute, so there is a slash
        const char *copy = copy_text(reading, name);
        const char *folder = copy_text(reading, real);
        if (copy && folder) {
            weft_config_read_text(reading, (struct weft_span){bytes, size}, copy, folder);
        }
    }
    free(bytes);
    free(real);
}

// Does a file include itself? Told with the whole way round.
static bool is_loop(struct weft_config_reading *reading, const struct weft_config_place *place,
                    const char *name, const struct stat *status)
{
    char way[768] = "";
    bool found = false;
    for (unsigned i = 0; i < reading->depth; i++) {
        found = found || (reading->open[i].device == status->st_dev &&
                          reading->open[i].inode == status->st_ino);
        size_t at = strlen(way);
        if (found) snprintf(way + at, sizeof(way) - at, "%s -> ", reading->open[i].name);
    }
    if (found) {
        weft_config_fault(&reading->report, place, "files include each other in a circle: %s%s",
                          way, name);
    }
    return found;
}

static bool may_read(struct weft_config_reading *reading, const struct weft_config_place *place,
                     const char *name, const struct stat *status)
{
    if (!S_ISREG(status->st_mode) || status->st_size > WEFT_CONFIG_FILE_SIZE_MOST) {
        weft_config_fault(&reading->report, place, "%s: expected a file of YAML, of at most 4 MB",
                          name);
        return false;
    }
    if (is_loop(reading, place, name, status)) return false;
    if (reading->depth == WEFT_CONFIG_INCLUDES_DEEP) {
        weft_config_fault(&reading->report, place, "%s: files include files at most %d deep", name,
                          WEFT_CONFIG_INCLUDES_DEEP);
        return false;
    }
    if (++reading->file_count > WEFT_CONFIG_FILES_MOST) {
        weft_config_fault(&reading->report, place, "more than %d files are included",
                          WEFT_CONFIG_FILES_MOST);
        return false;
    }
    return true;
}

void weft_config_read_file(struct weft_config_reading *reading,
                           const struct weft_config_place *place, const char *name)
{
    struct stat status;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a FIFO is not waited for
    if (fd < 0 || fstat(fd, &status) != 0) {
        weft_config_fault(&reading->report, place, "cannot read %s: %s%s", name, strerror(errno),
                          errno == ENOENT   ? ": check the path"
                          : errno == EACCES ? ": give this user the right to read it"
                                            : "");
    } else if (may_read(reading, place, name, &status)) {
        const char *copy = copy_text(reading, name);
        reading->open[reading->depth].device = status.st_dev;
        reading->open[reading->depth].inode = status.st_ino;
        reading->open[reading->depth].name = copy ? copy : "";
        reading->depth++;
        read_open(reading, place, name, fd, (size_t)status.st_size);
        reading->depth--;
    }
    if (fd >= 0) close(fd);
}

void weft_config_include(struct weft_config_reading *reading, const struct weft_config_place *place,
                         const char *pattern)
{
    glob_t found = {0};
    if (!reading->looks) {
        weft_config_fault(&reading->report, place, "nothing can be included from here");
        return;
    }
    bool is_pattern = strpbrk(pattern, "*?[") != NULL;
    int result = glob(pattern, 0, NULL, &found);
    if (result == GLOB_NOMATCH && !is_pattern) {
        weft_config_fault(&reading->report, place,
                          "cannot include %s: no such file: check the path", pattern);
    } else if (result != 0 && result != GLOB_NOMATCH) {
        weft_config_fault(&reading->report, place, "cannot look for %s", pattern);
    }
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++) {
        weft_config_read_file(reading, place, found.gl_pathv[i]);
    }
    globfree(&found);
}
