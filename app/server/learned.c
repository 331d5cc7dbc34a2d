// server/learned.c
#include "server/learned.h"

#include <stdlib.h>

static void let_go(struct weft_learned *learned)
{
    if (!learned || atomic_fetch_sub(&learned->holders, 1) != 1) return;
    weft_manifest_free(learned->manifest);
    free(learned);
}

const struct weft_manifest *weft_learned_manifest(struct weft_learned_copy *copy)
{
    struct weft_learned_shelf *shelf = copy->shelf;
    if (!shelf) return NULL;
    unsigned edition = atomic_load_explicit(&shelf->edition, memory_order_acquire);
    if (edition != copy->edition) {
        struct weft_learned *before = copy->held;
        pthread_mutex_lock(&shelf->lock);
        copy->held = shelf->newest;
        copy->edition = atomic_load(&shelf->edition);
        if (copy->held) atomic_fetch_add(&copy->held->holders, 1);
        pthread_mutex_unlock(&shelf->lock);
        let_go(before);
    }
    return copy->held ? copy->held->manifest : NULL;
}

void weft_learned_drop(struct weft_learned_copy *copy)
{
    let_go(copy->held);
    *copy = (struct weft_learned_copy){0};
}

// Does a new manifest say what the old one said?
static bool says_the_same(const struct weft_manifest *a, const struct weft_manifest *b)
{
    if (a->page_count != b->page_count) return false;
    for (size_t i = 0; i < a->page_count; i++) {
        if (!weft_span_equal(a->pages[i].path, b->pages[i].path)) return false;
        if (!weft_span_equal(a->pages[i].link, b->pages[i].link)) return false;
    }
    return true;
}

bool weft_learned_shelf_init(struct weft_learned_shelf *shelf)
{
    *shelf = (struct weft_learned_shelf){0};
    return pthread_mutex_init(&shelf->lock, NULL) == 0;
}

void weft_learned_shelf_deinit(struct weft_learned_shelf *shelf)
{
    let_go(shelf->newest);
    pthread_mutex_destroy(&shelf->lock);
}

void weft_learned_lay_down(struct weft_learned_shelf *shelf, struct weft_manifest *manifest)
{
    struct weft_learned *before = shelf->newest; // which only this thread changes
    bool is_new = before ? !says_the_same(manifest, before->manifest) : manifest->page_count > 0;
    struct weft_learned *learned = is_new ? malloc(sizeof(*learned)) : NULL;
    if (!learned) {
        weft_manifest_free(manifest);
        return;
    }
    *learned = (struct weft_learned){.manifest = manifest};
    atomic_init(&learned->holders, 1);
    pthread_mutex_lock(&shelf->lock);
    shelf->newest = learned;
    atomic_fetch_add(&shelf->edition, 1);
    pthread_mutex_unlock(&shelf->lock);
    let_go(before);
}
