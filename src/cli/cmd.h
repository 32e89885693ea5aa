/* The commands, a file each. A command gets its argv, parses its options, returns the exit code. */
#ifndef SEGUR_CLI_CMD_H
#define SEGUR_CLI_CMD_H

#include "store/root.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int cmd_init(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_decide(int argc, char **argv);
int cmd_pieces(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_purge(int argc, char **argv);
int cmd_reports(int argc, char **argv);

/* `verify --cage`: the exit code. */
int cmd_verify_cage(const char *where, bool json);

#define CMD_VALUES_MAX 64 /* of an option that may be given several times */

/* One option of a command: getopt_long takes it from here, and so does --help. */
struct cmd_option {
	const char *name;     /* "root" for --root */
	const char *argument; /* "DIR"; NULL for a flag; "LINK…": may be given several times */
	const char *help;     /* French */
	/* Where the argument goes; a flag sets it to "". When it may be given several times: an
	 * array of CMD_VALUES_MAX + 1, all NULL. */
	const char **value;
};

struct cmd_usage {
	const char *line;		  /* "run [--root DIR] …" */
	const char *summary;		  /* French */
	const struct cmd_option *options; /* ended by a NULL name */
};

/* Parses argv. Returns the index of the first operand, or -1 with *code set: --help was answered
 * (0), or the command line is wrong (64), which was said on standard error. */
int cmd_parse(int argc, char **argv, const struct cmd_usage *usage, int operands_min,
	      int operands_max, int *code);

/* Says the error on standard error, as a line with a syslog priority, and returns its code. */
int cmd_fail(const struct error *err);

#define TYPE_SHOWN_SIZE 48 /* of a request's type as list and show tell it */
/* The value of --root, else $SEGUR_ROOT, else the current folder. */
const char *cmd_root(const char *option);

/* Opens the root that --root names with the lock held; events from before there was a journal get
 * their links. */
const struct error *cmd_open_alone(const char *option, struct root *root);

/* Says what a backup or a restoration handled. */
void cmd_print_saved(const char *what, const char *path, size_t files, uint64_t bytes);

/* True for AAAA-MM-JJ; else says what is wrong. */
bool cmd_check_date(const char *text);

#endif
