// server/config_valid.c: does all that a configuration holds go together, and with what is there?
#include "server/config.h"

#include "server/redirect_loops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool root_is_directory(const char *root, char *error, size_t error_size)
{
    struct stat status;
    if (stat(root, &status) != 0) {
        snprintf(error, error_size, "cannot serve '%s': %s: check the path", root, strerror(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        snprintf(error, error_size, "cannot serve '%s': not a directory (name the folder it is in)",
                 root);
        return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t count_names(const struct weft_server_config *config, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < config->site_count; i++) {
        for (size_t k = 0; k < config->sites[i]->name_count; k++, count++) {
            if (names) names[count] = config->sites[i]->names[k];
        }
    }
    return count;
}

// No name is that of two sites, and no two sites are the default.
static bool names_differ(const struct weft_server_config *config, char *error, size_t error_size)
{
    size_t defaults = 0;
    for (size_t i = 0; i < config->site_count; i++) {
        defaults += config->sites[i]->name_count == 0;
    }
    if (config->site_count == 0 || defaults > 1) {
        snprintf(error, error_size,
                 defaults > 1 ? "two sites are without names: only one can serve all other names"
                              : "no site: name a directory that is to be served");
        return false;
    }
    size_t count = count_names(config, NULL);
    const char **names = calloc(count + 1, sizeof(*names));
    if (!names) {
        snprintf(error, error_size, "no memory");
        return false;
    }
    (void)count_names(config, names);
    qsort(names, count, sizeof(*names), compare_names);
    bool differ = true;
    for (size_t i = 1; i < count && differ; i++) {
        differ = strcmp(names[i - 1], names[i]) != 0;
        if (!differ) snprintf(error, error_size, "the name '%s' stands twice", names[i]);
    }
    free(names);
    return differ;
}

// Who is to be sent to https has to find it there.
static bool https_is_there(const struct weft_server_config *config, char *error, size_t error_size)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        if (config->listens[i].is_secure) return true;
    }
    for (size_t i = 0; i < config->site_count; i++) {
        if (!config->sites[i]->https_only || config->https_port) continue;
        snprintf(
            error, error_size,
            "the site of '%s' is https_only, but no listener is https: add one, or set https_port",
            config->sites[i]->root);
        return false;
    }
    return true;
}

// A file of passwords that is served could be had by everybody who may come in, and be guessed at home.
static bool is_beneath(const char *file, const char *root)
{
    char *folder = realpath(root, NULL);
    char *path = realpath(file, NULL);
    size_t size = folder ? strlen(folder) : 0;
    if (size > 0 && folder[size - 1] == '/') size--; // the root of all
    bool is_inside = folder && path && strncmp(path, folder, size) == 0 && path[size] == '/';
    free(folder);
    free(path);
    return is_inside;
}

static bool passwords_are_apart(const struct weft_server_config *config, char *error,
                                size_t error_size)
{
    for (size_t i = 0; i < config->site_count; i++) {
        const char *file = config->sites[i]->auth.file;
        for (size_t k = 0; file && k < config->site_count; k++) {
            if (!is_beneath(file, config->sites[k]->root)) continue;
            snprintf(
                error, error_size,
                "the passwords of '%s' lie beneath '%s', where they would be served: keep them "
                "elsewhere",
                file, config->sites[k]->root);
            return false;
        }
    }
    return true;
}

static bool shows_metrics(const struct weft_server_config *config)
{
    return config->listen_count > 0 && config->listens[config->listen_count - 1].shows_metrics;
}

bool weft_server_config_is_valid(const struct weft_server_config *config, char *error,
                                 size_t error_size)
{
    if (config->has_metrics && !shows_metrics(config)) {
        snprintf(error, error_size, "at most %d listeners, that of the metrics included",
                 WEFT_LISTENS_MOST);
        return false;
    }
    if (config->listen_count == 0) {
        snprintf(error, error_size, "no listener: name one with --listen http://HOST:PORT");
        return false;
    }
    if (config->thread_count < 1 || config->thread_count > WEFT_THREADS_MOST) {
        snprintf(error, error_size, "the threads have to be 1 to %d", WEFT_THREADS_MOST);
        return false;
    }
    if (config->limits.field_section_size < 1024 || config->limits.concurrent_streams < 1) {
        snprintf(error, error_size,
                 "limits below field_section_size=1024 or concurrent_streams=1 serve nobody");
        return false;
    }
    for (size_t i = 0; i < config->site_count; i++) {
        if (!root_is_directory(config->sites[i]->root, error, error_size)) return false;
    }
    if (!names_differ(config, error, error_size)) return false;
    if (!https_is_there(config, error, error_size)) return false;
    if (!passwords_are_apart(config, error, error_size)) return false;
    for (size_t i = 0; i < config->site_count; i++) {
        if (!weft_redirects_end(config, config->sites[i], error, error_size)) return false;
    }
    return true;
}
