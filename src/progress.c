#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WIDTH	    30
#define INTERVAL_MS 80

static bool enabled;
static long long last_ms;

void progress_setup(bool quiet)
{
	enabled = !quiet && isatty(STDERR_FILENO);
}

void progress_show(const char *what, size_t done, size_t total)
{
	struct timespec now;
	long long ms;
	size_t filled = total > 0 ? done * WIDTH / total : 0;

	if (!enabled)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = now.tv_sec * 1000ll + now.tv_nsec / 1000000;
	if ((done < total || total == 0) && ms - last_ms < INTERVAL_MS)
		return;
	last_ms = ms;
	fprintf(stderr, "\r\033[K%s ", what);
	if (total == 0) {
		fprintf(stderr, "%zu", done);
		return;
	}
	for (size_t i = 0; i < WIDTH; i++)
		fputs(i < filled ? "█" : "░", stderr);
	fprintf(stderr, " %zu/%zu", done, total);
}

void progress_clear(void)
{
	if (enabled)
		fputs("\r\033[K", stderr);
}
