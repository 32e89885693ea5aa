/* Inside the walls: what the parser needs it can do, up to its limits. */
#include "attempt_fixture.h"
#include "parser/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/time.h>

static int archives[3];

static int work_on_descriptors(void)
{
	char bytes[4];
	bool good = pread(file, bytes, 4, 0) == 4 && write(file, "abcd", 4) == 4 &&
		    lseek(file, 0, SEEK_SET) == 0 && send(socket_end, "x", 1, MSG_NOSIGNAL) == 1 &&
		    write(STDERR_FILENO, "", 0) == 0 && close(file) == 0;
	return good ? DONE : DENIED;
}

/* Large blocks grow, move, and go; the heap gives back what is free in its middle and at its end. */
static int use_memory(void)
{
	enum { BLOCKS = 4000 };
	char *large = malloc(1u << 20), *small[BLOCKS];
	bool trimmed;

	for (size_t i = 0; i < BLOCKS; i++)
		small[i] = malloc(4000);
	for (size_t size = 2u << 20; large != NULL && size <= 64u << 20; size *= 2) {
		large = realloc(large, size);
		if (large != NULL)
			memset(large + size / 2, 1, size / 2);
	}
	for (size_t i = 0; i < BLOCKS - 1; i++)
		free(small[i]);
	trimmed = large != NULL && malloc_trim(0) == 1;
	free(large);
	free(small[BLOCKS - 1]);
	return trimmed ? DONE : DENIED;
}

/* All of the address space, in blocks of the heap: malloc then says no, and goes on. */
static int use_all_memory(void)
{
	void *first = malloc(1000), *last = first;

	for (size_t i = 0; last != NULL && i < 1u << 20; i++)
		last = malloc(1000);
	if (last != NULL)
		return DENIED;
	free(first);
	last = malloc(1000);
	return last == first ? DONE : DENIED;
}

static int arm_a_timer(void)
{
	const struct itimerval second = {.it_value = {.tv_sec = 100}};

	return outcome(setitimer(ITIMER_PROF, &second, NULL));
}

static int receive_a_descriptor(void)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};
	int sent;

	if (recvmsg(socket_end, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == NULL)
		return DENIED;
	memcpy(&sent, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof sent);
	return pread(sent, &byte, 1, 0) == 1 ? DONE : DENIED;
}

static int log_to_stderr(void)
{
	return fprintf(stderr, "%s", "") >= 0 ? DONE : DENIED;
}

static enum unpack_action on_begin(void *context, const struct unpack_entry *entry)
{
	*(int *)context += entry->name_is_utf8;
	return UNPACK_READ;
}

static void on_data(void *context, const void *bytes, size_t count)
{
	(void)context;
	(void)bytes;
	(void)count;
}

static void on_end(void *context)
{
	*(int *)context += 1;
}

static void on_defect(void *context, enum unpack_defect defect, const char *entry,
		      const char *detail)
{
	(void)context;
	fprintf(stderr, "%d %s %s\n", (int)defect, entry ? entry : "", detail ? detail : "");
}

static int by_value(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Past 1 KiB glibc's qsort asks for the memory that the machine has. */
static int sort_a_large_array(void)
{
	static uint32_t values[(64u << 10) / sizeof(uint32_t)];
	bool sorted = true;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		values[i] = (uint32_t)i * 2654435761u;
	qsort(values, ARRAY_SIZE(values), sizeof values[0], by_value);
	for (size_t i = 1; i < ARRAY_SIZE(values); i++)
		sorted = sorted && values[i - 1] <= values[i];
	return sorted ? DONE : DENIED;
}

/* libarchive must open nothing behind our back: gconv tables, time zones. */
static int unpack_archives(void)
{
	const struct unpack_limits usual = {.total_max = 1u << 20,
					    .entries_max = 10,
					    .window_max = 16u << 20,
					    .allowed_kinds = ~0u,
					    .name_max = 100};
	int calls = 0;
	const struct unpack_visitor visitor = {&calls, on_begin, on_data, on_end, on_defect};

	for (size_t i = 0; i < ARRAY_SIZE(archives); i++) {
		enum archive_kind kind;
		off_t size = lseek(archives[i], 0, SEEK_END);
		if (unpack(archives[i], (uint64_t)size, &usual, &visitor, &kind) != UNPACK_DONE)
			return DENIED;
	}
	return calls == 2 * ARRAY_SIZE(archives) ? DONE : DENIED;
}

/* ---- limits ---- */

static int ask_too_much_memory(void)
{
	void *page =
	    mmap(NULL, 512u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(page == MAP_FAILED ? -1 : 0);
}

static int write_too_much(void)
{
	return outcome(lseek(file, 1u << 20, SEEK_SET) < 0 ? 0 : (int)write(file, "x", 1));
}

static const struct attempt attempts[] = {
    {"work on descriptors", work_on_descriptors, DONE},
    {"memory", use_memory, DONE},
    {"all memory", use_all_memory, DONE},
    {"a timer", arm_a_timer, DONE},
    {"a received descriptor", receive_a_descriptor, DONE},
    {"a log line", log_to_stderr, DONE},
    {"a large sort", sort_a_large_array, DONE},
    {"archives", unpack_archives, DONE},
    {"too much memory", ask_too_much_memory, DENIED},
    {"too large a file", write_too_much, 1000 + SIGXFSZ},
};

static void the_work_is_done(void **state)
{
	(void)state;
	try_each(attempts, ARRAY_SIZE(attempts));
}

/* A .zip, a pax .tar.gz and a .tar.xz, each with one accented name. */
static int made_archive(size_t i)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	if (i == 0)
		archive_write_set_format_zip(archive);
	else
		archive_write_set_format_pax(archive);
	if (i == 1)
		archive_write_add_filter_gzip(archive);
	else if (i == 2)
		archive_write_add_filter_xz(archive);
	archive_write_open_fd(archive, fd);
	archive_entry_set_pathname(entry, "pièce.pdf");
	archive_entry_set_mode(entry, AE_IFREG | 0644);
	archive_entry_set_mtime(entry, 1700000000, 5);
	archive_entry_set_size(entry, 5);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(archive, "%PDF-", 5), 5);
	archive_entry_free(entry);
	archive_write_free(archive);
	return fd;
}

static int set_up(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(archives); i++)
		archives[i] = made_archive(i);
	return open_descriptors(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_work_is_done),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, set_up, NULL);
}
