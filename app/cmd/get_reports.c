// cmd/get_reports.c
#include "cmd/get_reports.h"

#include "cmd/get_show.h"
#include "cmd/term.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_USUAL = 110, WIDTH_LEAST = 70, WIDTH_MOST = 240, TEXT_SIZE = 1024 };

bool weft_get_reports_take_output(const struct weft_get_options *options)
{
    return options->shows_waterfall || options->shows_json;
}

bool weft_get_reports_want_record(const struct weft_get_options *options)
{
    return weft_get_reports_take_output(options) || options->html || options->har ||
           options->write_out;
}

static size_t width_of_terminal(void)
{
    struct winsize size = {0};
    size_t width = WIDTH_USUAL;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) width = size.ws_col;
    if (width < WIDTH_LEAST) width = WIDTH_LEAST;
    return width < WIDTH_MOST ? width : WIDTH_MOST;
}

// Does the terminal take UTF-8, as the locale's name says (POSIX: the first that is set counts)?
static bool is_unicode(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < WEFT_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value) continue;
        return strstr(value, "UTF-8") || strstr(value, "utf8");
    }
    return false;
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
        bool is_plain = options->is_plain || !is_unicode();
        weft_get_show_waterfall(record, stdout, width_of_terminal(), !is_plain);
    }
    if (options->shows_json) weft_get_show_json(record, stdout);
    if (options->html) is_fine = write_file(options->html, record, weft_get_show_html);
    if (options->har) is_fine = write_file(options->har, record, weft_get_show_har) && is_fine;
    return is_fine;
}
