#include "parser/unpack.h"
#include "lib/array.h"

#include "lib/mem.h"
#include "lib/text.h"
#include "parser/unpack_private.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_SHOWN   1024u
#define HEAD_LENGTH  512u
#define NOT_A_DEFECT (-1)

static void tell_defect(struct unpacking *work, enum unpack_defect defect, const char *name,
			size_t length, const char *detail)
{
	char shown[NAME_SHOWN + 1];

	if (length > NAME_SHOWN)
		length = NAME_SHOWN;
	for (size_t i = 0; i < length; i++)
		shown[i] = name[i] == '\0' ? '?' : name[i];
	shown[length] = '\0';
	work->visitor->defect(work->visitor->context, defect, name == NULL ? NULL : shown, detail);
}

void unpack_fault(struct unpacking *work)
{
	work->result = UNPACK_FAULT;
}

void unpack_refuse(struct unpacking *work, enum unpack_defect defect, const char *name,
		   const char *detail)
{
	tell_defect(work, defect, name, name ? strlen(name) : 0, detail);
	work->result = UNPACK_REFUSED;
}

/*
 * Whether a name is new. It is known by its FNV-1a hash alone: names would cost memory that the
 * archive chooses. Equal names always meet; a collision, if made on purpose, refuses only its
 * maker's own dossier.
 */
static bool first_seen(struct unpacking *work, const struct item *item)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t place;

	for (size_t i = 0; i < item->name_length; i++)
		hash = (hash ^ (uint8_t)item->name[i]) * 0x100000001b3u;
	hash += hash == 0;
	place = (size_t)(hash ^ hash >> 32) & work->seen_mask;
	for (; work->seen[place] != 0; place = (place + 1) & work->seen_mask)
		if (work->seen[place] == hash)
			return false;
	work->seen[place] = hash;
	return true;
}

static bool has_component(const struct item *item, const char *wanted)
{
	const char *at = item->name, *end = at + item->name_length;

	while (at < end) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		size_t length = (size_t)((slash ? slash : end) - at);
		if (length == strlen(wanted) && memcmp(at, wanted, length) == 0)
			return true;
		at += length + 1;
	}
	return false;
}

static bool is_absolute(const char *name)
{
	bool letter = (name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z');

	return name[0] == '/' || (letter && name[1] == ':' && (name[2] == '/' || name[2] == '\\'));
}

static bool is_litter(const struct item *item)
{
	static const char *const names[] = {".DS_Store", "Thumbs.db", "desktop.ini"};
	const char *slash = memrchr(item->name, '/', item->name_length);
	const char *base = slash ? slash + 1 : item->name;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(base, names[i]) == 0)
			return true;
	return strncmp(base, "._", 2) == 0 || has_component(item, "__MACOSX");
}

static bool has_control(const struct item *item)
{
	for (size_t i = 0; i < item->name_length; i++)
		if ((uint8_t)item->name[i] < 0x20 || item->name[i] == 0x7f)
			return true;
	return false;
}

/* A defect of the entry's path; even litter is not forgiven one. */
static int place_defect(const struct unpacking *work, const struct item *item)
{
	if (item->name_length == 0)
		return DEFECT_NAME_EMPTY;
	if (item->name_length > work->limits->name_max)
		return DEFECT_NAME_TOO_LONG;
	if (is_absolute(item->name))
		return DEFECT_ABSOLUTE;
	return has_component(item, "..") ? DEFECT_DOTDOT : NOT_A_DEFECT;
}

static int file_defect(struct unpacking *work, const struct item *item)
{
	if (!item->regular)
		return DEFECT_NOT_REGULAR;
	if (memchr(item->name, '\\', item->name_length) != NULL)
		return DEFECT_BACKSLASH;
	if (has_control(item))
		return DEFECT_CONTROL;
	return first_seen(work, item) ? NOT_A_DEFECT : DEFECT_DUPLICATE;
}

static enum unpack_action announce(struct unpacking *work, const struct item *item)
{
	int defect;

	if (item->folder)
		return UNPACK_SKIP;
	defect = place_defect(work, item);
	if (defect == NOT_A_DEFECT) {
		if (is_litter(item))
			return UNPACK_SKIP;
		defect = file_defect(work, item);
	}
	if (defect != NOT_A_DEFECT) {
		tell_defect(work, (enum unpack_defect)defect, item->name, item->name_length, NULL);
		return UNPACK_SKIP;
	}
	return work->visitor->begin(
	    work->visitor->context,
	    &(struct unpack_entry){.name = item->name,
				   .name_is_utf8 = text_is_utf8(item->name, item->name_length),
				   .ordinal = work->entries - 1,
				   .declared_size = item->size});
}

static enum taken drain(struct unpacking *work, struct archive *archive, const struct item *item,
			bool give)
{
	uint64_t done = 0;
	const void *bytes;
	size_t count;
	la_int64_t offset;
	int rc;

	while ((rc = archive_read_data_block(archive, &bytes, &count, &offset)) == ARCHIVE_OK) {
		if (count == 0)
			continue;
		if (item->regular && ((uint64_t)offset != done || count > item->size - done))
			return TAKEN_BADLY;
		done += count;
		if (give)
			work->visitor->data(work->visitor->context, bytes, count);
	}
	if (rc != ARCHIVE_EOF)
		return TAKEN_FAILED;
	if (item->regular && done != item->size)
		return TAKEN_BADLY;
	if (give)
		work->visitor->end(work->visitor->context);
	return TAKEN;
}

enum taken unpack_take(struct unpacking *work, struct archive *archive, const struct item *item)
{
	enum unpack_action action;

	work->entries++;
	if (work->entries > work->limits->entries_max || work->entries > UNPACK_ENTRIES_CEILING) {
		unpack_refuse(work, DEFECT_TOO_MANY, NULL, NULL);
		return TAKEN_ENOUGH;
	}
	action = announce(work, item);
	if (action == UNPACK_STOP) {
		work->result = UNPACK_STOPPED;
		return TAKEN_ENOUGH;
	}
	return drain(work, archive, item, action == UNPACK_READ);
}

static enum archive_kind detect(const uint8_t *head, size_t length)
{
	static const struct {
		const char *magic;
		size_t length;
		enum archive_kind kind;
	} table[] = {
	    {"PK\3\4", 4, ARCHIVE_ZIP},
	    {"PK\5\6", 4, ARCHIVE_ZIP},
	    {"\x1f\x8b", 2, ARCHIVE_TAR_GZ},
	    {"\xfd"
	     "7zXZ",
	     6, ARCHIVE_TAR_XZ},
	    {"\x28\xb5\x2f\xfd", 4, ARCHIVE_TAR_ZST},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (length >= table[i].length && memcmp(head, table[i].magic, table[i].length) == 0)
			return table[i].kind;
	if (length >= 4 && (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0)
		return ARCHIVE_TAR_ZST; /* begins with a skippable frame */
	return tar_is_header(head, length) ? ARCHIVE_TAR : ARCHIVE_UNKNOWN;
}

/* Archives and compressors that many tools write and that we do not take; NULL for anything else. */
static const char *foreign_kind(const uint8_t *head, size_t length)
{
	static const struct {
		const char *magic, *name;
		size_t length;
	} table[] = {
	    {"7z\xBC\xAF\x27\x1C", "7z", 6},
	    {"Rar!\x1A\x07", "rar", 6},
	    {"BZh", "bz2", 3},
	    {"\x04\x22\x4D\x18", "lz4", 4},
	    {"070701", "cpio", 6},
	    {"070702", "cpio", 6},
	    {"070707", "cpio", 6},
	    {"\xC7\x71", "cpio", 2},
	    {"\x1F\x9D", "Z", 2},
	    {"xar!", "xar", 4},
	    {"!<arch>\n", "ar", 8},
	    {"\x5D\0\0", "lzma", 3},
	    {"\x89LZO\0\r\n\x1A\n", "lzo", 9},
	    {"MSCF", "cab", 4},
	    {"LZIP", "lzip", 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (length >= table[i].length && memcmp(head, table[i].magic, table[i].length) == 0)
			return table[i].name;
	return NULL;
}

static void unpack_kind(struct unpacking *work, enum archive_kind kind)
{
	switch (kind) {
	case ARCHIVE_ZIP:
		unpack_zip(work);
		return;
	case ARCHIVE_TAR:
		unpack_tar(work, STREAM_PLAIN);
		return;
	case ARCHIVE_TAR_GZ:
		unpack_tar(work, STREAM_GZIP);
		return;
	case ARCHIVE_TAR_XZ:
		unpack_tar(work, STREAM_XZ);
		return;
	case ARCHIVE_TAR_ZST:
		unpack_tar(work, STREAM_ZSTD);
		return;
	case ARCHIVE_UNKNOWN:
	case ARCHIVE_KIND_COUNT:
		unpack_refuse(work, DEFECT_UNKNOWN_KIND, NULL, NULL);
		return;
	}
}

enum unpack_result unpack(int fd, uint64_t size, const struct unpack_limits *limits,
			  const struct unpack_visitor *visitor, enum archive_kind *kind)
{
	struct unpacking work = {
	    .fd = fd, .size = size, .limits = limits, .visitor = visitor, .result = UNPACK_DONE};
	uint8_t head[HEAD_LENGTH];
	size_t length = size < sizeof(head) ? (size_t)size : sizeof(head);
	size_t places = 64;
	const char *foreign;

	*kind = ARCHIVE_UNKNOWN;
	if (!stream_read_at(fd, head, length, 0))
		return UNPACK_FAULT;
	*kind = detect(head, length);
	foreign = *kind == ARCHIVE_UNKNOWN ? foreign_kind(head, length) : NULL;
	if (foreign != NULL ||
	    (*kind != ARCHIVE_UNKNOWN && !(limits->allowed_kinds & ARCHIVE_BIT(*kind)))) {
		unpack_refuse(&work, DEFECT_KIND_NOT_ALLOWED, NULL,
			      foreign != NULL ? foreign : archive_kind_names[*kind]);
		return work.result;
	}
	while (places < UNPACK_ENTRIES_CEILING * 2 && places / 2 < limits->entries_max)
		places *= 2;
	work.seen = mem_alloc(places * sizeof(*work.seen));
	work.seen_mask = places - 1;
	unpack_kind(&work, *kind);
	free(work.seen);
	return work.result;
}
