// cmd/term.c
#include "cmd/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_USUAL = 110, WIDTH_LEAST = 70, WIDTH_MOST = 240 };

const struct weft_term *weft_term_of(FILE *stream)
{
    static const struct weft_term plain = {"", "", "", "", ""};
    static const struct weft_term coloured = {"\033[1m", "\033[2m", "\033[31m", "\033[4m",
                                              "\033[0m"};
    const char *no_color = getenv("NO_COLOR"); // no-color.org
    const char *term = getenv("TERM");
    if (no_color && *no_color) return &plain;
    if (!term || strcmp(term, "dumb") == 0) return &plain;
    return isatty(fileno(stream)) ? &coloured : &plain;
}

void weft_term_put(FILE *stream, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte >= 0x20 && byte != 0x7f) {
            fputc(byte, stream);
        } else {
            fprintf(stream, "\\x%02x", byte);
        }
    }
}

void weft_term_error(const char *text)
{
    const struct weft_term *term = weft_term_of(stderr);
    fprintf(stderr, "%sweft:%s ", term->red, term->plain);
    weft_term_put(stderr, text, strlen(text));
    fputc('\n', stderr);
}

size_t weft_term_width(void)
{
    struct winsize size = {0};
    size_t width = WIDTH_USUAL;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) width = size.ws_col;
    if (width < WIDTH_LEAST) width = WIDTH_LEAST;
    return width < WIDTH_MOST ? width : WIDTH_MOST;
}

// POSIX: the first that is set counts
bool weft_term_is_unicode(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value) continue;
        return strstr(value, "UTF-8") || strstr(value, "utf8");
    }
    return false;
}
