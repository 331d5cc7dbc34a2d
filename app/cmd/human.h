// cmd/human.h: numbers as people read them.
#ifndef WEFT_CMD_HUMAN_H
#define WEFT_CMD_HUMAN_H

#include <stddef.h>
#include <stdint.h>

enum { WEFT_HUMAN_SIZE = 32 };

/** A text that lies in the caller's frame, as the values of these functions. */
struct weft_human {
    char text[WEFT_HUMAN_SIZE];
};

/** 1234567 as "1,234,567". */
struct weft_human weft_human_count(uint64_t count);

/** Microseconds with three figures: "87 us", "1.23 ms", "12.3 s", "2 min 5 s". */
struct weft_human weft_human_time(double time_us);

/** "512 B", "1.50 KB", "3.21 GB": units of 1000. */
struct weft_human weft_human_bytes(double bytes);

/** "1,234", "12.3", "0.123". */
struct weft_human weft_human_rate(double rate);

#endif
