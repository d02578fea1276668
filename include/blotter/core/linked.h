/*
 * linked: lists of structs that carry their own links: `previous` and `next` in each, `first` and
 * `last` in what is given as the list. Arguments are looked at more than once. A struct that is
 * appended is on no other list; one that is removed keeps its links.
 */
#ifndef BLOTTER_CORE_LINKED_H
#define BLOTTER_CORE_LINKED_H

#include <stddef.h>

#define LINKED_APPEND(list, item)                                                                  \
    ((item)->next = NULL, (item)->previous = (list)->last,                                         \
     *((list)->last != NULL ? &(list)->last->next : &(list)->first) = (item),                      \
     (void)((list)->last = (item)))

#define LINKED_REMOVE(list, item)                                                                  \
    (*((item)->previous != NULL ? &(item)->previous->next : &(list)->first) = (item)->next,        \
     (void)(*((item)->next != NULL ? &(item)->next->previous : &(list)->last) = (item)->previous))

#endif
