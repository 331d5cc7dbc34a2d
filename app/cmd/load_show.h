// cmd/load_show.h: what weft load measured, in the forms that it can be had in.
#ifndef WEFT_CMD_LOAD_SHOW_H
#define WEFT_CMD_LOAD_SHOW_H

#include "cmd/load_options.h"

#include <stdio.h>

/** The percentiles that are shown. */
extern const double weft_load_percentiles[];
enum { WEFT_LOAD_PERCENTILES = 6 };

/** For people. */
void weft_load_show_report(const struct weft_load_options *options,
                           const struct weft_load_result *result, FILE *out);

/** How the latencies lie, and what each second was like. */
void weft_load_show_charts(const struct weft_load_options *options,
                           const struct weft_load_result *result, FILE *out);

/** All of it, as one object of JSON. */
void weft_load_show_json(const struct weft_load_options *options,
                         const struct weft_load_result *result, FILE *out);

/** A row for each second. */
void weft_load_show_csv(const struct weft_load_options *options,
                        const struct weft_load_result *result, FILE *out);

/** Requests that finished in time, a second. */
double weft_load_rate_of(const struct weft_load_result *result);

#endif
