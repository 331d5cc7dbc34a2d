// http/priority_test.c: RFC 9218 §4, §5.
#include "http/priority.h"

#include "check.h"

enum { U = WEFT_HTTP_PRIORITY_URGENCY, I = WEFT_HTTP_PRIORITY_INCREMENTAL };

// PR-03
TEST(a_priority_field_is_a_dictionary_of_u_and_i)
{
    static const struct {
        const char *value;
        unsigned set;
        int urgency; // after a 5
        bool incremental;
    } rows[] = {
        {"", 0, 5, false},
        {"u=0", U, 0, false},
        {"u=7", U, 7, false},
        {"i", I, 5, true},
        {"i=?1", I, 5, true},
        {"i=?0", I, 5, false},
        {"u=1, i", U | I, 1, true},
        {"i,u=1", U | I, 1, true},
        {"  u=1;x=2 \t,\t i;y ", U | I, 1, true}, // parameters and blanks mean nothing
        {"u=8", 0, 5, false},                     // out of range
        {"u=-1", 0, 5, false},
        {"u=1.0", 0, 5, false}, // of the wrong type
        {"u=\"1\"", 0, 5, false},
        {"u", 0, 5, false},
        {"i=1", 0, 5, false},
        {"i=(?1)", 0, 5, false},
        {"u=9, i", I, 5, true},
        {"x=7, u=2, y=(1 2)", U, 2, false}, // unknown members
        {"u=1, u=2", U, 2, false},          // the last one counts
        {"u=1, u=9", 0, 5, false},
        {"U=1", 0, 5, false}, // no key: the whole is ignored
        {"u=1,", 0, 5, false},
        {"u=1 i", 0, 5, false},
        {"u=1, =", 0, 5, false},
        {"u =1", 0, 5, false},
        {"u=1, i=", 0, 5, false},
        {"i, u=\x80", 0, 5, false},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_http_priority priority = {.urgency = 5, .incremental = false};
        CHECK_EQ(weft_http_priority_parse(weft_span_of(rows[i].value), &priority), rows[i].set);
        CHECK_EQ(priority.urgency, rows[i].urgency);
        CHECK_EQ(priority.incremental, rows[i].incremental);
    }
}

// RFC 9218 §4: what is written is read again, and the longest text fits.
TEST(every_priority_is_written_and_read_again)
{
    for (unsigned urgency = 0; urgency < WEFT_HTTP_URGENCIES; urgency++) {
        for (int incremental = 0; incremental < 2; incremental++) {
            uint8_t room[WEFT_HTTP_PRIORITY_TEXT_MOST];
            struct weft_writer out = weft_writer_over(room, sizeof(room));
            weft_http_priority_write(&out,
                                     (struct weft_http_priority){(uint8_t)urgency, incremental});
            CHECK(!out.failed);
            struct weft_http_priority read = {.urgency = 9, .incremental = false};
            (void)weft_http_priority_parse(weft_written(&out), &read);
            CHECK_EQ(read.urgency, urgency);
            CHECK_EQ(read.incremental, incremental);
        }
    }
}
