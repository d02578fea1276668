/* Prints the desk at a size, after some actions: show COLUMNS ROWS [ascii|offline|ACTION|=text]...
 */
#include "desk.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct desk desk;
    setlocale(LC_CTYPE, "");
    if (argc < 3) {
        fprintf(stderr, "usage: show COLUMNS ROWS [ascii|offline|ACTION|=text]...\n");
        return 2;
    }
    desk_open(&desk, (int)strtol(argv[1], NULL, 10), (int)strtol(argv[2], NULL, 10));
    screen_render(desk.screen, &desk.input, SCREEN_ALL, desk.canvas);
    for (int i = 3; i < argc; i++) {
        enum action action;
        if (strcmp(argv[i], "ascii") == 0) {
            desk.canvas->ascii = true;
        } else if (strcmp(argv[i], "offline") == 0) {
            desk_offline(&desk);
        } else if (argv[i][0] == '=') {
            desk_type(&desk, argv[i] + 1);
        } else if (action_parse(argv[i], strlen(argv[i]), &action)) {
            desk_do(&desk, action);
        }
        screen_render(desk.screen, &desk.input, SCREEN_ALL, desk.canvas);
    }
    char *text = desk_text(&desk, SCREEN_ALL);
    fputs(text, stdout);
    free(text);
    desk_close(&desk);
    return 0;
}
