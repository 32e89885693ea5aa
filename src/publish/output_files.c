#include "publish/output_files.h"

#include "lib/mem.h"

#include <stdio.h>
#include <stdlib.h>

void output_files_add(struct output_files *files, const char *name, const char *sha256,
		      uint64_t size)
{
	struct output_file *file;

	if (files == NULL)
		return;
	files->items =
	    mem_grow(files->items, files->count, &files->capacity, sizeof(*files->items));
	file = &files->items[files->count++];
	*file = (struct output_file){.name = mem_strdup(name), .size = size};
	snprintf(file->sha256, sizeof(file->sha256), "%s", sha256);
}

void output_files_record(struct root *root, int64_t night_id, const struct output_files *files)
{
	sqlite3_stmt *stmt;

	if (files->folder == NULL)
		return;
	stmt = store_stmt(root->store, SQL_OUTPUT_FILES_CLEAR);
	bind_text(stmt, ONLY_PARAMETER, files->folder);
	store_run(root->store, stmt);
	for (size_t i = 0; i < files->count; i++) {
		stmt = store_stmt(root->store, SQL_OUTPUT_FILE_INSERT);
		bind_text(stmt, OUTPUT_FILE_INSERT_P_DOSSIER, files->folder);
		bind_text(stmt, OUTPUT_FILE_INSERT_P_NOM, files->items[i].name);
		bind_int(stmt, OUTPUT_FILE_INSERT_P_NUIT, night_id);
		bind_text(stmt, OUTPUT_FILE_INSERT_P_SHA256, files->items[i].sha256);
		bind_int(stmt, OUTPUT_FILE_INSERT_P_TAILLE, (int64_t)files->items[i].size);
		store_run(root->store, stmt);
	}
}

void output_files_free(struct output_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].name);
	free(files->items);
	free(files->folder);
	*files = (struct output_files){0};
}
