// server/learned_test.c: a manifest changes hands while others read it
#include "server/learned.h"

#include "check.h"
#include "server/manifest_read.h"

enum { READERS = 3, EDITIONS = 400 };

static struct weft_manifest *manifest_of(const char *text)
{
    static const struct weft_manifest_listener listener = {0};
    struct weft_manifest *manifest = weft_manifest_read_bytes(weft_span_of(text), &listener);
    CHECK(manifest != NULL);
    return manifest;
}

TEST(nothing_is_held_where_nothing_is_learned)
{
    struct weft_learned_copy copy = {0};
    CHECK(weft_learned_manifest(&copy) == NULL);
    weft_learned_drop(&copy);
    struct weft_learned_shelf shelf;
    CHECK(weft_learned_shelf_init(&shelf));
    copy.shelf = &shelf;
    CHECK(weft_learned_manifest(&copy) == NULL);
    weft_learned_drop(&copy);
    weft_learned_shelf_deinit(&shelf);
}

TEST(a_manifest_lives_for_as_long_as_somebody_holds_it)
{
    struct weft_learned_shelf shelf;
    CHECK(weft_learned_shelf_init(&shelf));
    struct weft_learned_copy slow = {.shelf = &shelf};
    struct weft_learned_copy quick = {.shelf = &shelf};
    struct weft_manifest *first = manifest_of("pages: {/: [/a.css]}");
    struct weft_manifest *second = manifest_of("pages: {/: [/b.css]}");
    weft_learned_lay_down(&shelf, first);
    CHECK(weft_learned_manifest(&slow) == first);
    weft_learned_lay_down(&shelf, second);
    CHECK(weft_learned_manifest(&quick) == second);
    CHECK_SPAN(slow.held->manifest->pages[0].link, "</a.css>; rel=preload; as=style");
    weft_learned_shelf_deinit(&shelf);
    CHECK_SPAN(quick.held->manifest->pages[0].link, "</b.css>; rel=preload; as=style");
    weft_learned_drop(&slow);
    weft_learned_drop(&quick);
}

// Those who serve compare an edition with each page: it moves only where there is something new.
TEST(what_says_the_same_is_not_laid_down_again)
{
    struct weft_learned_shelf shelf;
    CHECK(weft_learned_shelf_init(&shelf));
    struct weft_learned_copy copy = {.shelf = &shelf};
    weft_learned_lay_down(&shelf, manifest_of("pages: {/: [/a.css]}"));
    const struct weft_manifest *held = weft_learned_manifest(&copy);
    unsigned edition = copy.edition;
    weft_learned_lay_down(&shelf, manifest_of("pages: {/: [{path: /a.css, size: 9}]}"));
    CHECK(weft_learned_manifest(&copy) == held);
    CHECK_EQ(copy.edition, edition);
    weft_learned_lay_down(&shelf, manifest_of("pages: {/b: [/a.css]}"));
    CHECK(weft_learned_manifest(&copy) != held);
    CHECK(copy.edition != edition);
    weft_learned_drop(&copy);
    weft_learned_shelf_deinit(&shelf);
}

struct reader {
    struct weft_learned_shelf *shelf;
    atomic_bool *is_over;
    size_t wrong;
    pthread_t id;
};

static void *read_on(void *context)
{
    struct reader *reader = context;
    struct weft_learned_copy copy = {.shelf = reader->shelf};
    while (!atomic_load(reader->is_over)) {
        const struct weft_manifest *manifest = weft_learned_manifest(&copy);
        if (!manifest) continue;
        const struct weft_manifest_page *page = weft_manifest_find(manifest, WEFT_SPAN("/"));
        reader->wrong += !page || page->resource_count != 1;
    }
    weft_learned_drop(&copy);
    return NULL;
}

// Under ThreadSanitizer and AddressSanitizer: nobody reads what has been given back.
TEST(threads_read_on_while_new_editions_come)
{
    struct weft_learned_shelf shelf;
    atomic_bool is_over = false;
    struct reader readers[READERS];
    CHECK(weft_learned_shelf_init(&shelf));
    for (size_t i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.shelf = &shelf, .is_over = &is_over};
        CHECK_EQ(pthread_create(&readers[i].id, NULL, read_on, &readers[i]), 0);
    }
    for (int i = 0; i < EDITIONS; i++) {
        weft_learned_lay_down(&shelf, manifest_of(i % 2 ? "pages: {/: [/a.css]}"
                                                        : "pages: {/: [/b.css], /c: [/d.css]}"));
    }
    atomic_store(&is_over, true);
    size_t wrong = 0;
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(readers[i].id, NULL);
        wrong += readers[i].wrong;
    }
    CHECK_EQ(wrong, 0);
    weft_learned_shelf_deinit(&shelf);
}
