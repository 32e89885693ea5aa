/* Each stage of the sandbox: what holds after it, what is told of it, and without namespaces. */
#include "lib/array.h"
#include "model/message.h"
#include "sandbox_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs `attempt` in a child, which enters by itself. */
static int apart(int (*attempt)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(attempt());
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static bool without_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint32_t held = 0;

	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		held |= data[i].effective | data[i].permitted | data[i].inheritable;
	return held == 0;
}

/* In a sanitizer build Landlock stands alone, and already forbids files. */
static int tell_facts(void)
{
	struct sandbox_facts facts;
	bool good = enter(&facts) == NULL && facts.landlock_abi >= 1 && facts.no_new_privs &&
		    facts.landlock && facts.rlimits;
#ifdef SEGUR_SANITIZED
	good = good && !facts.seccomp && open("/etc/hostname", O_RDONLY) < 0 && errno == EACCES &&
	       facts.namespaces == 0 && !facts.empty_root;
#else
	good = good && facts.seccomp;
#endif
	return good ? DONE : DENIED;
}

static void facts_are_told(void **state)
{
	(void)state;
	assert_int_equal(apart(tell_facts), DONE);
}

/* The words of a parser, and where they went. */
static int speak(void)
{
	struct sandbox_facts facts;
	int log = memfd_create("log", 0), out = memfd_create("out", 0);

	if (dup2(log, STDERR_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || enter(&facts) != NULL)
		return NO_SANDBOX;
	return write(STDERR_FILENO, "x", 1) == 1 && lseek(log, 0, SEEK_END) == 0 &&
		       lseek(out, 0, SEEK_END) == 1
		   ? DONE
		   : DENIED;
}

static void the_log_is_left(void **state)
{
	(void)state;
#ifdef SEGUR_SANITIZED
	skip();
#endif
	assert_int_equal(apart(speak), DONE);
}

static bool lo_is_up(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int socket_fd = socket(AF_INET, SOCK_DGRAM, 0);

	return ioctl(socket_fd, SIOCGIFFLAGS, &request) == 0 &&
	       ((unsigned)request.ifr_flags & IFF_UP) != 0;
}

/* What holds already where a process may still fork, and look around. */
static int look_around(void)
{
	struct sandbox_facts facts;
	struct stat info;
	bool empty, good;

	if (sandbox_enter_shared(&limits, &facts) != NULL || facts.seccomp || facts.rlimits)
		return NO_SANDBOX;
	empty = stat("/etc/hostname", &info) < 0 && errno == ENOENT;
	good = without_capabilities() && empty == facts.empty_root && open("/", O_RDONLY) < 0 &&
	       errno == EACCES && fork() >= 0;
	if ((facts.namespaces & 1u << CAGE_USER) != 0)
		good = good && getuid() == 65534 && setuid(0) != 0;
	if ((facts.namespaces & 1u << CAGE_NETWORK) != 0)
		good = good && !lo_is_up();
	return good ? DONE : DENIED;
}

static void the_shared_stage(void **state)
{
	(void)state;
	assert_int_equal(apart(look_around), DONE);
}

/* This kernel gives an ordinary user's namespaces; inside one it is told to give no more. */
static bool refuse_namespaces(void)
{
	static const char *const kinds[] = {"user", "mnt", "net", "ipc", "uts", "cgroup"};
	bool refused = unshare(CLONE_NEWUSER) == 0;

	for (size_t i = 0; refused && i < ARRAY_SIZE(kinds); i++) {
		char path[64];
		int fd;

		snprintf(path, sizeof path, "/proc/sys/user/max_%s_namespaces", kinds[i]);
		fd = open(path, O_WRONLY);
		refused = write(fd, "0", 1) == 1;
		close(fd);
	}
	return refused;
}

static int enter_without_namespaces(void)
{
	struct sandbox_facts facts;
	struct stat info;

	if (!refuse_namespaces())
		return NO_SANDBOX;
	if (sandbox_enter_shared(&limits, &facts) != NULL || facts.namespaces != 0 ||
	    facts.empty_root || stat("/etc/hostname", &info) != 0 || !without_capabilities())
		return DENIED;
	return sandbox_enter_own(&facts) == NULL && facts.landlock && facts.no_new_privs &&
		       facts.rlimits && facts.landlock_abi >= 1
		   ? DONE
		   : DENIED;
}

/* The rest of the cage stands without them. */
static void namespaces_may_be_refused(void **state)
{
	int got = apart(enter_without_namespaces);

	(void)state;
	if (got == NO_SANDBOX)
		skip();
	assert_int_equal(got, DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts_are_told),
	    cmocka_unit_test(the_log_is_left),
	    cmocka_unit_test(the_shared_stage),
	    cmocka_unit_test(namespaces_may_be_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
