/* What interrupts a call, or does a part of what was asked, is met in one place. */
#include "lib/file.h"

#include "core_fixture.h"

#include <errno.h>
#include <sys/syscall.h>

/* --- the system --- */

static struct calls {
	unsigned interrupted; /* calls that end before anything was done */
	size_t most;	      /* bytes of one call */
	int failure;	      /* errno of a call that is not interrupted; 0: none */
} calls;

static bool is_stopped(void)
{
	if (calls.interrupted > 0) {
		calls.interrupted--;
		errno = EINTR;
		return true;
	}
	errno = calls.failure;
	return calls.failure != 0;
}

static size_t part(size_t count)
{
	return count < calls.most ? count : calls.most;
}

ssize_t read(int fd, void *bytes, size_t count)
{
	return is_stopped() ? -1 : syscall(SYS_read, fd, bytes, part(count));
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset)
{
	return is_stopped() ? -1 : syscall(SYS_pread64, fd, bytes, part(count), offset);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
	return is_stopped() ? -1 : syscall(SYS_write, fd, bytes, part(count));
}

/* --- the tests --- */

/* A file without a name that holds "0123456789". */
static int make_file(void)
{
	int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	calls = (struct calls){.interrupted = 2, .most = 4};
	assert_int_equal(file_write_all(fd, "0123456789", 10), 0);
	return fd;
}

static void test_blocks(void **state)
{
	int fd = make_file();
	char text[16] = "";
	off_t offset = 0;
	ssize_t got;

	(void)state;
	calls.interrupted = 2;
	for (; (got = file_read_block(fd, text + offset, 3, offset)) > 0; offset += got)
		calls.interrupted = 1;
	assert_int_equal(got, 0);
	assert_string_equal(text, "0123456789");
	assert_int_equal(file_read_block(fd, text, sizeof(text), 2), 4);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 10);
	close(fd);
}

static void test_all(void **state)
{
	int fd = make_file();
	char text[16] = "";

	(void)state;
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	calls.interrupted = 3;
	assert_int_equal(file_read_all(fd, text, 6), 6);
	assert_string_equal(text, "012345");
	assert_int_equal(file_read_all(fd, text, sizeof(text)), 4);
	assert_memory_equal(text, "6789", 4);
	assert_int_equal(file_read_all(fd, text, sizeof(text)), 0);
	close(fd);
}

static void test_failures(void **state)
{
	int fd = make_file();
	char text[16];

	(void)state;
	calls.interrupted = 1;
	calls.failure = EIO;
	assert_int_equal(file_read_block(fd, text, sizeof(text), 0), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(file_read_all(fd, text, sizeof(text)), -1);
	assert_int_equal(errno, EIO);
	calls.failure = ENOSPC;
	assert_int_equal(file_write_all(fd, "0123456789", 10), -1);
	assert_int_equal(errno, ENOSPC);
	calls.failure = 0;
	calls.most = 0;
	assert_int_equal(file_write_all(fd, "0123456789", 10), -1);
	assert_int_equal(errno, EIO);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
