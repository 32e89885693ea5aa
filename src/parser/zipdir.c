#include "parser/zipdir.h"

#include "lib/array.h"
#include "lib/mem.h"
#include "parser/stream.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Fixed parts of the records: APPNOTE 4.3.7, 4.3.12, 4.3.14 to 4.3.16. */
#define LOCAL_LENGTH	 30u
#define CENTRAL_LENGTH	 46u
#define END_LENGTH	 22u
#define END64_LENGTH	 56u
#define LOCATOR64_LENGTH 20u
#define TAIL_LENGTH	 (65535u + 2 * END_LENGTH) /* the longest comment, and its record */
#define FLAG_ENCRYPTED	 0x2041u /* bit 0, bit 6 (strong), bit 13 (masked headers) */
#define FLAG_SIZES_AFTER 0x0008u
#define FLAGS_COMPARED	 (FLAG_ENCRYPTED | FLAG_SIZES_AFTER | 0x0800u)
#define EXTRA_ZIP64	 0x0001u
#define METHOD_STORED	 0u
#define METHOD_DEFLATED	 8u
#define MADE_ON_DOS	 0u /* and Windows */
#define MADE_ON_UNIX	 3u
#define ALL_ONES_16	 0xffffu
#define ALL_ONES_32	 0xffffffffu
#define ENTRY_NAME_SHOWN 1024u

/* The fields that a local header and a central record share. */
struct fields {
	uint16_t flags, method, name_length, extra_length;
	uint32_t crc;
	uint64_t packed, size; /* bytes, zip64 resolved */
};

struct walker {
	int fd;
	uint64_t size;
	const struct unpack_limits *limits;
	struct zip_directory *out;
	struct zip_fault *fault;
	uint64_t start, stop; /* bounds of the central directory */
	uint64_t count;	      /* of entries, as announced */
	size_t name_length;
	uint8_t name[65536]; /* of the central record read last */
	uint8_t other[TAIL_LENGTH];
};

static uint16_t le16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t le32(const uint8_t *bytes)
{
	return le16(bytes) | (uint32_t)le16(bytes + 2) << 16;
}

static uint64_t le64(const uint8_t *bytes)
{
	return le32(bytes) | (uint64_t)le32(bytes + 4) << 32;
}

static bool refuse_zip(struct walker *walker, enum unpack_defect defect, const char *detail)
{
	walker->fault->defect = defect;
	walker->fault->detail = detail;
	return false;
}

/* The same for the entry whose name was read last. */
static bool refuse_entry(struct walker *walker, enum unpack_defect defect, const char *detail)
{
	size_t shown =
	    walker->name_length < ENTRY_NAME_SHOWN ? walker->name_length : ENTRY_NAME_SHOWN;

	free(walker->fault->entry);
	walker->fault->entry = mem_strndup((const char *)walker->name, shown);
	return refuse_zip(walker, defect, detail);
}

/* False: not all inside the file (truncated), or not readable. */
static bool get(struct walker *walker, void *bytes, size_t count, uint64_t offset)
{
	if (offset > walker->size || count > walker->size - offset)
		return refuse_zip(walker, DEFECT_CORRUPT, "son répertoire central est incohérent");
	walker->fault->io = !stream_read_at(walker->fd, bytes, count, offset);
	return !walker->fault->io;
}

/* Length of the file without zeros at its end. False: not readable. */
static bool trim(struct walker *walker, uint64_t *length)
{
	uint64_t end = walker->size;

	for (;;) {
		size_t count = end < sizeof(walker->other) ? (size_t)end : sizeof(walker->other);
		size_t kept = count;

		if (!get(walker, walker->other, count, end - count))
			return false;
		while (kept > 0 && walker->other[kept - 1] == 0)
			kept--;
		end -= count - kept;
		if (kept > 0 || end == 0)
			break;
	}
	*length = end;
	return true;
}

static bool has_signature(const uint8_t *bytes, const char *signature)
{
	return memcmp(bytes, signature, 4) == 0;
}

/* Finds the last end record; its bytes go to `record`, its offset to *offset. */
static bool find_end(struct walker *walker, uint8_t record[END_LENGTH], uint64_t *offset)
{
	uint64_t used, high;
	size_t count, at;

	if (!trim(walker, &used))
		return false;
	/* The record's own last bytes may be zeros that trim() took away. */
	high = walker->size - used < END_LENGTH ? walker->size : used + END_LENGTH;
	count = high < TAIL_LENGTH ? (size_t)high : TAIL_LENGTH;
	if (!get(walker, walker->other, count, high - count))
		return false;
	at = count;
	while (at > 0 && (count - at < END_LENGTH || !has_signature(walker->other + at, "PK\5\6")))
		at--;
	if (count - at < END_LENGTH || !has_signature(walker->other + at, "PK\5\6"))
		return refuse_zip(walker, DEFECT_TRUNCATED, "fin du zip absente");

	memcpy(record, walker->other + at, END_LENGTH);
	*offset = high - count + at;
	walker->out->end = *offset + END_LENGTH + le16(record + 20);
	if (walker->out->end > walker->size)
		return refuse_zip(walker, DEFECT_TRUNCATED, "commentaire du zip coupé");
	if (walker->out->end < used)
		return refuse_zip(walker, DEFECT_TRAILING, NULL);
	return true;
}

/* What the three end records say; the 64-bit ones speak where the old one has all ones. */
struct end_facts {
	uint64_t disks, count_here, count, length, offset;
};

static bool widths_agree(uint64_t narrow, uint64_t ones, uint64_t wide)
{
	return narrow == ones || narrow == wide;
}

/* Replaces the facts by those of the 64-bit end record, when there is one, and moves *end to it. */
static bool read_end64(struct walker *walker, struct end_facts *facts, uint64_t *end)
{
	uint8_t locator[LOCATOR64_LENGTH], record[END64_LENGTH];
	struct end_facts wide;
	uint64_t offset;

	if (*end < LOCATOR64_LENGTH)
		return true;
	if (!get(walker, locator, sizeof(locator), *end - LOCATOR64_LENGTH))
		return false;
	if (!has_signature(locator, "PK\6\7"))
		return true;
	offset = le64(locator + 8);
	if (!get(walker, record, sizeof(record), offset))
		return false;
	wide = (struct end_facts){
	    .disks = le32(locator + 4) | le32(record + 16) | le32(record + 20),
	    .count_here = le64(record + 24),
	    .count = le64(record + 32),
	    .length = le64(record + 40),
	    .offset = le64(record + 48),
	};
	if (!has_signature(record, "PK\6\6") || le64(record + 4) != END64_LENGTH - 12 ||
	    offset + END64_LENGTH + LOCATOR64_LENGTH != *end ||
	    !widths_agree(facts->count_here, ALL_ONES_16, wide.count_here) ||
	    !widths_agree(facts->count, ALL_ONES_16, wide.count) ||
	    !widths_agree(facts->length, ALL_ONES_32, wide.length) ||
	    !widths_agree(facts->offset, ALL_ONES_32, wide.offset))
		return refuse_zip(walker, DEFECT_CORRUPT,
				  "ses enregistrements de fin (zip64) se contredisent");
	if (facts->disks == ALL_ONES_16)
		facts->disks = 0;
	wide.disks |= facts->disks;
	*facts = wide;
	*end = offset;
	return true;
}

static bool read_end(struct walker *walker)
{
	uint8_t record[END_LENGTH];
	struct end_facts facts;
	uint64_t end;

	if (!find_end(walker, record, &end))
		return false;
	facts = (struct end_facts){
	    .disks = le16(record + 4) | le16(record + 6),
	    .count_here = le16(record + 8),
	    .count = le16(record + 10),
	    .length = le32(record + 12),
	    .offset = le32(record + 16),
	};
	if (!read_end64(walker, &facts, &end))
		return false;
	if (facts.disks != 0 || facts.count_here != facts.count)
		return refuse_zip(walker, DEFECT_CORRUPT, "c'est un zip en plusieurs volumes");
	if (facts.offset > end || facts.length > end - facts.offset)
		return refuse_zip(walker, DEFECT_CORRUPT, "son répertoire central est incohérent");
	if (facts.length < end - facts.offset)
		return refuse_zip(walker, DEFECT_ZIP_HIDDEN, NULL);
	if (facts.count > walker->limits->entries_max || facts.count > UNPACK_ENTRIES_CEILING)
		return refuse_zip(walker, DEFECT_TOO_MANY, NULL);
	walker->start = facts.offset;
	walker->stop = end;
	walker->count = facts.count;
	return true;
}

/* `bytes` begin at the general purpose flags: the layout from there is the same in both headers. */
static struct fields parse_fields(const uint8_t *bytes)
{
	return (struct fields){
	    .flags = le16(bytes),
	    .method = le16(bytes + 2),
	    .crc = le32(bytes + 8),
	    .packed = le32(bytes + 12),
	    .size = le32(bytes + 16),
	    .name_length = le16(bytes + 20),
	    .extra_length = le16(bytes + 22),
	};
}

/* Reads the extra field at `offset`; a value of all ones gets its zip64 one (4.5.3). */
static bool resolve_zip64(struct walker *walker, uint64_t offset, size_t length, uint64_t **values,
			  size_t count)
{
	const uint8_t *extra = walker->other;

	if (!get(walker, walker->other, length, offset))
		return false;
	for (size_t at = 0; at + 4 <= length;) {
		size_t left = le16(extra + at + 2), id = le16(extra + at);
		const uint8_t *value;

		at += 4;
		if (left > length - at)
			return refuse_entry(walker, DEFECT_CORRUPT,
					    "l'en-tête de ce fichier est incohérent");
		value = extra + at;
		at += left;
		for (size_t i = 0; id == EXTRA_ZIP64 && i < count && left >= 8; i++) {
			if (*values[i] != ALL_ONES_32)
				continue;
			*values[i] = le64(value);
			value += 8;
			left -= 8;
		}
	}
	return true;
}

/* Reads the central record at `at`, its name into walker->name; *next is the offset after it. */
static bool read_central(struct walker *walker, uint64_t at, struct fields *fields, uint64_t *local,
			 uint64_t *next)
{
	uint8_t record[CENTRAL_LENGTH];

	if (walker->stop - at < sizeof(record))
		return refuse_zip(walker, DEFECT_ZIP_COUNT, NULL);
	if (!get(walker, record, sizeof(record), at))
		return false;
	*fields = parse_fields(record + 8);
	*local = le32(record + 42);
	*next =
	    at + sizeof(record) + fields->name_length + fields->extra_length + le16(record + 32);
	if (!has_signature(record, "PK\1\2") || *next > walker->stop)
		return refuse_zip(walker, DEFECT_CORRUPT, "son répertoire central est incohérent");
	if (le16(record + 34) != 0)
		return refuse_zip(walker, DEFECT_CORRUPT, "c'est un zip en plusieurs volumes");
	at += sizeof(record);
	walker->name_length = fields->name_length;
	return get(walker, walker->name, fields->name_length, at) &&
	       resolve_zip64(walker, at + fields->name_length, fields->extra_length,
			     (uint64_t *[]){&fields->size, &fields->packed, local}, 3);
}

static int by_offset(const void *left, const void *right)
{
	const struct zip_slot *a = left, *b = right;

	return (a->local > b->local) - (a->local < b->local);
}

static const char no_header[] = "l'en-tête de ce fichier manque";

/* As the tools that write them have it (APPNOTE 4.4.5); NULL for one that none has now. */
static const char *method_name(unsigned method)
{
	static const char *const names[] = {[9] = "Deflate64",	[12] = "BZip2", [14] = "LZMA",
					    [93] = "Zstandard", [95] = "XZ",	[98] = "PPMd"};

	return method < ARRAY_SIZE(names) ? names[method] : NULL;
}

static bool list_entries(struct walker *walker)
{
	struct zip_directory *out = walker->out;
	uint64_t at = walker->start, total = 0;

	out->slots = mem_alloc((size_t)walker->count * sizeof(*out->slots));
	for (; out->count < walker->count; out->count++) {
		struct zip_slot *slot = &out->slots[out->count];
		struct fields fields;

		slot->central = at;
		if (!read_central(walker, at, &fields, &slot->local, &at))
			return false;
		if (fields.flags & FLAG_ENCRYPTED)
			return refuse_entry(walker, DEFECT_ENCRYPTED, NULL);
		if (fields.method != METHOD_STORED && fields.method != METHOD_DEFLATED)
			return refuse_entry(walker, DEFECT_METHOD, method_name(fields.method));
		if (fields.method == METHOD_STORED && fields.packed != fields.size)
			return refuse_entry(walker, DEFECT_CORRUPT, "ses tailles se contredisent");
		if (fields.size > walker->limits->total_max - total)
			return refuse_entry(walker, DEFECT_BOMB, NULL);
		if (slot->local >= walker->start)
			return refuse_entry(walker, DEFECT_CORRUPT, no_header);
		total += slot->size = fields.size;
	}
	if (at != walker->stop)
		return refuse_zip(walker, DEFECT_ZIP_COUNT, NULL);
	qsort(out->slots, out->count, sizeof(*out->slots), by_offset);
	return true;
}

/*
 * Whether `length` bytes at `at` are a data descriptor with the entry's CRC and sizes (4.3.9), with
 * or without its signature, in its 32 or 64-bit form. Some writers promise one and give sizes
 * before.
 */
static bool is_descriptor(struct walker *walker, uint64_t at, size_t length,
			  const struct fields *fields)
{
	size_t start = length % 8 == 0 ? 4 : 0;
	bool wide = length - start == 20;
	uint8_t bytes[24];
	const uint8_t *crc = bytes + start, *sizes = crc + 4;

	if ((length != 12 && length != 16 && length != 20 && length != 24) ||
	    !get(walker, bytes, length, at))
		return false;
	if (start > 0 && !has_signature(bytes, "PK\7\10"))
		return false;
	return le32(crc) == fields->crc && fields->packed == (wide ? le64(sizes) : le32(sizes)) &&
	       fields->size == (wide ? le64(sizes + 8) : le32(sizes + 4));
}

static bool same_fields(const struct fields *local, const struct fields *central, bool *given)
{
	bool absent = (local->crc == 0 || local->crc == central->crc) &&
		      (local->packed == 0 || local->packed == central->packed) &&
		      (local->size == 0 || local->size == central->size);

	*given = local->crc == central->crc && local->packed == central->packed &&
		 local->size == central->size;
	return (local->flags & FLAGS_COMPARED) == (central->flags & FLAGS_COMPARED) &&
	       local->method == central->method &&
	       (*given || (absent && (central->flags & FLAG_SIZES_AFTER)));
}

/* Holds the local header against the central record; the entry must end where the next begins. */
static bool check_local(struct walker *walker, const struct zip_slot *slot, uint64_t next)
{
	uint8_t header[LOCAL_LENGTH];
	struct fields central, local;
	uint64_t offset, unused, at;
	bool given;

	if (!read_central(walker, slot->central, &central, &offset, &unused) ||
	    !get(walker, header, sizeof(header), offset))
		return false;
	local = parse_fields(header + 6);
	at = offset + sizeof(header);
	if (!has_signature(header, "PK\3\4"))
		return refuse_entry(walker, DEFECT_CORRUPT, no_header);
	if (!get(walker, walker->other, local.name_length, at))
		return false;
	if (local.name_length != central.name_length ||
	    memcmp(walker->other, walker->name, local.name_length) != 0)
		return refuse_entry(walker, DEFECT_ZIP_NAMES, "nom");
	at += local.name_length;
	if (!resolve_zip64(walker, at, local.extra_length,
			   (uint64_t *[]){&local.size, &local.packed}, 2))
		return false;
	if (!same_fields(&local, &central, &given))
		return refuse_entry(walker, DEFECT_ZIP_NAMES, "taille, empreinte ou méthode");
	at += local.extra_length;
	if (at > next || central.packed > next - at)
		return refuse_entry(walker, DEFECT_ZIP_OVERLAP, NULL);
	at += central.packed;
	if (at == next && given)
		return true;
	if ((central.flags & FLAG_SIZES_AFTER) && next - at <= 24 &&
	    is_descriptor(walker, at, (size_t)(next - at), &central))
		return true;
	return walker->fault->io ? false : refuse_entry(walker, DEFECT_ZIP_HIDDEN, NULL);
}

static bool check_layout(struct walker *walker)
{
	const struct zip_directory *out = walker->out;

	if ((out->count > 0 ? out->slots[0].local : walker->start) != 0)
		return refuse_zip(walker, DEFECT_ZIP_HIDDEN, NULL);
	for (uint32_t i = 0; i < out->count; i++) {
		uint64_t next = i + 1 < out->count ? out->slots[i + 1].local : walker->start;
		if (!check_local(walker, &out->slots[i], next))
			return false;
	}
	return true;
}

bool zipdir_read(int fd, uint64_t size, const struct unpack_limits *limits,
		 struct zip_directory *out, struct zip_fault *fault)
{
	struct walker *walker = mem_block(sizeof(*walker));
	bool sound;

	*out = (struct zip_directory){0};
	*fault = (struct zip_fault){0};
	memset(walker, 0, offsetof(struct walker, name)); /* not the names, which are large */
	walker->fd = fd;
	walker->size = size;
	walker->limits = limits;
	walker->out = out;
	walker->fault = fault;
	sound = read_end(walker) && list_entries(walker) && check_layout(walker);
	if (!sound)
		zipdir_free(out);
	free(walker);
	return sound;
}

/* PowerShell 5.1 writes Windows' own separator; a name there has it for nothing else. */
static void replace_backslashes(char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (name[i] == '\\')
			name[i] = '/';
}

bool zipdir_record(int fd, const struct zip_slot *slot, struct zip_record *out)
{
	uint8_t record[CENTRAL_LENGTH];
	uint32_t type;

	*out = (struct zip_record){0};
	if (!stream_read_at(fd, record, sizeof(record), slot->central))
		return false;
	out->name_length = le16(record + 28);
	out->name = mem_alloc(out->name_length + 1);
	if (!stream_read_at(fd, out->name, out->name_length, slot->central + sizeof(record))) {
		free(out->name);
		return false;
	}
	if (record[5] == MADE_ON_DOS)
		replace_backslashes(out->name, out->name_length);
	type = le16(record + 40) & S_IFMT;
	out->link_or_device =
	    record[5] == MADE_ON_UNIX && type != 0 && type != S_IFREG && type != S_IFDIR;
	return true;
}

void zipdir_free(struct zip_directory *directory)
{
	free(directory->slots);
	*directory = (struct zip_directory){0};
}
