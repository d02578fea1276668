/*
 * scenario_commands: the table of what a scenario can do: one row per command. For scenario.c
 * alone.
 */
#ifndef BLOTTER_MOCK_SCENARIO_COMMANDS_H
#define BLOTTER_MOCK_SCENARIO_COMMANDS_H

#include "base/dice.h"
#include "book/trade.h"
#include "scenario.h"

#define SCENARIO_WORDS_MAX 6

struct scenario_command;

/* One line of a scenario: its command and the words after it, which point into line. */
struct scenario_call {
    const struct scenario_command *command;
    char *line;
    char *words[SCENARIO_WORDS_MAX];
    int count;
};

/* What the commands of one scenario share. */
struct scenario_memory {
    const struct scenario_host *host;
    struct dice dice;
    char last_order[64]; /* "" when none was placed yet */
};

struct scenario_command {
    const char *name;      /* one word or two */
    const char *arguments; /* for help */
    const char *help;
    int words_min, words_max;
    bool takes_text; /* the rest of the line is one word */
    /* Both write a sentence into `why` when they say false. check may be NULL. */
    bool (*check)(const struct scenario_call *call, char *why, size_t size);
    bool (*run)(const struct scenario_call *call, struct scenario_memory *memory, char *why,
                size_t size);
};

extern const struct scenario_command scenario_commands[];
extern const size_t scenario_command_count;

#endif
