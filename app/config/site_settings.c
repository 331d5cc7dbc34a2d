// config/site_settings.c: the settings of one site, one row each; settings.c says how to add one.
#include "config/setting.h"

#define FIELD(field) WEFT_SETTING_FIELD(weft_site_config, field)

static const char *const early_hints_words[] = {"auto", "always", "never", NULL};

// NOLINTBEGIN(readability-non-const-parameter): as the tables' functions are

// Names

static const char *add_name(struct weft_server_config *config, void *target, const char *text)
{
    return weft_site_config_add_name(config, target, weft_span_of(text));
}

static const char *name_at(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE])
{
    const struct weft_site_config *site = target;
    (void)room;
    return index < site->name_count ? site->names[index] : NULL;
}

static const struct weft_setting_list names = {.add = add_name, .item = name_at};

// Index files

static void clear_indexes(void *target)
{
    ((struct weft_site_config *)target)->index_count = 0;
}

static const char *add_index(struct weft_server_config *config, void *target, const char *text)
{
    (void)config;
    return weft_site_config_add_index(target, text);
}

static const char *index_at(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE])
{
    const struct weft_site_config *site = target;
    (void)room;
    return index < site->index_count ? site->index_names[index] : NULL;
}

static const struct weft_setting_list indexes = {
    .clear = clear_indexes, .add = add_index, .item = index_at};

// NOLINTEND(readability-non-const-parameter)

const struct weft_setting weft_site_settings[] = {
    {.name = "names",
     .kind = WEFT_SETTING_LIST,
     .form = "a name like example.org, or *.example.org",
     .standard = "all names that are no other site's",
     .list = &names,
     .help = "the hosts that this site answers for"},
    {.name = "root",
     .kind = WEFT_SETTING_FILE,
     FIELD(root),
     .form = "a folder",
     .file = WEFT_SETTING_FOLDER,
     .is_needed = true,
     .help = "the folder whose files are served"},
    {.name = "index",
     .kind = WEFT_SETTING_LIST,
     .form = "the name of a file",
     .standard = "index.html",
     .list = &indexes,
     .help = "what is served for a folder; the first that is there"},
    {.name = "listing",
     .kind = WEFT_SETTING_FLAG,
     FIELD(lists_directories),
     .help = "show what is in a folder that has no index file"},
    {.name = "manifest",
     .kind = WEFT_SETTING_FILE,
     FIELD(manifest_file),
     .form = "a file",
     .file = WEFT_SETTING_READABLE,
     .standard = "none",
     .help = "what pages need, to be hinted and pushed (weft-manifest(1))"},
    {.name = "early_hints",
     .kind = WEFT_SETTING_WORD,
     FIELD(early_hints),
     .words = early_hints_words,
     .help = "when 103 Early Hints are sent: where they win time, always or never"},
    {0},
};
