// server/answer.c
#include "server/answer.h"

#include <assert.h>
#include <stdlib.h>

void weft_answer_start(struct weft_answer *answer, const struct weft_http_head *head)
{
    answer->head = *head;
    answer->body = (struct weft_body){0};
    answer->owned = NULL;
    answer->content_most = 0;
    answer->repeats_until_us = 0;
    answer->may_be_coded = false;
    answer->is_own_page = false;
}

void weft_answer_init(struct weft_answer *answer)
{
    static const struct weft_http_head nothing = WEFT_HTTP_HEAD_INIT;
    weft_answer_start(answer, &nothing);
}

void weft_answer_deinit(struct weft_answer *answer)
{
    weft_body_close(&answer->body);
    free(answer->owned);
    answer->owned = NULL;
}

void weft_answer_add(struct weft_answer *answer, struct weft_http_field field)
{
    struct weft_http_head *head = &answer->head;
    head->stamp = head->lacks = 0; // not the same any more
    head->rank = WEFT_HTTP_RANK_UNKNOWN;
    assert(head->fields == NULL || head->fields == answer->made);
    assert(head->field_count < WEFT_ANSWER_FIELDS_MOST); // the configuration's fields are bounded
    head->fields = answer->made;
    answer->made[head->field_count++] = field;
}

void weft_answer_add_all(struct weft_answer *answer, const struct weft_http_field *fields,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        weft_answer_add(answer, fields[i]);
    }
}
