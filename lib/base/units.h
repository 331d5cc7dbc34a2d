// base/units.h: numbers with a unit behind them, as people write them.
#ifndef WEFT_BASE_UNITS_H
#define WEFT_BASE_UNITS_H

#include "base/span.h"

/** Reads a size: a number of bytes, or with K, M or G (of 1024, in either case) behind it. */
WEFT_MUST_USE bool weft_parse_size(struct weft_span text, uint64_t *size);

/**
 * Reads a time: a number with ms, s, m, h or d behind it; in milliseconds.
 *
 * bare_ms  what a number without a unit counts; 0 where it has to have one (but for 0 itself)
 */
WEFT_MUST_USE bool weft_parse_duration_ms(struct weft_span text, uint64_t bare_ms,
                                          uint64_t *duration_ms);

#endif
