#include "store/account.h"

#include "lib/file.h"
#include "lib/mem.h"
#include "lib/notice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Notes a folder and its fault; false when they were noted before. */
static bool note(struct names *said, const char *folder, int number)
{
	char *line = mem_printf("%d %s", number, folder);

	for (size_t i = 0; i < said->count; i++)
		if (strcmp(said->items[i], line) == 0) {
			free(line);
			return false;
		}
	said->items = mem_grow(said->items, said->count, &said->capacity, sizeof(*said->items));
	said->items[said->count++] = line;
	return true;
}

static bool is_the_asps(const char *folder)
{
	return strcmp(folder, "inbox/asp") == 0;
}

/* Whether somebody closed the folder, or put something else in its place. */
static bool is_closed(int number)
{
	return number == EACCES || number == EPERM || number == ENOTDIR || number == ELOOP;
}

bool account_bears(struct root *root, const char *folder, const char *what)
{
	int number = errno;

	/* What the ASP filed for tonight decides over all: while the disk fails, the night waits. */
	if (file_wants(number) || (is_the_asps(folder) && !is_closed(number)))
		return false;
	if (note(&root->said, folder, number))
		notice(NOTICE_WARNING, "%s%s%s : %s ; %s", folder, what != NULL ? "/" : "",
		       what != NULL ? what : "", error_words(number),
		       is_the_asps(folder) ? "aucun de ses fichiers n'est pris cette nuit, "
					     "les références en vigueur servent"
					   : "aucun autre compte n'attend");
	errno = number;
	return true;
}
