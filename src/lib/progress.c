#include "lib/progress.h"

#include "lib/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define BAR_WIDTH   30
#define INTERVAL_MS 80

static bool enabled;
static int64_t last_ms;

void progress_enable(void)
{
	enabled = isatty(STDERR_FILENO);
}

void progress_show(const char *what, size_t done, size_t total)
{
	int64_t ms = clock_ms();
	size_t filled = total > 0 ? done * BAR_WIDTH / total : 0;

	if (!enabled)
		return;
	if ((done < total || total == 0) && ms - last_ms < INTERVAL_MS)
		return;
	last_ms = ms;
	fprintf(stderr, "\r\033[K%s ", what);
	if (total == 0) {
		fprintf(stderr, "%zu", done);
		return;
	}
	for (size_t i = 0; i < BAR_WIDTH; i++)
		fputs(i < filled ? "█" : "░", stderr);
	fprintf(stderr, " %zu/%zu", done, total);
}

void progress_clear(void)
{
	if (enabled)
		fputs("\r\033[K", stderr);
}
