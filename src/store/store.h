/*
 * The SQLite store: opens, migrates, hands out prepared statements by name. Statements live in
 * schemas/sql alone. WAL, synchronous=FULL, foreign keys on.
 *
 * The first failure sticks: later calls do nothing, steps give no row, and the next store_commit
 * (or store_error) returns it. So callers write straight lines and check once, at the commit.
 */
#ifndef SEGUR_STORE_STORE_H
#define SEGUR_STORE_STORE_H

#include "lib/error.h"
#include "sql_gen.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

/* Opens the database file, created when missing, and migrates it. A database of a newer program is
 * refused (ERR_CONFIG); a locked one is ERR_BUSY. *out is NULL after a failure. */
const struct error *store_open(const char *path, struct store **out);
/* Opens an existing database to read it as it is at this instant, whatever is committed meanwhile.
 * Nothing is written or migrated; another version is ERR_CONFIG. *out is NULL after a failure. */
const struct error *store_open_snapshot(const char *path, struct store **out);
void store_close(struct store *store);

/* The statement, reset and without bindings; it belongs to the store. Its uses do not nest. After a
 * failure it is NULL, which bind_*, parameter* and the functions of the store take without harm.
 * column_* and the `row` of bind_row need a row: call them only after store_step returned true. */
sqlite3_stmt *store_stmt(struct store *store, enum sql_id id);
/* The text is copied; NULL binds NULL. */
void bind_text(sqlite3_stmt *stmt, int index, const char *text);
void bind_int(sqlite3_stmt *stmt, int index, int64_t value);
bool store_step(struct store *store, sqlite3_stmt *stmt); /* true: there is a row */
void store_run(struct store *store, sqlite3_stmt *stmt);  /* steps to the end, then resets */
/* Values of the current row; texts live until the next step or reset. NULL reads as "" and 0. */
const char *column_text(sqlite3_stmt *stmt, int column);
int64_t column_int(sqlite3_stmt *stmt, int column);
bool column_null(sqlite3_stmt *stmt, int column);
sqlite3 *store_database(struct store *store); /* for SQLite's own backup */
int64_t store_last_id(struct store *store);
int store_changes(struct store *store);

/* The number of the parameter ":date", for code that runs several statements; each must have it. */
int parameter(sqlite3_stmt *stmt, const char *name);
/* The same where a statement may lack the parameter: 0 then, which binds nothing. */
int parameter_if_any(sqlite3_stmt *stmt, const char *name);
/* Binds each column of the current row to the parameter that has its name. */
void bind_row(sqlite3_stmt *stmt, sqlite3_stmt *row);

/* The numbers of a statement's only column and only parameter, which need no name. */
#define ONLY_COLUMN    0
#define ONLY_PARAMETER 1

/* Shorthands that need no name, as their statement has one parameter at most and one column at most
 * (asserted). The first binds an integer and runs. */
void store_run_int(struct store *store, enum sql_id id, int64_t value);
/* The column of the first row; `none` when there is no row. The parameter is a text. */
int64_t store_get_int(struct store *store, enum sql_id id, const char *text, int64_t none);
/* Whether a statement that takes two texts, each with its parameter's number, gives a row. */
bool store_has(struct store *store, enum sql_id id, int parameter_1, const char *text_1,
	       int parameter_2, const char *text_2);

/* Transactions nest: only the outermost commits. A dry run opens one around the whole night. */
void store_begin(struct store *store);
/* Begins one that only reads: it sees the database as it is now, and keeps no one from writing. */
void store_begin_read(struct store *store);
const struct error *store_commit(struct store *store);
void store_rollback(struct store *store); /* of everything open; clears the failure */
/* A step inside a transaction. When the schema refuses a row of it, store_savepoint_end undoes the
 * step alone and returns false, and the transaction goes on. Any other failure sticks as ever. */
void store_savepoint(struct store *store);
bool store_savepoint_end(struct store *store);
const struct error *store_error(const struct store *store);

/* From here on what is deleted or changed is overwritten in the database file. */
void store_erase_begin(struct store *store);
/* Writes the database anew and empties its log, so that neither holds anything that was erased;
 * outside any transaction. Memory is bounded; the disk must have room for twice the database (else
 * ERR_CANT_WRITE). ERR_BUSY when somebody reads the database. */
const struct error *store_erase_end(struct store *store);

#endif
