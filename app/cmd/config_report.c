// cmd/config_report.c
#include "cmd/config_report.h"

#include "cmd/term.h"

#include <time.h>

enum { LINE_SIZE = 2048 };

static void complain(void *context, const struct weft_config_complaint *complaint)
{
    char line[LINE_SIZE];
    char place[64] = "";
    (void)context;
    if (complaint->line > 0) {
        snprintf(place, sizeof(place), "%u:%u:", complaint->line, complaint->column);
    }
    snprintf(line, sizeof(line), "%s%s%s%s%s%s", complaint->file ? complaint->file : "",
             complaint->file ? ":" : "", place, complaint->file ? " " : "",
             complaint->is_warning ? "warning: " : "", complaint->text);
    weft_term_error(line);
}

static void complain_of_fault(void *context, const struct weft_config_complaint *complaint)
{
    if (!complaint->is_warning) complain(context, complaint);
}

const struct weft_config_listener weft_config_term_listener = {.complain = complain};
const struct weft_config_listener weft_config_fault_listener = {.complain = complain_of_fault};

void weft_tell_expiry(const struct weft_server_config *config)
{
    char text[LINE_SIZE];
    for (size_t i = 0; i < config->certificate_count; i++) {
        const struct weft_tls_certificate *certificate = &config->certificates[i];
        bool is_fine =
            weft_config_certificate_is_fine(certificate, (int64_t)time(NULL), text, sizeof(text));
        if (!is_fine || !text[0]) continue;
        complain(NULL, &(struct weft_config_complaint){.is_warning = true, .text = text});
    }
}
