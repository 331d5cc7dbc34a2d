// cmd/get_fields.c
#include "cmd/get_fields.h"

#include "cmd/term.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_EXTRA = 4, SENT = 0, RECEIVED = 1 };

static struct weft_get_field_cost *cost_of(struct weft_get_fields *fields, struct weft_span name)
{
    char key[WEFT_GET_FIELD_NAME_SIZE];
    size_t size = name.size < sizeof(key) - 1 ? name.size : sizeof(key) - 1;
    if (size > 0) memcpy(key, name.data, size);
    key[size] = 0;
    for (size_t i = 0; i < fields->count; i++) {
        if (strcmp(fields->costs[i].name, key) == 0) return &fields->costs[i];
    }
    if (fields->count == WEFT_GET_FIELD_NAMES_MOST) return NULL;
    struct weft_get_field_cost *cost = &fields->costs[fields->count++];
    *cost = (struct weft_get_field_cost){0};
    memcpy(cost->name, key, size + 1);
    return cost;
}

void weft_get_fields_add(struct weft_get_fields *fields, struct weft_span name,
                         struct weft_span value, size_t wire_size, bool is_sent)
{
    struct weft_get_field_cost *cost = cost_of(fields, name);
    int way = is_sent ? SENT : RECEIVED;
    if (!cost) {
        fields->left_out++;
        return;
    }
    cost->count[way]++;
    cost->text_size[way] += name.size + value.size + LINE_EXTRA;
    cost->wire_size[way] += wire_size;
}

static uint64_t wire_size(const struct weft_get_field_cost *cost)
{
    return cost->wire_size[SENT] + cost->wire_size[RECEIVED];
}

static int compare(const void *a, const void *b)
{
    const struct weft_get_field_cost *left = a;
    const struct weft_get_field_cost *right = b;
    uint64_t more = wire_size(right);
    uint64_t less = wire_size(left);
    if (more != less) return more > less ? 1 : -1;
    return strcmp(left->name, right->name);
}

void weft_get_fields_show(struct weft_get_fields *fields, FILE *out, size_t most)
{
    const struct weft_term *term = weft_term_of(out);
    if (fields->count == 0) return;
    qsort(fields->costs, fields->count, sizeof(fields->costs[0]), compare);
    fprintf(out, "\n  %s%-26s %23s   %23s%s\n", term->dim, "", "sent: text  wire  times",
            "received: text wire times", term->plain);
    for (size_t i = 0; i < fields->count && i < most; i++) {
        const struct weft_get_field_cost *cost = &fields->costs[i];
        fprintf(out, "  ");
        weft_term_put(out, cost->name, strlen(cost->name));
        fprintf(out, "%*s", (int)(strlen(cost->name) < 26 ? 26 - strlen(cost->name) : 0), "");
        for (int way = SENT; way <= RECEIVED; way++) {
            fprintf(out, " %*" PRIu64 " %5" PRIu64 " %6" PRIu64, way == SENT ? 11 : 13,
                    cost->text_size[way], cost->wire_size[way], cost->count[way]);
        }
        fputc('\n', out);
    }
    if (fields->count > most) {
        fprintf(out, "  %sand %zu more names%s\n", term->dim, fields->count - most, term->plain);
    }
}
