/*
 * The walls hold: each case runs in a child that enters the sandbox and tries one thing, which is
 * forbidden and ends it by SIGSYS.
 */
#include "attempt_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

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

static const struct attempt attempts[] = {
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
};

static void the_walls_hold(void **state)
{
	(void)state;
	try_each(attempts, ARRAY_SIZE(attempts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_walls_hold),
	};

	return cmocka_run_group_tests(tests, open_descriptors, NULL);
}
