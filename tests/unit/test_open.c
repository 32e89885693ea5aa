/* What fails to open, begin or prepare leaves nothing open; closing it all the same does no harm. */
#include "asp/csv_read.h"
#include "cli/cmd.h"
#include "core_fixture.h"
#include "keep/cms.h"
#include "keep/vault.h"
#include "lib/file.h"
#include "night/night.h"
#include "replay/replay.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#define DATE "2026-03-02"

/* A root as `segur init` makes it. */
struct scene {
	char path[40];
	size_t before; /* open descriptors */
};

static size_t descriptors(void)
{
	DIR *listing = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(listing);
	while (readdir(listing) != NULL)
		count++;
	closedir(listing);
	return count;
}

static int setup(void **state)
{
	struct scene *scene = mem_alloc(sizeof(*scene));

	snprintf(scene->path, sizeof(scene->path), "/tmp/segur-unit-XXXXXX");
	assert_non_null(mkdtemp(scene->path));
	assert_null(root_init(scene->path));
	scene->before = descriptors();
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	nftw(scene->path, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(scene);
	return 0;
}

static void spoil(const struct scene *scene, const char *name, const char *text)
{
	int dir = open(scene->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	assert_null(file_replace(dir, name, text, strlen(text), 0600));
	close(dir);
}

static void sql(const struct scene *scene, const char *statements)
{
	char *path = mem_printf("%s/var/segur.db", scene->path);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, statements, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	free(path);
}

static void assert_left_nothing(const struct scene *scene, const struct error *err,
				enum error_code code)
{
	assert_non_null(err);
	if (err->code != code)
		fail_msg("%d: %s", err->code, err->message);
	assert_int_equal(descriptors(), scene->before);
}

static void assert_root_closed(const struct scene *scene, const struct error *err,
			       struct root *root, enum error_code code)
{
	assert_left_nothing(scene, err, code);
	assert_null(root->path);
	assert_null(root->store);
	root_close(root);
	assert_int_equal(descriptors(), scene->before);
}

static void assert_no_root(const struct scene *scene, const char *path, enum error_code code)
{
	struct root root;

	assert_root_closed(scene, root_open(path, &root), &root, code);
	assert_root_closed(scene, root_open_alone(path, &root), &root, code);
	assert_root_closed(scene, root_open_snapshot(path, &root), &root, code);
	assert_root_closed(scene, cmd_open_alone(path, &root), &root, code);
}

static void roots(void **state)
{
	const struct scene *scene = *state;
	struct root nothing = {0};

	assert_no_root(scene, "/nowhere", ERR_CONFIG);
	assert_no_root(scene, "/tmp", ERR_CONFIG);
	spoil(scene, "segur.conf", "[rien");
	assert_no_root(scene, scene->path, ERR_CONFIG);
	spoil(scene, "segur.conf", "");
	spoil(scene, "var/segur.db",
	      "no database at all, but some bytes that are none of SQLite's");
	assert_no_root(scene, scene->path, ERR_FAULT);
	spoil(scene, "var/secret", "short");
	assert_no_root(scene, scene->path, ERR_CONFIG);
	root_close(&nothing);
	assert_int_equal(descriptors(), scene->before);
}

/* Another process has the lock, until its standard input ends. */
static void locked(void **state)
{
	const struct scene *scene = *state;
	const struct error *err;
	struct root root;
	int wait[2], ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(wait), 0);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		close(wait[1]);
		if (root_open_alone(scene->path, &root) == NULL && write(ready[1], "", 1) == 1)
			(void)!read(wait[0], &byte, 1);
		_exit(0);
	}
	close(wait[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	err = root_open_alone(scene->path, &root);
	close(wait[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_root_closed(scene, err, &root, ERR_BUSY);
}

static void unsealed(void **state)
{
	const struct scene *scene = *state;
	struct root root;

	sql(scene, "DROP TABLE journal");
	assert_root_closed(scene, cmd_open_alone(scene->path, &root), &root, ERR_FAULT);
}

static void prepared(void **state)
{
	const struct scene *scene = *state;
	int fd;

	assert_left_nothing(scene, root_prepare(scene->path, &fd), ERR_DATA);
	assert_int_equal(fd, -1);
	assert_left_nothing(scene, root_prepare("/nowhere/at/all", &fd), ERR_CANT_WRITE);
	assert_int_equal(fd, -1);
}

static void stores(void **state)
{
	const struct scene *scene = *state;
	struct store *store;

	assert_left_nothing(scene, store_open(scene->path, &store), ERR_CANT_WRITE);
	assert_null(store);
	assert_left_nothing(scene, store_open_snapshot("/nowhere/at/all", &store), ERR_CANT_WRITE);
	assert_null(store);
	store_close(store);
}

static void keys_and_certificates(void **state)
{
	const struct scene *scene = *state;
	char *path = mem_printf("%s/segur.conf", scene->path);
	struct private_key *key;
	struct recipient *recipient;

	assert_left_nothing(scene, key_open("/nowhere", &key), ERR_DATA);
	assert_null(key);
	assert_left_nothing(scene, key_open(path, &key), ERR_DATA);
	assert_null(key);
	key_free(key);
	assert_left_nothing(scene, recipient_open(AT_FDCWD, "/nowhere", 0, &recipient), ERR_CONFIG);
	assert_null(recipient);
	assert_left_nothing(scene, recipient_open(AT_FDCWD, path, 0, &recipient), ERR_CONFIG);
	assert_null(recipient);
	recipient_free(recipient);
	free(path);
}

static void tables(void **state)
{
	static const struct csv_column column = {.name = "siret"};
	struct scene *scene = *state;
	struct csv_source source;
	struct anomalies faults = {0};
	int dir = open(scene->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	scene->before++;
	assert_left_nothing(scene, csv_source_open(&source, dir, 4096, &column, 1, &faults),
			    ERR_FAULT);
	assert_null(source.window.data);
	csv_source_close(&source);
	anomalies_free(&faults);
	close(dir);
}

static void begin(struct scene *scene, struct root *root, bool dry_run, enum error_code code)
{
	const struct night_options options = {.date = DATE, .dry_run = dry_run};
	struct night night;

	assert_left_nothing(scene, night_begin(root, &options, &night), code);
	assert_null(night.root);
	assert_null(night.vault);
	night_close(&night);
}

static void nights(void **state)
{
	struct scene *scene = *state;
	struct vault *room;
	struct root root;
	size_t before = scene->before;

	sql(scene, "DROP TABLE nuits");
	assert_null(root_open_alone(scene->path, &root));
	scene->before = descriptors();
	free(root.conf.certificat);
	root.conf.certificat = mem_strdup("segur.conf");
	assert_left_nothing(scene, vault_open(&root, DATE, &room), ERR_CONFIG);
	assert_null(room);
	assert_left_nothing(scene, vault_open_reader(&root, "/nowhere", &room), ERR_DATA);
	assert_null(room);
	vault_close(room);
	begin(scene, &root, false, ERR_CONFIG);
	begin(scene, &root, true, ERR_CONFIG);
	free(root.conf.certificat);
	root.conf.certificat = mem_strdup(NO_CERTIFICATE);
	begin(scene, &root, false, ERR_FAULT);
	begin(scene, &root, true, ERR_FAULT);
	assert_null(store_error(root.store));
	root_close(&root);
	assert_int_equal(descriptors(), before);
}

static void replays(void **state)
{
	struct scene *scene = *state;
	struct replay replay;
	struct root root;
	size_t before = scene->before;

	sql(scene, "INSERT INTO nuits (date, programme, regles) VALUES ('" DATE "', '1', '1')");
	assert_null(root_open_snapshot(scene->path, &root));
	scene->before = descriptors();
	assert_left_nothing(scene, replay_open(&replay, &root, NULL, "2026-03-03", "/nowhere"),
			    ERR_DATA);
	replay_close(&replay);
	assert_left_nothing(scene, replay_open(&replay, &root, "/nowhere", DATE, "/nowhere"),
			    ERR_DATA);
	replay_close(&replay);
	assert_left_nothing(scene, replay_open(&replay, &root, NULL, DATE, scene->path), ERR_DATA);
	assert_null(replay.nights);
	assert_null(replay.archives);
	replay_close(&replay);
	root_close(&root);
	assert_int_equal(descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(roots, setup, teardown),
	    cmocka_unit_test_setup_teardown(locked, setup, teardown),
	    cmocka_unit_test_setup_teardown(unsealed, setup, teardown),
	    cmocka_unit_test_setup_teardown(prepared, setup, teardown),
	    cmocka_unit_test_setup_teardown(stores, setup, teardown),
	    cmocka_unit_test_setup_teardown(keys_and_certificates, setup, teardown),
	    cmocka_unit_test_setup_teardown(tables, setup, teardown),
	    cmocka_unit_test_setup_teardown(nights, setup, teardown),
	    cmocka_unit_test_setup_teardown(replays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
