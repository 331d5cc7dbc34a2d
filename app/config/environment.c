// config/environment.c
#include "config/environment.h"

#include "config/quote.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_MOST = 128 };

/** A text that is being put together. */
struct expansion {
    char *out;
    size_t size;
    char *wrong;
    size_t wrong_size;
};

static bool add(struct expansion *expansion, const char *text, size_t size)
{
    if (size > WEFT_CONFIG_EXPANDED_MOST - 1 - expansion->size) {
        snprintf(expansion->wrong, expansion->wrong_size,
                 "with the environment put in it is longer than %d bytes",
                 WEFT_CONFIG_EXPANDED_MOST);
        return false;
    }
    memcpy(expansion->out + expansion->size, text, size);
    expansion->size += size;
    return true;
}

static size_t name_size(const char *text)
{
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return text[0] >= '0' && text[0] <= '9' ? 0 : size;
}

// What stands between the braces: NAME or NAME:-default.
static bool add_variable(struct expansion *expansion, const char *inside, size_t size)
{
    char name[NAME_MOST];
    size_t named = name_size(inside);
    bool has_default = named + 2 <= size && strncmp(inside + named, ":-", 2) == 0;
    if (named == 0 || named >= sizeof(name) || (named != size && !has_default)) {
        snprintf(expansion->wrong, expansion->wrong_size,
                 "found '${%.*s}', expected ${NAME} or ${NAME:-default} (and $${ for a plain ${)",
                 (int)(size < 64 ? size : 64), inside);
        return false;
    }
    memcpy(name, inside, named);
    name[named] = 0;
    const char *value = getenv(name);
    if (has_default && (!value || !*value)) {
        return add(expansion, inside + named + 2, size - named - 2);
    }
    if (!value || !weft_is_utf8(value)) {
        snprintf(expansion->wrong, expansion->wrong_size,
                 value ? "the value of %s in the environment is no UTF-8"
                       : "%s is not set in the environment: set it, or write ${%s:-default}",
                 name, name);
        return false;
    }
    return add(expansion, value, strlen(value));
}

static bool expand(struct expansion *expansion, const char *text)
{
    while (*text) {
        const char *next = strstr(text, "${");
        if (!next) return add(expansion, text, strlen(text));
        bool is_plain = next > text && next[-1] == '$';
        size_t before = (size_t)(next - text) - is_plain;
        if (!add(expansion, text, before)) return false;
        if (is_plain) {
            if (!add(expansion, "${", 2)) return false;
            text = next + 2;
            continue;
        }
        const char *end = strchr(next, '}');
        if (!end) {
            snprintf(expansion->wrong, expansion->wrong_size,
                     "a ${ without its } (write $${ for a plain ${)");
            return false;
        }
        if (!add_variable(expansion, next + 2, (size_t)(end - next) - 2)) return false;
        text = end + 1;
    }
    return true;
}

const char *weft_config_expand(const char *text, struct weft_arena *arena, char *wrong,
                               size_t wrong_size)
{
    if (!strstr(text, "${")) return text;
    struct expansion expansion = {
        .out = malloc(WEFT_CONFIG_EXPANDED_MOST), .wrong = wrong, .wrong_size = wrong_size};
    char *copy = NULL;
    bool is_fine = expansion.out && expand(&expansion, text);
    if (is_fine) {
        copy = weft_arena_take(arena, expansion.size + 1);
        if (copy) memcpy(copy, expansion.out, expansion.size);
        if (copy) copy[expansion.size] = 0;
    }
    if (!expansion.out || (is_fine && !copy)) snprintf(wrong, wrong_size, "no memory");
    free(expansion.out);
    return copy;
}
