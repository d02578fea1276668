/*
 * embed FILE OUT.c SYMBOL: writes FILE as `const char SYMBOL[]` (NUL-terminated) and
 * `const size_t SYMBOL_len`. Runs at build time only.
 */
#include <stdio.h>
#include <stdlib.h>

static void write_bytes(FILE *in, FILE *out)
{
    int byte;
    unsigned long count = 0;
    while ((byte = fgetc(in)) != EOF) {
        fprintf(out, "%d,%s", byte > 127 ? byte - 256 : byte, ++count % 24 == 0 ? "\n" : "");
    }
    fprintf(out, "0};\n");
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: embed FILE OUT.c SYMBOL\n");
        return EXIT_FAILURE;
    }
    FILE *in = fopen(argv[1], "rb");
    FILE *out = fopen(argv[2], "wb");
    if (in == NULL || out == NULL) {
        fprintf(stderr, "embed: cannot open %s\n", in == NULL ? argv[1] : argv[2]);
        return EXIT_FAILURE;
    }
    fprintf(out, "#include <stddef.h>\n");
    fprintf(out, "extern const char %s[];\nextern const size_t %s_len;\n", argv[3], argv[3]);
    fprintf(out, "const char %s[] = {\n", argv[3]);
    write_bytes(in, out);
    fprintf(out, "const size_t %s_len = sizeof %s - 1;\n", argv[3], argv[3]);
    int failed = ferror(in) || fclose(out) != 0;
    fclose(in);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
