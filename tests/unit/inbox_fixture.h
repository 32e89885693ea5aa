/* An inbox of two accounts and the ASP's folder, and what a scan of it finds. */
#ifndef SEGUR_INBOX_FIXTURE_H
#define SEGUR_INBOX_FIXTURE_H

#include "intake/inbox.h"
#include "lib/array.h"

#include "core_fixture.h"

#include <time.h>

/* Waits until a change of the file gets another time than `before`: the file system's clock has
 * ticks. */
static inline void settle(int dir, const char *path, const struct timespec *before)
{
	struct stat status;

	do {
		assert_int_equal(fchmodat(dir, path, 0600, 0), 0);
		assert_int_equal(fstatat(dir, path, &status, 0), 0);
	} while (status.st_ctim.tv_sec == before->tv_sec &&
		 status.st_ctim.tv_nsec == before->tv_nsec);
}

/* A drop, received later than every one before it. */
static inline void drop_file(struct fixture *fixture, const char *path, const char *text)
{
	static struct timespec last;
	int fd = openat(fixture->root.fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat status;

	if (fd < 0)
		fail_msg("%s", path);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	settle(fixture->root.fd, path, &last);
	assert_int_equal(fstatat(fixture->root.fd, path, &status, 0), 0);
	last = status.st_ctim;
}

static inline bool exists(struct fixture *fixture, const char *path)
{
	return faccessat(fixture->root.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline int inbox_setup(void **state)
{
	static const char *const dirs[] = {"inbox", "inbox/asp", "inbox/alpha", "inbox/beta"};
	struct fixture *fixture;

	fixture_setup(state);
	fixture = *state;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		assert_int_equal(mkdirat(fixture->root.fd, dirs[i], 0700), 0);
	return 0;
}

/* The drops as "compte/archive" joined by spaces; the caller frees it. */
static inline char *scan(struct fixture *fixture, enum inbox_part part, enum inbox_order order)
{
	struct drops drops;
	struct buf out = {0};
	const struct error *err = inbox_scan(&fixture->root, part, order, &drops);

	if (err != NULL)
		fail_msg("%s", err->message);
	for (size_t i = 0; i < drops.count; i++)
		buf_printf(&out, "%s%s/%s", i > 0 ? " " : "", drops.items[i].compte,
			   drops.items[i].archive);
	drops_free(&drops);
	assert_int_equal(drops.count, 0);
	return buf_take(&out);
}

static inline void expect_scan(struct fixture *fixture, enum inbox_part part,
			       enum inbox_order order, const char *wanted)
{
	char *found = scan(fixture, part, order);

	assert_string_equal(found, wanted);
	free(found);
}

/* The drop of that name, whole. */
static inline struct drop find(struct fixture *fixture, const char *archive, struct drops *drops)
{
	assert_null(inbox_scan(&fixture->root, INBOX_SUPPLIERS, INBOX_BY_NAME, drops));
	for (size_t i = 0; i < drops->count; i++)
		if (strcmp(drops->items[i].archive, archive) == 0)
			return drops->items[i];
	fail_msg("no drop %s", archive);
	return (struct drop){0};
}

#endif
