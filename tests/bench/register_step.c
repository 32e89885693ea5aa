/*
 * The night's register step by itself: looks for SIRETs in INSEE's files that the root has taken,
 * and records what it finds, as a night does once its drops are read (register_scan).
 *
 *	register_step ROOT < SIRETS
 *
 * One SIRET a line. Prints how many were asked for and the step's time, which is neither the
 * opening of the root nor the reading of the list. A SIRET that the file in force was asked for
 * before is not looked for again: each run must ask for others.
 */
#include "asp/insee.h"
#include "lib/mem.h"
#include "store/root.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Ascending, as register_scan wants them. */
static uint64_t *read_sirets(size_t *count)
{
	uint64_t *sirets = NULL, siret;
	size_t capacity = 0;

	*count = 0;
	while (scanf("%" SCNu64, &siret) == 1) {
		sirets = mem_grow(sirets, *count, &capacity, sizeof(*sirets));
		sirets[(*count)++] = siret;
	}
	if (*count == 0)
		errx(64, "no SIRET on standard input");
	qsort(sirets, *count, sizeof(*sirets), compare);
	return sirets;
}

int main(int argc, char **argv)
{
	const struct error *error;
	struct root root;
	uint64_t *sirets;
	size_t count;
	int64_t start;

	if (argc != 2)
		errx(64, "usage: register_step ROOT < SIRETS");
	sirets = read_sirets(&count);
	error = root_open_alone(argv[1], &root);
	if (error != NULL)
		errx(1, "%s", error->message);
	start = now_us();
	error = register_scan(&root, sirets, count);
	if (error != NULL)
		errx(1, "%s", error->message);
	printf("sirets=%zu wall_us=%" PRId64 "\n", count, now_us() - start);
	root_close(&root);
	free(sirets);
	return 0;
}
