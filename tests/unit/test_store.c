#include "lib/array.h"
#include "store/store.h"

#include "core_fixture.h"
#include "sql_names_gen.h"

/* The store's own connection, to ask it for its settings. */
static sqlite3 *own_connection(struct store *store)
{
	return sqlite3_db_handle(store_stmt(store, SQL_SUMMARY_STATUTS));
}

static int64_t pragma(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t value;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, ONLY_COLUMN);
	sqlite3_finalize(stmt);
	return value;
}

static const struct error *reopen(struct fixture *fixture)
{
	char path[64];

	store_close(fixture->root.store);
	snprintf(path, sizeof(path), "%s/segur.db", fixture->path);
	return store_open(path, &fixture->root.store);
}

static void insert_night(struct store *store, const char *date)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_NUIT_INSERT);

	bind_text(stmt, NUIT_INSERT_P_DATE, date);
	bind_text(stmt, NUIT_INSERT_P_PROGRAMME, "1.0");
	bind_text(stmt, NUIT_INSERT_P_REGLES, "regles");
	bind_int(stmt, NUIT_INSERT_P_FORCEE, 0);
	store_run(store, stmt);
}

static const char *nights(struct fixture *fixture)
{
	return fixture_rows(fixture, "SELECT date FROM nuits ORDER BY id");
}

static void migration_and_reopening(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(pragma(fixture->db, "PRAGMA user_version"), SQL_MIGRATION_COUNT);
	insert_night(fixture->root.store, "2026-03-01");
	assert_null(reopen(fixture));
	assert_null(reopen(fixture));
	assert_int_equal(pragma(fixture->db, "PRAGMA user_version"), SQL_MIGRATION_COUNT);
	assert_string_equal(nights(fixture), "2026-03-01\n");
	assert_string_equal(fixture_rows(fixture, "PRAGMA integrity_check"), "ok\n");
	/* Every table checks the types of its values. */
	assert_string_equal(
	    fixture_rows(fixture, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND "
				  "type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'"),
	    "");
	store_close(NULL);
}

static void newer_database(void **state)
{
	struct fixture *fixture = *state;
	char *sql = mem_printf("PRAGMA user_version = %d", SQL_MIGRATION_COUNT + 1);
	const struct error *err;

	fixture_sql(fixture, sql);
	free(sql);
	err = reopen(fixture);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CONFIG);
	assert_null(fixture->root.store);
	assert_int_equal(pragma(fixture->db, "PRAGMA user_version"), SQL_MIGRATION_COUNT + 1);
}

/* A migration that fails leaves nothing of itself behind. */
static void failed_migration(void **state)
{
	struct fixture *fixture = *state;
	char path[64];
	struct store *store;
	const struct error *err;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/autre.db", fixture->path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE mails (x)", NULL, NULL, NULL), SQLITE_OK);
	err = store_open(path, &store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_null(store);
	assert_int_equal(pragma(db, "PRAGMA user_version"), 0);
	assert_int_equal(pragma(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"), 1);
	sqlite3_close(db);
}

static void bad_files(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *name;
		enum error_code code;
	} cases[] = {
	    {"absent/segur.db", ERR_CANT_WRITE},
	    {"lien.db", ERR_CANT_WRITE}, /* a link may lead out of the root */
	    {"segur.conf/segur.db", ERR_CANT_WRITE},
	    {"texte.db", ERR_FAULT},
	};
	char path[80], text[4096];
	FILE *file;

	assert_int_equal(symlinkat("segur.db", fixture->root.fd, "lien.db"), 0);
	snprintf(path, sizeof(path), "%s/texte.db", fixture->path);
	file = fopen(path, "w");
	assert_non_null(file);
	memset(text, 'x', sizeof(text));
	fwrite(text, sizeof(text), 1, file);
	fclose(file);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct store *store;
		const struct error *err;

		snprintf(path, sizeof(path), "%s/%s", fixture->path, cases[i].name);
		err = store_open(path, &store);
		assert_non_null(err);
		assert_int_equal(err->code, cases[i].code);
		assert_null(store);
		assert_memory_equal(err->message, "base de données : ", 18);
	}
}

static void settings(void **state)
{
	struct fixture *fixture = *state;
	sqlite3 *db = own_connection(fixture->root.store);
	sqlite3_stmt *stmt;

	assert_string_equal(fixture_rows(fixture, "PRAGMA journal_mode"), "wal\n");
	assert_int_equal(pragma(db, "PRAGMA synchronous"), 2); /* FULL */
	assert_int_equal(pragma(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma(db, "PRAGMA trusted_schema"), 0);
	assert_true(pragma(db, "PRAGMA busy_timeout") >= 1000);
	/* And in fact: pieces asked for of a request that is not there. */
	store_begin(fixture->root.store);
	stmt = store_stmt(fixture->root.store, SQL_PIECES_DEMANDEES_INSERT);
	bind_int(stmt, PIECES_DEMANDEES_INSERT_P_DEMANDE, 77);
	bind_text(stmt, PIECES_DEMANDEES_INSERT_P_TYPE, "rib");
	store_run(fixture->root.store, stmt);
	assert_non_null(store_commit(fixture->root.store));
	assert_string_equal(fixture_rows(fixture, "SELECT * FROM pieces_demandees"), "");
}

static void binding_and_columns(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;
	char text[] = "2026-03-01";
	sqlite3_stmt *stmt;

	fixture_sql(fixture, fixture_registers);
	fixture_sql(fixture, "DELETE FROM nuits");
	stmt = store_stmt(store, SQL_NUIT_INSERT);
	bind_text(stmt, NUIT_INSERT_P_DATE, text);
	memset(text, 'x', 4); /* the text was copied */
	bind_text(stmt, NUIT_INSERT_P_PROGRAMME, "a");
	bind_text(stmt, NUIT_INSERT_P_REGLES, "b");
	bind_int(stmt, NUIT_INSERT_P_FORCEE, 0);
	store_run(store, stmt);
	assert_int_equal(store_changes(store), 1);
	assert_string_equal(nights(fixture), "2026-03-01\n");
	assert_int_equal(store_last_id(store), pragma(fixture->db, "SELECT max(id) FROM nuits"));
	/* A statement comes back without the bindings of its last use. */
	stmt = store_stmt(store, SQL_ACCES_GET);
	bind_text(stmt, ACCES_GET_P_COMPTE, COMPTE);
	bind_text(stmt, ACCES_GET_P_SIREN, SIREN);
	assert_true(store_step(store, stmt));
	assert_string_equal(column_text(stmt, ACCES_GET_CONTACT), "contact@exemple.fr");
	assert_false(column_null(stmt, ACCES_GET_CONTACT));
	assert_false(store_step(store, stmt));
	stmt = store_stmt(store, SQL_ACCES_GET);
	bind_text(stmt, ACCES_GET_P_COMPTE, COMPTE);
	bind_text(stmt, ACCES_GET_P_SIREN, NULL);
	assert_false(store_step(store, stmt));
	assert_null(store_error(store));
	/* NULL reads as "" and 0. */
	fixture_sql(fixture,
		    "INSERT INTO depots VALUES (1, 1, 'd', 'c', 'a', 5, 'e', 'zip', 'r', '',"
		    " 'OK', 0, NULL, NULL, NULL, NULL, NULL, 's', 'n', 0, 0, NULL)");
	stmt = store_stmt(store, SQL_DEPOT_RECORDED);
	bind_text(stmt, DEPOT_RECORDED_P_COMPTE, "c");
	bind_text(stmt, DEPOT_RECORDED_P_SHA256, "e");
	assert_true(store_step(store, stmt));
	assert_true(column_null(stmt, DEPOT_RECORDED_DEMANDE));
	assert_int_equal(column_int(stmt, DEPOT_RECORDED_DEMANDE), 0);
	assert_string_equal(column_text(stmt, DEPOT_RECORDED_NUMERO), "");
	assert_int_equal(column_int(stmt, DEPOT_RECORDED_ID), 1);
	assert_int_equal(store_get_int(store, SQL_ACCES_COMPTE, COMPTE, 0), 1);
	assert_int_equal(store_get_int(store, SQL_ACCES_COMPTE, "autre", -7), -7);
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), 1);
	store_run_int(store, SQL_DEPOT_RELEASED, 1);
	store_run_int(store, SQL_BANQUES_CLEAR, 5); /* takes no parameter */
	assert_string_equal(
	    fixture_rows(fixture, "SELECT libere, (SELECT count(*) FROM banques) FROM depots"),
	    "1|0\n");
}

/* The first failure sticks until the rollback; what follows it does nothing. */
static void sticky_failure(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;
	const struct error *err;

	insert_night(store, "2026-03-01");
	store_begin(store);
	insert_night(store, "2026-03-02");
	assert_null(store_error(store));
	insert_night(store, NULL); /* NOT NULL */
	err = store_error(store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_memory_equal(err->message, "base de données : ", 18);
	error_set(ERR_USAGE, "une autre erreur");
	insert_night(store, "2026-03-03");
	assert_null(store_stmt(store, SQL_NUIT_INSERT));
	assert_false(store_step(store, NULL));
	bind_text(NULL, NUIT_INSERT_P_DATE, "x");
	bind_int(NULL, NUIT_END_P_NUIT, 1);
	store_run(store, NULL);
	store_run_int(store, SQL_NUIT_END, 1);
	assert_int_equal(store_get_int(store, SQL_BANQUES_COUNT, NULL, -7), -7);
	assert_string_equal(column_text(NULL, NUIT_LATEST_DATE), "");
	assert_int_equal(column_int(NULL, NUIT_LATEST_DATE), 0);
	assert_true(column_null(NULL, NUIT_LATEST_DATE));
	err = store_commit(store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_non_null(strstr(err->message, "NOT NULL"));
	assert_string_equal(nights(fixture), "2026-03-01\n");
	assert_non_null(store_error(store)); /* until it is taken note of */
	store_rollback(store);
	assert_null(store_error(store));
	store_begin(store);
	insert_night(store, "2026-03-04");
	assert_null(store_commit(store));
	assert_string_equal(nights(fixture), "2026-03-01\n2026-03-04\n");
}

static void nested_transactions(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store;

	store_begin(store);
	insert_night(store, "a");
	store_begin(store);
	insert_night(store, "b");
	assert_null(store_commit(store));
	assert_string_equal(nights(fixture), ""); /* only the outermost commits */
	assert_null(store_commit(store));
	assert_string_equal(nights(fixture), "a\nb\n");
	assert_null(store_commit(store)); /* one too many is nothing */

	store_begin(store); /* a dry run: everything goes, however deep */
	store_begin(store);
	insert_night(store, "c");
	assert_null(store_commit(store));
	store_begin(store);
	store_rollback(store);
	assert_string_equal(nights(fixture), "a\nb\n");

	store_begin(store);
	store_begin(store);
	insert_night(store, NULL);
	assert_non_null(store_commit(store)); /* the inner one says it too */
	insert_night(store, "d");
	assert_non_null(store_commit(store));
	assert_string_equal(nights(fixture), "a\nb\n");
	store_rollback(store);
	store_begin(store); /* the depth is back to none */
	insert_night(store, "e");
	assert_null(store_commit(store));
	assert_string_equal(nights(fixture), "a\nb\ne\n");
}

static void locked_database(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store, *second;
	const struct error *err;
	char path[64];
	sqlite3 *db;

	sqlite3_busy_timeout(own_connection(store), 0);
	fixture_sql(fixture, "BEGIN IMMEDIATE");
	store_begin(store);
	insert_night(store, "x");
	err = store_commit(store);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_BUSY);
	store_rollback(store);
	fixture_sql(fixture, "ROLLBACK");
	store_begin(store);
	insert_night(store, "y");
	assert_null(store_commit(store));
	assert_string_equal(nights(fixture), "y\n");

	/* Opening waits, then says the same. */
	snprintf(path, sizeof(path), "%s/neuve.db", fixture->path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	err = store_open(path, &second);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_BUSY);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_null(store_open(path, &second));
	store_close(second);
}

static void *no_memory(int bytes)
{
	(void)bytes;
	return NULL;
}

/* Then SQLite gives not even a connection that would say so. */
static void want_of_memory(void **state)
{
	sqlite3_mem_methods usual, wanting;
	struct store *store;

	(void)state;
	sqlite3_shutdown();
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual), SQLITE_OK);
	wanting = usual;
	wanting.xMalloc = no_memory;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &wanting), SQLITE_OK);
	for (int snapshot = 0; snapshot <= 1; snapshot++) {
		const struct error *err = snapshot ? store_open_snapshot("/tmp/absente.db", &store)
						   : store_open("/tmp/absente.db", &store);

		assert_non_null(err);
		assert_int_equal(err->code, ERR_FAULT);
		assert_null(store);
	}
	sqlite3_shutdown();
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &usual), SQLITE_OK);
}

/* One instant of the database; nothing can be written through it, and nobody waits for it. */
static void snapshot(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->root.store, *reader;
	const struct error *err;
	sqlite3_stmt *stmt;
	char path[64];
	int count = 0;

	insert_night(store, "a");
	snprintf(path, sizeof(path), "%s/segur.db", fixture->path);
	assert_null(store_open_snapshot(path, &reader));
	insert_night(store, "b");
	assert_null(store_error(store));
	for (stmt = store_stmt(reader, SQL_REPLAY_NUITS); store_step(reader, stmt); count++)
		assert_string_equal(column_text(stmt, REPLAY_NUITS_DATE), "a");
	assert_int_equal(count, 1);
	insert_night(reader, "c");
	err = store_error(reader);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	store_close(reader);
	assert_string_equal(nights(fixture), "a\nb\n");

	fixture_sql(fixture, "PRAGMA user_version = 1");
	err = store_open_snapshot(path, &reader);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CONFIG);
	assert_null(reader);
	assert_int_equal(pragma(fixture->db, "PRAGMA user_version"), 1);
	snprintf(path, sizeof(path), "%s/absente.db", fixture->path);
	assert_non_null(store_open_snapshot(path, &reader));
	assert_int_not_equal(access(path, F_OK), 0);
}

static void every_statement_prepares(void **state)
{
	struct fixture *fixture = *state;

	/* Those of a backup run on a database that has its two tables besides. */
	fixture_sql(fixture, sql_statements[SQL_BACKUP_OPEN]);
	for (unsigned i = 0; i < SQL_COUNT; i++)
		if (store_stmt(fixture->root.store, (enum sql_id)i) == NULL)
			fail_msg("%s\n%s", store_error(fixture->root.store)->message,
				 sql_statements[i]);
}

/* Statements that read a whole table, and why they may. */
static const struct {
	enum sql_id id;
	const char *table; /* or its alias, as the query plan names it */
	const char *reason;
} whole_tables[] = {
    {SQL_NUIT_LATEST, "nuits", "one row, the newest"},
    {SQL_VERIFY_COMPTEURS, "compteurs", "a row a status"},
    {SQL_VERIFY_COMPTEURS, "comptes", "verify reads everything"},
    {SQL_SUMMARY_STATUTS, "compteurs", "a row a status"},
    {SQL_SUMMARY_FICHIERS, "fichiers_asp", "a few rows a night"},
    {SQL_SUMMARY_FICHIERS_REFUSED, "f", "a few rows a night"},
    {SQL_REFERENCEMENT_NEAR, "referencements", "some thousand rows, for a number that is wrong"},
    {SQL_BANQUES_COUNT, "banques", "counts a table of some hundred rows"},
    {SQL_ADDRESSES_KEEP, "comptes_asp", "the whole of a file that is about to be replaced"},
    {SQL_ADDRESSES_KEEP_GONE, "r", "the addresses that were replaced, when the file comes"},
    {SQL_ADDRESSES_OF_COMPTES, "o", "what that file said, against what the new one says"},
    {SQL_ADDRESSES_OF_COMPTES_BY_SIREN, "o", "likewise"},
    {SQL_ADDRESSES_OF_OURS, "n", "the whole of the new one"},
    {SQL_ADDRESSES_REMEMBER, "adresses", "the addresses that have just changed"},
    {SQL_ADDRESSES_GONE, "o", "what that file said, against what the new one says"},
    {SQL_ADDRESSES_GIVEN_BACK, "adresses_retirees", "the addresses that were replaced"},
    {SQL_ADDRESSES_ANY, "adresses", "its first row"},
    {SQL_ADDRESSES_FOLLOW_DEMANDES, "a", "the addresses that have just changed"},
    {SQL_REPORT_DEMANDES, "q", "a state report holds every request"},
    {SQL_REPORT_PIECES, "p", "a state report holds every document"},
    {SQL_REPORT_COMPTES, "c", "a state report holds every access"},
    {SQL_REPORT_DROITS, "q", "a state report looks at every request"},
    {SQL_REPORT_COORDONNEES_BANCAIRES, "q", "a state report looks at every request"},
    {SQL_REPORT_TOUCHED, "a", "walks back from what was erased last to the night before"},
    {SQL_REPORT_STATISTIQUES, "compteurs", "a row a status"},
    {SQL_JOURNAL_EVENEMENTS, "e", "gives links to every event of before there was a journal"},
    {SQL_VERIFY_INTEGRITY, "pragma_integrity_check", "verify reads everything"},
    {SQL_VERIFY_FOREIGN_KEYS, "pragma_foreign_key_check", "verify reads everything"},
    {SQL_BACKUP_INTEGRITY, "pragma_integrity_check", "a backup is checked whole"},
    {SQL_BACKUP_PRESENT, "sqlite_master", "has no index, and a few rows"},
    {SQL_GIVEN, "sqlite_sequence", "a row a table that numbers"},
    {SQL_GIVEN_NIGHTS, "nuits", "the newest days, by their index"},
    {SQL_RESTART_SEQUENCE_MAKE, "sqlite_sequence", "a row a table that numbers"},
    {SQL_RESTART_SEQUENCE_SET, "sqlite_sequence", "a row a table that numbers"},
    {SQL_RESTART_DROPS, "reprises", "a row a restoration"},
    {SQL_RESTART_LIST, "r", "a row a restoration"},
    {SQL_RESTART_DUE, "corrections", "what is due has an index"},
    {SQL_RESTART_DUE, "modifications", "what is awaited has an index"},
    {SQL_BACKUP_VERSION, "pragma_user_version", "a number"},
    {SQL_BACKUP_SCHEMA, "sqlite_schema", "has no index, and a few rows"},
    {SQL_BACKUP_SCHEMA_HAS, "sqlite_schema", "has no index, and a few rows"},
    {SQL_BACKUP_FICHIERS_LIST, "sauvegarde_fichiers", "restoring reads everything"},
    {SQL_RESTORE_RETOURS_DUE, "depots", "a restored root gives every answer again"},
    {SQL_RESTORE_RETOURS_ASP_DUE, "fichiers_asp", "a restored root gives every answer again"},
    {SQL_RESTORE_CORRECTIONS_DUE, "corrections", "a restored root gives every answer again"},
    {SQL_RESTORE_MODIFICATIONS_DUE, "modifications", "those that are awaited, by their index"},
    {SQL_MODIFICATIONS_WITHDRAW, "modifications", "those that are awaited, by their index"},
    {SQL_VERIFY_TRIGGERS, "sqlite_schema", "has no index, and a few rows"},
    {SQL_VERIFY_TRIGGER, "sqlite_schema", "has no index, and a few rows"},
    {SQL_VERIFY_JOURNAL, "j", "verify reads everything"},
    {SQL_VERIFY_EVENEMENTS, "e", "verify reads everything"},
    {SQL_VERIFY_STATUTS, "q", "verify reads everything"},
    {SQL_VERIFY_SUSPENDED, "q", "verify reads everything"},
    {SQL_VERIFY_ARCHIVES, "d", "verify reads everything"},
    {SQL_VERIFY_ARCHIVES, "p", "verify reads everything"},
    {SQL_VERIFY_EVENEMENTS_COUNT, "evenements", "verify reads everything"},
    {SQL_VERIFY_DEMANDES_COUNT, "demandes", "verify reads everything"},
    {SQL_VERIFY_DEPOTS_COUNT, "depots", "verify reads everything"},
    {SQL_REPLAY_NUITS, "n", "a replay plays every night"},
    {SQL_REPLAY_PURGE, "x", "a replay needs that nothing was erased; stops at the first"},
    {SQL_REPLAY_REFERENCES, "f", "a replay needs every file; a few rows a night"},
    {SQL_REPLAY_FICHIERS, "fichiers_asp", "a few rows a night"},
    {SQL_REPLAY_ROWS_FICHIERS, "f", "a few rows a night"},
    {SQL_REPLAY_ROWS_RETOURS_ASP, "f", "a few rows a night"},
    {SQL_REPLAY_OUTPUTS_RETOURS_ASP, "fichiers_asp", "a few rows a night"},
};

/* The table that a step of a query plan reads whole, by name or alias; false when it reads none.
 * `made` holds the names of what the plan itself makes: common tables and subqueries. */
static bool reads_whole_table(const char *step, struct buf *made, char table[static 64])
{
	/* The partial indexes hold what is due, or under way, and nothing else. */
	static const char *const due[] = {"_dus", "_en_remise", "_a_liberer", "nuits_ouvertes"};
	static const char *const makers[] = {"CO-ROUTINE ", "MATERIALIZE "};

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (strncmp(step, makers[i], strlen(makers[i])) == 0)
			buf_printf(made, " %s ", step + strlen(makers[i]));
	/* json_each gives what it was given. */
	if (strncmp(step, "SCAN ", 5) != 0 || strstr(step, "CONSTANT ROW") != NULL ||
	    strncmp(step, "SCAN json_each ", 15) == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(due); i++)
		if (strstr(step, due[i]) != NULL)
			return false;
	snprintf(table, 64, " %.*s ", (int)strcspn(step + 5, " "), step + 5);
	if (made->data != NULL && strstr(made->data, table) != NULL)
		return false;
	snprintf(table, 64, "%.*s", (int)strcspn(step + 5, " "), step + 5);
	return true;
}

static bool excepted(enum sql_id id, const char *table, bool *used)
{
	for (size_t i = 0; i < ARRAY_SIZE(whole_tables); i++)
		if (whole_tables[i].id == id && strcmp(whole_tables[i].table, table) == 0)
			return used[i] = true;
	return false;
}

static int column_named(sqlite3_stmt *stmt, const char *name)
{
	for (int i = 0; i < sqlite3_column_count(stmt); i++)
		if (strcmp(sqlite3_column_name(stmt, i), name) == 0)
			return i;
	fail_msg("no column %s", name);
	return -1;
}

/* SQLite numbers columns and parameters as the generator does, and has no others. */
static void names_are_sqlites(void **state)
{
	struct fixture *fixture = *state;
	int columns[SQL_COUNT] = {0}, parameters[SQL_COUNT] = {0};

	fixture_sql(fixture, sql_statements[SQL_BACKUP_OPEN]);
	for (size_t i = 0; i < ARRAY_SIZE(sql_names); i++) {
		const struct sql_name *one = &sql_names[i];
		sqlite3_stmt *stmt = store_stmt(fixture->root.store, one->statement);

		assert_non_null(stmt);
		if (one->parameter)
			assert_int_equal(sqlite3_bind_parameter_index(stmt, one->name),
					 one->number);
		else
			assert_string_equal(sqlite3_column_name(stmt, one->number), one->name);
		++*(one->parameter ? &parameters[one->statement] : &columns[one->statement]);
	}
	for (unsigned i = 0; i < SQL_COUNT; i++) {
		sqlite3_stmt *stmt;

		if (i == SQL_BACKUP_OPEN) /* its tables are there */
			continue;
		stmt = store_stmt(fixture->root.store, (enum sql_id)i);
		if (sqlite3_bind_parameter_count(stmt) != parameters[i] ||
		    (!sql_unnamed[i] && sqlite3_column_count(stmt) != columns[i]))
			fail_msg("not as the generator counts: %s", sql_statements[i]);
	}
}

static void every_statement_uses_an_index(void **state)
{
	struct fixture *fixture = *state;
	bool used[ARRAY_SIZE(whole_tables)] = {false};

	fixture_sql(fixture, sql_statements[SQL_BACKUP_OPEN]);
	for (unsigned i = 0; i < SQL_COUNT; i++) {
		char *sql, table[64];
		struct buf made = {0};
		sqlite3_stmt *stmt;
		int detail;

		if (i == SQL_BACKUP_OPEN)
			continue;
		sql = mem_printf("EXPLAIN QUERY PLAN %s", sql_statements[i]);
		assert_int_equal(sqlite3_prepare_v2(fixture->db, sql, -1, &stmt, NULL), SQLITE_OK);
		detail = column_named(stmt, "detail");
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(stmt, detail);

			if (reads_whole_table(step, &made, table) &&
			    !excepted((enum sql_id)i, table, used))
				fail_msg("%s\n%s", step, sql_statements[i]);
			if (strstr(step, "AUTOMATIC") != NULL)
				fail_msg("%s\n%s", step, sql_statements[i]);
		}
		sqlite3_finalize(stmt);
		buf_free(&made);
		free(sql);
	}
	for (size_t i = 0; i < ARRAY_SIZE(whole_tables); i++)
		if (!used[i])
			fail_msg("needless exception: %s", whole_tables[i].reason);
}

/* A report is streamed: what it must sort is numbers, not rows. */
static void reports_hold_no_rows(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned i = SQL_REPORT_BOUND; i < SQL_REPORT_STATISTIQUES; i++) {
		const char *plan = fixture_plan(fixture, i);

		if (strstr(plan, "TEMP B-TREE FOR ORDER BY") != NULL ||
		    strstr(plan, "TEMP B-TREE FOR RIGHT PART") != NULL)
			fail_msg("%s\n%s", sql_statements[i], plan);
	}
}

/* SQLite does not know an index on an expression again when it can put a value into the expression;
 * it would then walk all that an account ever dropped, or all pieces. */
static void hashes_and_sources_are_searched(void **state)
{
	static const struct {
		enum sql_id id;
		const char *index;
	} cases[] = {
	    {SQL_DEPOT_RECORDED, "depots_sha256 (<expr>=?)"},
	    {SQL_PURGE_NEEDED, "depots_sha256 (<expr>=?)"},
	    {SQL_PURGE_NEEDED, "pieces_sha256 (<expr>=?)"},
	    {SQL_SIGNAL_FICHIERS, "pieces_sha256 (<expr>=?)"},
	    {SQL_DEPOT_ANSWERED, "depots_source (<expr>=?)"},
	    {SQL_DEPOT_HISTORY, "depots_source (<expr>=?)"},
	    {SQL_DEMANDES_SIRET_LIST, "demandes_siren (siren=? AND rowid>?)"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *plan = fixture_plan(fixture, cases[i].id);

		if (strstr(plan, cases[i].index) == NULL)
			fail_msg("« %s » is not in:\n%s", cases[i].index, plan);
	}
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(migration_and_reopening),
	    WITH_STORE(newer_database),
	    WITH_STORE(failed_migration),
	    WITH_STORE(bad_files),
	    WITH_STORE(settings),
	    WITH_STORE(binding_and_columns),
	    WITH_STORE(sticky_failure),
	    WITH_STORE(nested_transactions),
	    WITH_STORE(locked_database),
	    cmocka_unit_test(want_of_memory),
	    WITH_STORE(snapshot),
	    WITH_STORE(every_statement_prepares),
	    WITH_STORE(names_are_sqlites),
	    WITH_STORE(every_statement_uses_an_index),
	    WITH_STORE(hashes_and_sources_are_searched),
	    WITH_STORE(reports_hold_no_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
