/*
 * The SQLite store: opens, migrates, hands out prepared statements by name. SQL lives in
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
 * refused (ERR_CONFIG); a locked one is ERR_BUSY. */
const struct error *store_open(const char *path, struct store **out);
/* Opens a database that is there to read it, all of it as it is at this instant whatever is
 * committed meanwhile; nothing is written or migrated. One of another version: ERR_CONFIG. */
const struct error *store_open_snapshot(const char *path, struct store **out);
void store_close(struct store *store);

/* The statement, reset and with no bindings; it belongs to the store. NULL after a failure, which
 * every function below takes without harm. Two uses of one statement cannot be nested. */
sqlite3_stmt *store_stmt(struct store *store, enum sql_id id);
void bind_text(sqlite3_stmt *stmt, int index,
	       const char *text); /* NULL binds NULL; the text is copied */
void bind_int(sqlite3_stmt *stmt, int index, int64_t value);
bool store_step(struct store *store, sqlite3_stmt *stmt); /* true: there is a row */
void store_run(struct store *store, sqlite3_stmt *stmt);  /* steps to the end, then resets */
/* Column values of the current row; texts live until the next step or reset. NULL reads as "" and
 * 0. */
const char *column_text(sqlite3_stmt *stmt, int column);
int64_t column_int(sqlite3_stmt *stmt, int column);
bool column_null(sqlite3_stmt *stmt, int column);
sqlite3 *store_database(struct store *store); /* for SQLite's own backup */
int64_t store_last_id(struct store *store);
int store_changes(struct store *store);

/* A parameter's number by its name, as ":date", for code that runs several statements; each has it.
 */
int parameter(sqlite3_stmt *stmt, const char *name);
/* Likewise, where some of them have no such parameter: 0 then, which binds nothing. */
int parameter_if_any(sqlite3_stmt *stmt, const char *name);
/* Binds each column of the current row to the parameter that has its name. */
void bind_row(sqlite3_stmt *stmt, sqlite3_stmt *row);

/* Of a statement that has one, and so needs no name for it. */
#define ONLY_COLUMN    0
#define ONLY_PARAMETER 1

/* Shorthands that need no name, as their statement has one parameter or none, and one column at
 * most (asserted). Runs one that takes an integer. */
void store_run_int(struct store *store, enum sql_id id, int64_t value);
/* The column of the first row; `none` when there is no row. The parameter is a text. */
int64_t store_get_int(struct store *store, enum sql_id id, const char *text, int64_t none);
/* Whether a statement that takes two texts, each with its parameter's number, gives a row. */
bool store_has(struct store *store, enum sql_id id, int parameter_1, const char *text_1,
	       int parameter_2, const char *text_2);

/* Transactions nest: only the outermost commits. A dry run opens one around the whole night. */
void store_begin(struct store *store);
/* One that reads only: it sees the database as it stands now, and keeps no one from writing. */
void store_begin_read(struct store *store);
const struct error *store_commit(struct store *store);
void store_rollback(struct store *store); /* of everything open; clears the failure */
/* A step inside a transaction that a row refused by the schema undoes alone: false then, and the
 * transaction goes on as if the step had not been. Any other failure sticks as ever. */
void store_savepoint(struct store *store);
bool store_savepoint_end(struct store *store);
const struct error *store_error(const struct store *store);

/* From here on what is deleted or changed is overwritten in the database file. */
void store_erase_begin(struct store *store);
/* Writes the file anew and empties its log, so that neither holds anything of what was erased;
 * outside any transaction. In bounded memory, with twice the size of the database on the disk
 * (ERR_CANT_WRITE). ERR_BUSY when somebody reads the database. */
const struct error *store_erase_end(struct store *store);

#endif
