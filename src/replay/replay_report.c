/* What a replay found: things compared, and differences of two sorts. */
#include "lib/mem.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "replay/replay_private.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 300 /* of a line or a value in a difference */

size_t replay_item(struct replay_report *report, const char *name)
{
	size_t i = 0;

	while (i < report->count && strcmp(report->items[i].name, name) != 0)
		i++;
	if (i == report->count) {
		report->items = mem_grow(report->items, report->count, &report->capacity,
					 sizeof(*report->items));
		report->items[report->count++] = (struct replay_item){.name = name};
	}
	return i;
}

/* One line that a terminal shows as it is. */
static char *shown_line(const char *text)
{
	char *line = text != NULL ? text_trim(text_shown(text)) : NULL, *cut;

	if (line == NULL || strlen(line) <= SHOWN_BYTES)
		return line;
	text_truncate_utf8(line, SHOWN_BYTES);
	cut = mem_printf("%s…", line);
	free(line);
	return cut;
}

void replay_differ(struct replay_report *report, size_t at, enum replay_sort sort,
		   const char *where, const char *original, const char *replayed)
{
	if (report->shown_count[sort] < REPLAY_SHOWN)
		report->shown[sort][report->shown_count[sort]++] =
		    (struct replay_difference){.item = report->items[at].name,
					       .where = shown_line(where),
					       .original = shown_line(original),
					       .replayed = shown_line(replayed)};
	report->items[at].differences[sort]++;
}

void replay_report_free(struct replay_report *report)
{
	for (size_t sort = 0; sort < REPLAY_SORT_COUNT; sort++)
		for (size_t i = 0; i < report->shown_count[sort]; i++) {
			free(report->shown[sort][i].where);
			free(report->shown[sort][i].original);
			free(report->shown[sort][i].replayed);
		}
	free(report->items);
	*report = (struct replay_report){0};
}
