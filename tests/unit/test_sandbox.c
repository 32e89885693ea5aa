/*
 * The walls hold: each case runs in a child that enters the sandbox and tries one thing. What is
 * forbidden ends it by SIGSYS; what the parser needs, it can do.
 */
#include "lib/array.h"
#include "parser/unpack.h"
#include "sandbox_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define KILLED 256 /* ended by SIGSYS */

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
		const struct error *error = enter(&facts);
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

static int try_dup3(void)
{
	return outcome(dup3(file, STDERR_FILENO, 0));
}

static int try_chmod(void)
{
	return outcome(fchmod(file, 0777));
}

static int try_mmap_file(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	return outcome(page == MAP_FAILED ? -1 : 0);
}

static int try_mmap_read_only(void)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(page == MAP_FAILED ? -1 : 0);
}

static int try_mprotect(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(mprotect(page, 4096, PROT_READ));
}

static int try_mremap_fixed(void)
{
	void *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	page = mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)page + 4096);
	return outcome(page == MAP_FAILED ? -1 : 0);
}

static int try_madvise(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return outcome(madvise(page, 4096, MADV_MERGEABLE));
}

static int try_fstat(void)
{
	struct stat facts;

	return outcome(fstat(file, &facts));
}

static int try_ioctl(void)
{
	return outcome(isatty(STDERR_FILENO) - 1);
}

static int try_getfl(void)
{
	return outcome(fcntl(file, F_GETFL));
}

static int try_setfd(void)
{
	return outcome(fcntl(file, F_SETFD, 0));
}

static int try_truncate(void)
{
	return outcome(ftruncate(file, 8));
}

static int try_pwrite(void)
{
	return outcome((int)pwrite(file, "abcd", 4, 0));
}

static int try_writev(void)
{
	const struct iovec part = {"abcd", 4};

	return outcome((int)writev(file, &part, 1));
}

static int try_read(void)
{
	char byte;

	return outcome((int)read(file, &byte, 1));
}

static int try_readv(void)
{
	char bytes[4];
	const struct iovec part = {bytes, 4};

	return outcome((int)readv(file, &part, 1));
}

static int try_copy_range(void)
{
	return outcome((int)copy_file_range(file, NULL, socket_end, NULL, 1, 0));
}

/* A descriptor could leave by it. */
static int try_sendmsg(void)
{
	struct iovec part = {"x", 1};
	const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	return outcome((int)sendmsg(socket_end, &message, MSG_NOSIGNAL));
}

static int try_send_to_address(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/x"};

	return outcome((int)sendto(socket_end, "x", 1, MSG_NOSIGNAL,
				   (const struct sockaddr *)&address, sizeof address));
}

static int try_send_urgent(void)
{
	return outcome((int)send(socket_end, "x", 1, MSG_OOB));
}

static int try_recv(void)
{
	char byte;

	return outcome((int)recv(socket_end, &byte, 1, 0));
}

static int try_recvmsg_plain(void)
{
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	return outcome((int)recvmsg(socket_end, &message, 0));
}

static int try_futex_wait(void)
{
	uint32_t word = 0;

	return outcome((int)syscall(SYS_futex, &word, 128, 1, NULL, NULL, 0));
}

/* The limit of processor time tells its end by a signal, which nobody may keep away. */
static int try_sigaction(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	return outcome(sigaction(SIGXCPU, &ignore, NULL));
}

static int try_sigprocmask(void)
{
	sigset_t all;

	sigfillset(&all);
	return outcome(sigprocmask(SIG_BLOCK, &all, NULL));
}

static int try_setrlimit(void)
{
	const struct rlimit most = {RLIM_INFINITY, RLIM_INFINITY};

	return outcome(setrlimit(RLIMIT_CPU, &most));
}

static int try_real_timer(void)
{
	const struct itimerval second = {.it_value = {.tv_sec = 100}};

	return outcome(setitimer(ITIMER_REAL, &second, NULL));
}

static int try_timer_create(void)
{
	timer_t timer;

	return outcome((int)syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &timer));
}

static int try_getpid(void)
{
	return outcome((int)syscall(SYS_getpid));
}

static int try_thread_exit(void)
{
	return outcome((int)syscall(SYS_exit, 0));
}

static int try_prctl(void)
{
	return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int try_unshare(void)
{
	return outcome(unshare(CLONE_NEWUSER));
}

/* ---- needed ---- */

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
    {"dup3", try_dup3, KILLED},
    {"fchmod", try_chmod, KILLED},
    {"mmap of a file", try_mmap_file, KILLED},
    {"mmap to read alone", try_mmap_read_only, KILLED},
    {"mprotect", try_mprotect, KILLED},
    {"mremap to a place", try_mremap_fixed, KILLED},
    {"madvise", try_madvise, KILLED},
    {"fstat", try_fstat, KILLED},
    {"ioctl", try_ioctl, KILLED},
    {"fcntl(F_GETFL)", try_getfl, KILLED},
    {"fcntl(F_SETFD)", try_setfd, KILLED},
    {"ftruncate", try_truncate, KILLED},
    {"pwrite", try_pwrite, KILLED},
    {"writev", try_writev, KILLED},
    {"read", try_read, KILLED},
    {"readv", try_readv, KILLED},
    {"copy_file_range", try_copy_range, KILLED},
    {"sendmsg", try_sendmsg, KILLED},
    {"sendto with an address", try_send_to_address, KILLED},
    {"send with another flag", try_send_urgent, KILLED},
    {"recv", try_recv, KILLED},
    {"recvmsg without its flag", try_recvmsg_plain, KILLED},
    {"futex(FUTEX_WAIT)", try_futex_wait, KILLED},
    {"sigaction", try_sigaction, KILLED},
    {"sigprocmask", try_sigprocmask, KILLED},
    {"setrlimit", try_setrlimit, KILLED},
    {"setitimer(ITIMER_REAL)", try_real_timer, KILLED},
    {"timer_create", try_timer_create, KILLED},
    {"getpid", try_getpid, KILLED},
    {"exit", try_thread_exit, KILLED},
    {"prctl", try_prctl, KILLED},
    {"unshare", try_unshare, KILLED},
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
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, set_up, NULL);
}
