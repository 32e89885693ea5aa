/*
 * The walls hold: each case runs in a child that enters the sandbox and tries one thing. What is
 * forbidden ends it by SIGSYS; what the parser needs, it can do.
 */
#include "lib/array.h"
#include "parser/sandbox.h"

#include "parser/unpack.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DONE	   0   /* exit codes of a child: its attempt came off, */
#define DENIED	   77  /* was refused without a signal, */
#define NO_SANDBOX 78  /* or never began */
#define KILLED	   256 /* ended by SIGSYS */

static const struct sandbox_limits limits = {.address_space = 256u << 20, .file_size = 1u << 20};
static int socket_end, file, archives[3];

static int outcome(int rc)
{
	return rc < 0 ? DENIED : DONE;
}

/* Runs `attempt` inside, in a child. */
static int inside(int (*attempt)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct sandbox_facts facts;
		const struct error *error = sandbox_enter(&limits, &facts);
		if (error != NULL)
			fprintf(stderr, "%s\n", error->message);
		_exit(error != NULL ? NO_SANDBOX : attempt());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- forbidden ---- */

static int try_open(void)
{
	return outcome(open("/etc/hostname", O_RDONLY | O_CLOEXEC));
}

static int try_old_open(void)
{
#ifdef SYS_open
	return outcome((int)syscall(SYS_open, "/etc/hostname", O_RDONLY));
#else
	return try_open();
#endif
}

static int try_stat(void)
{
	struct stat facts;

	return outcome(stat("/etc/hostname", &facts));
}

static int try_unlink(void)
{
	return outcome(unlink("/nonexistent"));
}

static int try_socket(void)
{
	return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_connect(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/x"};

	return outcome(connect(socket_end, (const struct sockaddr *)&address, sizeof address));
}

static int try_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return outcome(child);
}

static int try_exec(void)
{
	char *const arguments[] = {NULL};

	return outcome(execve("/bin/true", arguments, arguments));
}

static int try_mmap_exec(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(page == MAP_FAILED ? -1 : 0);
}

static int try_mprotect_exec(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int try_memfd(void)
{
	return outcome(memfd_create("x", 0));
}

static int try_kill(void)
{
	return outcome(kill(getppid(), 0));
}

static int try_ptrace(void)
{
	return outcome((int)syscall(SYS_ptrace, 0, 0, 0, 0));
}

static int try_dup_fd(void)
{
	return outcome(fcntl(file, F_DUPFD_CLOEXEC, 0));
}

static int try_chmod(void)
{
	return outcome(fchmod(file, 0777));
}

/* ---- needed ---- */

static int work_on_descriptors(void)
{
	char bytes[4];
	struct stat facts;
	char *memory = malloc(8u << 20);

	if (memory == NULL)
		return DENIED;
	memset(memory, 1, 8u << 20);
	free(memory);
	return pread(file, bytes, 4, 0) == 4 && fstat(file, &facts) == 0 && facts.st_size >= 4 &&
		       pwrite(file, "abcd", 4, 0) == 4 && lseek(file, 0, SEEK_SET) == 0 &&
		       ftruncate(file, 8) == 0 && send(socket_end, "x", 1, 0) == 1 &&
		       write(STDERR_FILENO, "", 0) == 0 && close(file) == 0
		   ? DONE
		   : DENIED;
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
	return read(sent, &byte, 1) == 1 ? DONE : DENIED;
}

static int log_to_stderr(void)
{
	return fprintf(stderr, "%s", "") >= 0 && isatty(STDERR_FILENO) == 0 && errno == ENOTTY
		   ? DONE
		   : DENIED;
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
	void *page = mmap(NULL, 512u << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(page == MAP_FAILED ? -1 : 0);
}

static int write_too_much(void)
{
	return outcome((int)pwrite(file, "x", 1, 1u << 20));
}

static const struct {
	const char *name;
	int (*attempt)(void);
	int expected;
} cases[] = {
    {"open", try_open, KILLED},
    {"open, the old call", try_old_open, KILLED},
    {"stat", try_stat, KILLED},
    {"unlink", try_unlink, KILLED},
    {"socket", try_socket, KILLED},
    {"connect", try_connect, KILLED},
    {"fork", try_fork, KILLED},
    {"execve", try_exec, KILLED},
    {"mmap for execution", try_mmap_exec, KILLED},
    {"mprotect for execution", try_mprotect_exec, KILLED},
    {"memfd_create", try_memfd, KILLED},
    {"kill", try_kill, KILLED},
    {"ptrace", try_ptrace, KILLED},
    {"fcntl(F_DUPFD)", try_dup_fd, KILLED},
    {"fchmod", try_chmod, KILLED},
    {"work on descriptors", work_on_descriptors, DONE},
    {"a timer", arm_a_timer, DONE},
    {"a received descriptor", receive_a_descriptor, DONE},
    {"a log line", log_to_stderr, DONE},
    {"a large sort", sort_a_large_array, DONE},
    {"archives", unpack_archives, DONE},
    {"too much memory", ask_too_much_memory, DENIED},
    {"too large a file", write_too_much, 1000 + SIGXFSZ},
};

static void the_walls_hold(void **state)
{
	(void)state;
#ifdef SEGUR_SANITIZED
	skip();
#endif
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int got = inside(cases[i].attempt);
		if (got != cases[i].expected)
			fail_msg("%s: %d, not %d", cases[i].name, got, cases[i].expected);
	}
}

/* In a sanitizer build Landlock stands alone, and already forbids files. */
static void facts_are_told(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct sandbox_facts facts;
		bool good = sandbox_enter(&limits, &facts) == NULL && facts.landlock_abi >= 1 &&
			    facts.no_new_privs && facts.landlock && facts.rlimits;
#ifdef SEGUR_SANITIZED
		good = good && !facts.seccomp && open("/etc/hostname", O_RDONLY) < 0 &&
		       errno == EACCES;
#else
		good = good && facts.seccomp;
#endif
		_exit(good ? DONE : DENIED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
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
	int ends[2];
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {"x", 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof control};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	(void)state;
	file = memfd_create("file", MFD_CLOEXEC);
	if (write(file, "1234", 4) != 4 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return -1;
	socket_end = ends[0];
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof file);
	memcpy(CMSG_DATA(rights), &file, sizeof file);
	lseek(file, 0, SEEK_SET);
	for (size_t i = 0; i < ARRAY_SIZE(archives); i++)
		archives[i] = made_archive(i);
	return sendmsg(ends[1], &message, 0) == 1 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_walls_hold),
	    cmocka_unit_test(facts_are_told),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, set_up, NULL);
}
