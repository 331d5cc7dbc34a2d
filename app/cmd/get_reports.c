// cmd/get_reports.c
#include "cmd/get_reports.h"

#include "cmd/get_show.h"
#include "cmd/term.h"

#include <errno.h>

enum { TEXT_SIZE = 1024 };

bool weft_get_reports_take_output(const struct weft_get_options *options)
{
    return options->shows_waterfall || options->shows_json;
}

bool weft_get_reports_want_record(const struct weft_get_options *options)
{
    return weft_get_reports_take_output(options) || options->html || options->har ||
           options->write_out;
}

static bool write_file(const char *name, const struct weft_get_record *record,
                       void (*show)(const struct weft_get_record *record, FILE *out))
{
    FILE *out = fopen(name, "wbe");
    if (out) {
        show(record, out);
        bool is_written = !ferror(out);
        if (fclose(out) == 0 && is_written) return true;
    }
    char text[TEXT_SIZE];
    snprintf(text, sizeof(text), "%s: %s", name, strerror(errno));
    weft_term_error(text);
    return false;
}

bool weft_get_reports_write(const struct weft_get_options *options,
                            const struct weft_get_record *record)
{
    bool is_fine = true;
    if (options->shows_waterfall) {
        bool is_plain = options->is_plain || !weft_term_is_unicode();
        weft_get_show_waterfall(record, stdout, weft_term_width(), !is_plain);
    }
    if (options->shows_json) weft_get_show_json(record, stdout);
    if (options->html) is_fine = write_file(options->html, record, weft_get_show_html);
    if (options->har) is_fine = write_file(options->har, record, weft_get_show_har) && is_fine;
    return is_fine;
}
