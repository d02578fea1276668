/*
 * engine_stream: what the stream says: events, its welcome, the server's history.
 */
#ifndef BLOTTER_CORE_ENGINE_STREAM_H
#define BLOTTER_CORE_ENGINE_STREAM_H

#include "engine_state.h"

/* The server's ids were found to prove nothing: everything is read again. */
void engine_ids_lied(struct engine *engine);
/* The welcome did not come in time: nothing proves that nothing was missed. */
void engine_welcome_missing(struct engine *engine);

#endif
