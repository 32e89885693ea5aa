/* A root in a temporary folder, just enough of it for what takes the ASP's files. */
#ifndef SEGUR_TESTS_ROOT_FIXTURE_H
#define SEGUR_TESTS_ROOT_FIXTURE_H

#include "asp/reference.h"
#include "files_gen.h"
#include "lib/buf.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "store/root.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static inline void fixture_open(struct root *root)
{
	char path[] = "/tmp/segur-test-XXXXXX";
	char *database;
	sqlite3_stmt *stmt;

	assert_non_null(mkdtemp(path));
	*root = (struct root){.path = mem_strdup(path), .lock = -1};
	root->conf.reference_octets = 1 << 20;
	root->conf.perte_insee = 2;
	root->conf.insee_octets = 1 << 30;
	root->fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(root->fd >= 0);
	assert_int_equal(mkdirat(root->fd, "var", 0700), 0);
	assert_int_equal(mkdirat(root->fd, "var/references", 0700), 0);
	assert_null(sha256_setup());
	database = mem_printf("%s/var/segur.db", path);
	assert_null(store_open(database, &root->store));
	free(database);
	stmt = store_stmt(root->store, SQL_NUIT_INSERT);
	bind_text(stmt, NUIT_INSERT_P_DATE, "2026-03-02");
	bind_text(stmt, NUIT_INSERT_P_PROGRAMME, "1");
	bind_text(stmt, NUIT_INSERT_P_REGLES, "1");
	bind_int(stmt, NUIT_INSERT_P_FORCEE, 0);
	store_run(root->store, stmt);
	assert_null(store_error(root->store));
}

static inline int fixture_remove(const char *path, const struct stat *status, int type,
				 struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void fixture_close(struct root *root)
{
	store_close(root->store);
	close(root->fd);
	assert_int_equal(nftw(root->path, fixture_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(root->path);
}

/* A file that holds these bytes and has no name. */
static inline int fixture_bytes(const char *bytes, size_t length)
{
	int fd = memfd_create("test", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* A drop of the ASP; the caller closes its descriptor. */
static inline struct asp_file fixture_file(const char *name, const char *text)
{
	return (struct asp_file){.name = name,
				 .fd = fixture_bytes(text, strlen(text)),
				 .size = strlen(text),
				 .received_at = "2026-03-02T01:00:00Z",
				 .source = "1-1.000000000",
				 .night_id = 1};
}

/* What a query gives on a connection of its own: cells with `|`, rows with a line end. */
static inline char *fixture_query(const struct root *root, const char *sql)
{
	char *path = mem_printf("%s/var/segur.db", root->path);
	struct buf out = {0};
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			buf_printf(&out, "%s%s", i > 0 ? "|" : "", column_text(stmt, i));
		buf_putc(&out, '\n');
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	free(path);
	return buf_take(&out);
}

static inline void assert_query(const struct root *root, const char *sql, const char *expected)
{
	char *found = fixture_query(root, sql);

	assert_string_equal(found, expected);
	free(found);
}

/* The header line of a CSV file that is as its Table Schema says; the caller frees it. */
static inline char *fixture_header(const char *schema)
{
	const struct embedded_file *file = embedded_files;
	struct buf out = {0};

	while (file->path != NULL && strcmp(file->path, schema) != 0)
		file++;
	assert_non_null(file->path);
	for (const char *at = file->text; (at = strstr(at, "{\"name\": \"")) != NULL;) {
		at += strlen("{\"name\": \"");
		buf_printf(&out, "%s%.*s", out.length > 0 ? "," : "", (int)strcspn(at, "\""), at);
	}
	buf_putc(&out, '\n');
	return buf_take(&out);
}

#endif
