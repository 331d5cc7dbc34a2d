// config/report.c
#include "config/report.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_SIZE = 1024 };

__attribute__((format(printf, 4, 0))) static void tell(struct weft_config_report *report,
                                                       const struct weft_config_place *place,
                                                       bool is_warning, const char *format,
                                                       va_list arguments)
{
    char text[TEXT_SIZE];
    (void)vsnprintf(text, sizeof(text), format, arguments); // NOLINT: the callers have started it
    for (char *at = text; *at; at++) { // what a file holds may be anything; this stays one line
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?';
    }
    struct weft_config_complaint complaint = {
        .file = place->file,
        .line = place->line,
        .column = place->column,
        .is_warning = is_warning,
        .text = text,
    };
    report->listener->complain(report->listener->context, &complaint);
}

void weft_config_fault(struct weft_config_report *report, const struct weft_config_place *place,
                       const char *format, ...)
{
    va_list arguments;
    report->faults++;
    if (report->faults > WEFT_CONFIG_FAULTS_TOLD) return;
    va_start(arguments, format);
    tell(report, place, false, format, arguments); // NOLINT: it was started a line before
    va_end(arguments);
}

void weft_config_warning(struct weft_config_report *report, const struct weft_config_place *place,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(report, place, true, format, arguments); // NOLINT: it was started a line before
    va_end(arguments);
}

void weft_config_report_end(struct weft_config_report *report, const char *file)
{
    if (report->faults <= WEFT_CONFIG_FAULTS_TOLD) return;
    struct weft_config_report rest = {.listener = report->listener};
    struct weft_config_place place = {.file = file};
    weft_config_fault(&rest, &place, "%u faults more are not shown",
                      report->faults - WEFT_CONFIG_FAULTS_TOLD);
}
