/* What the program says on standard output or standard error between two points of a test. */
#ifndef SEGUR_CAPTURE_H
#define SEGUR_CAPTURE_H

#include "lib/mem.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static FILE *capture_stream;
static int capture_kept = -1, capture_file = -1;

static inline void capture_begin(FILE *stream)
{
	fflush(stream);
	capture_stream = stream;
	capture_kept = dup(fileno(stream));
	capture_file = memfd_create("capture", 0);
	assert_true(capture_kept >= 0 && capture_file >= 0);
	dup2(capture_file, fileno(stream));
}

/* The text; the caller frees it. */
static inline char *capture_end(void)
{
	char text[8192];
	ssize_t length;

	fflush(capture_stream);
	dup2(capture_kept, fileno(capture_stream));
	close(capture_kept);
	length = pread(capture_file, text, sizeof(text) - 1, 0);
	assert_true(length >= 0);
	text[length] = '\0';
	close(capture_file);
	return mem_strdup(text);
}

#endif
