// config/setting.h: a setting as a row of a table, from which the reader, --show, the schema and the manual are made.
#ifndef WEFT_CONFIG_SETTING_H
#define WEFT_CONFIG_SETTING_H

#include "config/config.h"

enum {
    WEFT_SETTING_TEXT_SIZE = 4096, // longest text that item() writes
    WEFT_SETTING_ROWS_MOST = 96,   // of one group
};

enum weft_setting_kind {
    WEFT_SETTING_FLAG,    // true or false: a bool
    WEFT_SETTING_NUMBER,  // an unsigned number, written as `unit` has it
    WEFT_SETTING_WORD,    // one of `words`: an enum with the word's place
    WEFT_SETTING_TEXT,    // const char *; NULL where it is not set
    WEFT_SETTING_FILE,    // the same: a path; in a file relative to that file's folder
    WEFT_SETTING_LIST,    // texts: add(), item()
    WEFT_SETTING_MAP,     // names with texts: put(), pair()
    WEFT_SETTING_GROUP,   // `rows` of the same struct
    WEFT_SETTING_GROUPS,  // a list of elements, each with `rows`: begin(), at(), end()
    WEFT_SETTING_INCLUDE, // files whose settings stand here; only in the outermost group
};

/** What a file has to be; looked at when it is named. */
enum weft_setting_file {
    WEFT_SETTING_ANY_FILE,
    WEFT_SETTING_FOLDER,
    WEFT_SETTING_READABLE,
    WEFT_SETTING_WRITABLE, // it may be missing where it can be made
};

/** How what has no plain field is stored. `target` is the struct that the group's offsets are of; `config` is the whole,
 *  with the arena. What is wrong is returned as text that says what was expected; NULL where all is well. */
struct weft_setting_list {
    /** Forgets the defaults; before the first of a file. NULL: there are none, or files add to them. */
    void (*clear)(void *target);
    const char *(*add)(struct weft_server_config *config, void *target, const char *text);
    /** The text with an index, written to `room` where it is stored nowhere; NULL past the last. */
    const char *(*item)(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE]);
};

struct weft_setting_map {
    const char *(*put)(struct weft_server_config *config, void *target, const char *name,
                       const char *text);
    /** false past the last. */
    bool (*pair)(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE],
                 const char **name, const char **text);
};

struct weft_setting_groups {
    /** Adds an element with its defaults; NULL with `wrong` set where there is no room for it. */
    void *(*begin)(struct weft_server_config *config, void *target, const char **wrong);
    const void *(*at)(const void *target, size_t index); // NULL past the last
    /** Judges an element that was read; `looks`: at what it names, too. A text that is longer than static goes to
     *  `room`. May be NULL. */
    const char *(*end)(struct weft_server_config *config, void *target, void *element, bool looks,
                       char room[WEFT_SETTING_TEXT_SIZE]);
    /** What will trouble later. May be NULL. */
    const char *(*warn)(const void *element, char room[WEFT_SETTING_TEXT_SIZE]);
    const void *(*fresh)(void); // an element with its defaults, for the documentation
};

struct weft_setting {
    const char *name;
    enum weft_setting_kind kind;
    size_t offset;            // of the field
    size_t width;             // its bytes
    const char *unit;         // of numbers: "ms", "bytes", or what is counted
    uint64_t least, most;     // of numbers
    const char *const *words; // of WORD, ended by NULL; of FILE: what is no path, like "-"
    const char *form;         // of texts: what they are, as help has it: URL, FILE, NAME
    const char *standard;     // the default in words, where the field's own tells less
    const char *help;         // one line
    bool is_needed;
    bool is_unique; // of a list: no text of it stands twice in the whole configuration
    enum weft_setting_file file;
    const struct weft_setting *rows; // ended by a row without a name
    const struct weft_setting_list *list;
    const struct weft_setting_map *map;
    const struct weft_setting_groups *groups;
};

/** The field of a struct, as initialisers of a row. */
#define WEFT_SETTING_FIELD(type, field) \
    .offset = offsetof(struct type, field), .width = sizeof(((struct type *)0)->field)

/** The outermost group: fields of struct weft_server_config. */
extern const struct weft_setting weft_server_settings[];

/** The group of a site: fields of struct weft_site_config. */
extern const struct weft_setting weft_site_settings[];

/** What does not go together in a site that was read, or is not there; as weft_setting_groups has it. */
const char *weft_site_settings_end(struct weft_server_config *config, void *target, void *element,
                                   bool looks, char room[WEFT_SETTING_TEXT_SIZE]);

/** The limits of lib/http/limits.h; fields of struct weft_server_config. */
extern const struct weft_setting weft_limit_settings[];

/** A field that is a number, a word's place or a flag. */
uint64_t weft_setting_number(const struct weft_setting *setting, const void *target);
void weft_setting_set_number(const struct weft_setting *setting, void *target, uint64_t number);

/** A field that is a text; NULL where it is not set. */
const char *weft_setting_text(const struct weft_setting *setting, const void *target);
void weft_setting_set_text(const struct weft_setting *setting, void *target, const char *text);

/** Writes it as a file has it: 30s, 64k, 8. */
void weft_setting_write_number(const struct weft_setting *setting, uint64_t number, char *room,
                               size_t room_size);

/** Reads it; false where it is no such number or not between least and most. */
bool weft_setting_parse_number(const struct weft_setting *setting, const char *text,
                               uint64_t *number);

/** Finds the place of a text among the words; false where it is none of them. */
bool weft_setting_parse_word(const struct weft_setting *setting, const char *text, uint64_t *place);

/**
 * Finds in which groups a setting stands, from the outermost on: "sites.headers", or "the outermost group".
 *
 * returns  false where there is none of that name
 */
bool weft_setting_group_of(const char *name, char *room, size_t room_size);

/** Says what a value has to be: "a time from 1ms to 1h, like 30s", "auto, always or never". */
void weft_setting_describe(const struct weft_setting *setting, char *room, size_t room_size);

#endif
