/* json_peer: another reader's opinion of two texts. Apart, since jansson's names and ours collide.
 */
#ifndef BLOTTER_TESTS_JSON_PEER_H
#define BLOTTER_TESTS_JSON_PEER_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a line is one JSON object whose member has the value of the JSON text; true as well when
 * jansson reads the text, taken alone, too strictly (lone surrogates, huge numbers). */
bool json_peer_member_is(const char *line, size_t len, const char *member, const char *text,
                         size_t text_len);

/* The same for a string member that is to hold these very bytes. */
bool json_peer_member_holds(const char *line, size_t len, const char *member, const char *bytes,
                            size_t bytes_len);

#endif
