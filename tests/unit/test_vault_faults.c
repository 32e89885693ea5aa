/* Whatever the system refuses while archives are kept, read or erased: it is said, the next time
 * mends it, and what was kept is whole. */
#include "lib/array.h"
#include "vault_scene.h"

#include "capture.h"
#include "lib/sha256.h"

/* --- keeping --- */

/* The text of a descriptor without a name, which is what a drop is copied into. */
static int scratch(struct vault *opened, const char *text)
{
	int fd;

	assert_null(vault_scratch(opened, &fd));
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static int drop;

static void keep_prepare(void)
{
	room = open_room();
	remove_kept(room);
	/* What a killed run left under both names is in nobody's way. */
	close(openat(fixture->root.fd, "var/tmp/depot-0", O_CREAT | O_WRONLY, 0600));
	drop = scratch(room, texts[0]);
}

static const struct error *keep_drop(void)
{
	char hex[SHA256_HEX_SIZE];
	const struct error *failed;

	hash_of(texts[0], hex);
	failed = vault_prepare(room, drop, 0);
	if (failed == NULL)
		failed = vault_keep(room, 0, hex);
	if (failed == NULL)
		failed = vault_sync(room);
	return failed;
}

static void keep_play(void)
{
	errno = EEXIST; /* of some earlier call */
	err = keep_drop();
}

static void keep_check(void)
{
	assert_said();
	if (err != NULL || state_of(room, 0) != VAULT_SOUND) {
		assert_non_null(err);
		close(drop); /* the next night copies it again */
		drop = scratch(room, texts[0]);
		err = keep_drop();
		if (err != NULL)
			fail_msg("%s after %s, errno %d", err->message, fault.call, fault.number);
	}
	assert_int_equal(state_of(room, 0), VAULT_SOUND);
	assert_read(room, texts[0]);
	vault_discard(room, 0);
	assert_false(exists(fixture, "var/tmp/depot-0"));
	close(drop);
	vault_close(room);
}

static void keeping(void **state)
{
	static const struct fault_scene scene = {keep_prepare, keep_play, keep_check};

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		with_certificate = encrypted;
		fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
	}
}

/* Some file systems say only at the end that there is no room. */
static void closing(void **state)
{
	(void)state;
	with_certificate = true;
	keep_prepare();
	fault = (struct fault){.call = "close", .number = EDQUOT};
	keep_play();
	fault.over = true;
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	keep_check();
	fault = (struct fault){0};
}

/* The disk is told early of what is large; small files wait for the batch. */
static void hints(void **state)
{
	static const struct {
		off_t size;
		bool hint;
	} cases[] = {{256 * 1024 - 1, false}, {256 * 1024, true}, {1 << 20, true}};

	(void)state;
	with_certificate = false;
	room = open_room();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_null(vault_scratch(room, &drop));
		assert_int_equal(ftruncate(drop, cases[i].size), 0);
		fault_hints = 0;
		assert_null(vault_prepare(room, drop, 0));
		assert_int_equal(fault_hints, cases[i].hint);
		/* Nor of what cannot be measured. */
		fault = (struct fault){.call = "fstat", .number = EIO};
		fault_hints = 0;
		vault_discard(room, 0);
		close(drop);
		assert_null(vault_scratch(room, &drop));
		assert_int_equal(ftruncate(drop, cases[i].size), 0);
		assert_null(vault_prepare(room, drop, 0));
		assert_int_equal(fault_hints, 0);
		fault = (struct fault){0};
		vault_discard(room, 0);
		close(drop);
	}
	vault_close(room);
}

/* The same bytes, kept before. */
static void again_prepare(void)
{
	keep_prepare();
	keep(room, 0, texts[0]);
}

static void keeping_again(void **state)
{
	static const struct fault_scene scene = {again_prepare, keep_play, keep_check};

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		with_certificate = encrypted;
		fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
	}
}

/* --- reading --- */

static int read_fd;

static void read_prepare(void)
{
	keep_prepare();
	keep(room, 0, texts[0]);
	close(drop);
	read_fd = -2;
}

static void read_play(void)
{
	char hex[SHA256_HEX_SIZE], found[64] = "";

	hash_of(texts[0], hex);
	err = vault_read(room, hex, &read_fd);
	if (err != NULL)
		return;
	assert_int_equal(read(read_fd, found, sizeof(found)), (ssize_t)strlen(texts[0]));
	assert_memory_equal(found, texts[0], strlen(texts[0]));
	close(read_fd);
}

static void read_check(void)
{
	assert_said();
	if (err != NULL)
		assert_int_equal(read_fd, -1);
	assert_read(room, texts[0]);
	vault_close(room);
}

static void reading(void **state)
{
	static const struct fault_scene scene = {read_prepare, read_play, read_check};

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		with_certificate = encrypted;
		fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
	}
}

/* Under a descriptor that is 0 too. */
static enum vault_state controlled;

static void control_play(void)
{
	err = NULL;
	controlled = state_of(room, 0);
}

static void control_check(void)
{
	if (fault.count == 0 || fault.number == 0)
		assert_int_equal(controlled, VAULT_SOUND);
	vault_close(room);
}

static void controlling(void **state)
{
	static const struct fault_scene scene = {read_prepare, control_play, control_check};

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		with_certificate = encrypted;
		fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
	}
}

/* Which failure it was: no room for the text, another's key. */
static void reasons(void **state)
{
	static const struct case_data other = {"EC", 0, -1, 1000, NULL, true};
	char *key = mem_printf("%s/cle.pem", fixture->path), hex[SHA256_HEX_SIZE];
	int fd;

	(void)state;
	with_certificate = true;
	read_prepare();
	hash_of(texts[0], hex);
	fault = (struct fault){.call = "openat", .name = "var/tmp", .number = EIO};
	err = vault_read(room, hex, &fd);
	assert_int_equal(fault.count, 1);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	err = vault_scratch(room, &fd);
	assert_non_null(err);
	assert_int_equal(fd, -1);
	fault = (struct fault){0};
	/* It cannot be opened again by somebody who may only read it. */
	fault = (struct fault){.call = "openat", .name = "/proc/self/fd", .number = EIO};
	err = vault_read(room, hex, &fd);
	assert_int_equal(fault.count, 1);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_int_equal(fd, -1);
	fault = (struct fault){0};
	vault_close(room);
	make_certificate(fixture, &other);
	assert_null(vault_open_reader(&fixture->root, key, &room));
	fault = (struct fault){.call = "openat", .name = "var/tmp", .once = true};
	err = vault_read(room, hex, &fd);
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
	assert_int_equal(open("/dev/null", O_RDONLY), 0); /* it was closed again */
	assert_non_null(err);
	assert_int_equal(err->code, ERR_DATA);
	assert_int_equal(fd, -1);
	vault_close(room);
	free(key);
}

/* A leftover that comes again as soon as it is removed. */
static void leftover_that_stays(void **state)
{
	(void)state;
	with_certificate = false;
	keep_prepare();
	fault = (struct fault){.call = "linkat", .number = EEXIST};
	keep_play();
	assert_int_equal(fault.count, 2);
	fault.over = true;
	assert_non_null(err);
	assert_non_null(strstr(err->message, "depot-0"));
	keep_check();
	fault = (struct fault){0};
}

/* A leftover that cannot be removed: the reason is told, not that it is there. */
static void leftover_that_is_held(void **state)
{
	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		with_certificate = encrypted;
		keep_prepare();
		fault = (struct fault){.call = "unlinkat", .name = "depot-0", .number = EIO};
		keep_play();
		fault.over = true;
		assert_non_null(err);
		assert_non_null(strstr(err->message, error_words(EIO)));
		keep_check();
		fault = (struct fault){0};
	}
}

/* A file that could be made, under descriptor 0, is not taken for a leftover. */
static void made_at_once(void **state)
{
	unsigned before;

	(void)state;
	with_certificate = true;
	keep_prepare();
	vault_discard(room, 0);
	before = fault_descriptors();
	fault = (struct fault){.call = "openat", .name = "depot-0", .once = true};
	errno = EEXIST;
	assert_null(vault_prepare(room, drop, 0));
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
	assert_int_equal(open("/dev/null", O_RDONLY), 0);
	assert_int_equal(fault_descriptors(), before);
	vault_discard(room, 0);
	close(drop);
	vault_close(room);
}

/* Of two failures the first is told. */
static void encrypted_and_closed(void **state)
{
	int unreadable = open("/dev/null", O_WRONLY);

	(void)state;
	with_certificate = true;
	room = open_room();
	fault = (struct fault){.call = "close", .number = EDQUOT};
	err = vault_prepare(room, unreadable, 0);
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
	assert_non_null(err);
	assert_non_null(strstr(err->message, "chiffrement d'une archive conservée"));
	vault_discard(room, 0);
	vault_close(room);
	close(unreadable);
}

/* A folder is made once, whatever comes to lie in it. */
static void folder_once(void **state)
{
	(void)state;
	with_certificate = false;
	keep_prepare();
	close(drop);
	fault = (struct fault){.call = "mkdirat", .number = EIO, .skip = 1};
	keep(room, 0, texts[0]);
	remove_kept(room);
	keep(room, 0, texts[0]);
	assert_int_equal(fault.skip + fault.count, 0);
	fault = (struct fault){0};
	remove_kept(room);
	vault_close(room);
}

/* The hash of an encrypted file is its own, whichever was prepared before it is kept. */
static void hashes_by_number(void **state)
{
	char hex[SHA256_HEX_SIZE];

	(void)state;
	with_certificate = true;
	keep_prepare();
	close(drop);
	prepare(room, 40, texts[0]);
	prepare(room, 2, texts[1]);
	prepare(room, 3, texts[2]);
	vault_discard(room, 3);
	hash_of(texts[0], hex);
	assert_null(vault_keep(room, 40, hex));
	hash_of(texts[1], hex);
	assert_null(vault_keep(room, 2, hex));
	assert_int_equal(state_of(room, 0), VAULT_SOUND);
	assert_int_equal(state_of(room, 1), VAULT_SOUND);
	remove_kept(room);
	vault_close(room);
}

/* A room that is closed leaves nothing in memory. */
static void closed_room(void **state)
{
	size_t memory = 0;

	(void)state;
	name_certificate(fixture, "aucun");
	for (int i = 0; i < 3; i++) {
		memory = fault_memory();
		assert_null(vault_open(&fixture->root, DATE, &room));
		vault_close(room);
	}
	assert_int_equal(fault_memory(), memory);
}

/* --- erasing --- */

static void erase_prepare(void)
{
	keep_prepare();
	close(drop);
	for (size_t i = 0; i < FILES; i++)
		keep(room, i, texts[i]);
}

static void erase_play(void)
{
	char hex[SHA256_HEX_SIZE];

	hash_of(texts[1], hex);
	err = vault_erase(room, hex);
}

static void erase_check(void)
{
	assert_said();
	if (err != NULL) {
		assert_int_equal(err->code, ERR_CANT_WRITE);
		erase_play();
	}
	if (err != NULL)
		fail_msg("%s", err->message);
	assert_int_equal(state_of(room, 0), VAULT_SOUND);
	assert_int_equal(state_of(room, 1), VAULT_MISSING);
	assert_int_equal(state_of(room, 2), VAULT_SOUND);
	vault_close(room);
}

static void erasing(void **state)
{
	static const struct fault_scene scene = {erase_prepare, erase_play, erase_check};

	(void)state;
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		with_certificate = encrypted;
		fault_sweep(&scene, numbers, ARRAY_SIZE(numbers));
	}
	assert_string_equal(fixture_rows(fixture, "SELECT count(*) FROM chiffres"), "2\n");
}

/* --- single answers --- */

/* What cannot be looked at is not absent. */
static void forms(void **state)
{
	char hex[SHA256_HEX_SIZE];

	(void)state;
	with_certificate = false;
	room = open_room();
	hash_of("absent", hex);
	assert_int_equal(vault_form(room, hex), VAULT_ABSENT);
	for (unsigned skip = 0; skip < 2; skip++) {
		fault = (struct fault){.call = "faccessat", .number = EACCES, .skip = skip};
		assert_int_equal(vault_form(room, hex), skip == 0 ? VAULT_PLAIN : VAULT_ENCRYPTED);
	}
	fault = (struct fault){0};
	vault_close(room);
	with_certificate = true;
	room = open_room();
	assert_false(vault_readable(room, hex)); /* a key does not make it be there */
	vault_close(room);
	assert_null(vault_open_reader(&fixture->root, NULL, &room)); /* nor need there be one */
	assert_int_equal(vault_form(room, hex), VAULT_ABSENT);
	assert_null(vault_set_key(room, NULL));
	assert_false(vault_readable(room, hex));
	vault_close(room);
	err = vault_open_reader(&fixture->root, "absente.pem", &room);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_DATA);
	assert_null(room);
}

/* Each encrypted file says for itself whether it is what was kept under that name. */
static void exchanged(void **state)
{
	char *first = kept(texts[0], ".cms"), *second = kept(texts[1], ".cms"),
	     hex[SHA256_HEX_SIZE];
	int fd;

	(void)state;
	with_certificate = true;
	keep_prepare();
	close(drop);
	keep(room, 0, texts[0]);
	keep(room, 1, texts[1]);
	assert_int_equal(renameat(fixture->root.fd, second, fixture->root.fd, first), 0);
	assert_int_equal(state_of(room, 0), VAULT_ALTERED);
	assert_int_equal(state_of(room, 1), VAULT_MISSING);
	hash_of(texts[0], hex);
	err = vault_read(room, hex, &fd);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_FAULT);
	assert_int_equal(fd, -1);
	remove_kept(room);
	vault_close(room);
	free(first);
	free(second);
}

/* Bytes that cannot be read to their end are not sound, though those before it are, and nobody
 * altered them; nor are plain ones under the name of encrypted ones, of which no row speaks. */
static void doubtful_bytes(void **state)
{
	char *plain = kept(texts[0], ""), *encrypted = kept(texts[0], ".cms");

	(void)state;
	with_certificate = false;
	read_prepare();
	fault = (struct fault){.call = "pread", .number = EIO, .skip = 1};
	assert_int_equal(state_of(room, 0), VAULT_MISSING);
	assert_int_equal(fault.count, 1);
	fault = (struct fault){0};
	assert_int_equal(state_of(room, 0), VAULT_SOUND);
	assert_int_equal(renameat(fixture->root.fd, plain, fixture->root.fd, encrypted), 0);
	assert_int_equal(state_of(room, 0), VAULT_ALTERED);
	remove_kept(room);
	vault_close(room);
	free(plain);
	free(encrypted);
}

/* What is said while the room is opened. */
static char *said_of_end(long days)
{
	const struct case_data ec = {"EC", 0, -1, days, NULL, true};
	struct vault *opened;

	make_certificate(fixture, &ec);
	name_certificate(fixture, "certificat.pem");
	capture_begin(stderr);
	assert_null(vault_open(&fixture->root, DATE, &opened));
	vault_close(opened);
	return capture_end();
}

/* A certificate that ends within thirty days is told of, with its day. */
static void near_end(void **state)
{
	static const struct {
		long days;
		const char *day; /* NULL: nothing is said */
	} cases[] = {{0, "2026-03-02"}, {30, "2026-04-01"}, {31, NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *said = said_of_end(cases[i].days);

		if (cases[i].day == NULL)
			assert_string_equal(said, "");
		else
			assert_non_null(strstr(said, cases[i].day));
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_ROOM(keeping),	     WITH_ROOM(closing),
	    WITH_ROOM(hints),	     WITH_ROOM(keeping_again),
	    WITH_ROOM(reading),	     WITH_ROOM(controlling),
	    WITH_ROOM(reasons),	     WITH_ROOM(leftover_that_stays),

	    WITH_ROOM(erasing),

	    WITH_ROOM(forms),	     WITH_ROOM(exchanged),
	    WITH_ROOM(near_end),     WITH_ROOM(leftover_that_is_held),
	    WITH_ROOM(made_at_once), WITH_ROOM(encrypted_and_closed),
	    WITH_ROOM(folder_once),  WITH_ROOM(hashes_by_number),
	    WITH_ROOM(closed_room),  WITH_ROOM(doubtful_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
