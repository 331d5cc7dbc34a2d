// base/list_test.c
#include "base/list.h"

#include "check.h"

struct item {
    int number;
    struct weft_list link;
};

TEST(elements_come_out_in_the_order_they_went_in)
{
    struct weft_list head;
    struct item items[3] = {{.number = 1}, {.number = 2}, {.number = 0}};
    weft_list_init(&head);

    weft_list_push_back(&head, &items[0].link);
    weft_list_push_back(&head, &items[1].link);
    weft_list_push_front(&head, &items[2].link);

    int expected = 0;
    WEFT_LIST_EACH(link, &head)
    {
        CHECK_EQ(WEFT_LIST_ENTRY(link, struct item, link)->number, expected++);
    }
    CHECK(weft_list_pop_front(&head) == &items[2].link);
    CHECK(!weft_list_is_linked(&items[2].link));
    weft_list_remove(&items[2].link);
    weft_list_remove(&items[0].link);
    CHECK(weft_list_pop_front(&head) == &items[1].link);
    CHECK(weft_list_pop_front(&head) == NULL);
}
