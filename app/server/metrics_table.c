// server/metrics_table.c
#include "server/metrics_table.h"

static const struct weft_metric_row rows[] = {
#define X(id, name, type, unit, labels, help) {name, WEFT_METRIC_##type, unit, labels, help},
    WEFT_METRICS(X)
#undef X
};

const struct weft_metric_row *weft_metric_row_at(size_t index)
{
    return index < WEFT_METRIC_COUNT ? &rows[index] : NULL;
}

const char *weft_metric_type_name(enum weft_metric_type type)
{
    static const char *const names[] = {"counter", "gauge", "histogram"};
    return names[type];
}
