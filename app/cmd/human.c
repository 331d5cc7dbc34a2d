// cmd/human.c
#include "cmd/human.h"

#include <stdio.h>
#include <string.h>

struct weft_human weft_human_count(uint64_t count)
{
    struct weft_human human;
    char digits[WEFT_HUMAN_SIZE];
    size_t size = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
    char *out = human.text;
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return human;
}

// Three figures.
static void put_figures(struct weft_human *human, double value, const char *unit)
{
    int decimals = 0;
    if (value < 99.95) decimals = 1;
    if (value < 9.995) decimals = 2;
    snprintf(human->text, sizeof(human->text), "%.*f%s", decimals, value, unit);
}

struct weft_human weft_human_time(double time_us)
{
    struct weft_human human;
    if (time_us < 999.5) {
        snprintf(human.text, sizeof(human.text), "%.0f us", time_us);
    } else if (time_us < 999500) {
        put_figures(&human, time_us / 1e3, " ms");
    } else if (time_us < 120e6) {
        put_figures(&human, time_us / 1e6, " s");
    } else {
        uint64_t seconds = (uint64_t)(time_us / 1e6 + 0.5);
        snprintf(human.text, sizeof(human.text), "%llu min %llu s",
                 (unsigned long long)(seconds / 60), (unsigned long long)(seconds % 60));
    }
    return human;
}

struct weft_human weft_human_bytes(double bytes)
{
    static const char *const units[] = {" B", " KB", " MB", " GB", " TB"};
    struct weft_human human;
    size_t unit = 0;
    if (bytes < 999.5) {
        snprintf(human.text, sizeof(human.text), "%.0f B", bytes);
        return human;
    }
    while (bytes >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1000;
        unit++;
    }
    put_figures(&human, bytes, units[unit]);
    return human;
}

struct weft_human weft_human_rate(double rate)
{
    struct weft_human human;
    if (rate >= 100) return weft_human_count((uint64_t)(rate + 0.5));
    put_figures(&human, rate, "");
    return human;
}
