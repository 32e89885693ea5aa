/* Namespaces with nothing in them: paths name nothing, no network leads anywhere. */
#include "model/message.h"
#include "parser/sandbox_private.h"

#ifndef SEGUR_SANITIZED
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The user's comes first: who owns it may ask for the others. Its identities are mapped to nothing,
 * so that ours is nobody's. */
static const int flags[CAGE_NAMESPACE_COUNT] = {
    [CAGE_USER] = CLONE_NEWUSER, [CAGE_MOUNT] = CLONE_NEWNS, [CAGE_NETWORK] = CLONE_NEWNET,
    [CAGE_IPC] = CLONE_NEWIPC,	 [CAGE_UTS] = CLONE_NEWUTS,  [CAGE_CGROUP] = CLONE_NEWCGROUP,
};

/*
 * Makes an empty file system, which cannot be written to, the root. It is mounted over
 * /proc, which every system has, and seen by this namespace alone. Only an open folder or a
 * capability would lead out of it again: the parser has neither.
 */
static bool empty_root(void)
{
	struct stat facts;

	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/proc", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     "mode=0500") == 0 &&
	       chroot("/proc") == 0 && chdir("/") == 0 && stat("/proc", &facts) != 0 &&
	       errno == ENOENT;
}

void sandbox_unshare(struct sandbox_facts *facts)
{
	for (int i = 0; i < CAGE_NAMESPACE_COUNT; i++)
		if (unshare(flags[i]) == 0)
			facts->namespaces |= 1u << i;
	if ((facts->namespaces & 1u << CAGE_MOUNT) != 0)
		facts->empty_root = empty_root();
}
#endif
