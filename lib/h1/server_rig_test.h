// h1/server_rig_test.h: the one rig of a file that tests a server, and short words for it.
#ifndef WEFT_H1_SERVER_RIG_TEST_H
#define WEFT_H1_SERVER_RIG_TEST_H

#include "rig_test.h"

// It is large: one for all tests of the file.
static struct rig rig;

static inline void start(void)
{
    rig_start(&rig, WEFT_HTTP_SERVER);
}

static inline void serve(const char *text, size_t piece)
{
    CHECK(rig_open(&rig));
    rig_feed_text(&rig, text, piece);
}

static inline void respond_with(uint16_t status, int64_t length, bool ends)
{
    rig_respond(&rig, status, length, ends);
}

// Starts a server that answers nothing by itself.
static inline void start_silent(const char *request)
{
    start();
    rig.is_silent = true;
    serve(request, 0);
}

#endif
