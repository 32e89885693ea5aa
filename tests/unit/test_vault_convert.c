/* What was kept plain is encrypted once there is a certificate: whatever the system refuses
 * meanwhile, each file is whole in one form or the other, and the next time ends it. */
#include "lib/array.h"
#include "vault_scene.h"

static size_t converted;

static void convert_prepare(void)
{
	struct vault *before;

	with_certificate = false;
	before = open_room();
	remove_kept(before);
	for (size_t i = 0; i < FILES; i++)
		keep(before, i, texts[i]);
	vault_close(before);
	with_certificate = true;
	room = open_room();
}

static void convert_play(void)
{
	err = vault_convert(room, false, &converted);
}

static void convert_check(void)
{
	assert_said();
	for (size_t i = 0; i < FILES; i++)
		assert_int_equal(state_of(room, i), VAULT_SOUND);
	if (err != NULL)
		convert_play();
	if (err != NULL)
		fail_msg("%s", err->message);
	for (size_t i = 0; i < FILES; i++) {
		char *plain = kept(texts[i], ""), *encrypted = kept(texts[i], ".cms");

		assert_false(exists(fixture, plain));
		assert_true(exists(fixture, encrypted));
		assert_read(room, texts[i]);
		free(plain);
		free(encrypted);
	}
	assert_false(exists(fixture, "var/tmp/depot-0"));
	assert_null(vault_convert(room, false, &converted));
	assert_int_equal(converted, 0);
	vault_close(room);
}

static void converting(void **state)
{
	static const struct fault_scene scene = {convert_prepare, convert_play, convert_check};

	(void)state;
	fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
}

/* The plain files go when the encrypted ones are on the disk, not before. */
static void converting_in_order(void **state)
{
	(void)state;
	convert_prepare();
	fault = (struct fault){.call = "syncfs", .number = EIO};
	convert_play();
	for (size_t i = 0; i < FILES; i++) {
		char *plain = kept(texts[i], "");

		assert_true(exists(fixture, plain));
		free(plain);
	}
	fault.over = true;
	convert_check();
	fault = (struct fault){0};
}

/* A dry run counts, and changes nothing; without a certificate there is nothing to do. */
static void converting_dry(void **state)
{
	size_t count = 9;

	(void)state;
	convert_prepare();
	assert_null(vault_convert(room, true, &count));
	assert_int_equal(count, FILES);
	for (size_t i = 0; i < FILES; i++) {
		char *plain = kept(texts[i], "");

		assert_true(file_holds(fixture, plain, texts[i]));
		free(plain);
	}
	assert_string_equal(fixture_rows(fixture, "SELECT * FROM chiffres"), "");
	vault_close(room);
	with_certificate = false;
	room = open_room();
	assert_null(vault_convert(room, false, &count));
	assert_int_equal(count, 0);
	vault_close(room);
}

/* How often an encrypting waits for the disk; it must go well. */
static unsigned syncs_of(bool dry_run, size_t *count)
{
	fault = (struct fault){.call = "syncfs", .number = EIO, .skip = 1000};
	assert_null(vault_convert(room, dry_run, count));
	fault.over = true;
	return 1000 - fault.skip;
}

/* More than one batch: each is on the disk before its plain files go, and their going once at the
 * end. What is no folder of the room is passed over. */
static void converting_many(void **state)
{
	const size_t many = 300;
	size_t count = 0;
	char text[16];

	(void)state;
	with_certificate = false;
	room = open_room();
	for (size_t i = 0; i < many; i++) {
		snprintf(text, sizeof(text), "texte %zu", i);
		keep(room, 0, text);
	}
	vault_close(room);
	with_certificate = true;
	room = open_room();
	close(openat(fixture->root.fd, "var/archives/notes", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(syncs_of(true, &count), 0);
	assert_int_equal(count, many);
	assert_int_equal(syncs_of(false, &count), 3);
	assert_int_equal(count, many);
	assert_string_equal(fixture_rows(fixture, "SELECT count(*) FROM chiffres"), "300\n");
	for (size_t i = 0; i < many; i++) {
		char *plain;

		snprintf(text, sizeof(text), "texte %zu", i);
		plain = kept(text, "");
		assert_false(exists(fixture, plain));
		free(plain);
	}
	assert_read(room, "texte 299");
	assert_int_equal(syncs_of(false, &count), 0);
	assert_int_equal(count, 0);
	fault = (struct fault){0};
	vault_close(room);
}

/* Bytes that are no more what their name says stay as they are, and are said; so is a folder that
 * leads elsewhere. */
static void converting_altered(void **state)
{
	char *altered = kept(texts[1], "");
	size_t count = 0;

	(void)state;
	convert_prepare();
	assert_int_equal(unlinkat(fixture->root.fd, altered, 0), 0);
	close(openat(fixture->root.fd, altered, O_CREAT | O_WRONLY, 0600));
	err = vault_convert(room, false, &count);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_non_null(strstr(err->message, "empreinte"));
	assert_true(exists(fixture, altered));
	assert_int_equal(unlinkat(fixture->root.fd, altered, 0), 0);
	assert_int_equal(symlinkat("../tmp", fixture->root.fd, "var/archives/zz"), 0);
	assert_non_null(vault_convert(room, false, &count));
	vault_close(room);
	free(altered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_ROOM(converting),	WITH_ROOM(converting_in_order), WITH_ROOM(converting_dry),
	    WITH_ROOM(converting_many), WITH_ROOM(converting_altered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
