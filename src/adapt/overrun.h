/*
 * overrun: ceilings on the CPU and the memory that one function may take. Nothing interrupts jq, so
 * going over them ends the program.
 */
#ifndef BLOTTER_ADAPT_OVERRUN_H
#define BLOTTER_ADAPT_OVERRUN_H

#include <signal.h>
#include <sys/resource.h>

#define OVERRUN_SECONDS 5
#define OVERRUN_MIB 1024 /* of the whole program; a body of 8 MiB takes 190 */

/* What was in force before. */
struct overrun {
    struct sigaction on_time, on_abort;
    struct rlimit data;
};

void overrun_set_restore(void (*restore_terminal)(void));

/* From here to overrun_disarm; what is the name of the file and the function's, for the last words.
 */
void overrun_arm(const char *file, const char *function, struct overrun *ret_before);
void overrun_disarm(const struct overrun *before);

#endif
