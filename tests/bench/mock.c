/* mock: what the bundled server can do, by the load program beside this one. */
#include "tool.h"

#include <stdio.h>

struct mock_row {
    const char *id, *line;
};

void measure_mock(struct bench *bench)
{
    static const struct mock_row mock_rows[] = {
        {"mock.fanout.1000", "mock.fanout.1000"},
        {"mock.fanout.10000", "mock.fanout.10000"},
        {"mock.stream", "mock.stream"},
        {"mock.reads", "mock.reads"},
    };
    const char *arguments[] = {bench->mock, NULL};
    for (size_t i = 0; i < sizeof mock_rows / sizeof mock_rows[0]; i++) {
        struct tool_line line;
        if (tool_find(bench, "mock_load", arguments, mock_rows[i].line, &line)) {
            bench_figure(bench, mock_rows[i].id, line.value);
        } else {
            bench_note(bench, mock_rows[i].id, "mock_load said nothing");
        }
    }
}
