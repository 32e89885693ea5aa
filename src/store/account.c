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

/* What follows from it; the ASP's folder is an account's like any other, but all live by it. */
static const char *consequence(const char *folder)
{
	return strcmp(folder, "inbox/asp") == 0 ? "aucun de ses fichiers n'est pris cette nuit, "
						  "les références en vigueur servent"
						: "aucun autre compte n'attend";
}

bool account_bears(struct root *root, const char *folder, const char *what)
{
	int number = errno;

	if (file_wants(number))
		return false;
	if (note(&root->said, folder, number))
		notice(NOTICE_WARNING, "%s%s%s : %s ; %s", folder, what != NULL ? "/" : "",
		       what != NULL ? what : "", error_words(number), consequence(folder));
	errno = number;
	return true;
}
