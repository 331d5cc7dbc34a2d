// server/clock.c
#include "server/clock.h"

#include <stdio.h>
#include <time.h>

void weft_clock_init(struct weft_clock *clock)
{
    *clock = (struct weft_clock){.seconds = INT64_MIN};
}

// The texts of the logs are cut out of the date's, which knows the calendar.
void weft_clock_write(struct weft_clock *clock, int64_t seconds)
{
    char date[WEFT_HTTP_DATE_SIZE + 1] = {0};
    time_t moment = (time_t)seconds;
    struct tm parts;

    clock->seconds = seconds;
    weft_http_date_format(seconds, clock->date);
    memcpy(date, clock->date, sizeof(clock->date));
    snprintf(clock->log_time, sizeof(clock->log_time), "%.2s/%.3s/%.4s:%.8s +0000", date + 5,
             date + 8, date + 12, date + 17);
    if (gmtime_r(&moment, &parts)) {
        (void)strftime(clock->iso_time, sizeof(clock->iso_time), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
}
