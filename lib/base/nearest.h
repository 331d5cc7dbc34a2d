// base/nearest.h: the known word that a mistyped one was meant to be.
#ifndef WEFT_BASE_NEAREST_H
#define WEFT_BASE_NEAREST_H

/** The name of `names` (which ends with NULL) that `word` was meant to be, or NULL where none is near. */
const char *weft_nearest(const char *word, const char *const *names);

#endif
