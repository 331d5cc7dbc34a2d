// config/site_settings.c: the settings of one site, one row each; settings.c says how to add one.
#include "config/setting.h"

#include <stdio.h>
#include <sys/stat.h>

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

// Fields of answers

static void *begin_rule(struct weft_server_config *config, void *target, const char **wrong)
{
    *wrong = "no memory, or more than 256 rules";
    return weft_header_rules_add(&((struct weft_site_config *)target)->headers, &config->arena);
}

static const void *rule_at(const void *target, size_t index)
{
    const struct weft_header_rule *rule = ((const struct weft_site_config *)target)->headers.first;
    while (rule && index-- > 0) {
        rule = rule->next;
    }
    return rule;
}

static const char *end_rule(struct weft_server_config *config, void *target, void *element,
                            bool looks, char room[WEFT_SETTING_TEXT_SIZE])
{
    (void)config, (void)target, (void)looks, (void)room;
    const struct weft_header_rule *rule = element;
    if (!rule->first) return "a rule for headers sets, adds or removes something";
    return weft_header_rule_finish(element);
}

static const void *fresh_rule(void)
{
    static const struct weft_header_rule rule = {0};
    return &rule;
}

static const char *put_set(struct weft_server_config *config, void *target, const char *name,
                           const char *text)
{
    return weft_header_rule_change(target, &config->arena, WEFT_HEADER_SET, name, text);
}

static const char *put_add(struct weft_server_config *config, void *target, const char *name,
                           const char *text)
{
    return weft_header_rule_change(target, &config->arena, WEFT_HEADER_ADD, name, text);
}

static const char *add_removed(struct weft_server_config *config, void *target, const char *text)
{
    return weft_header_rule_change(target, &config->arena, WEFT_HEADER_REMOVE, text, NULL);
}

static bool pair_of(const void *target, enum weft_header_action action, size_t index,
                    const char **name, const char **text)
{
    const struct weft_header_change *change = weft_header_rule_at(target, action, index);
    if (!change) return false;
    *name = (const char *)change->field.name.data;
    *text = (const char *)change->field.value.data;
    return true;
}

static bool pair_set(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE],
                     const char **name, const char **text)
{
    (void)room;
    return pair_of(target, WEFT_HEADER_SET, index, name, text);
}

static bool pair_added(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE],
                       const char **name, const char **text)
{
    (void)room;
    return pair_of(target, WEFT_HEADER_ADD, index, name, text);
}

static const char *removed_at(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE])
{
    const char *name;
    const char *text;
    (void)room;
    return pair_of(target, WEFT_HEADER_REMOVE, index, &name, &text) ? name : NULL;
}

static const struct weft_setting_groups rules = {
    .begin = begin_rule, .at = rule_at, .end = end_rule, .fresh = fresh_rule};
static const struct weft_setting_map set_fields = {.put = put_set, .pair = pair_set};
static const struct weft_setting_map added_fields = {.put = put_add, .pair = pair_added};
static const struct weft_setting_list removed_fields = {.add = add_removed, .item = removed_at};

static const struct weft_setting rule_rows[] = {
    {.name = "path",
     .kind = WEFT_SETTING_TEXT,
     WEFT_SETTING_FIELD(weft_header_rule, path_text),
     .form = "a path, with at most one * for any text",
     .standard = "all paths",
     .help = "the answers that the rule is for, by the path that was asked for"},
    {.name = "set",
     .kind = WEFT_SETTING_MAP,
     .form = "a value",
     .map = &set_fields,
     .help = "fields that stand instead of all others of their name"},
    {.name = "add",
     .kind = WEFT_SETTING_MAP,
     .form = "a value",
     .map = &added_fields,
     .help = "fields that stand beside others of their name"},
    {.name = "remove",
     .kind = WEFT_SETTING_LIST,
     .form = "the name of a field",
     .standard = "none",
     .list = &removed_fields,
     .help = "fields that are left out; done before set and add"},
    {0},
};

// Redirects

static void *begin_redirect(struct weft_server_config *config, void *target, const char **wrong)
{
    *wrong = "no memory, or more than 1024 redirects";
    return weft_redirects_begin(&((struct weft_site_config *)target)->redirects, &config->arena);
}

static const void *redirect_at(const void *target, size_t index)
{
    const struct weft_redirects *redirects = &((const struct weft_site_config *)target)->redirects;
    return index < redirects->count ? redirects->list[index] : NULL;
}

static const char *end_redirect(struct weft_server_config *config, void *target, void *element,
                                bool looks, char room[WEFT_SETTING_TEXT_SIZE])
{
    static const uint16_t statuses[] = {301, 302, 303, 307, 308};
    const struct weft_redirect *redirect = element;
    bool is_known = false;
    (void)config, (void)looks;
    for (size_t i = 0; i < WEFT_COUNT(statuses); i++) {
        is_known = is_known || statuses[i] == redirect->status;
    }
    if (!is_known) return "status: expected 301, 302, 303, 307 or 308";
    const char *wrong = weft_redirects_finish(&((struct weft_site_config *)target)->redirects);
    if (!wrong) return NULL;
    snprintf(room, WEFT_SETTING_TEXT_SIZE, "redirect from '%.200s' to '%.200s': %s",
             redirect->from_text, redirect->to_text, wrong);
    return room;
}

static const void *fresh_redirect(void)
{
    static const struct weft_redirect redirect = {.status = 301};
    return &redirect;
}

static const struct weft_setting_groups redirects = {
    .begin = begin_redirect, .at = redirect_at, .end = end_redirect, .fresh = fresh_redirect};

static const struct weft_setting redirect_rows[] = {
    {.name = "from",
     .kind = WEFT_SETTING_TEXT,
     WEFT_SETTING_FIELD(weft_redirect, from_text),
     .form = "a path, with at most one * for any text",
     .is_needed = true,
     .help = "the path that is found elsewhere"},
    {.name = "to",
     .kind = WEFT_SETTING_TEXT,
     WEFT_SETTING_FIELD(weft_redirect, to_text),
     .form = "a path or a URL, in which * is what it stood for",
     .is_needed = true,
     .help = "where; the query is passed on, unless the target has one"},
    {.name = "status",
     .kind = WEFT_SETTING_NUMBER,
     WEFT_SETTING_FIELD(weft_redirect, status),
     .unit = "status",
     .least = 301,
     .most = 308,
     .help = "301 or 308 for good, 302 or 307 for now, 303 for another thing"},
    {0},
};

// HSTS

static const struct weft_setting hsts_rows[] = {
    {.name = "max_age",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(hsts.max_age_ms),
     .unit = "ms",
     .least = 0,
     .most = UINT64_C(315360000000), // ten years
     .help = "for how long browsers come over https alone; 0 is off"},
    {.name = "include_subdomains",
     .kind = WEFT_SETTING_FLAG,
     FIELD(hsts.includes_subdomains),
     .help = "for all names beneath, too"},
    {.name = "preload",
     .kind = WEFT_SETTING_FLAG,
     FIELD(hsts.preloads),
     .help = "may be taken into the lists that browsers come with; hard to undo"},
    {0},
};

// Passwords

static const struct weft_setting auth_rows[] = {
    {.name = "realm",
     .kind = WEFT_SETTING_TEXT,
     FIELD(auth.realm),
     .form = "a few words",
     .standard = "Restricted",
     .help = "what people are asked for the password to"},
    {.name = "file",
     .kind = WEFT_SETTING_FILE,
     FIELD(auth.file),
     .form = "a file of lines USER:HASH, as htpasswd -B writes it",
     .file = WEFT_SETTING_READABLE,
     .standard = "none: everybody may come in",
     .help = "who may come in; not beneath the root of a site"},
    {0},
};

static const char *look_at_passwords(const struct weft_site_config *site,
                                     char room[WEFT_SETTING_TEXT_SIZE])
{
    if (!site->auth.file) return NULL;
    struct weft_passwords *passwords =
        weft_passwords_read(site->auth.file, room, WEFT_SETTING_TEXT_SIZE);
    weft_passwords_free(passwords);
    return passwords ? NULL : room;
}

// Error pages

static const char *put_error_page(struct weft_server_config *config, void *target, const char *name,
                                  const char *text)
{
    (void)config;
    return weft_site_config_add_error_page(target, weft_span_of(name), text);
}

static bool error_page_at(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE],
                          const char **name, const char **text)
{
    const struct weft_site_config *site = target;
    if (index >= site->error_page_count) return false;
    snprintf(room, WEFT_SETTING_TEXT_SIZE, "%u", site->error_pages[index].status);
    *name = room;
    *text = site->error_pages[index].path;
    return true;
}

static const struct weft_setting_map error_pages = {.put = put_error_page, .pair = error_page_at};

// Are the error pages there?
static const char *look_for_pages(const struct weft_site_config *site,
                                  char room[WEFT_SETTING_TEXT_SIZE])
{
    char path[WEFT_SETTING_TEXT_SIZE];
    for (size_t i = 0; i < site->error_page_count; i++) {
        struct stat status;
        const struct weft_error_page_file *page = &site->error_pages[i];
        snprintf(path, sizeof(path), "%s%s", site->root, page->path);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) continue;
        snprintf(room, WEFT_SETTING_TEXT_SIZE,
                 "error_pages: %u: '%s' is no file beneath the root '%.512s'", page->status,
                 page->path, site->root);
        return room;
    }
    return NULL;
}

static bool is_second_default(const struct weft_server_config *config,
                              const struct weft_site_config *site)
{
    for (size_t i = 0; i < config->site_count && site->name_count == 0; i++) {
        if (config->sites[i] != site && config->sites[i]->name_count == 0) return true;
    }
    return false;
}

// Compression

static void clear_codings(void *target)
{
    ((struct weft_site_config *)target)->compression.codings = 0;
}

static const char *add_coding(struct weft_server_config *config, void *target, const char *text)
{
    struct weft_compression *compression = &((struct weft_site_config *)target)->compression;
    unsigned before = compression->codings;
    (void)config;
    const char *wrong = weft_compression_set_codings(compression, weft_span_of(text));
    compression->codings |= before;
    return wrong;
}

static const char *coding_at(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE])
{
    static const enum weft_http_coding order[] = {WEFT_HTTP_BROTLI, WEFT_HTTP_ZSTD, WEFT_HTTP_GZIP};
    unsigned codings = ((const struct weft_site_config *)target)->compression.codings;
    (void)room;
    if (codings == 0) return index == 0 ? "off" : NULL;
    for (size_t i = 0; i < WEFT_COUNT(order); i++) {
        if (!(codings & order[i])) continue;
        if (index-- == 0) return (const char *)weft_http_coding_text(order[i]).data;
    }
    return NULL;
}

static const struct weft_setting_list codings = {
    .clear = clear_codings, .add = add_coding, .item = coding_at};

static const char *add_type(struct weft_server_config *config, void *target, const char *text)
{
    (void)config;
    return weft_compression_add_types(&((struct weft_site_config *)target)->compression,
                                      weft_span_of(text));
}

static const char *type_at(const void *target, size_t index, char room[WEFT_SETTING_TEXT_SIZE])
{
    const struct weft_compression *compression =
        &((const struct weft_site_config *)target)->compression;
    if (index >= compression->type_count) return NULL;
    struct weft_span type = compression->types[index];
    snprintf(room, WEFT_SETTING_TEXT_SIZE, "%.*s", (int)type.size, (const char *)type.data);
    return room;
}

// NOLINTEND(readability-non-const-parameter)

static const struct weft_setting_list types = {.add = add_type, .item = type_at};

static const struct weft_setting compression_rows[] = {
    {.name = "codings",
     .kind = WEFT_SETTING_LIST,
     .form = "br, zstd, gzip, on or off",
     .list = &codings,
     .help = "what is made for those who take it and find no .br, .zst or .gz beside the file"},
    {.name = "level",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(compression.level),
     .unit = "steps",
     .least = 1,
     .most = WEFT_COMPRESSION_LEVELS,
     .help =
         "how hard to try with what is kept; what is compressed while it is sent is always quick"},
    {.name = "least",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(compression.least),
     .unit = "bytes",
     .least = 0,
     .most = UINT32_MAX,
     .help = "smaller content is sent as it is"},
    {.name = "types",
     .kind = WEFT_SETTING_LIST,
     .form = "a media type, or type/*",
     .standard = "text and the like: what gains by it",
     .list = &types,
     .help = "what is compressed"},
    {0},
};

const char *weft_site_settings_end(struct weft_server_config *config, void *target, void *element,
                                   bool looks, char room[WEFT_SETTING_TEXT_SIZE])
{
    (void)target;
    if (is_second_default(config, element)) {
        return "a second site without names: only one can serve all names that are no other's";
    }
    const char *wrong = weft_site_config_finish(config, element);
    if (!wrong && !weft_redirects_end(config, element, room, WEFT_SETTING_TEXT_SIZE)) wrong = room;
    if (!wrong && looks) wrong = look_for_pages(element, room);
    return wrong || !looks ? wrong : look_at_passwords(element, room);
}

const struct weft_setting weft_site_settings[] = {
    {.name = "names",
     .kind = WEFT_SETTING_LIST,
     .form = "a name like example.org, or *.example.org",
     .standard = "all names that are no other site's",
     .list = &names,
     .is_unique = true,
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
    {.name = "learn",
     .kind = WEFT_SETTING_FLAG,
     FIELD(learns),
     .help = "learn what pages need, and hint and push that where the manifest says nothing"},
    {.name = "learned",
     .kind = WEFT_SETTING_FILE,
     FIELD(learned_file),
     .form = "a file",
     .file = WEFT_SETTING_ANY_FILE,
     .standard = "none",
     .help = "where that is kept over restarts; without learn it is used as it is"},
    {.name = "learn_quorum",
     .kind = WEFT_SETTING_NUMBER,
     FIELD(learn_quorum),
     .unit = "networks",
     .least = 1,
     .most = 64,
     .help = "how many networks have to show what a page needs"},
    {.name = "compression",
     .kind = WEFT_SETTING_GROUP,
     .rows = compression_rows,
     .help = "compression of files and pages (docs/compression.md)"},
    {.name = "https_only",
     .kind = WEFT_SETTING_FLAG,
     FIELD(https_only),
     .help = "send who comes over http to the same path over https"},
    {.name = "auth",
     .kind = WEFT_SETTING_GROUP,
     .rows = auth_rows,
     .help = "let nobody in without a name and a password (docs/access.md)"},
    {.name = "hsts",
     .kind = WEFT_SETTING_GROUP,
     .rows = hsts_rows,
     .help = "HTTP Strict Transport Security; needs https_only"},
    {.name = "headers",
     .kind = WEFT_SETTING_GROUPS,
     .rows = rule_rows,
     .groups = &rules,
     .help = "fields of answers, by path; all rules that fit hold, in order"},
    {.name = "redirects",
     .kind = WEFT_SETTING_GROUPS,
     .rows = redirect_rows,
     .groups = &redirects,
     .help = "paths found elsewhere; those without * first, then the first that fits"},
    {.name = "error_pages",
     .kind = WEFT_SETTING_MAP,
     .form = "a path beneath the root",
     .standard = "/STATUS.html of the root, where it is there, else a page of weft's own",
     .map = &error_pages,
     .help = "what is shown for a status of 400 and up"},
    {0},
};
