#include "check.h"

#include "load/plan.h"

#include <string.h>

static bool complains(const struct weft_load_plan *plan, const char *of)
{
    return strstr(plan->error, of) != NULL;
}

TEST(plan_takes_paths_on_the_first_origin)
{
    struct weft_load_plan plan;
    weft_load_plan_init(&plan);
    struct weft_load_manner manner = {.method = WEFT_HTTP_GET};

    CHECK(weft_load_plan_add(&plan, WEFT_SPAN("https://a.test:8443/x?y")));
    CHECK(weft_load_plan_add(&plan, WEFT_SPAN("/b c")));
    CHECK(weft_load_plan_add(&plan, WEFT_SPAN("https://A.test:8443")));
    CHECK(weft_load_plan_prepare(&plan, &manner));

    CHECK_EQ(plan.count, 3);
    CHECK_SPAN(plan.heads[0].path, "/x?y");
    CHECK_SPAN(plan.heads[1].path, "/b%20c");
    CHECK_SPAN(plan.heads[2].path, "/");
    CHECK_SPAN(plan.heads[1].authority, "a.test:8443");
    CHECK(plan.heads[0].stamp != plan.heads[1].stamp);
    weft_load_plan_deinit(&plan);
}

TEST(plan_refuses_a_second_origin)
{
    struct weft_load_plan plan;
    weft_load_plan_init(&plan);

    CHECK(!weft_load_plan_add_list(&plan, "urls",
                                   WEFT_SPAN("# ours\nhttp://a.test/\n\nhttp://b.test/\n")));

    CHECK(complains(&plan, "urls, line 4: 'http://b.test/' is not on http://a.test"));
    weft_load_plan_deinit(&plan);
}

TEST(plan_of_a_script_asks_for_a_page_and_then_what_it_needs)
{
    struct weft_load_plan plan;
    weft_load_plan_init(&plan);
    struct weft_span text = WEFT_SPAN("http://a.test/\r\n"
                                      "  /one.css\n"
                                      "\t/two.js\n"
                                      "wait 200ms\n"
                                      "/next\n"
                                      "wait 1\n"
                                      "# no more\n");

    CHECK(weft_load_plan_read_script(&plan, "script", text));

    CHECK_EQ(plan.step_count, 3);
    CHECK(plan.steps[0].begins_page && plan.steps[0].count == 1);
    CHECK_EQ(plan.steps[0].wait_us, 1000000);
    CHECK(!plan.steps[1].begins_page && plan.steps[1].count == 2 && plan.steps[1].first == 1);
    CHECK(plan.steps[2].begins_page && plan.steps[2].first == 3);
    CHECK_EQ(plan.steps[2].wait_us, 200000);
    weft_load_plan_deinit(&plan);
}

TEST(plan_says_what_is_wrong_with_a_script_and_where)
{
    static const struct {
        const char *text;
        const char *complaint;
    } rows[] = {
        {"  /a\n", "s, line 1: an indented line belongs to a page"},
        {"/a\n", "s, line 1: '/a': the first one has to be whole"},
        {"http://a.test/\nwait long\n", "s, line 2: 'wait long': a time was expected"},
        {"http://a.test/\nwait 9999999999999999999999s\n", "a time was expected"},
        {"# nothing\n", "s has no page"},
        {"ftp://a.test/\n", "s, line 1: 'ftp://a.test/'"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        struct weft_load_plan plan;
        weft_load_plan_init(&plan);
        CHECK(!weft_load_plan_read_script(&plan, "s", weft_span_of(rows[i].text)));
        CHECK(complains(&plan, rows[i].complaint));
        weft_load_plan_deinit(&plan);
    }
}

TEST(plan_of_nothing_is_refused)
{
    struct weft_load_plan plan;
    weft_load_plan_init(&plan);
    struct weft_load_manner manner = {.method = WEFT_HTTP_GET};

    CHECK(!weft_load_plan_add_list(&plan, "urls", WEFT_SPAN("\n#\n")));
    CHECK(!weft_load_plan_prepare(&plan, &manner));
    weft_load_plan_deinit(&plan);
}
