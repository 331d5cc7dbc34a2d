// config/reading.h: a configuration that is being read; only for the files of this folder that read.
#ifndef WEFT_CONFIG_READING_H
#define WEFT_CONFIG_READING_H

#include "config/setting.h"
#include "config/tree.h"

#include <sys/types.h>

enum {
    WEFT_CONFIG_INCLUDES_DEEP = 8,
    WEFT_CONFIG_FILES_MOST = 256,
    WEFT_CONFIG_FILE_SIZE_MOST = 4 << 20,
};

/** A file that was read. */
struct weft_config_file {
    const char *name;   // as places have it
    const char *folder; // absolute, with a slash at its end
    struct weft_config_file *next;
};

/** Which settings a map has set, and where: one for each row. */
struct weft_config_seen {
    struct weft_config_place place;
    struct weft_config_seen *inside; // of a group
};

/** A text that may stand only once. */
struct weft_config_unique {
    const char *text;
    struct weft_config_place place;
    size_t index;
};

struct weft_config_reading {
    struct weft_server_config *config;
    struct weft_arena nodes; // gone when all is read
    struct weft_config_report report;
    bool looks; // at the files that are named
    struct weft_config_unique *uniques;
    size_t unique_count;
    struct weft_config_file *files;
    unsigned file_count;
    struct {
        dev_t device;
        ino_t inode;
        const char *name;
    } open[WEFT_CONFIG_INCLUDES_DEEP]; // the way to the file at hand
    unsigned depth;
    struct weft_config_seen seen[WEFT_SETTING_ROWS_MOST]; // of the outermost group
};

/** Reads the outermost group of one file. */
void weft_config_read_root(struct weft_config_reading *reading,
                           const struct weft_config_node *root);

/** A text with the environment put in; NULL where that was told to be wrong. */
const char *weft_config_text_of(struct weft_config_reading *reading,
                                const struct weft_config_node *node);

/** A path as the file that names it means it: of the arena; NULL without memory, which was told. */
const char *weft_config_resolve(struct weft_config_reading *reading,
                                const struct weft_config_place *place, const char *path);

/** Tells where a file is not there, or not what the setting says it has to be. */
void weft_config_look_at(struct weft_config_reading *reading, const struct weft_setting *setting,
                         const struct weft_config_place *place, const char *path);

/** Notes a text that no other place may hold, in either case. */
void weft_config_note_unique(struct weft_config_reading *reading,
                             const struct weft_config_place *place, const char *text);

/** Tells of those that stand twice. */
void weft_config_judge_uniques(struct weft_config_reading *reading);

/** Reads the files of a pattern, in order of their names. */
void weft_config_include(struct weft_config_reading *reading, const struct weft_config_place *place,
                         const char *pattern);

/** Reads a file, named at a place (or nowhere). */
void weft_config_read_file(struct weft_config_reading *reading,
                           const struct weft_config_place *place, const char *name);

/** Reads bytes as if they were a file of that name in a folder. */
void weft_config_read_text(struct weft_config_reading *reading, struct weft_span bytes,
                           const char *name, const char *folder);

#endif
