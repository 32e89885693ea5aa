#include "parser/sandbox.h"

#include "lib/array.h"
#include "lib/file.h"
#include "parser/sandbox_private.h"

#include <errno.h>
#include <iconv.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Of a parser's whole life. For each job the parent sets a limit below (intake/job.c), which no call
 * that is left to a parser can raise. */
#define CPU_LIFE_S	3600
#define DESCRIPTORS_MAX 64 /* standard ones, the socket, and what the parent sends */

/*
 * glibc opens files behind two calls that libarchive makes for every zip entry: mktime (which looks
 * at /etc/localtime each time when TZ is unset) and iconv_open (its table of modules, once). Its
 * malloc turns to a second arena where the first is full: that calls mprotect and reads /proc.
 */
static const struct error *settle_libc(void)
{
	if (setenv("TZ", "UTC0", 1) != 0)
		return error_errno(ERR_FAULT,
				   "bac à sable : fuseau horaire UTC impossible à fixer");
	tzset();
	mallopt(M_ARENA_MAX, 1);
	/* The close of what could not be opened fails too (EBADF). */
	if (iconv_close(iconv_open("UTF-8", "UTF-8")) != 0)
		return error_set(ERR_FAULT, "bac à sable : table d'iconv impossible à charger "
					    "(vérifier l'installation de la glibc)");
	return NULL;
}

struct rlimit_row {
	__rlimit_resource_t resource;
	rlim_t value;
	const char *name;
};

static const struct error *set_rlimits(const struct rlimit_row *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
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

static const struct error *limit_what_is_shared(const struct sandbox_limits *limits)
{
	const struct rlimit_row table[] = {
#ifndef SEGUR_SANITIZED
	    {RLIMIT_AS, limits->address_space, "RLIMIT_AS"},
#endif
	    {RLIMIT_FSIZE, limits->file_size, "RLIMIT_FSIZE"},
	    {RLIMIT_NOFILE, DESCRIPTORS_MAX, "RLIMIT_NOFILE"},
	    {RLIMIT_CORE, 0, "RLIMIT_CORE"},
	    {RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK"},
	    {RLIMIT_MSGQUEUE, 0, "RLIMIT_MSGQUEUE"},
	};

	return set_rlimits(table, ARRAY_SIZE(table));
}

static const struct error *limit_what_is_own(void)
{
	static const struct rlimit_row table[] = {
	    {RLIMIT_NPROC, 0, "RLIMIT_NPROC"},
	    {RLIMIT_CPU, CPU_LIFE_S, "RLIMIT_CPU"},
	};

	return set_rlimits(table, ARRAY_SIZE(table));
}

/* Of an operator's root, or over the new namespaces. No program started later gets them back. */
static const struct error *drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capset, &header, none) != 0)
		return error_errno(ERR_FAULT, "bac à sable : capacités impossibles à rendre");
	return NULL;
}

static const struct error *drop_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_errno(ERR_FAULT, "bac à sable : no_new_privs refusé par le noyau");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return error_errno(ERR_FAULT, "bac à sable : PR_SET_DUMPABLE refusé par le noyau");
	return drop_capabilities();
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

const struct error *sandbox_enter_shared(const struct sandbox_limits *limits,
					 struct sandbox_facts *facts)
{
	const struct error *err;

	*facts = (struct sandbox_facts){0};
	err = settle_libc();
	if (err == NULL)
		err = limit_what_is_shared(limits);
#ifndef SEGUR_SANITIZED
	if (err == NULL)
		err = sandbox_compile_calls();
	if (err == NULL)
		sandbox_unshare(facts);
#endif
	if (err == NULL)
		err = drop_privileges();
	if (err != NULL)
		return err;
	facts->no_new_privs = true;

	err = forbid_files(&facts->landlock_abi);
	facts->landlock = err == NULL;
	return err;
}

const struct error *sandbox_enter_own(struct sandbox_facts *facts)
{
	const struct error *err = limit_what_is_own();

	if (err != NULL)
		return err;
	facts->rlimits = true;
#ifndef SEGUR_SANITIZED
	err = sandbox_filter_calls();
	facts->seccomp = err == NULL && dup3(STDOUT_FILENO, STDERR_FILENO, 0) == STDERR_FILENO;
#endif
	return err;
}
