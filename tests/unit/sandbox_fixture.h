/* What tests of the sandbox share: its limits, the way in, and how a child says what came of it. */
#ifndef SEGUR_SANDBOX_FIXTURE_H
#define SEGUR_SANDBOX_FIXTURE_H

#include "parser/sandbox.h"

#include <stddef.h>

#define DONE	   0  /* exit codes of a child: its attempt came off, */
#define DENIED	   77 /* was refused without a signal, */
#define NO_SANDBOX 78 /* or never began */

static const struct sandbox_limits limits = {.address_space = 256u << 20, .file_size = 1u << 20};

static inline const struct error *enter(struct sandbox_facts *facts)
{
	const struct error *error = sandbox_enter_shared(&limits, facts);

	return error != NULL ? error : sandbox_enter_own(facts);
}

#endif
