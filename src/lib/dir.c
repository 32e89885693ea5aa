#include "lib/dir.h"

#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* The next entry; NULL with errno, which is 0 at the end. */
static const struct dirent *next_entry(DIR *stream)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(stream);
	} while (entry != NULL &&
		 (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	return entry;
}

/* `shown` and `refusal`: the name and the code of a listing that fails. */
static const struct error *each(int base, const char *path, unsigned allowed, dir_visit *visit,
				void *context, const char *shown, enum error_code refusal)
{
	int follow = (allowed & DIR_MAY_LINK) != 0 ? 0 : O_NOFOLLOW;
	int fd = file_open(base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow, 0);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct error *err = NULL;
	const struct dirent *entry;
	int number;

	if (fd < 0 && errno == ENOENT && (allowed & DIR_MAY_LACK) != 0)
		return NULL;
	while (stream != NULL && err == NULL && (entry = next_entry(stream)) != NULL)
		err = visit(context, fd, entry);
	number = errno;
	if (err == NULL && (stream == NULL || number != 0))
		err = error_errno(refusal, "%s", shown);
	if (stream != NULL)
		closedir(stream);
	else
		file_let_go(fd);
	errno = number;
	return err;
}

const struct error *dir_each(int base, const char *path, unsigned allowed, dir_visit *visit,
			     void *context)
{
	return each(base, path, allowed, visit, context, path, ERR_FAULT);
}

static const struct error *add_name(void *context, int dir, const struct dirent *entry)
{
	struct names *names = context;

	(void)dir;
	if (entry->d_name[0] == '.')
		return NULL;
	names->items =
	    mem_grow(names->items, names->count, &names->capacity, sizeof(*names->items));
	names->items[names->count++] = mem_strdup(entry->d_name);
	return NULL;
}

static int by_bytes(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

const struct error *dir_names(int base, const char *path, unsigned allowed, struct names *names)
{
	const struct error *err;

	*names = (struct names){0};
	err = dir_each(base, path, allowed, add_name, names);
	if (err != NULL)
		names_free(names);
	else if (names->count > 1)
		qsort(names->items, names->count, sizeof(*names->items), by_bytes);
	return err;
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct names){0};
}

struct tally {
	const char *except;
	size_t *count;
};

static const struct error *tally_entry(void *context, int dir, const struct dirent *entry)
{
	const struct tally *tally = context;

	(void)dir;
	*tally->count += tally->except == NULL || strcmp(entry->d_name, tally->except) != 0;
	return NULL;
}

const struct error *dir_count(int dir, const char *shown, const char *except, size_t *count)
{
	*count = 0;
	return each(dir, ".", DIR_STRICT, tally_entry, &(struct tally){except, count}, shown,
		    ERR_CANT_WRITE);
}
