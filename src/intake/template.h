/*
 * The template of all parsers: segur-parser, started once with a cleared environment. It has loaded
 * its libraries and holds what a fork keeps of the sandbox, and it never reads anything untrusted.
 * Each parser is a fork of it, and a child of ours: we can kill it and wait for it.
 *
 * Its socket keeps messages apart. A request is one byte (enum request) with a descriptor, the new
 * parser's end of its own socket; the answer is the new parser's process id, or the negative of an errno, as an
 * int32_t.
 */
#ifndef SEGUR_INTAKE_TEMPLATE_H
#define SEGUR_INTAKE_TEMPLATE_H

#include "lib/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define START_DELAY_MS 20000 /* for the template's answers, and for a parser's HELLO */
#define NO_START       "l'analyseur n'a pas démarré, ou pas avec tout son bac à sable : rien n'est lu"

struct template;

/* Starts the template; *out is NULL after a failure. `file_size`: the largest file that a parser
 * may write, in bytes. */
const struct error *template_open(uint64_t file_size, struct template **out);
void template_close(struct template *template);
/* Asks for a parser, which will say HELLO on *socket once its sandbox stands, or for another child
 * (enum request). A template that has
 * died or does not answer is started again once. The caller kills the parser and waits for it;
 * after a failure there is none. */
const struct error *template_fork(struct template *template, uint8_t request, pid_t *pid,
				  int *socket);

/* Waits until something can be read, or the other end is closed; false when the time is up first. */
bool wait_readable(int fd, int64_t deadline_ms);
/* Kills a process of ours and waits for its end; 0 is none. */
void end_process(pid_t pid);

#endif
