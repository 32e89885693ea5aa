#include "parser/unpack_private.h"

#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#define TAR_BLOCK 512u

/* Blocks that libarchive may ask for: one for an entry's headers bounds what they cost. */
#define HEADER_REFILLS 1u
#define DATA_REFILLS   UINT32_MAX

static const char damaged[] = "la structure du tar est fausse";

/* Every function here that returns bool says false when the walk is over, with work->result set. */

static bool refuse_tar(struct unpacking *work, enum unpack_defect defect, const char *detail)
{
	unpack_refuse(work, defect, NULL, detail);
	return false;
}

static bool fault(struct unpacking *work)
{
	unpack_fault(work);
	return false;
}

struct tar_source {
	struct stream *stream;
	const uint8_t *block; /* the one that libarchive has, or gets next */
	size_t length;
	uint64_t length_read; /* bytes of the tar up to the end of `block` */
	uint64_t length_used; /* the same without the zeros at their end */
	bool pending;	      /* `block` is not yet handed over */
	bool ended, headers_too_long;
	uint32_t refills; /* that libarchive may still ask for in this phase */
};

static bool next_block(struct tar_source *source)
{
	const void *block = NULL;
	ssize_t length = stream_read(source->stream, &block);
	size_t used = (size_t)length;

	if (length < 0)
		return false;
	source->block = block;
	source->length = used;
	source->ended = length == 0;
	while (used > 0 && source->block[used - 1] == 0)
		used--;
	if (used > 0)
		source->length_used = source->length_read + used;
	source->length_read += source->length;
	return true;
}

static la_ssize_t tar_read(struct archive *archive, void *context, const void **block)
{
	struct tar_source *source = context;

	(void)archive;
	if (!source->pending) {
		source->headers_too_long = source->refills == 0;
		if (source->headers_too_long || !next_block(source))
			return -1;
		source->refills -= source->refills != DATA_REFILLS;
	}
	source->pending = false;
	*block = source->block;
	return (la_ssize_t)source->length;
}

static bool tar_failed(struct unpacking *work, const struct tar_source *source,
		       struct archive *archive)
{
	switch (stream_failure(source->stream)) {
	case STREAM_IO:
		return fault(work);
	case STREAM_TRUNCATED:
		return refuse_tar(work, DEFECT_TRUNCATED, NULL);
	case STREAM_CORRUPT:
		return refuse_tar(work, DEFECT_CORRUPT, "sa compression est altérée");
	case STREAM_WINDOW:
		return refuse_tar(work, DEFECT_WINDOW, NULL);
	case STREAM_OUTPUT:
		return refuse_tar(work, DEFECT_BOMB, NULL);
	case STREAM_TRAILING:
		return refuse_tar(work, DEFECT_TRAILING, NULL);
	case STREAM_FINE:
		break;
	}
	if (archive != NULL && archive_errno(archive) == ENOMEM)
		return fault(work);
	if (source->headers_too_long)
		return refuse_tar(work, DEFECT_TOO_MANY, "en-têtes trop longs");
	return refuse_tar(work, source->ended ? DEFECT_TRUNCATED : DEFECT_CORRUPT, damaged);
}

/*
 * Checks the end, from the first block of zeros (`end`) on: at least two such blocks (POSIX.1-2017,
 * pax, "ustar Interchange Format"; without the second the tar may be cut), nothing else behind, and
 * the compressor's own end.
 */
static bool tar_end(struct unpacking *work, struct tar_source *source, uint64_t end)
{
	while (!source->ended)
		if (!next_block(source))
			return tar_failed(work, source, NULL);
	if (source->length_used > end)
		return refuse_tar(work, DEFECT_TRAILING, NULL);
	if (source->length_read - end < 2 * TAR_BLOCK)
		return refuse_tar(work, DEFECT_TRUNCATED, "tar");
	return true;
}

static bool tar_entry(struct unpacking *work, struct tar_source *source, struct archive *archive,
		      struct archive_entry *entry)
{
	bool link = archive_entry_hardlink(entry) != NULL || archive_entry_symlink(entry) != NULL;
	bool sparse = archive_entry_sparse_count(entry) > 0;
	struct item item = {
	    .name = archive_entry_pathname(entry),
	    .size = (uint64_t)archive_entry_size(entry),
	    .regular = archive_entry_filetype(entry) == AE_IFREG && !link && !sparse,
	    .folder = archive_entry_filetype(entry) == AE_IFDIR && !link,
	};

	if (item.name == NULL)
		item.name = archive_entry_pathname_utf8(entry);
	if (item.name == NULL)
		item.name = "";
	item.name_length = strlen(item.name);
	source->refills = DATA_REFILLS;
	switch (unpack_take(work, archive, &item)) {
	case TAKEN:
		return true;
	case TAKEN_BADLY:
		return refuse_tar(work, DEFECT_CORRUPT, damaged);
	case TAKEN_FAILED:
		return tar_failed(work, source, archive);
	case TAKEN_ENOUGH:
		break;
	}
	return false;
}

static bool tar_entries(struct unpacking *work, struct tar_source *source, struct archive *archive)
{
	for (;;) {
		struct archive_entry *entry;
		int rc;

		source->refills = HEADER_REFILLS;
		rc = archive_read_next_header(archive, &entry);
		if (rc == ARCHIVE_EOF)
			return tar_end(work, source,
				       (uint64_t)archive_read_header_position(archive));
		/* A warning is about an unused attribute, or a name, which is judged. */
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return tar_failed(work, source, archive);
		if (!tar_entry(work, source, archive, entry))
			return false;
	}
}

/* Every tar since the seventh edition has this checksum, over bytes signed or not. */
bool tar_is_header(const uint8_t *block, size_t length)
{
	long stated = 0, sum = 0, signed_sum = 0;
	const uint8_t *digit = block + 148;

	if (length < TAR_BLOCK)
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		uint8_t byte = i >= 148 && i < 156 ? ' ' : block[i];
		sum += byte;
		signed_sum += (int8_t)byte;
	}
	while (digit < block + 155 && *digit == ' ')
		digit++;
	for (; digit < block + 156 && *digit >= '0' && *digit <= '7'; digit++)
		stated = stated * 8 + (*digit - '0');
	return stated == sum || stated == signed_sum;
}

void unpack_tar(struct unpacking *work, enum stream_kind compression)
{
	struct tar_source source = {
	    .stream = stream_open(work->fd, work->size, compression, work->limits->total_max,
				  work->limits->window_max),
	    .pending = true,
	    .refills = HEADER_REFILLS,
	};
	struct archive *archive = archive_read_new();

	if (archive == NULL) {
		fault(work);
	} else if (!next_block(&source)) {
		tar_failed(work, &source, NULL);
	} else if (!tar_is_header(source.block, source.length)) {
		refuse_tar(work, DEFECT_UNKNOWN_KIND, "pas de tar sous la compression");
	} else if (archive_read_support_format_tar(archive) != ARCHIVE_OK ||
		   archive_read_open(archive, &source, NULL, tar_read, NULL) != ARCHIVE_OK) {
		tar_failed(work, &source, archive);
	} else {
		tar_entries(work, &source, archive);
	}
	archive_read_free(archive);
	stream_free(source.stream);
}
