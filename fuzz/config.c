// fuzz/config.c: a configuration that is accepted, shown and read again shows the same.
#include "config/config.h"

#include <assert.h>
#include <stdlib.h>

static void forget(void *context, const struct weft_config_complaint *complaint)
{
    unsigned *count = context;
    assert(complaint->text[0] && !strchr(complaint->text, '\n'));
    (*count)++;
}

// What was read, as text; NULL where it was refused, which has to be told.
static char *shown(struct weft_span bytes, size_t *size)
{
    struct weft_server_config config;
    char *text = NULL;
    unsigned told = 0;
    struct weft_config_listener listener = {forget, &told};
    weft_server_config_init(&config);
    bool is_fine = weft_config_read_bytes(&config, bytes, &listener);
    assert(is_fine == (told == 0) && told <= 21);
    FILE *out = is_fine ? open_memstream(&text, size) : NULL;
    if (out) {
        weft_config_show(&config, out);
        fclose(out);
    }
    weft_server_config_deinit(&config);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t first_size = 0;
    size_t second_size = 0;
    char *first = shown((struct weft_span){data, size}, &first_size);
    if (!first) return 0;
    char *second = shown((struct weft_span){(const uint8_t *)first, first_size}, &second_size);
    assert(second && second_size == first_size && memcmp(first, second, first_size) == 0);
    free(first);
    free(second);
    return 0;
}
