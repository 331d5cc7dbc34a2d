// base/list.h: a list whose links lie in its elements, so that adding cannot fail.
#ifndef WEFT_BASE_LIST_H
#define WEFT_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/** A link in an element, or the head of a list (a ring). An element that is in no list has NULLs. */
struct weft_list {
    struct weft_list *prev;
    struct weft_list *next;
};

/** The element of `type` whose member `member` is `link`. */
#define WEFT_LIST_ENTRY(link, type, member) \
    ((type *)(void *)((char *)(link)-offsetof(type, member)))

/** Walks the links of a list; the body may not remove `link`. */
#define WEFT_LIST_EACH(link, head) \
    for (struct weft_list *link = (head)->next; link != (head); link = link->next)

static inline void weft_list_init(struct weft_list *head)
{
    head->prev = head->next = head;
}

static inline bool weft_list_is_empty(const struct weft_list *head)
{
    return head->next == head;
}

/** Is this element in some list? */
static inline bool weft_list_is_linked(const struct weft_list *link)
{
    return link->next != NULL;
}

/** Puts `link`, which is in no list, before `place`; before the head means last. */
static inline void weft_list_insert_before(struct weft_list *place, struct weft_list *link)
{
    link->prev = place->prev;
    link->next = place;
    place->prev->next = link;
    place->prev = link;
}

static inline void weft_list_push_back(struct weft_list *head, struct weft_list *link)
{
    weft_list_insert_before(head, link);
}

static inline void weft_list_push_front(struct weft_list *head, struct weft_list *link)
{
    weft_list_insert_before(head->next, link);
}

/** Takes an element out of its list; one that is in none stays so. */
static inline void weft_list_remove(struct weft_list *link)
{
    if (!link->next) return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

/** Takes the first element out and returns it; NULL where the list is empty. */
static inline struct weft_list *weft_list_pop_front(struct weft_list *head)
{
    if (weft_list_is_empty(head)) return NULL;
    struct weft_list *first = head->next;
    weft_list_remove(first);
    return first;
}

#endif
