// cmd/get_reports.h: the reports that weft get was asked for, onto the terminal and into files.
#ifndef WEFT_CMD_GET_REPORTS_H
#define WEFT_CMD_GET_REPORTS_H

#include "cmd/get_options.h"
#include "cmd/get_record.h"

/** Does a report take standard output, so that content goes there no more? */
bool weft_get_reports_take_output(const struct weft_get_options *options);

/** Is a record wanted at all? */
bool weft_get_reports_want_record(const struct weft_get_options *options);

/** Writes them; false with a complaint on standard error. */
bool weft_get_reports_write(const struct weft_get_options *options,
                            const struct weft_get_record *record);

#endif
