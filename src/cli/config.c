#include "config.h"
#include "config_file.h"
#include "config_lists.h"
#include "config_names.h"
#include "config_profiles.h"
#include "config_value.h"

#include <blotter/core/alloc.h>
#include <blotter/core/ini.h>
#include <blotter/core/suggest.h>
#include <blotter/view/action.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACE_BYTES 320
#define PROFILE_PREFIX "profile."

extern const char blotter_ini[];
extern const size_t blotter_ini_len;

struct value {
    char *text;
    char *origin;
    int64_t number;
    enum config_level level;
};

/* A pair that waits: of a profile until one is chosen, or of [keys]. */
struct pair {
    char *section, *name, *value, *origin;
    struct pair *next;
};

struct config {
    struct value values[CONFIG_TOTAL];
    struct pair *profiles, **profiles_end;
    struct pair *keys, **keys_end;
    struct config_lists lists;
    struct profile_names chosen;
    char *path;
    bool of_others; /* the file is somebody else's, or others may write to it */
    char *home;
};

/* --- small things --------------------------------------------------------------------------- */

static char *copy_text(const char *text)
{
    return mem_dup(text, strlen(text));
}

static void append_pair(struct pair ***end, const struct ini_pair *from, const char *origin)
{
    struct pair *pair = mem_alloc(sizeof *pair);
    *pair = (struct pair){copy_text(from->section), copy_text(from->name), copy_text(from->value),
                          copy_text(origin), NULL};
    **end = pair;
    *end = &pair->next;
}

static void free_pairs(struct pair *pair)
{
    while (pair != NULL) {
        struct pair *next = pair->next;
        free(pair->section);
        free(pair->name);
        free(pair->value);
        free(pair->origin);
        free(pair);
        pair = next;
    }
}

/* Puts the place before the sentence: "file:line: sentence". */
static bool locate(struct problem *problem, const char *place)
{
    char text[PROBLEM_BYTES - PLACE_BYTES];
    snprintf(text, sizeof text, "%.*s", (int)sizeof text - 1, problem->text);
    problem_set(problem, "%.*s: %s", PLACE_BYTES - 3, place, text);
    /* Flags and variables have no line; the program's name stands before those. */
    problem->located = *place != '-' && strchr(place, ':') != NULL;
    return false;
}

/* --- setting -------------------------------------------------------------------------------- */

/* A path in full, so that it means the same wherever it is read again. */
static char *full_path(const struct config *config, const char *text)
{
    char directory[4096];
    if (config->home != NULL && strncmp(text, "~/", 2) == 0) {
        return mem_printf("%s/%s", config->home, text + 2);
    }
    if (*text != '\0' && *text != '/' && getcwd(directory, sizeof directory) != NULL) {
        return mem_printf("%s/%s", directory, text);
    }
    return copy_text(text);
}

struct place {
    enum config_level level;
    const char *origin;
};

static bool set(struct config *config, enum config_id id, const char *text, struct place place,
                struct problem *problem)
{
    struct value *value = &config->values[id];
    int64_t number;
    if (!config_value_parse(id, text, &number, problem)) {
        return locate(problem, place.origin);
    }
    if (place.level < value->level) {
        return true;
    }
    bool is_path = config_info(id)->type == CONFIG_PATH;
    if (is_path && place.level < CONFIG_ENVIRONMENT && *text != '\0' && *text != '/' &&
        strncmp(text, "~/", 2) != 0) {
        /* Nothing is read from the current directory because a file says so. */
        problem_set(problem, "%s is absolute or begins with ~/, not '%s'", config_info(id)->name,
                    text);
        return locate(problem, place.origin);
    }
    char *copy = is_path ? full_path(config, text) : copy_text(text);
    free(value->text);
    free(value->origin);
    *value = (struct value){copy, copy_text(place.origin), number, place.level};
    return true;
}

/* One of [secrets], [values], [symbols]. */
static bool set_listed(struct config *config, enum config_list list, const struct listed *row,
                       struct problem *problem)
{
    if (!config_list_check(list, row->name, row->value, problem)) {
        return locate(problem, row->origin);
    }
    config_list_put(&config->lists, list, row);
    return true;
}

/* --- files ---------------------------------------------------------------------------------- */

struct reading {
    struct config *config;
    const char *name; /* for messages; NULL for the defaults */
    enum config_level level;
    struct problem *problem;
};

/* What the keys of an action are is the key map's business; whether there is such an action is not.
 */
static bool take_binding(struct config *config, const struct ini_pair *pair, const char *origin,
                         struct problem *problem)
{
    enum action action;
    struct suggest suggest;
    if (action_parse(pair->name, strlen(pair->name), &action)) {
        append_pair(&config->keys_end, pair, origin);
        return true;
    }
    suggest_init(&suggest, pair->name);
    for (int i = 0; i < ACTION_COUNT; i++) {
        suggest_offer(&suggest, action_info((enum action)i)->name);
    }
    problem_set(problem, "unknown action '%s'", pair->name);
    problem_suggest(problem, &suggest);
    return locate(problem, origin);
}

/* A line has no room for many: further ones of the same file go on. */
static bool add_profiles(struct reading *reading, const char *text, struct place place)
{
    const struct value *before = &reading->config->values[CONFIG_PROFILES];
    bool goes_on = before->level == place.level && *before->text != '\0' && *text != '\0';
    char *all = goes_on ? mem_printf("%s, %s", before->text, text) : NULL;
    bool good =
        set(reading->config, CONFIG_PROFILES, goes_on ? all : text, place, reading->problem);
    free(all);
    return good;
}

static bool take_known(struct reading *reading, const struct ini_pair *pair, const char *origin)
{
    enum config_id id;
    bool is_main = strcmp(pair->section, "main") == 0;
    char dotted[PLACE_BYTES];
    snprintf(dotted, sizeof dotted, "%s.%s", pair->section, pair->name);
    if (!config_name_find(dotted, &id) && !(is_main && config_name_find(pair->name, &id))) {
        config_name_refuse(is_main ? NULL : pair->section, pair->name, reading->problem);
        return locate(reading->problem, origin);
    }
    struct place place = {reading->level, origin};
    if (id == CONFIG_PROFILES) {
        return add_profiles(reading, pair->value, place);
    }
    return set(reading->config, id, pair->value, place, reading->problem);
}

static bool take_pair(void *user, const struct ini_pair *pair)
{
    struct reading *reading = user;
    enum config_list list;
    char origin[PLACE_BYTES] = "default";
    if (reading->name != NULL) {
        snprintf(origin, sizeof origin, "%s:%d", reading->name, pair->line);
    }
    if (strcmp(pair->section, "keys") == 0) {
        return take_binding(reading->config, pair, origin, reading->problem);
    }
    const char *own;
    if (config_list_find(pair->section, pair->name, &list, &own)) {
        struct listed row = {(char *)(uintptr_t)own, (char *)pair->value, origin, reading->level};
        return set_listed(reading->config, list, &row, reading->problem);
    }
    if (strncmp(pair->section, PROFILE_PREFIX, strlen(PROFILE_PREFIX)) == 0) {
        append_pair(&reading->config->profiles_end, pair, origin);
        return true;
    }
    if (*pair->section == '\0') {
        problem_set(reading->problem, "'%s' stands before the first [section]", pair->name);
        return locate(reading->problem, origin);
    }
    if (!config_section_is_known(pair->section)) {
        config_section_refuse(pair->section, reading->problem);
        return locate(reading->problem, origin);
    }
    return take_known(reading, pair, origin);
}

static bool read_text(struct reading *reading, const char *text, size_t len)
{
    struct ini_error error;
    if (ini_read(text, len, take_pair, reading, &error)) {
        return true;
    }
    if (*error.text != '\0') {
        problem_set(reading->problem, "%s:%d: %s", reading->name, error.line, error.text);
        reading->problem->located = true;
    }
    return false;
}

static bool read_config_file(struct config *config, const struct config_source *source,
                             struct problem *problem)
{
    size_t len;
    bool named = source->path_must_exist;
    char *text = source->path == NULL
                     ? NULL
                     : config_file_read(source->path, named, &len, &config->of_others);
    if (text == NULL) {
        bool absent = source->path == NULL || errno == ENOENT || errno == ENOTDIR;
        return (absent && !named) ||
               problem_set(problem, "cannot read the config %s: %s",
                           source->path != NULL ? source->path : "",
                           errno == EINVAL ? "it is no regular file" : strerror(errno));
    }
    config->path = copy_text(source->path);
    struct reading reading = {config, source->path, CONFIG_FILE, problem};
    bool good = read_text(&reading, text, len);
    free(text);
    return good;
}

/* --- environment, flags, profile ------------------------------------------------------------- */

static bool take_environment(struct config *config, struct problem *problem)
{
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        const struct config_info *info = config_info((enum config_id)i);
        const char *text = info->environment != NULL ? getenv(info->environment) : NULL;
        if (text == NULL || *text == '\0') {
            continue;
        }
        struct place place = {CONFIG_ENVIRONMENT, info->environment};
        text = info->stands_for != NULL ? info->stands_for : text;
        if (!set(config, (enum config_id)i, text, place, problem)) {
            return false;
        }
    }
    return true;
}

/* Leaves out the blanks at both ends, as a file's reader does. */
static void trim(char *text)
{
    size_t start = strspn(text, " \t"), len = strlen(text);
    while (len > start && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    memmove(text, text + start, len - start);
    text[len - start] = '\0';
}

/* -O [section.]key=value */
static bool take_set(struct config *config, const char *text, struct problem *problem)
{
    char name[128], value[CONFIG_VALUE_MAX + 1], origin[PLACE_BYTES];
    const char *equals = strchr(text, '=');
    snprintf(origin, sizeof origin, "-O %.200s", text);
    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof name ||
        strlen(equals) >= sizeof value) {
        return problem_set(problem, "-O wants [section.]key=value, not '%.200s'", text);
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    snprintf(value, sizeof value, "%s", equals + 1);
    trim(name);
    trim(value);
    if (strncmp(name, "keys.", 5) == 0) {
        struct ini_pair pair = {"keys", name + 5, value, 0};
        return take_binding(config, &pair, origin, problem);
    }
    enum config_id id;
    enum config_list list;
    const char *own;
    if (config_list_dotted(name, &list, &own)) {
        snprintf(origin, sizeof origin, "-O %.100s", name); /* what follows it may be a secret */
        struct listed row = {(char *)own, value, origin, CONFIG_FLAG};
        return set_listed(config, list, &row, problem);
    }
    if (!config_name_find(name, &id)) {
        /* What was typed after the name may be a secret: it is not repeated. */
        snprintf(origin, sizeof origin, "-O %.100s", name);
        config_name_refuse(NULL, name, problem);
        return locate(problem, origin);
    }
    return set(config, id, value, (struct place){CONFIG_FLAG, origin}, problem);
}

static bool take_flag(struct config *config, const struct option_assignment *flag,
                      struct problem *problem)
{
    if (flag->from == OPTION_SET) {
        return take_set(config, flag->key, problem);
    }
    char origin[64];
    snprintf(origin, sizeof origin, "--%s", option_info(flag->from)->name);
    enum config_id id;
    if (!config_name_find(flag->key, &id)) {
        return problem_set(problem, "--%s sets no known key", option_info(flag->from)->name);
    }
    return set(config, id, flag->value, (struct place){CONFIG_FLAG, origin}, problem);
}

static bool take_flags(struct config *config, const struct options *options,
                       struct problem *problem)
{
    for (size_t i = 0; options != NULL && i < options->assignment_count; i++) {
        if (!take_flag(config, &options->assignments[i], problem)) {
            return false;
        }
    }
    return true;
}

/*
 * Which profiles are in force: those of -P, else what the key of the higher level names. The demo
 * is an account of its own: several of a file stand back.
 */
static bool choose_profiles(struct config *config, const struct options *options,
                            struct place *ret_place, struct problem *problem)
{
    const struct value *one = &config->values[CONFIG_PROFILE];
    const struct value *many = &config->values[CONFIG_PROFILES];
    size_t flags = options != NULL ? options->profile_count : 0;
    bool demo = options != NULL && options->given[OPTION_DEMO];
    const struct value *key = *many->text != '\0' && many->level >= one->level ? many : one;
    bool good = true;
    *ret_place = flags > 0 ? (struct place){CONFIG_FLAG, "--profile"}
                           : (struct place){key->level, key->origin};
    for (size_t i = 0; good && i < flags; i++) {
        const char *name = options->profiles[i];
        bool none = flags == 1 && *name == '\0'; /* not even that of the file */
        good = none || profile_names_add(&config->chosen, name, strlen(name), problem);
    }
    if (flags == 0 && *key->text != '\0') {
        good = key == many
                   ? profile_names_split(&config->chosen, many->text, problem)
                   : profile_names_add(&config->chosen, one->text, strlen(one->text), problem);
    }
    if (demo && config->chosen.count > 1 && ret_place->level < CONFIG_FLAG) {
        profile_names_clear(&config->chosen);
    }
    return good || locate(problem, ret_place->origin);
}

/* The two keys say what is in force, whoever said it. */
static bool say_profiles(struct config *config, struct place place, struct problem *problem)
{
    char text[CONFIG_VALUE_MAX + 1];
    char *origin = copy_text(place.origin); /* it may be that of the value we replace */
    place.origin = origin;
    profile_names_join(&config->chosen, text, sizeof text);
    bool several = config->chosen.count > 1;
    bool good = set(config, CONFIG_PROFILES, several ? text : "", place, problem) &&
                set(config, CONFIG_PROFILE, several ? "" : text, place, problem);
    free(origin);
    return good;
}

static bool refuse_profile(const struct config *config, const char *name, struct problem *problem)
{
    struct suggest suggest;
    suggest_init(&suggest, name);
    for (const struct pair *pair = config->profiles; pair != NULL; pair = pair->next) {
        suggest_offer(&suggest, pair->section + strlen(PROFILE_PREFIX));
    }
    problem_set(problem, "there is no section [profile.%s]", name);
    problem_suggest(problem, &suggest);
    return locate(problem, config->values[CONFIG_PROFILE].origin);
}

static bool take_profile_key(struct config *config, const struct pair *pair, bool is_chosen,
                             struct problem *problem)
{
    enum config_id id;
    int64_t number;
    if (!config_name_find(pair->name, &id)) {
        config_name_refuse(NULL, pair->name, problem);
        return locate(problem, pair->origin);
    }
    if (id == CONFIG_PROFILE || id == CONFIG_PROFILES) {
        problem_set(problem, "a profile cannot choose a profile");
        return locate(problem, pair->origin);
    }
    if (!config_value_parse(id, pair->value, &number, problem)) {
        return locate(problem, pair->origin);
    }
    struct place place = {CONFIG_OF_PROFILE, pair->origin};
    return !is_chosen || set(config, id, pair->value, place, problem);
}

static bool take_profile_pair(struct config *config, const struct pair *pair, bool is_chosen,
                              struct problem *problem)
{
    enum config_list list;
    const char *name;
    if (!config_list_dotted(pair->name, &list, &name)) {
        return take_profile_key(config, pair, is_chosen, problem);
    }
    struct listed row = {(char *)name, pair->value, pair->origin, CONFIG_OF_PROFILE};
    if (is_chosen) {
        return set_listed(config, list, &row, problem);
    }
    return config_list_check(list, name, pair->value, problem) || locate(problem, pair->origin);
}

/* Two sections of one name would be an account with the other's token. */
static bool is_first(const struct config *config, const struct pair *pair, struct problem *problem)
{
    const struct pair *other = config->profiles;
    while (other != pair &&
           (strcmp(other->section, pair->section) != 0 || strcmp(other->name, pair->name) != 0)) {
        other = other->next;
    }
    if (other == pair) {
        return true;
    }
    problem_set(problem, "'%s' stands in [%s] already: are there two of that name?", pair->name,
                pair->section);
    return locate(problem, pair->origin);
}

/* Every profile is checked, one is used: a mistake must not wait for the day it is needed. With
 * several accounts one's mistake is not the others'. */
static bool take_profiles(struct config *config, bool one_of_several, struct problem *problem)
{
    const char *chosen = config->values[CONFIG_PROFILE].text;
    bool found = *chosen == '\0';
    for (const struct pair *pair = config->profiles; pair != NULL; pair = pair->next) {
        bool is_chosen = strcmp(pair->section + strlen(PROFILE_PREFIX), chosen) == 0;
        found |= is_chosen;
        if ((is_chosen || !one_of_several) &&
            (!is_first(config, pair, problem) ||
             !take_profile_pair(config, pair, is_chosen, problem))) {
            return false;
        }
    }
    return found || refuse_profile(config, chosen, problem);
}

static bool use_profiles(struct config *config, const struct config_source *source,
                         struct problem *problem)
{
    struct place place;
    bool one_of_several = source->profile != NULL;
    if (!choose_profiles(config, source->options, &place, problem)) {
        return false;
    }
    if (one_of_several) {
        profile_names_clear(&config->chosen);
        profile_names_add(&config->chosen, source->profile, strlen(source->profile), problem);
    }
    return say_profiles(config, place, problem) &&
           (config->chosen.count > 1 || take_profiles(config, one_of_several, problem));
}

/* --- a file of others ---------------------------------------------------------------------- */

static bool refuse_command(const char *origin, const char *what, struct problem *problem)
{
    problem_set(problem,
                "%s: %s is not run from a file that others own or may write to: make it yours "
                "alone, by chmod go-w or a copy",
                origin, what);
    problem->located = true;
    return false;
}

static bool is_of_file(enum config_level level)
{
    return level == CONFIG_FILE || level == CONFIG_OF_PROFILE;
}

/* What a shell runs is as good as the file it comes from: false when a command does, for a file of
 * others. */
static bool runs_nothing(const struct config *config, struct problem *problem)
{
    static const enum config_id commands[] = {CONFIG_TOKEN_COMMAND, CONFIG_ON_EVENT};
    struct config_entry entry;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (is_of_file(config_level(config, commands[i])) &&
            config_text(config, commands[i]) != NULL) {
            return refuse_command(config_origin(config, commands[i]),
                                  config_info(commands[i])->name, problem);
        }
    }
    for (size_t i = 0; config_entry(config, CONFIG_SECRETS, i, &entry); i++) {
        if (is_of_file(entry.level) && strncmp(entry.value, "command:", 8) == 0) {
            return refuse_command(entry.origin, entry.name, problem);
        }
    }
    return true;
}

/* --- the whole ------------------------------------------------------------------------------ */

static bool load(struct config *config, const struct config_source *source, struct problem *problem)
{
    struct reading defaults = {config, NULL, CONFIG_DEFAULT, problem};
    return read_text(&defaults, blotter_ini, blotter_ini_len) &&
           read_config_file(config, source, problem) && take_environment(config, problem) &&
           take_flags(config, source->options, problem) && use_profiles(config, source, problem) &&
           (!config->of_others || runs_nothing(config, problem));
}

struct config *config_load(const struct config_source *source, struct problem *ret_problem)
{
    struct config *config = mem_calloc(1, sizeof *config);
    config->profiles_end = &config->profiles;
    config->keys_end = &config->keys;
    config->home = source->home != NULL ? copy_text(source->home) : NULL;
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        config->values[i].text = copy_text("");
        config->values[i].origin = copy_text("default");
    }
    if (!load(config, source, ret_problem)) {
        config_free(config);
        return NULL;
    }
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL) {
        return;
    }
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        free(config->values[i].text);
        free(config->values[i].origin);
    }
    free_pairs(config->profiles);
    free_pairs(config->keys);
    config_lists_done(&config->lists);
    profile_names_clear(&config->chosen);
    free(config->path);
    free(config->home);
    free(config);
}

const char *config_text(const struct config *config, enum config_id id)
{
    const char *text = config->values[id].text;
    return *text != '\0' ? text : NULL;
}

int64_t config_number(const struct config *config, enum config_id id)
{
    return config->values[id].number;
}

double config_figure(const struct config *config, enum config_id id)
{
    const char *text = config_text(config, id);
    return text != NULL ? strtod(text, NULL) : (double)NAN;
}

enum config_level config_level(const struct config *config, enum config_id id)
{
    return config->values[id].level;
}

const char *config_origin(const struct config *config, enum config_id id)
{
    return config->values[id].origin;
}

const char *config_profile(const struct config *config, size_t i)
{
    return i < config->chosen.count ? config->chosen.rows[i] : NULL;
}

bool config_profile_pair(const struct config *config, const char *profile, size_t i,
                         const char **ret_name, const char **ret_value)
{
    const struct pair *pair = config->profiles;
    for (; pair != NULL; pair = pair->next) {
        if (strcmp(pair->section + strlen(PROFILE_PREFIX), profile) == 0 && i-- == 0) {
            *ret_name = pair->name;
            *ret_value = pair->value;
            return true;
        }
    }
    return false;
}

const char *config_path(const struct config *config)
{
    return config->path;
}

bool config_force(struct config *config, enum config_id id, const char *value,
                  struct problem *ret_problem)
{
    return set(config, id, value, (struct place){CONFIG_FORCED, "--demo"}, ret_problem);
}

bool config_key_binding(const struct config *config, size_t i, const char **ret_action,
                        const char **ret_keys, const char **ret_origin)
{
    const struct pair *pair = config->keys;
    while (pair != NULL && i > 0) {
        pair = pair->next;
        i--;
    }
    if (pair == NULL) {
        return false;
    }
    *ret_action = pair->name;
    *ret_keys = pair->value;
    *ret_origin = pair->origin;
    return true;
}

bool config_entry(const struct config *config, enum config_list list, size_t i,
                  struct config_entry *ret)
{
    if (i >= config->lists.count[list]) {
        return false;
    }
    const struct listed *row = &config->lists.rows[list][i];
    *ret = (struct config_entry){row->name, row->value, row->origin, row->level};
    return true;
}

const char *config_default_file(size_t *ret_len)
{
    *ret_len = blotter_ini_len;
    return blotter_ini;
}
