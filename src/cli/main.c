/*
 * blotter: puts the floors together. Parses the command line, reads the config, finds the backend
 * and runs one mode. The only file of the program that decides its exit code.
 */
#include "session.h"

#include <blotter/tui/locale.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS_MIN 12 /* a dashboard with its five connections; fewer do for nothing */

static int complain(const struct problem *problem, enum status status)
{
    problem_print(problem);
    return (int)status;
}

/* A descriptor that the caller left closed must not become a socket that we print into. */
static void occupy_standard_descriptors(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        close(fd);
    }
}

/*
 * Fewer are no use: the first pipe or socket that cannot be made would be the end, in the middle of
 * something.
 */
static bool has_descriptors(void)
{
    int taken[DESCRIPTORS_MIN], count = 0, fd = -1;
    while (count < DESCRIPTORS_MIN && fd < DESCRIPTORS_MIN - 1) {
        fd = dup(STDERR_FILENO);
        if (fd < 0) {
            break;
        }
        taken[count++] = fd;
    }
    bool enough = fd >= 0;
    while (count > 0) {
        close(taken[--count]);
    }
    return enough;
}

static int refuse_no_descriptors(void)
{
    fprintf(stderr, "blotter: too many open files: at least %d are needed; ulimit -n allows more\n",
            DESCRIPTORS_MIN);
    return STATUS_RUNTIME;
}

static int explain_the_ways_in(const struct session *session)
{
    const char *path = session->paths.config_file != NULL ? session->paths.config_file : "FILE";
    int directory = (int)strlen(path);
    while (directory > 0 && path[directory] != '/') {
        directory--;
    }
    fprintf(stderr,
            "blotter: no backend is configured. Three ways to start:\n\n"
            "  blotter --demo\n"
            "      see it live on a bundled server with a moving market\n\n"
            "  BLOTTER_TOKEN=TOKEN blotter --url https://HOST --user ID\n"
            "      look at your own backend; --token-file FILE works as well\n\n"
            "  mkdir -p %.*s\n"
            "  blotter --print-config > %s\n"
            "      make a config, set url, user and token_file in it, then run blotter;\n"
            "      blotter --check-config says what works\n\n"
            "blotter --help lists everything; so does the manual, blotter(1).\n",
            directory > 0 ? directory : 1, directory > 0 ? path : ".", path);
    return STATUS_USAGE;
}

static bool needs_terminal(const struct options *options)
{
    return !options->given[OPTION_WATCH] && !options->given[OPTION_SNAPSHOT];
}

static int refuse_no_terminal(void)
{
    fprintf(stderr, "blotter: stdout is no terminal, so the dashboard cannot open; use --watch or "
                    "--snapshot for output in a pipe\n");
    return STATUS_USAGE;
}

/* The modes that talk to a backend. */
static int run_connected(struct session *session)
{
    const struct options *options = session->options;
    bool has_url = config_text(session->config, CONFIG_URL) != NULL ||
                   config_text(session->config, CONFIG_BACKEND) != NULL;
    if (!has_url && session->named == 1 && !options->given[OPTION_DEMO] &&
        config_path(session->config) == NULL) {
        return explain_the_ways_in(session);
    }
    if (needs_terminal(options) && !isatty(STDOUT_FILENO)) {
        return refuse_no_terminal();
    }
    enum status status = session_connect(session);
    return status != STATUS_OK               ? (int)status
           : options->given[OPTION_WATCH]    ? session_watch(session)
           : options->given[OPTION_SNAPSHOT] ? session_snapshot(session)
                                             : session_dashboard(session);
}

/*
 * `blotter --print-config > CONFIG`: the shell has emptied the config before we could read it, and
 * what would be printed is no longer what was in it. A file that the shell has just made for us is
 * fine: nobody has read it or changed it since.
 */
static bool would_lose_config(const char *path, const struct stat *out)
{
    struct stat config;
    bool same = path != NULL && stat(path, &config) == 0 && config.st_dev == out->st_dev &&
                config.st_ino == out->st_ino;
    bool fresh = out->st_size == 0 && out->st_atim.tv_sec == out->st_mtim.tv_sec &&
                 out->st_atim.tv_nsec == out->st_mtim.tv_nsec;
    return same && S_ISREG(out->st_mode) && !fresh;
}

static int print_config(const struct session *session, const struct stat *out)
{
    const char *path = session->options->value[OPTION_CONFIG];
    path = path != NULL ? path : session->paths.config_file;
    if (would_lose_config(path, out)) {
        fprintf(stderr,
                "blotter: stdout is the config %s itself, which the shell opens before it can be "
                "read; print to a new file, then rename it\n",
                path);
        return STATUS_USAGE;
    }
    config_print(session->config, stdout);
    return STATUS_OK;
}

static int run(const struct options *options)
{
    struct session session;
    struct problem problem;
    struct stat out = {0};
    int status;
    fstat(STDOUT_FILENO, &out); /* before the config is read, which may be the same file */
    if (!has_descriptors()) {
        return refuse_no_descriptors();
    }
    if (!session_open(&session, options, &problem)) {
        status = complain(&problem, STATUS_USAGE);
    } else if (options->given[OPTION_PRINT_CONFIG]) {
        status = print_config(&session, &out);
    } else if (options->given[OPTION_CHECK_BACKEND]) {
        status = session_check_backend(&session, options->value[OPTION_CHECK_BACKEND]);
    } else if (options->given[OPTION_LIST_BACKENDS]) {
        status = session_list_backends(&session);
    } else if (options->given[OPTION_CHECK_CONFIG]) {
        status = session_check(&session);
    } else {
        status = run_connected(&session);
    }
    if (session.config != NULL) {
        session_log(&session, "ends with status %d", status);
    }
    session_close(&session);
    return status;
}

/* What was printed has to have arrived: `blotter --help > /dev/full` fails. */
static int flushed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    if (status == STATUS_OK) {
        perror("blotter: cannot write");
        return STATUS_RUNTIME;
    }
    return status;
}

int main(int argc, char **argv)
{
    static struct options options;
    struct problem problem;
    occupy_standard_descriptors();
    locale_start();
    if (!options_parse(argc, argv, &options, &problem)) {
        complain(&problem, STATUS_USAGE);
        fprintf(stderr, "blotter: try 'blotter --help'\n");
        return STATUS_USAGE;
    }
    if (options.given[OPTION_HELP]) {
        options_print_help(stdout);
        return flushed(STATUS_OK);
    }
    if (options.given[OPTION_VERSION]) {
        options_print_version(stdout);
        return flushed(STATUS_OK);
    }
    return flushed(run(&options));
}
