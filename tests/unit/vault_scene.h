/* The room of kept archives while calls of the system fail: what the scenes of its tests share. */
#ifndef SEGUR_VAULT_SCENE_H
#define SEGUR_VAULT_SCENE_H

#include "lib/array.h"
#include "vault_fixture.h"

#include "faults.h"
#include "lib/sha256.h"

#define FILES 3

static struct fixture *fixture;
static const struct error *err;
static const int numbers[] = {EIO, EACCES};
static const char *const texts[FILES] = {"bonjour", "identité", "rib"};

static struct vault *room;
static bool with_certificate; /* of the scene */

static inline struct vault *open_room(void)
{
	struct vault *opened;
	char *key = mem_printf("%s/cle.pem", fixture->path);

	name_certificate(fixture, with_certificate ? "certificat.pem" : "aucun");
	assert_null(vault_open(&fixture->root, DATE, &opened));
	assert_null(vault_set_key(opened, key));
	free(key);
	return opened;
}

static inline void remove_kept(struct vault *opened)
{
	for (size_t i = 0; i < FILES; i++) {
		char hex[SHA256_HEX_SIZE];

		hash_of(texts[i], hex);
		assert_null(vault_erase(opened, hex));
	}
}

static inline enum vault_state state_of(struct vault *opened, size_t i)
{
	char hex[SHA256_HEX_SIZE];

	hash_of(texts[i], hex);
	return vault_check(opened, hex);
}

/* Whether that call is one without which it cannot go on. */
static inline bool vital(void)
{
	static const char *const calls[] = {"openat", "linkat", "renameat", "mkdirat", "syncfs"};

	for (size_t i = 0; i < ARRAY_SIZE(calls) && fault.count > 0 && fault.number != 0; i++)
		if (strcmp(fault.call, calls[i]) == 0)
			return true;
	return false;
}

/* A failure is said; where nothing failed, nothing is. */
static inline void assert_said(void)
{
	if (vital())
		assert_non_null(err);
	if (err != NULL) {
		assert_true(fault.count > 0 && fault.number != 0);
		assert_true(err->code == ERR_CANT_WRITE || err->code == ERR_FAULT);
	}
}

static inline int scene_setup(void **state)
{
	static const struct case_data ec = {"EC", 0, -1, 1000, NULL, true};

	room_setup(state);
	fixture = *state;
	make_certificate(fixture, &ec);
	assert_int_equal(sqlite3_exec(store_database(fixture->root.store),
				      "PRAGMA synchronous = OFF", NULL, NULL, NULL),
			 SQLITE_OK);
	return 0;
}

#define WITH_ROOM(test) cmocka_unit_test_setup_teardown(test, scene_setup, fixture_teardown)

#endif
