/*
 * Runs a program, counts the system calls that it and its children make, and disturbs one of them.
 *
 *   inject [-w WHO -n NUMBER -d DEED] LOG PROGRAM [ARGUMENT…]
 *
 * WHO is 0 for the program, 1 for its first child, and so on; NUMBER counts that process's calls
 * from 1, its execve. DEED:
 *
 *   before, after   the process is killed there
 *   short           half is done: a call of half the length is really made
 *   an errno        the call fails with it and does nothing; but close closes, as on Linux
 *   +errno          so does every later call that would take room: of memory when this one takes
 *                   memory, else on the disk
 *
 * LOG gets a line for each call (when none is disturbed) or for the disturbed one: who, number, the
 * call's number, its nature (w: it writes, names, removes, syncs; m: it takes memory; r: others),
 * and where. A last line says how the program ended: "end", exit code or -signal, and the descriptors
 * above 2 that it still had. Unlike a preloaded library this sees what the C library does inside
 * (stdio, getdents64, malloc's mmap) and counts what strace counts. For x86-64.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* After sys/ptrace.h, which it would break. */
#include <linux/ptrace.h>

#define TASKS_MAX 256
#define TRACED                                                                                     \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

enum deed { NOTHING, BEFORE, AFTER, SHORT, ERRNO };

struct task {
	pid_t pid;
	int who;
	long count;
	bool started, disturbed;
	enum deed deed;			/* of the call that it is in */
	struct user_regs_struct before; /* its registers when it entered it */
};

static struct task tasks[TASKS_MAX];
static int known, ended_with;
static struct {
	int who;
	long at;
	enum deed deed;
	int number;
	bool on; /* every later call too */
} plan;
static char memory_or_disk; /* 'm' or 'w' once all such calls fail */
static FILE *report;

/* --- what a call is --- */

static bool makes_file(unsigned long long flags)
{
	return (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

static char nature(const struct user_regs_struct *at)
{
	switch (at->orig_rax) {
	case SYS_write:
	case SYS_writev:
	case SYS_pwrite64:
	case SYS_ftruncate:
	case SYS_rename:
	case SYS_renameat:
	case SYS_renameat2:
	case SYS_unlink:
	case SYS_unlinkat:
	case SYS_rmdir:
	case SYS_mkdir:
	case SYS_mkdirat:
	case SYS_link:
	case SYS_linkat:
	case SYS_symlink:
	case SYS_symlinkat:
	case SYS_fsync:
	case SYS_fdatasync:
	case SYS_syncfs:
	case SYS_chmod:
	case SYS_fchmod:
	case SYS_fchmodat:
	case SYS_fallocate:
	case SYS_sendmsg:
	case SYS_sendto:
	case SYS_socketpair:
	case SYS_fork:
	case SYS_vfork:
	case SYS_clone:
	case SYS_clone3:
	case SYS_utimensat:
	case SYS_copy_file_range:
	case SYS_sendfile:
	case SYS_msync:
		return 'w';
	case SYS_open:
		return makes_file(at->rsi) ? 'w' : 'r';
	case SYS_openat:
		return makes_file(at->rdx) ? 'w' : 'r';
	case SYS_brk:
	case SYS_mremap:
		return 'm';
	case SYS_mmap:
		return (int)at->r8 < 0 ? 'm' : 'r';
	default:
		return 'r';
	}
}

/* Whether a disk without room refuses it; the streams of the terminal are elsewhere. */
static bool takes_room(const struct user_regs_struct *at)
{
	switch (at->orig_rax) {
	case SYS_write:
	case SYS_pwrite64:
	case SYS_writev:
		return at->rdi > 2;
	case SYS_mkdir:
	case SYS_mkdirat:
	case SYS_link:
	case SYS_linkat:
	case SYS_symlink:
	case SYS_symlinkat:
	case SYS_fallocate:
		return true;
	case SYS_open:
	case SYS_openat:
		return nature(at) == 'w';
	default:
		return false;
	}
}

/* --- telling --- */

static void read_text(pid_t pid, unsigned long long from, char *text, size_t size)
{
	size_t at = 0;

	while (from != 0 && at + sizeof(long) < size) {
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, pid, from + at, NULL);
		if (errno != 0)
			break;
		memcpy(text + at, &word, sizeof(word));
		at += sizeof(word);
		if (memchr(&word, '\0', sizeof(word)) != NULL)
			break;
	}
	text[at < size ? at : size - 1] = '\0';
}

static void descriptor(pid_t pid, int fd, char *text, size_t size)
{
	char link[64];
	int length = snprintf(text, size, "%d:", fd);
	ssize_t more;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	more = readlink(link, text + length, size - (size_t)length - 1);
	text[length + (more > 0 ? more : 0)] = '\0';
}

/* The path that the call names, else the file of its descriptor. */
static void where(pid_t pid, const struct user_regs_struct *at, char *text, size_t size)
{
	text[0] = '\0';
	switch (at->orig_rax) {
	case SYS_open:
	case SYS_stat:
	case SYS_lstat:
	case SYS_access:
	case SYS_unlink:
	case SYS_rmdir:
	case SYS_mkdir:
	case SYS_rename:
	case SYS_readlink:
	case SYS_execve:
	case SYS_chmod:
	case SYS_statfs:
		read_text(pid, at->rdi, text, size);
		break;
	case SYS_newfstatat:
	case SYS_openat:
	case SYS_unlinkat:
	case SYS_mkdirat:
	case SYS_renameat:
	case SYS_renameat2:
	case SYS_faccessat:
	case SYS_faccessat2:
	case SYS_readlinkat:
	case SYS_fchmodat:
	case SYS_statx:
	case SYS_utimensat:
		read_text(pid, at->rsi, text, size);
		break;
	case SYS_symlinkat:
		read_text(pid, at->rdx, text, size);
		break;
	case SYS_linkat:
		read_text(pid, at->r10, text, size);
		break;
	case SYS_mmap:
		if ((int)at->r8 >= 0)
			descriptor(pid, (int)at->r8, text, size);
		break;
	case SYS_read:
	case SYS_write:
	case SYS_pread64:
	case SYS_pwrite64:
	case SYS_writev:
	case SYS_fstat:
	case SYS_fsync:
	case SYS_fdatasync:
	case SYS_syncfs:
	case SYS_ftruncate:
	case SYS_fchmod:
	case SYS_fallocate:
	case SYS_getdents64:
	case SYS_lseek:
	case SYS_fcntl:
	case SYS_flock:
	case SYS_close:
	case SYS_sendmsg:
	case SYS_recvmsg:
	case SYS_sendto:
	case SYS_recvfrom:
	case SYS_fstatfs:
	case SYS_copy_file_range:
	case SYS_fadvise64:
		descriptor(pid, (int)at->rdi, text, size);
		break;
	}
	if (at->orig_rax == SYS_newfstatat && text[0] == '\0')
		descriptor(pid, (int)at->rdi, text, size);
	if (at->orig_rax == SYS_fcntl)
		snprintf(text + strlen(text), size - strlen(text), " %d", (int)at->rsi);
}

static void note(const struct task *task, const struct user_regs_struct *at)
{
	char text[512];

	where(task->pid, at, text, sizeof(text) - 20);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n' || *c == '\t')
			*c = '?';
	fprintf(report, "%d\t%ld\t%llu\t%c\t%s\n", task->who, task->count, at->orig_rax, nature(at),
		text);
}

static void note_open(pid_t pid)
{
	char path[64], text[256];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	folder = opendir(path);
	for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) > 2) {
			descriptor(pid, atoi(entry->d_name), text, sizeof(text));
			fprintf(report, "open\t%s\n", text);
		}
	if (folder != NULL)
		closedir(folder);
}

/* --- disturbing --- */

static void set_registers(const struct task *task, const struct user_regs_struct *at)
{
	ptrace(PTRACE_SETREGS, task->pid, NULL, at);
}

/* Lets a call be made that does nothing instead of this one, and that any filter allows. */
static void skip(const struct task *task)
{
	struct user_regs_struct now = task->before;

	if (now.orig_rax == SYS_brk) {
		now.rdi = 0; /* it fails by telling the old end */
	} else if (now.orig_rax != SYS_close) {
		now.orig_rax = SYS_close;
		now.rdi = (unsigned long long)-1;
	}
	set_registers(task, &now);
}

static void halve(struct task *task)
{
	struct user_regs_struct now = task->before;
	unsigned long long *length = &now.rdx;

	if (*length > 1)
		*length /= 2;
	set_registers(task, &now);
}

/* What is to be done to this call. */
static enum deed turn(const struct task *task)
{
	const struct user_regs_struct *at = &task->before;

	if (memory_or_disk != '\0')
		return (memory_or_disk == 'm' ? nature(at) == 'm' : takes_room(at)) ? ERRNO
										    : NOTHING;
	if (plan.at == 0)
		note(task, at);
	if (task->who != plan.who || task->count != plan.at)
		return NOTHING;
	note(task, at);
	if (plan.on)
		memory_or_disk = nature(at);
	return plan.deed;
}

static void entered(struct task *task)
{
	ptrace(PTRACE_GETREGS, task->pid, NULL, &task->before);
	/* The kernel's own, to go on with a poll that we stopped: no call of the program's. */
	if (task->before.orig_rax == SYS_restart_syscall)
		return;
	task->count++;
	task->deed = turn(task);
	if (task->deed == BEFORE)
		kill(task->pid, SIGKILL);
	else if (task->deed == ERRNO)
		skip(task);
	else if (task->deed == SHORT)
		halve(task);
}

static void left(struct task *task)
{
	struct user_regs_struct now;

	if (task->deed == AFTER)
		kill(task->pid, SIGKILL);
	if (task->deed == ERRNO || task->deed == SHORT) {
		ptrace(PTRACE_GETREGS, task->pid, NULL, &now);
		now.rdi = task->before.rdi;
		now.rdx = task->before.rdx;
		if (task->deed == ERRNO && task->before.orig_rax != SYS_brk)
			now.rax = (unsigned long long)-plan.number;
		set_registers(task, &now);
	}
	task->deed = NOTHING;
}

/* --- following --- */

static struct task *find(pid_t pid)
{
	for (int i = 0; i < known; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	if (known == TASKS_MAX)
		exit(99);
	tasks[known] = (struct task){.pid = pid, .who = known};
	return &tasks[known++];
}

/* The signal to hand on. */
static int stopped(struct task *task, int status)
{
	struct __ptrace_syscall_info info;

	if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) > 0) {
			if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
				entered(task);
			else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
				left(task);
		}
		return 0;
	}
	if (status >> 16 == PTRACE_EVENT_EXIT && task->who == 0)
		note_open(task->pid);
	if (status >> 16 != 0)
		return 0;
	if (!task->started && WSTOPSIG(status) == SIGSTOP) {
		if (task->who == 0)
			ptrace(PTRACE_SETOPTIONS, task->pid, NULL, TRACED);
		task->started = true;
		return 0;
	}
	return WSTOPSIG(status);
}

/* Nobody waits for calls that are neither counted nor disturbed. */
static enum __ptrace_request resumption(const struct task *task)
{
	bool looked_at =
	    plan.at == 0 || memory_or_disk != '\0' ||
	    (task->who == plan.who && (task->count < plan.at || task->deed != NOTHING));

	return looked_at ? PTRACE_SYSCALL : PTRACE_CONT;
}

static void follow(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		struct task *task = find(pid);

		if (WIFSTOPPED(status)) {
			int number = stopped(task, status);

			ptrace(resumption(task), pid, NULL, number);
			continue;
		}
		if (task->who == 0)
			ended_with = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
		task->pid = -1; /* its number may be another's */
	}
}

static void read_plan(int option, const char *text)
{
	if (option == 'w')
		plan.who = atoi(text);
	else if (option == 'n')
		plan.at = atol(text);
	else if (option == 'd') {
		plan.on = text[0] == '+';
		plan.number = atoi(text);
		plan.deed = strcmp(text, "before") == 0	 ? BEFORE
			    : strcmp(text, "after") == 0 ? AFTER
			    : strcmp(text, "short") == 0 ? SHORT
							 : ERRNO;
	}
}

int main(int argc, char **argv)
{
	int option;
	pid_t pid;

	while ((option = getopt(argc, argv, "+w:n:d:")) != -1)
		read_plan(option, optarg);
	report = fopen(argv[optind], "we");
	if (report == NULL)
		return 99;
	pid = fork();
	if (pid == 0) {
		personality(ADDR_NO_RANDOMIZE);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		kill(getpid(), SIGSTOP);
		execv(argv[optind + 1], &argv[optind + 1]);
		_exit(99);
	}
	find(pid);
	follow();
	fprintf(report, "end\t%d\n", ended_with);
	return fclose(report) == 0 ? 0 : 99;
}
