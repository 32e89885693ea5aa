#include "publish/given.h"

#include "lib/array.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME	  ".suite"
#define GIVEN_MAX 8192 /* bytes */

static void add_nights(struct root *root, struct buf *text)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_GIVEN_NIGHTS);

	bind_int(stmt, GIVEN_NIGHTS_P_LIMIT, GIVEN_NIGHTS_MAX);
	buf_puts(text, "nuits");
	while (store_step(root->store, stmt))
		buf_printf(text, " %s", column_text(stmt, GIVEN_NIGHTS_DATE));
	buf_putc(text, '\n');
}

/* Reads the file of the folder; nothing when it is not there, no regular file, or too long to be
 * ours. */
static const struct error *read_bytes(int dir, char text[static GIVEN_MAX + 1])
{
	int fd = file_open(dir, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	const struct error *err = NULL;
	struct stat info;
	ssize_t got = 0;

	if (fd < 0 && errno != ENOENT && errno != ELOOP && errno != ENXIO)
		err = error_errno(ERR_FAULT, "outbox/" NAME);
	if (fd >= 0 && fstat(fd, &info) != 0)
		err = error_errno(ERR_FAULT, "outbox/" NAME);
	else if (fd >= 0 && S_ISREG(info.st_mode) && (got = file_read_all(fd, text, GIVEN_MAX)) < 0)
		err = error_errno(ERR_FAULT, "outbox/" NAME);
	file_let_go(fd);
	if (err != NULL || got == GIVEN_MAX || memchr(text, 0, (size_t)got) != NULL)
		got = 0;
	text[got] = '\0';
	return err;
}

const struct error *given_write(struct root *root)
{
	char day[DATE_SIZE], before[GIVEN_MAX + 1] = "";
	const struct error *err;
	struct buf text = {0};
	struct given given;
	int64_t night;
	int dir;

	restart_given(root, &given, day, &night);
	buf_printf(&text, "nuit %s\ndemande %lld\ncourriel %lld\nevenement %lld\nrang %lld\n", day,
		   (long long)given.demande, (long long)given.mail, (long long)given.evenement,
		   (long long)given.rang);
	add_nights(root, &text);
	err = store_error(root->store);
	dir =
	    err == NULL ? file_open(root->fd, "outbox", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) : -1;
	if (err == NULL && dir < 0)
		err = error_errno(ERR_CANT_WRITE, "outbox");
	/* One that cannot be read is written anew. */
	if (err == NULL)
		(void)read_bytes(dir, before);
	if (err == NULL && strcmp(before, text.data) != 0)
		err = file_replace(dir, NAME, text.data, text.length, 0640);
	file_let_go(dir);
	buf_free(&text);
	return err;
}

/* --- reading --- */

/* Takes "name " from the text. */
static bool take_word(const char **text, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(*text, name, length) != 0)
		return false;
	*text += length;
	return true;
}

static bool take_number(const char **text, const char *name, int64_t *number)
{
	char *end;

	if (!take_word(text, name) || **text < '0' || **text > '9')
		return false;
	errno = 0;
	*number = strtoll(*text, &end, 10);
	if (errno != 0 || *end != '\n')
		return false;
	*text = end + 1;
	return true;
}

static bool take_day(const char **text, int32_t *day)
{
	char date[DATE_SIZE] = "";

	if (strlen(*text) < DATE_SIZE)
		return false;
	memcpy(date, *text, DATE_SIZE - 1);
	*text += DATE_SIZE - 1;
	return date_parse(date, day);
}

static bool parse_given(const char *text, struct given_file *file)
{
	struct given *given = &file->given;

	if (!take_word(&text, "nuit ") || !take_day(&text, &file->last) || *text++ != '\n' ||
	    !take_number(&text, "demande ", &given->demande) ||
	    !take_number(&text, "courriel ", &given->mail) ||
	    !take_number(&text, "evenement ", &given->evenement) ||
	    !take_number(&text, "rang ", &given->rang) || !take_word(&text, "nuits"))
		return false;
	while (*text == ' ' && file->night_count < ARRAY_SIZE(file->nights)) {
		text++;
		if (!take_day(&text, &file->nights[file->night_count++]))
			return false;
	}
	return strcmp(text, "\n") == 0;
}

const struct error *given_read(int outbox, struct given_file *file, bool *good)
{
	char bytes[GIVEN_MAX + 1] = "";
	const struct error *err = read_bytes(outbox, bytes);

	*file = (struct given_file){0};
	*good = err == NULL && parse_given(bytes, file);
	return err;
}
