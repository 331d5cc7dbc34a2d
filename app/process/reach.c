// process/reach.c
#include "process/reach.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool weft_reaches_of_server(const struct weft_server_config *config, struct weft_reaches *reaches)
{
    *reaches = (struct weft_reaches){0};
    reaches->items = calloc(2 * config->site_count + 3, sizeof(*reaches->items));
    if (!reaches->items) return false;
    for (size_t i = 0; i < config->site_count; i++) {
        reaches->items[reaches->count++] =
            (struct weft_reach){.path = config->sites[i]->root, .what = "the folder"};
        const struct weft_site_config *site = config->sites[i];
        if (!site->learns || !site->learned_file) continue;
        reaches->items[reaches->count++] = (struct weft_reach){
            .kind = WEFT_REACH_REPLACE, .path = site->learned_file, .what = "what was learned"};
    }
    if (config->access_log) {
        reaches->items[reaches->count++] = (struct weft_reach){
            .kind = WEFT_REACH_LOG, .path = config->access_log, .what = "the access log"};
    }
    if (config->error_log && strcmp(config->error_log, "-") != 0) {
        reaches->items[reaches->count++] = (struct weft_reach){
            .kind = WEFT_REACH_LOG, .path = config->error_log, .what = "the error log"};
    }
    if (config->qlog) {
        reaches->items[reaches->count++] =
            (struct weft_reach){.kind = WEFT_REACH_LOG, .path = config->qlog, .what = "the qlog"};
    }
    return true;
}

void weft_reaches_deinit(struct weft_reaches *reaches)
{
    free(reaches->items);
    *reaches = (struct weft_reaches){0};
}

bool weft_reach_is_output(const struct weft_reach *reach)
{
    return reach->kind == WEFT_REACH_LOG && strcmp(reach->path, "-") == 0;
}

bool weft_reach_folder(const struct weft_reach *reach, char *folder)
{
    struct stat status;
    bool is_there = stat(reach->path, &status) == 0;
    if (!is_there || !realpath(reach->path, folder)) snprintf(folder, PATH_MAX, "%s", reach->path);
    if (is_there && !S_ISREG(status.st_mode)) return false;
    char *slash = strrchr(folder, '/');
    if (!slash) {
        memcpy(folder, ".", 2);
    } else {
        slash[slash == folder] = 0; // "/name" lies in "/"
    }
    return true;
}
