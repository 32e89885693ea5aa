/*
 * The system calls that a parser may make: those that a trace of the whole test suite showed, each
 * with its reason. What is not here ends it by SIGSYS.
 */
#include "parser/sandbox_private.h"

#ifndef SEGUR_SANITIZED
#include "lib/array.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 2 /* of a rule */

/* Allowed when each argument named is the value. */
static const struct {
	int call;
	unsigned count;
	struct {
		unsigned argument;
		uint64_t value;
	} must[ARGUMENTS_MAX];
} calls[] = {
    /* The archive is read at places, once its length is known. */
    {.call = SCMP_SYS(pread64)},
    {.call = SCMP_SYS(lseek)},
    /* Extracted pieces, answers. */
    {.call = SCMP_SYS(write)},
    {.call = SCMP_SYS(close)},
    /* Once the filter stands, standard error need not say any more why it does not. */
    {SCMP_SYS(dup3), 2, {{0, STDOUT_FILENO}, {1, STDERR_FILENO}}},
    /* A job comes with its descriptors. */
    {SCMP_SYS(recvmsg), 1, {{2, MSG_CMSG_CLOEXEC}}},
    /* The last word of a parser that costs too much; without an address it goes to the parent. */
    {SCMP_SYS(sendto), 2, {{3, MSG_NOSIGNAL}, {4, 0}}},
    /* malloc: the heap, and large blocks apart, which are ours alone and hold no code. */
    {.call = SCMP_SYS(brk)},
    {SCMP_SYS(mmap), 2, {{2, PROT_READ | PROT_WRITE}, {3, MAP_PRIVATE | MAP_ANONYMOUS}}},
    {SCMP_SYS(mremap), 1, {{3, MREMAP_MAYMOVE}}},
    {.call = SCMP_SYS(munmap)},
    {SCMP_SYS(madvise), 1, {{2, MADV_DONTNEED}}}, /* malloc_trim */
    {SCMP_SYS(madvise), 1, {{2, MADV_HUGEPAGE}}}, /* large blocks (template.c) */
    /* pthread_once, which libraries call, wakes those who might wait. */
    {SCMP_SYS(futex), 1, {{1, FUTEX_WAKE_PRIVATE}}},
    /* qsort asks how much memory there is before it takes some. */
    {.call = SCMP_SYS(sysinfo)},
    /* gnutls, with which libqpdf opens an encrypted PDF, seeds its generator and asks the time: of
     * the kernel only where the clock cannot be read without it. */
    {.call = SCMP_SYS(getrandom)},
    {.call = SCMP_SYS(clock_gettime)},
    /* The processor time of a job. Its signal's handler never returns. */
    {SCMP_SYS(setitimer), 1, {{0, ITIMER_PROF}}},
    {.call = SCMP_SYS(exit_group)},
};

static int add_rules(scmp_filter_ctx filter)
{
	int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; failed == 0 && i < ARRAY_SIZE(calls); i++) {
		struct scmp_arg_cmp must[ARGUMENTS_MAX];

		for (unsigned n = 0; n < calls[i].count; n++)
			must[n] = SCMP_CMP64(calls[i].must[n].argument, SCMP_CMP_EQ,
					     calls[i].must[n].value);
		failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i].call,
						calls[i].count, must);
	}
	return failed;
}

#define INSTRUCTIONS_MAX 256 /* of the compiled list: some 70 */

/* Compiled once for all forks. */
static struct sock_filter compiled_calls[INSTRUCTIONS_MAX];
static struct sock_fprog program = {.filter = compiled_calls};

/* libseccomp writes what it compiled to a descriptor only; a pipe holds it whole. */
static int compile(scmp_filter_ctx filter)
{
	int ends[2], failed = pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno;
	ssize_t got = 0;

	if (failed != 0)
		return failed;
	failed = seccomp_export_bpf(filter, ends[1]);
	close(ends[1]);
	if (failed == 0)
		got = read(ends[0], compiled_calls, sizeof(compiled_calls));
	close(ends[0]);
	if (failed == 0 && (got <= 0 || got == sizeof(compiled_calls)))
		return -ENOSPC;
	program.len = (unsigned short)((size_t)got / sizeof(*compiled_calls));
	return failed;
}

static const struct error *refused(int failed)
{
	if (failed == 0)
		return NULL;
	errno = -failed;
	return error_errno(ERR_FAULT, "bac à sable : filtre seccomp refusé (il faut un noyau avec "
				      "CONFIG_SECCOMP_FILTER, sans autre filtre qui l'interdise)");
}

const struct error *sandbox_compile_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int failed = filter == NULL ? -ENOMEM : add_rules(filter);

	if (failed == 0)
		failed = compile(filter);
	seccomp_release(filter);
	return refused(failed);
}

const struct error *sandbox_filter_calls(void)
{
	return refused(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0u, &program) == 0 ? 0
											: -errno);
}
#endif
