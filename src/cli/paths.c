#include "paths.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include <blotter/core/alloc.h>

static char *join(const char *directory, const char *rest)
{
    if (directory == NULL) {
        return NULL;
    }
    return mem_printf("%s/%s", directory, rest);
}

static char *find_home(void)
{
    const char *home = getenv("HOME");
    if (home == NULL || *home != '/') {
        const struct passwd *user = getpwuid(getuid());
        home = user != NULL && user->pw_dir != NULL && *user->pw_dir == '/' ? user->pw_dir : NULL;
    }
    return home != NULL ? mem_dup(home, strlen(home)) : NULL;
}

/* The specification ignores variables that hold no absolute path. */
static char *base_of(const char *variable, const char *home, const char *fallback)
{
    const char *base = getenv(variable);
    return base != NULL && *base == '/' ? mem_dup(base, strlen(base)) : join(home, fallback);
}

bool paths_program(char *out, size_t size)
{
#ifdef __APPLE__
    uint32_t room = (uint32_t)size;
    return _NSGetExecutablePath(out, &room) == 0;
#else
    static const char *const links[] = {"/proc/self/exe", "/proc/curproc/file",
                                        "/proc/curproc/exe"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        ssize_t len = readlink(links[i], out, size - 1);
        if (len > 0 && out[0] == '/') {
            out[len] = '\0';
            return true;
        }
    }
    return false;
#endif
}

/* Whether files there say where secrets may go is no matter for others to decide. */
static bool is_trusted(const char *directory)
{
    struct stat facts;
    return stat(directory, &facts) == 0 && S_ISDIR(facts.st_mode) &&
           (facts.st_uid == 0 || facts.st_uid == geteuid()) && (facts.st_mode & S_IWOTH) == 0;
}

/* Beside the program: where it was installed, wherever that is now, or in the build tree. */
static char *find_shipped(void)
{
    static const char *const places[] = {"../share/blotter/backends", "backends"};
    char own[4096], directory[4096 + 32];
    for (size_t i = 0; paths_program(own, sizeof own) && i < 2; i++) {
        snprintf(directory, sizeof directory, "%.*s/%s", (int)(strrchr(own, '/') - own), own,
                 places[i]);
        if (is_trusted(directory)) {
            return mem_dup(directory, strlen(directory));
        }
    }
    return mem_dup(BLOTTER_BACKENDS, strlen(BLOTTER_BACKENDS));
}

void paths_init(struct paths *ret)
{
    char *home = find_home();
    char *config = base_of("XDG_CONFIG_HOME", home, ".config");
    char *cache = base_of("XDG_CACHE_HOME", home, ".cache");
    char *state = base_of("XDG_STATE_HOME", home, ".local/state");
    *ret = (struct paths){
        .home = home,
        .config_file = join(config, "blotter/blotter.ini"),
        .theme_dir = join(config, "blotter/themes"),
        .backend_dir = join(config, "blotter/backends"),
        .shipped_dir = find_shipped(),
        .cache_dir = join(cache, "blotter"),
        .state_dir = join(state, "blotter"),
    };
    free(config);
    free(cache);
    free(state);
}

void paths_done(struct paths *paths)
{
    free(paths->home);
    free(paths->config_file);
    free(paths->theme_dir);
    free(paths->backend_dir);
    free(paths->shipped_dir);
    free(paths->cache_dir);
    free(paths->state_dir);
    *paths = (struct paths){0};
}
