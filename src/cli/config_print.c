#include "config.h"
#include "config_lists.h"

#include <blotter/core/ini.h>

#include <string.h>

#define NAME_BYTES 64

/* The section's name, when the line opens one. */
static bool section_of(const char *line, size_t len, char *ret, size_t size)
{
    if (len < 3 || line[0] != '[' || line[len - 1] != ']') {
        return false;
    }
    snprintf(ret, size, "%.*s", (int)(len - 2), line + 1);
    return true;
}

/* The key that a line of the default file sets, or CONFIG_TOTAL. */
static enum config_id key_of(const char *section, const char *line, size_t len)
{
    size_t name_len = 0;
    while (name_len < len && line[name_len] != ' ' && line[name_len] != '=') {
        name_len++;
    }
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        const struct config_info *info = config_info((enum config_id)i);
        if (strcmp(info->section, section) == 0 && strlen(info->name) == name_len &&
            memcmp(info->name, line, name_len) == 0) {
            return (enum config_id)i;
        }
    }
    return CONFIG_TOTAL;
}

/* As many lines as they need. */
static void print_names(const struct config *config, FILE *out)
{
    static const char key[] = "profiles =";
    const char *name;
    size_t used = 0;
    for (size_t i = 0;
         config_profile(config, 1) != NULL && (name = config_profile(config, i)) != NULL; i++) {
        bool fits = used > 0 && used + strlen(name) + 2 <= INI_LINE_BYTES_MAX;
        used = fits ? used + strlen(name) + 2 : strlen(key) + 1 + strlen(name);
        fprintf(out, "%s%s %s", i > 0 && !fits ? "\n" : "", fits ? "," : key, name);
    }
    fprintf(out, "%s\n", used == 0 ? key : "");
}

static void print_value(const struct config *config, enum config_id id, FILE *out)
{
    const char *text = config_text(config, id);
    if (id == CONFIG_PROFILES) {
        print_names(config, out);
        return;
    }
    /* What the profile set stands under its own key already. */
    text = id == CONFIG_PROFILE ? NULL : text;
    fprintf(out, "%s =%s%s\n", config_info(id)->name, text != NULL ? " " : "",
            text != NULL ? text : "");
}

static void print_bindings(const struct config *config, FILE *out)
{
    const char *action, *keys, *origin;
    for (size_t i = 0; config_key_binding(config, i, &action, &keys, &origin); i++) {
        fprintf(out, "%s = %s\n", action, keys);
    }
}

/* What the user's own sections hold; they are the last lines of theirs. */
static void print_entries(const struct config *config, const char *section, FILE *out)
{
    for (int i = 0; i < CONFIG_LISTS; i++) {
        struct config_entry entry;
        bool is_it = strcmp(config_list_section((enum config_list)i), section) == 0;
        for (size_t j = 0; is_it && config_entry(config, (enum config_list)i, j, &entry); j++) {
            fprintf(out, "%s = %s\n", entry.name, entry.value);
        }
    }
    struct config_entry price;
    bool alerts = strcmp(section, "alerts") == 0;
    for (size_t j = 0; alerts && config_entry(config, CONFIG_PRICES, j, &price); j++) {
        fprintf(out, "price.%s = %s\n", price.name, price.value);
    }
}

/* Of several that are in force: what each has of its own stands in none of the keys. */
static void print_profiles(const struct config *config, FILE *out)
{
    const char *profile, *name, *value;
    bool several = config_profile(config, 1) != NULL;
    for (size_t i = 0; several && (profile = config_profile(config, i)) != NULL; i++) {
        fprintf(out, "\n[profile.%s]\n", profile);
        for (size_t j = 0; config_profile_pair(config, profile, j, &name, &value); j++) {
            fprintf(out, "%s = %s\n", name, value);
        }
    }
}

/* The default file is the form; only the values change. */
void config_print(const struct config *config, FILE *out)
{
    size_t len;
    const char *line = config_default_file(&len), *end = line + len;
    char section[NAME_BYTES] = "";
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((stop != NULL ? stop : end) - line);
        enum config_id id = CONFIG_TOTAL;
        if (line_len > 0 && *line != '#' && !section_of(line, line_len, section, sizeof section)) {
            id = key_of(section, line, line_len);
        }
        if (line_len == 0) {
            print_entries(config, section, out); /* such a section is one paragraph */
        }
        if (id != CONFIG_TOTAL) {
            print_value(config, id, out);
        } else {
            fprintf(out, "%.*s\n", (int)line_len, line);
        }
        line += line_len + 1;
    }
    print_bindings(config, out);
    print_profiles(config, out);
}
