/*
 * overrun: a ceiling on the CPU that one function may take. Nothing interrupts jq, so going over it
 * ends the program.
 */
#ifndef BLOTTER_ADAPT_OVERRUN_H
#define BLOTTER_ADAPT_OVERRUN_H

#include <signal.h>

#define OVERRUN_SECONDS 5

void overrun_set_restore(void (*restore_terminal)(void));

/* From here to overrun_disarm; what is the name of the file and the function's, for the last words.
 */
void overrun_arm(const char *file, const char *function, struct sigaction *ret_before);
void overrun_disarm(const struct sigaction *before);

#endif
