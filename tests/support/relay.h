/*
 * relay: a TCP relay on a loopback port whose present connections can be made to die without a
 * word, as those of a machine do that slept: nothing comes, nothing is refused. New ones are well.
 */
#ifndef BLOTTER_TESTS_RELAY_H
#define BLOTTER_TESTS_RELAY_H

#include <stddef.h>

struct relay;

struct relay *relay_new(int to_port);
void relay_free(struct relay *relay); /* closes everything */
const char *relay_url(const struct relay *relay);
void relay_let_die(struct relay *relay);
size_t relay_connections(struct relay *relay); /* made so far */

#endif
