/* Our own copy of a drop: its bytes, their number and their hash, whatever is wrong with the drop. */
#include "keep/copy.h"

#include "lib/array.h"
#include "lib/file.h"
#include "vault_fixture.h"

#include <errno.h>

#define BLOCK (128 << 10) /* as much is read at once */
#define LIMIT (5 * BLOCK)

/* A drop of so many bytes, none like those before it. */
static int drop_of(size_t size, uint8_t digest[static SHA256_SIZE])
{
	int fd = memfd_create("drop", MFD_CLOEXEC);
	uint8_t *bytes = mem_block(size + 1);

	assert_true(fd >= 0);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	assert_int_equal(file_write_all(fd, bytes, size), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	sha256_of(bytes, size, digest);
	free(bytes);
	return fd;
}

static void sizes(void **state)
{
	static const size_t whole[] = {0, 1, BLOCK - 1, BLOCK, BLOCK + 1, LIMIT - 1, LIMIT};
	struct fixture *fixture = *state;
	struct vault *room;

	assert_null(vault_open(&fixture->root, DATE, &room));
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		uint8_t digest[SHA256_SIZE], kept[SHA256_SIZE];
		int drop = drop_of(whole[i], digest);
		struct copy copy;

		assert_null(copy_take(room, drop, LIMIT, &copy));
		assert_true(copy.fd >= 0);
		assert_int_equal(copy.size, whole[i]);
		assert_memory_equal(copy.digest, digest, SHA256_SIZE);
		assert_true(sha256_of_file(copy.fd, kept));
		assert_memory_equal(kept, digest, SHA256_SIZE);
		assert_int_equal(lseek(copy.fd, 0, SEEK_END), whole[i]);
		copy_close(&copy);
		assert_int_equal(copy.fd, -1);
		copy_close(&copy);
		close(drop);
	}
	vault_close(room);
}

/* What is longer is not read to its end: one block past the limit is enough to know. */
static void too_long(void **state)
{
	static const size_t more[] = {1, BLOCK, 20 * BLOCK};
	struct fixture *fixture = *state;
	struct vault *room;

	assert_null(vault_open(&fixture->root, DATE, &room));
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		uint8_t digest[SHA256_SIZE];
		int drop = drop_of(LIMIT + more[i], digest);
		struct copy copy;

		assert_null(copy_take(room, drop, LIMIT, &copy));
		assert_in_range(copy.size, LIMIT + 1, LIMIT + BLOCK);
		copy_close(&copy);
		close(drop);
	}
	vault_close(room);
}

/* The drop's own fault is no error of ours: errno tells it. */
static void unreadable(void **state)
{
	struct fixture *fixture = *state;
	int folder = open("/", O_RDONLY | O_CLOEXEC);
	struct vault *room;
	struct copy copy;

	assert_null(vault_open(&fixture->root, DATE, &room));
	assert_null(copy_take(room, folder, LIMIT, &copy));
	assert_int_equal(errno, EISDIR);
	assert_int_equal(copy.fd, -1);
	close(folder);
	vault_close(room);
}

static void no_room(void **state)
{
	struct fixture *fixture = *state;
	uint8_t digest[SHA256_SIZE];
	int drop = drop_of(1, digest);
	const struct error *err;
	struct vault *room;
	struct copy copy;

	assert_null(vault_open(&fixture->root, DATE, &room));
	assert_int_equal(unlinkat(fixture->root.fd, "var/tmp", AT_REMOVEDIR), 0);
	err = copy_take(room, drop, LIMIT, &copy);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CANT_WRITE);
	assert_int_equal(copy.fd, -1);
	close(drop);
	vault_close(room);
}

/* What a parser gets is the same file, and nothing can be written through it. */
static void only_to_read(void **state)
{
	struct fixture *fixture = *state;
	uint8_t digest[SHA256_SIZE];
	int drop = drop_of(10, digest), again;
	struct vault *room;
	struct copy copy;
	char byte = 'x';

	assert_null(vault_open(&fixture->root, DATE, &room));
	assert_null(copy_take(room, drop, LIMIT, &copy));
	again = file_open_again(copy.fd);
	assert_true(again >= 0);
	assert_int_equal(fcntl(again, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(again, F_GETFD), FD_CLOEXEC);
	assert_int_equal(pwrite(again, &byte, 1, 0), -1);
	assert_int_equal(ftruncate(again, 0), -1);
	assert_ptr_equal(mmap(NULL, 1, PROT_WRITE, MAP_SHARED, again, 0), MAP_FAILED);
	assert_int_equal(lseek(again, 0, SEEK_CUR), 0);
	assert_true(sha256_of_file(again, copy.digest));
	assert_memory_equal(copy.digest, digest, SHA256_SIZE);
	close(again);
	copy_close(&copy);
	close(drop);
	vault_close(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(sizes, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(too_long, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(unreadable, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(no_room, room_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(only_to_read, room_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
