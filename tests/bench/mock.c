/* mock: what the bundled server can do, by the load program beside this one. */
#include "tool.h"

#include <math.h>
#include <stdio.h>

/* Where a figure stands in what mock_load prints. */
struct mock_row {
    const char *id, *line, *after;
    bool timed; /* the line also tells the server's own time */
};

void measure_mock(struct bench *bench)
{
    static const struct mock_row mock_rows[] = {
        {"mock.fanout.1000", " 1000 streams:", "last has it after", true},
        {"mock.fanout.10000", " 10000 streams:", "last has it after", true},
        {"mock.stream", " 10000 streams:", "(worst);", false},
        {"mock.reads", "GET /api/trading/orders/list", "orders/list", false},
    };
    const char *arguments[] = {bench->mock, "1000", "10000", NULL};
    for (size_t i = 0; i < sizeof mock_rows / sizeof mock_rows[0]; i++) {
        const struct mock_row *row = &mock_rows[i];
        double value = tool_number(bench, "mock_load", arguments, row->line, row->after);
        if (isnan(value)) {
            bench_note(bench, row->id, "mock_load did not say it");
        } else {
            bench_figure(bench, row->id, value);
            double own = tool_number(bench, "mock_load", arguments, row->line, "own time");
            double asleep = tool_number(bench, "mock_load", arguments, row->line, "that sleep");
            double bare = tool_number(bench, "mock_load", arguments, row->line, "loop of sends");
            if (row->timed && bare > 0) {
                bench_limit(bench, row->id, bare, "a bare loop of send(2), nobody reading");
            }
            if (row->timed && !isnan(own)) {
                bench_note(bench, row->id, "the server's own time %.1f ms; clients asleep: %.1f ms",
                           own, asleep);
            }
        }
    }
}
