/* files: where a backend's files lie, and whether they are fit to be trusted. */
#ifndef BLOTTER_ADAPT_FILES_H
#define BLOTTER_ADAPT_FILES_H

#include "complaints.h"

#include <blotter/adapt/adapt.h>

struct backend_file {
    char *path; /* owned */
    char *text; /* owned; a NUL stands behind it */
    size_t len;
    bool shipped; /* it lies where the program was installed */
};

void backend_file_done(struct backend_file *file);

/*
 * The path of NAME.ini in the user's place, else in the shipped one; NULL when there is none.
 * except (may be NULL) is a path that does not count: a file of the user may be like the shipped
 * one of its name. To be freed.
 */
char *files_find(const char *name, const struct adapt_source *source, const char *except);

/* Whether a user names a file, and not a backend. */
bool files_is_path(const char *name);

/* "…/alpaca.ini" with another ending: "…/alpaca.jq". To be freed. */
char *files_beside(const char *path, const char *ending);

/* The file's name without directory and ending. To be freed. */
char *files_stem(const char *path);

/* Whether there is something at path. */
bool files_exist(const char *path);

/* Reads it. False with the complaint; ret->path is set then too. Takes over path. */
bool backend_file_read(struct backend_file *ret, char *path, const struct adapt_source *source,
                       struct complaints *complaints);

/* Leaves out a mark of UTF-8 at its beginning and the returns at the ends of its lines: jq takes
 * neither. */
void backend_file_make_plain(struct backend_file *file);

#endif
