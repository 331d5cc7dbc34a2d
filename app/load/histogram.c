// load/histogram.c
#include "load/histogram.h"

#include <assert.h>

static size_t half_of(unsigned bits)
{
    return (size_t)1 << (bits - 1);
}

static size_t slot_count(unsigned bits)
{
    return (WEFT_HISTOGRAM_RANGE_BITS - bits + 2) * half_of(bits);
}

static size_t slots_size(unsigned bits)
{
    return slot_count(bits) * sizeof(uint64_t);
}

static size_t index_of(unsigned bits, uint64_t value)
{
    const uint64_t most = ((uint64_t)1 << WEFT_HISTOGRAM_RANGE_BITS) - 1;
    if (value > most) value = most;
    unsigned width = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned shift = width > bits ? width - bits : 0;
    return shift * half_of(bits) + (size_t)(value >> shift);
}

static unsigned shift_of(unsigned bits, size_t index)
{
    size_t halves = index / half_of(bits);
    return halves < 2 ? 0 : (unsigned)halves - 1;
}

static uint64_t first_of(unsigned bits, size_t index)
{
    unsigned shift = shift_of(bits, index);
    return (uint64_t)(index - shift * half_of(bits)) << shift;
}

static uint64_t last_of(unsigned bits, size_t index)
{
    return first_of(bits, index) + ((uint64_t)1 << shift_of(bits, index)) - 1;
}

bool weft_histogram_init(struct weft_histogram *histogram, unsigned bits,
                         const struct weft_alloc *alloc)
{
    assert(bits >= 2 && bits <= 20);
    *histogram = (struct weft_histogram){.alloc = alloc, .bits = bits, .least = UINT64_MAX};
    histogram->slots = weft_allocate_zeroed(alloc, slots_size(bits));
    return histogram->slots != NULL;
}

void weft_histogram_deinit(struct weft_histogram *histogram)
{
    if (histogram->slots) {
        weft_release(histogram->alloc, histogram->slots, slots_size(histogram->bits));
    }
    histogram->slots = NULL;
}

void weft_histogram_record(struct weft_histogram *histogram, uint64_t value)
{
    histogram->count++;
    histogram->sum += value;
    if (value < histogram->least) histogram->least = value;
    if (value > histogram->most) histogram->most = value;
    histogram->slots[index_of(histogram->bits, value)]++;
}

void weft_histogram_add(struct weft_histogram *histogram, const struct weft_histogram *from)
{
    assert(histogram->bits == from->bits);
    if (from->count == 0) return;
    histogram->count += from->count;
    histogram->sum += from->sum;
    if (from->least < histogram->least) histogram->least = from->least;
    if (from->most > histogram->most) histogram->most = from->most;
    for (size_t i = 0; i < slot_count(histogram->bits); i++) {
        histogram->slots[i] += from->slots[i];
    }
}

uint64_t weft_histogram_percentile(const struct weft_histogram *histogram, double percent)
{
    // The smallest rank that covers `percent`; what a double is off by makes no rank of its own.
    double wanted = percent / 100 * (double)histogram->count * (1 - 1e-12);
    uint64_t rank = (uint64_t)wanted + 1;
    if (rank >= histogram->count) return histogram->most;
    uint64_t seen = 0;
    for (size_t i = 0; i < slot_count(histogram->bits); i++) {
        seen += histogram->slots[i];
        if (seen < rank) continue;
        uint64_t value = last_of(histogram->bits, i);
        return value < histogram->most ? value : histogram->most;
    }
    return histogram->most;
}

double weft_histogram_mean(const struct weft_histogram *histogram)
{
    return histogram->count > 0 ? (double)histogram->sum / (double)histogram->count : 0;
}

uint64_t weft_histogram_between(const struct weft_histogram *histogram, uint64_t least,
                                uint64_t most)
{
    uint64_t count = 0;
    for (size_t i = index_of(histogram->bits, least); i < slot_count(histogram->bits); i++) {
        uint64_t first = first_of(histogram->bits, i);
        if (first > most) break;
        if (first >= least) count += histogram->slots[i];
    }
    return count;
}
