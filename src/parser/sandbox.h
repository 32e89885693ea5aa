/*
 * The walls around the parser: put up before the first untrusted byte, never taken down.
 * Once inside, no file can be opened, no socket made, no program started and no page made
 * executable: the parser lives on the descriptors that it holds or that are sent to it.
 */
#ifndef SEGUR_PARSER_SANDBOX_H
#define SEGUR_PARSER_SANDBOX_H

#include "lib/error.h"
#include <stdbool.h>
#include <stdint.h>

struct sandbox_limits {
	uint64_t address_space; /* bytes, RLIMIT_AS */
	uint64_t file_size;	/* bytes, RLIMIT_FSIZE: the largest file that may be written */
};

/* What stands, for the parser's first message to the parent. */
struct sandbox_facts {
	uint32_t landlock_abi; /* of the running kernel, >= 1 */
	bool no_new_privs;
	bool landlock;
	bool seccomp; /* false in sanitizer builds (SEGUR_SANITIZED) */
	bool rlimits; /* without the address space in sanitizer builds */
	/* What the kernel may refuse: the rest then holds alone. Absent in sanitizer builds. */
	bool empty_root;     /* a path names nothing: that was tried */
	uint32_t namespaces; /* bit set of enum cage_namespace */
};

/*
 * The sandbox is entered for good, in two stages; each fails closed: a step that fails is an
 * ERR_FAULT that names it and its remedy, and the caller must end. *facts tells how far it came,
 * also on failure. Call both with a single thread.
 */

/*
 * What a fork keeps, for a process that still forks: resource limits, namespaces with an empty root
 * where the kernel gives them, no_new_privs, not dumpable, no capability, Landlock (every right of
 * the running kernel handled, no rule). What reads files must be loaded by then (locale, magic
 * database, OpenSSL's digests); the function itself fixes TZ to UTC and loads iconv's table, which
 * libarchive needs. Sets *facts.
 */
const struct error *sandbox_enter_shared(const struct sandbox_limits *limits,
					 struct sandbox_facts *facts);

/*
 * The rest, for the process that parses: no further process, then the system-call allow-list, whose
 * answer to any other call is the end of the process by SIGSYS. Adds to *facts. Standard error
 * becomes standard output, which must lead nowhere: who takes a parser over has no word in our log.
 */
const struct error *sandbox_enter_own(struct sandbox_facts *facts);

#endif
