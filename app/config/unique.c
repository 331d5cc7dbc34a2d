// config/unique.c: texts that only one place of a configuration may hold
#include "config/reading.h"

#include <stdlib.h>
#include <strings.h>

void weft_config_note_unique(struct weft_config_reading *reading,
                             const struct weft_config_place *place, const char *text)
{
    void *list = weft_arena_grow_list(&reading->nodes, reading->uniques, reading->unique_count,
                                      sizeof(*reading->uniques));
    if (!list) {
        weft_config_fault(&reading->report, place, "no memory");
        return;
    }
    reading->uniques = list;
    reading->uniques[reading->unique_count] =
        (struct weft_config_unique){text, *place, reading->unique_count};
    reading->unique_count++;
}

// By text in either case, then in the order in which they were read.
static int compare(const void *a, const void *b)
{
    const struct weft_config_unique *one = a;
    const struct weft_config_unique *other = b;
    int order = strcasecmp(one->text, other->text);
    return order ? order : (one->index > other->index) - (one->index < other->index);
}

void weft_config_judge_uniques(struct weft_config_reading *reading)
{
    struct weft_config_unique *list = reading->uniques;
    if (reading->unique_count > 0) qsort(list, reading->unique_count, sizeof(*list), compare);
    for (size_t i = 1, first = 0; i < reading->unique_count; i++) {
        const struct weft_config_place *before = &list[first].place;
        if (strcasecmp(list[first].text, list[i].text) != 0) {
            first = i;
            continue;
        }
        weft_config_fault(&reading->report, &list[i].place,
                          "'%.128s' stands twice: first in %s:%u:%u", list[i].text, before->file,
                          before->line, before->column);
    }
}
