/*
 * What the tests of archives share: zips made by hand, field by field, and a visitor that writes
 * what it is told into one line: "name=content|" for a file, "!DEFECT(name)|" for a defect.
 */
#ifndef SEGUR_TESTS_ARCHIVES_H
#define SEGUR_TESTS_ARCHIVES_H

#include "lib/array.h"
#include "lib/buf.h"
#include "parser/unpack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define MIB (1u << 20)

static const struct unpack_limits usual = {
    .total_max = 50 * MIB,
    .entries_max = 50,
    .window_max = 16 * MIB,
    .allowed_kinds = ~0u,
    .name_max = 200,
};

static const char *const defect_names[] = {
    [DEFECT_UNKNOWN_KIND] = "UNKNOWN",	  [DEFECT_KIND_NOT_ALLOWED] = "NOT_ALLOWED",
    [DEFECT_TRUNCATED] = "TRUNCATED",	  [DEFECT_CORRUPT] = "CORRUPT",
    [DEFECT_ENCRYPTED] = "ENCRYPTED",	  [DEFECT_METHOD] = "METHOD",
    [DEFECT_WINDOW] = "WINDOW",		  [DEFECT_BOMB] = "BOMB",
    [DEFECT_TOO_MANY] = "TOO_MANY",	  [DEFECT_TRAILING] = "TRAILING",
    [DEFECT_ZIP_COUNT] = "ZIP_COUNT",	  [DEFECT_ZIP_NAMES] = "ZIP_NAMES",
    [DEFECT_ZIP_OVERLAP] = "ZIP_OVERLAP", [DEFECT_ZIP_HIDDEN] = "ZIP_HIDDEN",
    [DEFECT_NOT_REGULAR] = "NOT_REGULAR", [DEFECT_ABSOLUTE] = "ABSOLUTE",
    [DEFECT_DOTDOT] = "DOTDOT",		  [DEFECT_BACKSLASH] = "BACKSLASH",
    [DEFECT_CONTROL] = "CONTROL",	  [DEFECT_NAME_TOO_LONG] = "TOO_LONG",
    [DEFECT_NAME_EMPTY] = "EMPTY",	  [DEFECT_DUPLICATE] = "DUPLICATE",
};

struct witness {
	struct buf line;
	enum unpack_action action;
	enum archive_kind kind;
	bool all_utf8;
	uint32_t last_ordinal;
	uint64_t declared, got;
};

static enum unpack_action on_begin(void *context, const struct unpack_entry *entry)
{
	struct witness *witness = context;

	buf_printf(&witness->line, "%s=", entry->name);
	witness->all_utf8 = witness->all_utf8 && entry->name_is_utf8;
	witness->last_ordinal = entry->ordinal;
	witness->declared = entry->declared_size;
	witness->got = 0;
	return witness->action;
}

static void on_data(void *context, const void *bytes, size_t count)
{
	struct witness *witness = context;

	assert_true(count > 0);
	witness->got += count;
	if (witness->got <= 64)
		buf_add(&witness->line, bytes, count);
	else
		buf_printf(&witness->line, "%lx,", crc32(0, bytes, (uInt)count));
}

static void on_end(void *context)
{
	struct witness *witness = context;

	assert_int_equal(witness->declared, witness->got);
	buf_putc(&witness->line, '|');
}

static void on_defect(void *context, enum unpack_defect defect, const char *name,
		      const char *detail)
{
	struct witness *witness = context;

	(void)detail;
	buf_printf(&witness->line, "!%s(%s)|", defect_names[defect], name ? name : "");
}

static enum unpack_result walk(const struct buf *bytes, const struct unpack_limits *limits,
			       struct witness *witness)
{
	const struct unpack_visitor visitor = {witness, on_begin, on_data, on_end, on_defect};
	int fd = memfd_create("archive", MFD_CLOEXEC);
	enum unpack_result result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes->data, bytes->length), (ssize_t)bytes->length);
	buf_clear(&witness->line);
	buf_puts(&witness->line, "");
	witness->all_utf8 = true;
	result = unpack(fd, bytes->length, limits, &visitor, &witness->kind);
	close(fd);
	return result;
}

/* Walks `bytes`, frees them, and expects a result and a line. */
static void expect_within(struct buf bytes, const struct unpack_limits *limits,
			  enum unpack_result expected, const char *line)
{
	struct witness witness = {0};
	enum unpack_result result = walk(&bytes, limits, &witness);

	assert_string_equal(witness.line.data ? witness.line.data : "", line);
	assert_int_equal(result, expected);
	buf_free(&witness.line);
	buf_free(&bytes);
}

static void expect(struct buf bytes, enum unpack_result expected, const char *line)
{
	expect_within(bytes, &usual, expected, line);
}

struct part {
	const char *name, *local_name; /* the second only where it differs */
	const char *data;
	uint16_t name_length; /* where the name holds a NUL */
	uint16_t flags, method;
	uint16_t mode;	   /* Unix; 0: made on MS-DOS */
	size_t descriptor; /* its length: 12, 16, 20, 24 or 0 */
	bool sizes_before; /* in the local header, although flags promise a descriptor */
	const char *gap;   /* bytes in front of the local header */
	size_t same_as;	   /* points to the local header of part same_as - 1; writes none */
	uint32_t size_lie, crc_lie;
	uint32_t local_lie, descriptor_lie; /* added to the CRC there only */
};

struct ending {
	int count_lie;
	const char *before, *behind; /* the central directory */
	const char *comment, *after; /* of, and after, the end record */
	size_t zeros;
	bool bit64;
};

static void le(struct buf *bytes, uint64_t value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_putc(bytes, (char)(value >> 8 * i));
}

static size_t name_length(const struct part *part)
{
	return part->name_length ? part->name_length : strlen(part->name);
}

static uint32_t crc_of(const struct part *part)
{
	return (uint32_t)crc32(0, (const Bytef *)part->data, (uInt)strlen(part->data)) +
	       part->crc_lie;
}

static void shared_fields(struct buf *zip, const struct part *part, bool sizes, uint32_t crc,
			  size_t length)
{
	uint32_t size = (uint32_t)strlen(part->data);

	le(zip, 20, 2);
	le(zip, part->flags, 2);
	le(zip, part->method, 2);
	le(zip, 0x5a215a21, 4);
	le(zip, sizes ? crc : 0, 4);
	le(zip, sizes ? size + part->size_lie : 0, 4);
	le(zip, sizes ? size + part->size_lie : 0, 4);
	le(zip, length, 2);
	le(zip, 0, 2);
}

static void local_part(struct buf *zip, const struct part *part)
{
	uint32_t size = (uint32_t)strlen(part->data);
	size_t length = part->local_name ? strlen(part->local_name) : name_length(part);

	buf_add(zip, "PK\3\4", 4);
	shared_fields(zip, part, !(part->flags & 8) || part->sizes_before,
		      crc_of(part) + part->local_lie, length);
	buf_add(zip, part->local_name ? part->local_name : part->name, length);
	buf_add(zip, part->data, size);
	if (part->descriptor % 8 == 0 && part->descriptor > 0)
		buf_add(zip, "PK\7\10", 4);
	if (part->descriptor > 0) {
		size_t width = part->descriptor >= 20 ? 8 : 4;
		le(zip, crc_of(part) + part->descriptor_lie, 4);
		le(zip, size, width);
		le(zip, size, width);
	}
}

static void end_parts(struct buf *zip, size_t start, size_t count, const struct ending *ending)
{
	size_t length = zip->length - start;

	buf_puts(zip, ending->behind ? ending->behind : "");
	if (ending->bit64) {
		size_t at = zip->length;
		buf_add(zip, "PK\6\6", 4);
		le(zip, 44, 8);
		le(zip, 45 | 45 << 16, 4);
		le(zip, 0, 8);
		le(zip, count, 8);
		le(zip, count, 8);
		le(zip, length, 8);
		le(zip, start, 8);
		buf_add(zip, "PK\6\7", 4);
		le(zip, 0, 4);
		le(zip, at, 8);
		le(zip, 1, 4);
		count = 0xffff;
		start = length = 0xffffffff;
	}
	buf_add(zip, "PK\5\6", 4);
	le(zip, 0, 4);
	le(zip, count, 2);
	le(zip, count, 2);
	le(zip, length, 4);
	le(zip, start, 4);
	le(zip, ending->comment ? strlen(ending->comment) : 0, 2);
	buf_puts(zip, ending->comment ? ending->comment : "");
	buf_puts(zip, ending->after ? ending->after : "");
	for (size_t i = 0; i < ending->zeros; i++)
		buf_putc(zip, 0);
}

static struct buf zip_with(const struct part *parts, size_t count, const struct ending *ending)
{
	struct buf zip = {0};
	size_t offsets[8] = {0}, start;

	assert_true(count <= ARRAY_SIZE(offsets));
	for (size_t i = 0; i < count; i++) {
		buf_puts(&zip, parts[i].gap ? parts[i].gap : "");
		offsets[i] = parts[i].same_as ? offsets[parts[i].same_as - 1] : zip.length;
		if (!parts[i].same_as)
			local_part(&zip, &parts[i]);
	}
	buf_puts(&zip, ending->before ? ending->before : "");
	start = zip.length;
	for (size_t i = 0; i < count; i++) {
		buf_add(&zip, "PK\1\2", 4);
		le(&zip, parts[i].mode ? 0x0314 : 0x0014, 2);
		shared_fields(&zip, &parts[i], true, crc_of(&parts[i]), name_length(&parts[i]));
		le(&zip, 0, 6);
		le(&zip, (uint32_t)parts[i].mode << 16, 4);
		le(&zip, offsets[i], 4);
		buf_add(&zip, parts[i].name, name_length(&parts[i]));
	}
	end_parts(&zip, start, count + (size_t)ending->count_lie, ending);
	return zip;
}

#endif
