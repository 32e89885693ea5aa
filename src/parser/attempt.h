/* Tries what the cage must prevent, for `segur verify --cage`. */
#ifndef SEGUR_PARSER_ATTEMPT_H
#define SEGUR_PARSER_ATTEMPT_H

#include "parser/sandbox.h"

#include <stdint.h>

/* In a child of the template's, which ends afterwards: 0 when what the request names (enum request)
 * came off, else the errno; EINVAL: it names nothing. The filter of calls ends the child. */
int32_t attempt(uint8_t request, struct sandbox_facts *facts);

#endif
