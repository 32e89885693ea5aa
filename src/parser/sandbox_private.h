/* The parts of the sandbox that stand in files of their own. None is built with sanitizers. */
#ifndef SEGUR_PARSER_SANDBOX_PRIVATE_H
#define SEGUR_PARSER_SANDBOX_PRIVATE_H

#include "lib/error.h"
#include "parser/sandbox.h"

/* Goes into namespaces of its own and an empty root, as far as the kernel lets it; says in *facts
 * what it got. It needs capabilities that it leaves behind, and mounts, which Landlock forbids. */
void sandbox_unshare(struct sandbox_facts *facts);

/* Compiles the allow-list of system calls, once for all forks. */
const struct error *sandbox_compile_calls(void);

/* Puts it up; takes no memory, so that a fork copies no page for it. */
const struct error *sandbox_filter_calls(void);

#endif
