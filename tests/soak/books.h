/*
 * books: does what --snapshot printed equal the tables of the server's database? They are read by
 * SQL here, past everything that the server does with them.
 */
#ifndef BLOTTER_TESTS_BOOKS_H
#define BLOTTER_TESTS_BOOKS_H

#include <sqlite3.h>
#include <stdbool.h>

/* text: of `--snapshot -o json`. Says on stdout what differs. */
bool books_equal(sqlite3 *db, const char *user, const char *text);

#endif
