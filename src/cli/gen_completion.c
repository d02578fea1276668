/* gen_completion SHELL: prints the completion script of bash, zsh or fish. Runs at build time only.
 */
#include "options.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2 || !options_print_completion(stdout, argv[1])) {
        fprintf(stderr, "usage: gen_completion bash|zsh|fish\n");
        return 2;
    }
    return fflush(stdout) != 0;
}
