/* What tests of pieces share: samples, the check in its own process and in a child, the bound of
 * memory. */
#ifndef SEGUR_PIECE_FIXTURE_H
#define SEGUR_PIECE_FIXTURE_H

#include "lib/array.h"
#include "parser/piece_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SAMPLES "tests/samples/pieces/"

enum { PIECE_MAX = 4 << 20 };

static const struct piece_limits usual = {
    .pixels_max = 50000000, .pdf_objects_max = 50000, .pdf_pages_max = 500};

struct bytes {
	uint8_t *data;
	size_t size;
};

static inline struct bytes load(const char *name)
{
	struct bytes piece = {.data = malloc(PIECE_MAX)};
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), SAMPLES "%s", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s", path);
	piece.size = fread(piece.data, 1, PIECE_MAX, file);
	fclose(file);
	return piece;
}

/* On a copy of the exact size, so that a sanitizer sees a read past the end. */
static inline struct piece_verdict check(const void *data, size_t size,
					 const struct piece_limits *limits)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct piece_verdict verdict;

	memcpy(copy, data, size);
	piece_check(copy, size, limits, &verdict);
	free(copy);
	return verdict;
}

/* The same in a child: a PDF that takes too much memory ends the process that checks it. */
static inline struct piece_verdict check_apart(const void *data, size_t size,
					       const struct piece_limits *limits)
{
	struct piece_verdict *shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct piece_verdict verdict;
	pid_t child = fork();
	int status;

	if (child == 0) {
		*shared = (struct piece_verdict){.defect = PIECE_TOO_COSTLY, .detail = "fin"};
		*shared = check(data, size, limits);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	verdict = *shared;
	munmap(shared, sizeof(*shared));
	return verdict;
}

static inline void end_child(void)
{
	_exit(0);
}

static inline int set_up(void **state)
{
	(void)state;
	piece_set_last_resort(end_child);
	return piece_setup() != NULL;
}

/* After all that was hostile: RUSAGE_SELF or RUSAGE_CHILDREN stayed small. A sanitizer is not. */
static inline void assert_small(int whose)
{
#ifndef SEGUR_SANITIZED
	struct rusage usage;

	getrusage(whose, &usage);
	assert_in_range(usage.ru_maxrss, 1, 64 << 10);
#else
	(void)whose;
#endif
}

#endif
