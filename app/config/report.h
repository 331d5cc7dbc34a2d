// config/report.h: what is found wrong in a configuration, told with its place; only so much of it.
#ifndef WEFT_CONFIG_REPORT_H
#define WEFT_CONFIG_REPORT_H

#include "config/config.h"

enum { WEFT_CONFIG_FAULTS_TOLD = 20 };

/** Where something stands. */
struct weft_config_place {
    const char *file; // NULL: nowhere
    unsigned line;    // from 1; 0: the file as a whole
    unsigned column;
};

struct weft_config_report {
    const struct weft_config_listener *listener;
    unsigned faults;
};

/** Tells of a fault; those past the bound are only counted. */
__attribute__((format(printf, 3, 4))) void weft_config_fault(struct weft_config_report *report,
                                                             const struct weft_config_place *place,
                                                             const char *format, ...);

/** Tells of what will trouble later. */
__attribute__((format(printf, 3, 4))) void
weft_config_warning(struct weft_config_report *report, const struct weft_config_place *place,
                    const char *format, ...);

/** Says how many faults were not told, if any. */
void weft_config_report_end(struct weft_config_report *report, const char *file);

#endif
