#include "keep/evidence.h"

#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWER_MAX (64u << 10) /* bytes of an answer that are read for its link */

/* The outbox that is being read. */
struct reading {
	struct evidence *evidence;
	int32_t first;
	const char *path; /* below the outbox, of the folder that is listed */
	int64_t mail;	  /* the highest that was seen */
};

static void saw_night(struct reading *reading, int32_t day)
{
	struct evidence *evidence = reading->evidence;
	int64_t after = (int64_t)day - reading->first;

	if (after < 0 || after > EVIDENCE_DAYS_MAX)
		return;
	evidence->nights[after] = true;
	if (!evidence->any || day > evidence->last)
		evidence->last = day;
	evidence->any = true;
}

static const struct error *visit_report(void *context, int dir, const struct dirent *entry)
{
	int32_t day;

	(void)dir;
	if (date_parse(entry->d_name, &day))
		saw_night(context, day);
	return NULL;
}

/* "20260305.M000000340.segur", and what a reader of the Maildir may have added. */
static const struct error *visit_mail(void *context, int dir, const struct dirent *entry)
{
	struct reading *reading = context;
	char date[DATE_SIZE], *end;
	int64_t number;
	int32_t day;

	(void)dir;
	if (strlen(entry->d_name) < strlen("20260305.M0"))
		return NULL;
	snprintf(date, sizeof(date), "%.4s-%.2s-%.2s", entry->d_name, entry->d_name + 4,
		 entry->d_name + 6);
	if (!date_parse(date, &day) || strncmp(entry->d_name + 8, ".M", 2) != 0)
		return NULL;
	errno = 0;
	number = strtoll(entry->d_name + 10, &end, 10);
	if (errno != 0 || strncmp(end, ".segur", strlen(".segur")) != 0)
		return NULL;
	saw_night(reading, day);
	if (day >= reading->first && number > reading->mail)
		reading->mail = number;
	return NULL;
}

/* The text of a link, of an event on a night: "57|ENR0012M0|2026-03-05|depot|…". */
static void read_link(struct reading *reading, const char *text)
{
	const char *field = strchr(text, '|');
	char date[DATE_SIZE];
	int32_t day;

	field = field != NULL ? strchr(field + 1, '|') : NULL;
	if (field == NULL)
		return;
	snprintf(date, sizeof(date), "%s", field + 1);
	if (date_parse(date, &day))
		saw_night(reading, day);
}

static const struct error *visit_answer(void *context, int dir, const struct dirent *entry)
{
	static const char key[] = "\n  texte: ";
	struct reading *reading = context;
	const struct error *err = NULL;
	char *bytes, *found;
	struct stat info;
	ssize_t got = 0;
	int fd;

	if (strstr(entry->d_name, "_retour") == NULL)
		return NULL;
	fd = file_open(dir, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd < 0) /* a link, a socket, or fetched since */
		return errno == ENOENT || errno == ELOOP || errno == ENXIO
			   ? NULL
			   : error_errno(ERR_FAULT, "%s/%s", reading->path, entry->d_name);
	bytes = mem_alloc(ANSWER_MAX + 1);
	if (fstat(fd, &info) != 0 ||
	    (S_ISREG(info.st_mode) && (got = file_read_all(fd, bytes, ANSWER_MAX)) < 0))
		err = error_errno(ERR_FAULT, "%s/%s", reading->path, entry->d_name);
	found = got > 0 ? strstr(bytes, key) : NULL;
	if (found != NULL) {
		found += strlen(key);
		read_link(reading, found + strspn(found, "'\""));
	}
	free(bytes);
	file_let_go(fd);
	return err;
}

static const struct error *visit_account(void *context, int dir, const struct dirent *entry)
{
	struct reading *reading = context;
	struct stat info;

	if (fstatat(dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT
			   ? NULL
			   : error_errno(ERR_FAULT, "%s/%s", reading->path, entry->d_name);
	if (!S_ISDIR(info.st_mode))
		return NULL;
	return dir_each(dir, entry->d_name, DIR_MAY_LACK, visit_answer, reading);
}

static const struct error *read_folder(int outbox, struct reading *reading, const char *path,
				       dir_visit *visit)
{
	reading->path = path;
	return dir_each(outbox, path, DIR_MAY_LACK, visit, reading);
}

static bool in_reach(int64_t number, int64_t known, int64_t most)
{
	return number >= known && number - known <= most;
}

/* Whether the file can be what the root of that backup wrote last. It may have been damaged, or be
 * of another time than the rest of the outbox. */
static bool can_be(const struct reading *reading, const struct given *known)
{
	const struct given_file *file = &reading->evidence->file;
	const struct given *given = &file->given;
	int64_t days = (int64_t)file->last - reading->first + 1;

	return days >= 1 && days <= EVIDENCE_DAYS_MAX + 1 &&
	       (!reading->evidence->any || reading->evidence->last <= file->last) &&
	       in_reach(given->demande, known->demande, days * DAY_DROPS_MAX) &&
	       in_reach(given->mail, known->mail, days * DAY_ROWS_MAX) &&
	       in_reach(given->evenement, known->evenement, days * DAY_ROWS_MAX) &&
	       in_reach(given->rang, known->rang, days * DAY_ROWS_MAX) &&
	       reading->mail <= given->mail;
}

/* The nights that the file names. */
static void saw_file(struct reading *reading)
{
	const struct given_file *file = &reading->evidence->file;

	saw_night(reading, file->last);
	for (size_t i = 0; i < file->night_count; i++)
		saw_night(reading, file->nights[i]);
}

static const struct error *open_outbox(const char *path, int *fd)
{
	char *inner = mem_printf("%s/outbox", path);

	*fd = file_open(AT_FDCWD, inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (*fd < 0 && errno == ENOENT)
		*fd = file_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	free(inner);
	if (*fd >= 0)
		return NULL;
	return error_errno(errno == ENOENT || errno == ENOTDIR ? ERR_DATA : ERR_FAULT, "%s", path);
}

const struct error *evidence_read(const char *path, int32_t first, const struct given *known,
				  struct evidence *evidence)
{
	struct reading reading = {.evidence = evidence, .first = first};
	const struct error *err;
	bool good = false;
	int outbox;

	*evidence = (struct evidence){0};
	err = open_outbox(path, &outbox);
	if (err == NULL)
		err = read_folder(outbox, &reading, "asp/rapports", visit_report);
	if (err == NULL)
		err = read_folder(outbox, &reading, "mails/new", visit_mail);
	if (err == NULL)
		err = read_folder(outbox, &reading, "mails/cur", visit_mail);
	if (err == NULL)
		err = given_read(outbox, &evidence->file, &good);
	evidence->told = good && can_be(&reading, known);
	if (err == NULL && evidence->told)
		saw_file(&reading);
	/* A supplier can write into its folder: what lies there is asked for want of better. */
	else if (err == NULL)
		err = read_folder(outbox, &reading, "fournisseurs", visit_account);
	file_let_go(outbox);
	return err;
}
