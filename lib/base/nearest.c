// base/nearest.c: edit distance
#include "base/nearest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WORD_MOST = 32 }; // longer words are not compared

// How many letters have to be added, taken away, changed or swapped (Damerau-Levenshtein).
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MOST + 2];
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    size_t *above2 = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    if (a_size > WORD_MOST || b_size > WORD_MOST) return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
        above[j] = above2[j] = 0;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t *oldest = above2;
        above2 = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && above2[j - 2] + 1 < best) best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return row[b_size];
}

const char *weft_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 2; // a third of the letters may be wrong
    for (; *names; names++) {
        size_t far = strncmp(word, *names, strlen(word)) == 0 && *word ? 1 : distance(word, *names);
        if (far >= least) continue;
        least = far;
        nearest = *names;
    }
    return nearest;
}
