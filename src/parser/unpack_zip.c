#include "parser/unpack_private.h"

#include "lib/mem.h"
#include "parser/zipdir.h"
#include <archive_entry.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct zip_source {
	int fd;
	uint64_t size, position;
	bool failed;
	uint8_t block[STREAM_BLOCK];
};

static la_ssize_t zip_read(struct archive *archive, void *context, const void **block)
{
	struct zip_source *source = context;
	uint64_t left = source->size - source->position;
	size_t count = left < sizeof(source->block) ? (size_t)left : sizeof(source->block);

	(void)archive;
	source->failed = !stream_read_at(source->fd, source->block, count, source->position);
	if (source->failed)
		return -1;
	source->position += count;
	*block = source->block;
	return (la_ssize_t)count;
}

static la_int64_t zip_skip(struct archive *archive, void *context, la_int64_t request)
{
	struct zip_source *source = context;
	uint64_t left = source->size - source->position;
	uint64_t step = (uint64_t)request < left ? (uint64_t)request : left;

	(void)archive;
	source->position += step;
	return (la_int64_t)step;
}

static la_int64_t zip_seek(struct archive *archive, void *context, la_int64_t offset, int whence)
{
	struct zip_source *source = context;
	uint64_t base = whence == SEEK_SET   ? 0
			: whence == SEEK_CUR ? source->position
					     : source->size;
	la_int64_t target = (la_int64_t)base + offset;

	(void)archive;
	if (target < 0 || (uint64_t)target > source->size)
		return ARCHIVE_FATAL;
	source->position = (uint64_t)target;
	return target;
}

/* `name`: of the entry that could not be read, or NULL. */
static void zip_failed(struct unpacking *work, const struct zip_source *source,
		       struct archive *archive, const char *name)
{
	if (source->failed || archive_errno(archive) == ENOMEM)
		unpack_fault(work);
	else
		unpack_refuse(work, DEFECT_CORRUPT, name,
			      name != NULL ? "le contenu de ce fichier est altéré" : NULL);
}

/* False: the walk is over, with work->result set. */
static bool zip_entry(struct unpacking *work, const struct zip_source *source,
		      struct archive *archive, struct archive_entry *entry,
		      const struct zip_slot *slot)
{
	struct zip_record record;
	struct item item;
	enum taken taken;
	bool folder;

	if (!zipdir_record(work->fd, slot, &record)) {
		unpack_fault(work);
		return false;
	}
	folder = (record.name_length > 0 && record.name[record.name_length - 1] == '/') ||
		 archive_entry_filetype(entry) == AE_IFDIR;
	item = (struct item){
	    .name = record.name,
	    .name_length = record.name_length,
	    .size = slot->size,
	    .regular =
		!folder && !record.link_or_device && archive_entry_filetype(entry) == AE_IFREG,
	    .folder = folder && slot->size == 0,
	};
	taken = unpack_take(work, archive, &item);
	if (taken == TAKEN_BADLY || taken == TAKEN_FAILED)
		zip_failed(work, source, archive, record.name);
	free(record.name);
	return taken == TAKEN;
}

static void zip_entries(struct unpacking *work, const struct zip_source *source,
			struct archive *archive, const struct zip_directory *directory)
{
	struct archive_entry *entry;
	int rc;

	for (uint32_t i = 0; (rc = archive_read_next_header(archive, &entry)) != ARCHIVE_EOF; i++) {
		/* A warning is about a name, which the directory gives, or what zipdir judged. */
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN) {
			zip_failed(work, source, archive, NULL);
			return;
		}
		if (i == directory->count)
			break;
		if (!zip_entry(work, source, archive, entry, &directory->slots[i]))
			return;
	}
	if (rc != ARCHIVE_EOF || work->entries != directory->count)
		unpack_refuse(work, DEFECT_ZIP_COUNT, NULL, NULL);
}

void unpack_zip(struct unpacking *work)
{
	struct zip_directory directory;
	struct zip_source *source;
	struct archive *archive;
	struct zip_fault why;

	if (!zipdir_read(work->fd, work->size, work->limits, &directory, &why)) {
		if (why.io)
			unpack_fault(work);
		else
			unpack_refuse(work, why.defect, why.entry, why.detail);
		free(why.entry);
		return;
	}
	source = mem_block(sizeof(*source));
	archive = archive_read_new();
	memset(source, 0, offsetof(struct zip_source, block)); /* not the block, which is large */
	source->fd = work->fd;
	source->size = directory.end;
	if (archive == NULL) {
		unpack_fault(work);
	} else if (directory.count > 0) { /* libarchive sees no zip in an empty one */
		archive_read_set_seek_callback(archive, zip_seek);
		if (archive_read_support_format_zip_seekable(archive) != ARCHIVE_OK ||
		    archive_read_open2(archive, source, NULL, zip_read, zip_skip, NULL) !=
			ARCHIVE_OK)
			zip_failed(work, source, archive, NULL);
		else
			zip_entries(work, source, archive, &directory);
	}
	archive_read_free(archive);
	free(source);
	zipdir_free(&directory);
}
