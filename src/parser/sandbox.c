#include "parser/sandbox.h"
#include "lib/array.h"
#include "lib/file.h"

#include <errno.h>
#include <iconv.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#ifdef SEGUR_SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

#define DESCRIPTORS_MAX 64 /* standard ones, the socket, and what the parent sends */

/*
 * glibc opens files behind two calls that libarchive makes for every zip entry: mktime (which looks
 * at /etc/localtime each time when TZ is unset) and iconv_open (its table of modules, once).
 */
static const struct error *load_what_opens_files(void)
{
#ifdef SEGUR_SANITIZED
	/* The check reads /proc and runs once: here, as at the exit it would fail. */
	__lsan_do_leak_check();
#endif
	if (setenv("TZ", "UTC0", 1) != 0)
		return error_errno(ERR_FAULT,
				   "bac à sable : fuseau horaire UTC impossible à fixer");
	tzset();
	/* The close of what could not be opened fails too (EBADF). */
	if (iconv_close(iconv_open("UTF-8", "UTF-8")) != 0)
		return error_set(ERR_FAULT, "bac à sable : table d'iconv impossible à charger "
					    "(vérifier l'installation de la glibc)");
	return NULL;
}

static const struct error *set_rlimits(const struct sandbox_limits *limits)
{
	const struct {
		__rlimit_resource_t resource;
		rlim_t value;
		const char *name;
	} table[] = {
#ifndef SEGUR_SANITIZED
	    {RLIMIT_AS, limits->address_space, "RLIMIT_AS"},
#endif
	    {RLIMIT_FSIZE, limits->file_size, "RLIMIT_FSIZE"},
	    {RLIMIT_NOFILE, DESCRIPTORS_MAX, "RLIMIT_NOFILE"},
	    {RLIMIT_CORE, 0, "RLIMIT_CORE"},
	    {RLIMIT_NPROC, 0, "RLIMIT_NPROC"},
	    {RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK"},
	    {RLIMIT_MSGQUEUE, 0, "RLIMIT_MSGQUEUE"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rlimit limit;

		if (getrlimit(table[i].resource, &limit) != 0)
			return error_errno(ERR_FAULT, "bac à sable : limite %s illisible",
					   table[i].name);
		/* A stricter limit that was inherited stays: raising it needs a privilege. */
		if (table[i].value < limit.rlim_max)
			limit.rlim_max = table[i].value;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(table[i].resource, &limit) != 0)
			return error_errno(ERR_FAULT,
					   "bac à sable : limite %s refusée par le système",
					   table[i].name);
	}
	return NULL;
}

static const struct error *drop_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_errno(ERR_FAULT, "bac à sable : no_new_privs refusé par le noyau");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return error_errno(ERR_FAULT, "bac à sable : PR_SET_DUMPABLE refusé par le noyau");
	return NULL;
}

/* Landlock's user interface by its numbers: the system's header stops at ABI 2, kernels go on. */
struct landlock_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* since ABI 4 */
	uint64_t scoped;	     /* since ABI 6 */
};
#define LANDLOCK_VERSION     (1u << 0)		/* flag of landlock_create_ruleset */
#define LANDLOCK_FS_ABI1     ((1ull << 13) - 1) /* EXECUTE to MAKE_SYM */
#define LANDLOCK_FS_REFER    (1ull << 13)	/* ABI 2 */
#define LANDLOCK_FS_TRUNCATE (1ull << 14)	/* ABI 3 */
#define LANDLOCK_FS_IOCTL    (1ull << 15)	/* ABI 5 */
#define LANDLOCK_NET_TCP     3ull		/* ABI 4: BIND_TCP, CONNECT_TCP */
#define LANDLOCK_SCOPES	     3ull		/* ABI 6: ABSTRACT_UNIX_SOCKET, SIGNAL */

static const struct error *forbid_files(uint32_t *abi)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_VERSION);
	struct landlock_attr attr = {.handled_access_fs = LANDLOCK_FS_ABI1};
	long failed;
	int ruleset;

	if (version < 1)
		return error_errno(
		    ERR_FAULT, "bac à sable : Landlock absent (il faut un noyau Linux 5.13 ou "
			       "plus récent, démarré avec « landlock » dans le paramètre lsm=)");
	*abi = (uint32_t)version;
	if (version >= 2)
		attr.handled_access_fs |= LANDLOCK_FS_REFER;
	if (version >= 3)
		attr.handled_access_fs |= LANDLOCK_FS_TRUNCATE;
	if (version >= 4)
		attr.handled_access_net = LANDLOCK_NET_TCP;
	if (version >= 5)
		attr.handled_access_fs |= LANDLOCK_FS_IOCTL;
	if (version >= 6)
		attr.scoped = LANDLOCK_SCOPES;

	/* An older kernel takes the longer structure as long as what it does not know is zero. */
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0u);
	if (ruleset < 0)
		return error_errno(ERR_FAULT,
				   "bac à sable : règles Landlock refusées par le noyau (ABI %ld)",
				   version);
	failed = syscall(SYS_landlock_restrict_self, ruleset, 0u);
	file_let_go(ruleset);
	if (failed != 0)
		return error_errno(
		    ERR_FAULT, "bac à sable : Landlock refuse d'enfermer le processus (ABI %ld)",
		    version);
	return NULL;
}

#ifndef SEGUR_SANITIZED
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>

/* Allowed whatever their arguments: they work on open descriptors and on our own memory. */
static const int plain_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(copy_file_range),
    SCMP_SYS(ftruncate),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(close),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(setitimer),
    SCMP_SYS(timer_settime),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(sysinfo), /* glibc's qsort asks how much memory there is before it takes some */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Allowed when `argument` & `mask` == `value`. */
static const struct {
	int call;
	unsigned int argument;
	uint64_t mask, value;
} narrow_calls[] = {
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    /* glibc's fstat(). A path given along could be looked at, yet not opened. */
    {SCMP_SYS(newfstatat), 3, UINT32_MAX, AT_EMPTY_PATH},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
};

static int add_rules(scmp_filter_ctx filter)
{
	int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; failed == 0 && i < ARRAY_SIZE(plain_calls); i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain_calls[i], 0);
	for (size_t i = 0; failed == 0 && i < ARRAY_SIZE(narrow_calls); i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, narrow_calls[i].call, 1,
					  SCMP_CMP64(narrow_calls[i].argument, SCMP_CMP_MASKED_EQ,
						     narrow_calls[i].mask, narrow_calls[i].value));
	/* stdio asks whether its output is a terminal: answered without asking the kernel. */
	if (failed == 0)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
	return failed;
}

static const struct error *filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int failed = filter == NULL ? -ENOMEM : add_rules(filter);

	if (failed == 0)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	if (failed == 0)
		return NULL;
	errno = -failed;
	return error_errno(ERR_FAULT, "bac à sable : filtre seccomp refusé (il faut un noyau avec "
				      "CONFIG_SECCOMP_FILTER, sans autre filtre qui l'interdise)");
}
#endif

const struct error *sandbox_enter(const struct sandbox_limits *limits, struct sandbox_facts *out)
{
	const struct error *err = load_what_opens_files();

	*out = (struct sandbox_facts){0};
	if (err == NULL)
		err = set_rlimits(limits);
	if (err != NULL)
		return err;
	out->rlimits = true;

	err = drop_privileges();
	if (err != NULL)
		return err;
	out->no_new_privs = true;

	err = forbid_files(&out->landlock_abi);
	if (err != NULL)
		return err;
	out->landlock = true;

#ifndef SEGUR_SANITIZED
	err = filter_calls();
	if (err != NULL)
		return err;
	out->seccomp = true;
#endif
	return NULL;
}
