// server/note_test.c
#include "server/note.h"

#include "check.h"

#include <stdlib.h>

TEST(notes_are_taken_out_as_they_were_written)
{
    struct weft_notebook notebook;
    struct weft_note note = {.time_us = 7, .page = WEFT_SPAN("/"), .target = WEFT_SPAN("/a.css")};
    uint8_t *room = malloc(WEFT_NOTEBOOK_SIZE);
    CHECK(weft_notebook_init(&notebook));
    weft_notebook_add(&notebook, &note);
    note = (struct weft_note){.time_us = 8, .page = WEFT_SPAN("/two")};
    weft_notebook_add(&notebook, &note);
    struct weft_notes notes = weft_notebook_take(&notebook, &room);
    CHECK(weft_notes_next(&notes, &note));
    CHECK_EQ(note.time_us, 7);
    CHECK_SPAN(note.page, "/");
    CHECK_SPAN(note.target, "/a.css");
    CHECK(weft_notes_next(&notes, &note));
    CHECK_EQ(note.time_us, 8);
    CHECK_SPAN(note.page, "/two");
    CHECK_SPAN(note.target, "");
    CHECK(!weft_notes_next(&notes, &note));
    notes = weft_notebook_take(&notebook, &room);
    CHECK(!weft_notes_next(&notes, &note));
    weft_notebook_deinit(&notebook);
    free(room);
}

TEST(a_full_notebook_loses_notes_and_counts_them)
{
    struct weft_notebook notebook;
    struct weft_note note = {.page = WEFT_SPAN("/a/page"), .target = WEFT_SPAN("/a.css")};
    uint8_t *room = malloc(WEFT_NOTEBOOK_SIZE);
    size_t fit = WEFT_NOTEBOOK_SIZE / (sizeof(note) + note.page.size + note.target.size);
    CHECK(weft_notebook_init(&notebook));
    for (size_t i = 0; i < fit + 3; i++)
        weft_notebook_add(&notebook, &note);
    CHECK_EQ(notebook.lost, 3);
    struct weft_notes notes = weft_notebook_take(&notebook, &room);
    size_t count = 0;
    while (weft_notes_next(&notes, &note))
        count++;
    CHECK_EQ(count, fit);
    weft_notebook_deinit(&notebook);
    free(room);
}
