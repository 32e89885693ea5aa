/*
 * Stands beside a copy of segur under the name segur-parser: gives the real parser the environment
 * that segur took away. It is read from the file `parser.env` beside it (lines NAME=VALUE); with
 * `parser.once` in its place, by the first template alone, and so by all parsers that it forks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_environment(const char *path)
{
	char line[1024];
	FILE *file = fopen(path, "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		putenv(strdup(line));
	}
	if (file != NULL)
		fclose(file);
}

int main(int argc, char **argv)
{
	char self[4096], path[4200], used[4200];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (argc < 1 || length <= 0)
		return 70;
	self[length] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	snprintf(path, sizeof(path), "%s/parser.env", self);
	read_environment(path);
	snprintf(path, sizeof(path), "%s/parser.once", self);
	snprintf(used, sizeof(used), "%s/parser.used", self);
	if (rename(path, used) == 0)
		read_environment(used);
	snprintf(path, sizeof(path), "%s/segur-parser.real", self);
	execv(path, argv);
	return 70;
}
