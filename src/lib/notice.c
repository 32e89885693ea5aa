#include "lib/notice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether standard error is the stream that systemd named in $JOURNAL_STREAM, "device:inode"
 * (systemd.exec(5)): a redirection may have put something else in its place. */
static bool is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat info;
	char *end;

	if (text == NULL)
		return false;
	device = strtoumax(text, &end, 10);
	if (*end != ':')
		return false;
	inode = strtoumax(end + 1, &end, 10);
	return *end == '\0' && fstat(STDERR_FILENO, &info) == 0 && info.st_dev == device &&
	       info.st_ino == inode;
}

void notice(enum notice_level level, const char *format, ...)
{
	va_list arguments;

	if (is_journal())
		fprintf(stderr, "<%d>", (int)level);
	fprintf(stderr, "%s : ", program_invocation_short_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	putc('\n', stderr);
}
