/*
 * What libcsv alone costs: parses every row of a CSV file as the program does (strict, by the
 * megabyte) and does nothing with the cells.
 *
 *	csv_rows FILE
 *
 * Prints the number of rows and cells.
 */
#include <csv.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct count {
	unsigned long long rows, cells;
};

static void on_cell(void *text, size_t size, void *context)
{
	struct count *count = context;

	(void)text;
	(void)size;
	count->cells++;
}

static void on_row(int delimiter, void *context)
{
	struct count *count = context;

	(void)delimiter;
	count->rows++;
}

int main(int argc, char **argv)
{
	static char block[1 << 20];
	struct csv_parser parser;
	struct count count = {0};
	ssize_t got;
	int fd;

	if (argc != 2)
		errx(64, "usage: csv_rows FILE");
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		err(1, "%s", argv[1]);
	while ((got = read(fd, block, sizeof(block))) > 0)
		if (csv_parse(&parser, block, (size_t)got, on_cell, on_row, &count) != (size_t)got)
			errx(1, "%s: %s", argv[1], csv_strerror(csv_error(&parser)));
	if (got < 0)
		err(1, "%s", argv[1]);
	if (csv_fini(&parser, on_cell, on_row, &count) != 0)
		errx(1, "%s: %s", argv[1], csv_strerror(csv_error(&parser)));
	csv_free(&parser);
	close(fd);
	printf("%llu rows, %llu cells\n", count.rows, count.cells);
	return 0;
}
