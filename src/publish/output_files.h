/*
 * The files of a night that have no row of their own: what was published is gathered while it is
 * written, and recorded with the night's end.
 */
#ifndef SEGUR_PUBLISH_OUTPUT_FILES_H
#define SEGUR_PUBLISH_OUTPUT_FILES_H

#include "lib/sha256.h"
#include "store/root.h"

#include <stddef.h>
#include <stdint.h>

struct output_files {
	char *folder; /* below the root, where they have their names; NULL: none was published */
	struct output_file {
		char *name;
		char sha256[SHA256_HEX_SIZE];
		uint64_t size;
	} * items;
	size_t count, capacity;
};

/* Adds a file; `files` NULL: nobody asks. */
void output_files_add(struct output_files *files, const char *name, const char *sha256,
		      uint64_t size);
/* Writes the rows, in the caller's transaction, in place of what the folder held before. */
void output_files_record(struct root *root, int64_t night_id, const struct output_files *files);
void output_files_free(struct output_files *files);

#endif
