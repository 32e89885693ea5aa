/* Archives: what is sound comes out whole, what is not is refused with its own defect. */
#include "archives.h"
#include "lib/array.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct file {
	const char *name;
	const char *content; /* NULL: of `size` patterned bytes */
	size_t size;
	unsigned int type; /* 0: AE_IFREG */
	const char *link;  /* target of a symbolic link, or of a hard link when the type is 0 */
};

static const struct file sound[] = {
    {.name = "dossier.yaml", .content = "format: 1\n"},
    {.name = "pièces/rib.pdf", .size = 1500},
    {.name = "vide.pdf", .content = ""},
};

typedef int setting(struct archive *);

static struct buf made(setting *format, setting *filter, const char *options,
		       const struct file *files, size_t count)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	static char pattern[2 * MIB];
	size_t room = 4 * MIB;
	struct buf bytes = {malloc(room), 0, room};

	assert_non_null(bytes.data);
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = (char)(i * i >> 7);
	assert_int_equal(format(archive), ARCHIVE_OK);
	assert_int_equal(filter(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_set_options(archive, options), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(archive, 1);
	archive_write_open_memory(archive, bytes.data, room, &bytes.length);
	for (size_t i = 0; i < count; i++) {
		const struct file *file = &files[i];
		size_t size = file->content ? strlen(file->content) : file->size;
		archive_entry_clear(entry);
		archive_entry_set_pathname(entry, file->name);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_filetype(entry, file->type ? file->type : AE_IFREG);
		archive_entry_set_size(entry, (la_int64_t)size);
		archive_entry_set_mtime(entry, 1700000000, 0);
		if (file->link != NULL && file->type == AE_IFLNK)
			archive_entry_set_symlink(entry, file->link);
		else if (file->link != NULL)
			archive_entry_set_hardlink(entry, file->link);
		assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
		if (size > 0)
			archive_write_data(archive, file->content ? file->content : pattern, size);
	}
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_entry_free(entry);
	archive_write_free(archive);
	return bytes;
}

static struct buf tar_of(const struct file *files, size_t count)
{
	return made(archive_write_set_format_pax_restricted, archive_write_add_filter_none, "",
		    files, count);
}

static const struct {
	enum archive_kind kind;
	setting *format, *filter;
	const char *options;
} kinds[] = {
    {ARCHIVE_ZIP, archive_write_set_format_zip, archive_write_add_filter_none, ""},
    {ARCHIVE_ZIP, archive_write_set_format_zip, archive_write_add_filter_none,
     "zip:compression=store"},
    {ARCHIVE_ZIP, archive_write_set_format_zip, archive_write_add_filter_none, "zip:zip64"},
    {ARCHIVE_TAR, archive_write_set_format_pax_restricted, archive_write_add_filter_none, ""},
    {ARCHIVE_TAR, archive_write_set_format_gnutar, archive_write_add_filter_none, ""},
    {ARCHIVE_TAR, archive_write_set_format_v7tar, archive_write_add_filter_none, ""},
    {ARCHIVE_TAR_GZ, archive_write_set_format_pax, archive_write_add_filter_gzip,
     "gzip:!timestamp"},
    {ARCHIVE_TAR_XZ, archive_write_set_format_ustar, archive_write_add_filter_xz, ""},
    {ARCHIVE_TAR_ZST, archive_write_set_format_ustar, archive_write_add_filter_zstd, ""},
};

static struct buf made_kind(size_t i, const struct file *files, size_t count)
{
	return made(kinds[i].format, kinds[i].filter, kinds[i].options, files, count);
}

static struct buf gzipped(const struct buf *plain)
{
	size_t room = compressBound(plain->length) + 32;
	struct buf bytes = {malloc(room), 0, room};
	z_stream z = {0};

	assert_non_null(bytes.data);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)plain->data;
	z.avail_in = (uInt)plain->length;
	z.next_out = (unsigned char *)bytes.data;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	bytes.length = room - z.avail_out;
	deflateEnd(&z);
	return bytes;
}

static struct buf zip_of(const struct part *parts, size_t count)
{
	return zip_with(parts, count, &(struct ending){0});
}

static void each_kind_is_read(void **state)
{
	struct witness witness = {.action = UNPACK_READ};
	struct buf first = {0};
	static const struct file large[] = {{.name = "grand.pdf", .size = 2 * MIB}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct buf bytes = made_kind(i, sound, ARRAY_SIZE(sound));
		struct unpack_limits others = usual, small = usual;

		assert_int_equal(walk(&bytes, &usual, &witness), UNPACK_DONE);
		assert_int_equal(witness.kind, kinds[i].kind);
		assert_true(witness.all_utf8);
		assert_int_equal(witness.last_ordinal, ARRAY_SIZE(sound) - 1);
		if (i == 0)
			buf_add(&first, witness.line.data, witness.line.length + 1);
		assert_string_equal(witness.line.data, first.data);
		buf_free(&bytes);

		others.allowed_kinds &= ~ARCHIVE_BIT(kinds[i].kind);
		expect_within(made_kind(i, sound, 1), &others, UNPACK_REFUSED, "!NOT_ALLOWED()|");

		bytes = made_kind(i, large, 1);
		assert_int_equal(walk(&bytes, &usual, &witness), UNPACK_DONE);
		assert_int_equal(witness.got, 2 * MIB);
		small.total_max = 2 * MIB - 1;
		assert_int_equal(walk(&bytes, &small, &witness), UNPACK_REFUSED);
		assert_non_null(strstr(witness.line.data, "!BOMB("));
		buf_free(&bytes);
	}
	assert_non_null(strstr(first.data, "dossier.yaml=format: 1\n|pièces/rib.pdf="));
	assert_non_null(strstr(first.data, "|vide.pdf=|"));
	buf_free(&first);
	buf_free(&witness.line);
}

static void no_truncation_passes(void **state)
{
	struct witness witness = {.action = UNPACK_READ};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct buf bytes = made_kind(i, sound, ARRAY_SIZE(sound));
		while (bytes.length-- > 0)
			assert_int_equal(walk(&bytes, &usual, &witness), UNPACK_REFUSED);
		buf_free(&bytes);
	}
	buf_free(&witness.line);
}

/* A flipped bit is refused, or told as an entry's defect, or changes nothing that is read. */
static void no_flipped_bit_passes(void **state)
{
	static const size_t checked[] = {0, 1, 6};
	struct witness witness = {.action = UNPACK_READ};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(checked); k++) {
		struct buf bytes = made_kind(checked[k], sound, ARRAY_SIZE(sound)), expected = {0};
		assert_int_equal(walk(&bytes, &usual, &witness), UNPACK_DONE);
		buf_add(&expected, witness.line.data, witness.line.length + 1);
		for (size_t bit = 0; bit < bytes.length * 8; bit++) {
			bytes.data[bit / 8] ^= (char)(1 << bit % 8);
			if (walk(&bytes, &usual, &witness) == UNPACK_DONE &&
			    strchr(witness.line.data, '!') == NULL)
				assert_string_equal(witness.line.data, expected.data);
			bytes.data[bit / 8] ^= (char)(1 << bit % 8);
		}
		buf_free(&expected);
		buf_free(&bytes);
	}
	buf_free(&witness.line);
}

static void what_is_no_archive(void **state)
{
	static char zeros[20480];
	struct buf plain = {0}, tar = tar_of(sound, 1), once, twice, empty = {0};

	(void)state;
	expect((struct buf){0}, UNPACK_REFUSED, "!UNKNOWN()|");
	buf_puts(&plain, "Bonjour");
	once = gzipped(&plain);
	expect(plain, UNPACK_REFUSED, "!UNKNOWN()|");
	expect(once, UNPACK_REFUSED, "!UNKNOWN()|");
	plain = (struct buf){0};
	buf_add(&plain, zeros, sizeof zeros);
	once = gzipped(&plain);
	expect(plain, UNPACK_REFUSED, "!UNKNOWN()|");
	expect(once, UNPACK_REFUSED, "!UNKNOWN()|");
	expect(gzipped(&empty), UNPACK_REFUSED, "!UNKNOWN()|");
	once = gzipped(&tar);
	twice = gzipped(&once);
	expect(twice, UNPACK_REFUSED, "!UNKNOWN()|");
	expect(once, UNPACK_DONE, "dossier.yaml=format: 1\n|");
	buf_free(&tar);
}

/* Mends the checksum of a tar's first header. */
static void stamp(struct buf *tar)
{
	struct buf digits = {0};
	unsigned int sum = 0;

	memcpy(tar->data + 148, "        ", 8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)tar->data[i];
	buf_printf(&digits, "%06o", sum);
	memcpy(tar->data + 148, digits.data, 7);
	buf_free(&digits);
}

/* A tar's content of ten thousand million zeros, in a few hundred kilobytes. */
static void a_bomb_is_stopped(void **state)
{
	const struct file one[] = {{.name = "bombe.pdf", .content = "0"}};
	struct buf tar = tar_of(one, 1), zeros = {calloc(1, 64 * MIB), 64 * MIB, 64 * MIB};
	struct witness witness = {.action = UNPACK_SKIP};
	struct buf bomb, member;

	(void)state;
	assert_non_null(zeros.data);
	memcpy(tar.data + 124, "112402762000", 12);
	stamp(&tar);
	tar.length = 512;
	bomb = gzipped(&tar);
	member = gzipped(&zeros);
	for (size_t i = 0; i < 160; i++)
		buf_add(&bomb, member.data, member.length);
	assert_int_equal(walk(&bomb, &usual, &witness), UNPACK_REFUSED);
	assert_string_equal(witness.line.data, "bombe.pdf=!BOMB()|");
	buf_free(&witness.line);
	buf_free(&bomb);
	buf_free(&member);
	buf_free(&zeros);
	buf_free(&tar);
}

static void hostile_names(void **state)
{
	static const struct {
		const char *name, *line;
	} cases[] = {
	    {"../a.pdf", "!DOTDOT(../a.pdf)|"},
	    {"d/../a.pdf", "!DOTDOT(d/../a.pdf)|"},
	    {"d/..", "!DOTDOT(d/..)|"},
	    {"d/..a/a..pdf", "d/..a/a..pdf=x|"},
	    {"/etc/passwd", "!ABSOLUTE(/etc/passwd)|"},
	    {"C:/a.pdf", "!ABSOLUTE(C:/a.pdf)|"},
	    {"a\nb.pdf", "!CONTROL(a\nb.pdf)|"},
	    {"a\x7f.pdf", "!CONTROL(a\x7f.pdf)|"},
	    {"a\x1b[2J.pdf", "!CONTROL(a\x1b[2J.pdf)|"},
	    {"./a.pdf", "./a.pdf=x|"},
	    {"pièce n°1.pdf", "pièce n°1.pdf=x|"},
	    {"__MACOSX/._a.pdf", ""},
	    {"d/__MACOSX/a.pdf", ""},
	    {"__MACOSX/d/._Icon\r", ""},
	    {"__MACOSX/../a.pdf", "!DOTDOT(__MACOSX/../a.pdf)|"},
	    {"d/._a.pdf", ""},
	    {".DS_Store", ""},
	    {"d/Thumbs.db", ""},
	    {"desktop.ini", ""},
	    {"thumbs.db", ""},
	    {"d/Desktop.ini", ""},
	    {".ds_store", ""},
	    {"notdesktop.ini", "notdesktop.ini=x|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct file file = {.name = cases[i].name, .content = "x"};
		const struct part part = {.name = cases[i].name, .data = "x"};
		expect(tar_of(&file, 1), UNPACK_DONE, cases[i].line);
		expect(zip_of(&part, 1), UNPACK_DONE, cases[i].line);
	}
}

/* PowerShell 5.1 has Windows' separator in a zip that says to come from there; a tar has no such
 * excuse. */
static void backslashes(void **state)
{
	static const struct {
		const char *name, *tar, *zip;
	} cases[] = {
	    {"c:\\a.pdf", "!ABSOLUTE(c:\\a.pdf)|", "!ABSOLUTE(c:/a.pdf)|"},
	    {"d\\a.pdf", "!BACKSLASH(d\\a.pdf)|", "d/a.pdf=x|"},
	    {"d\\..\\a.pdf", "!BACKSLASH(d\\..\\a.pdf)|", "!DOTDOT(d/../a.pdf)|"},
	    {"\\a.pdf", "!BACKSLASH(\\a.pdf)|", "!ABSOLUTE(/a.pdf)|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct file file = {.name = cases[i].name, .content = "x"};
		const struct part part = {.name = cases[i].name, .data = "x"};

		expect(tar_of(&file, 1), UNPACK_DONE, cases[i].tar);
		expect(zip_of(&part, 1), UNPACK_DONE, cases[i].zip);
	}
}

static void foreign_archives(void **state)
{
	static const char *const heads[] = {"7z\xBC\xAF\x27\x1C", "Rar!\x1A\x07\x01", "BZh91AY",
					    "070701", "\x04\x22\x4D\x18"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		struct buf bytes = {0};

		buf_add(&bytes, heads[i], strlen(heads[i]));
		expect(bytes, UNPACK_REFUSED, "!NOT_ALLOWED()|");
	}
}

static void names_of_any_length(void **state)
{
	const struct part none = {.name = "", .data = "x"};
	const struct part nul = {.name = "a\0b.pdf", .name_length = 7, .data = "x"};
	char name[257], line[300];

	(void)state;
	memset(name, 'a', 256);
	for (size_t length = 99; length <= 256; length += length < 199 ? 50 : 1) {
		const struct file file = {.name = name, .content = "x"};
		const struct part part = {.name = name, .data = "x"};

		name[length] = '\0';
		snprintf(line, sizeof line, length <= 200 ? "%s=x|" : "!TOO_LONG(%s)|", name);
		expect(tar_of(&file, 1), UNPACK_DONE, line);
		expect(made(archive_write_set_format_gnutar, archive_write_add_filter_none, "",
			    &file, 1),
		       UNPACK_DONE, line);
		expect(zip_of(&part, 1), UNPACK_DONE, line);
		name[length] = 'a';
	}
	expect(zip_of(&none, 1), UNPACK_DONE, "!EMPTY()|");
	expect(zip_of(&nul, 1), UNPACK_DONE, "!CONTROL(a?b.pdf)|");
}

static void names_that_are_not_utf8(void **state)
{
	/* "pièce.pdf" in CP850 */
	const struct file file = {.name = "pi\x8a"
					  "ce.pdf",
				  .content = "x"};
	const struct part parts[] = {{.name = "pi\x8a"
					      "ce.pdf",
				      .data = "x"},
				     {.name = "pi\x8a"
					      "ce2.pdf",
				      .data = "y",
				      .flags = 0x800}};
	struct witness witness = {.action = UNPACK_READ};
	struct buf bytes = zip_of(parts, 2);

	(void)state;
	assert_int_equal(walk(&bytes, &usual, &witness), UNPACK_DONE);
	assert_string_equal(witness.line.data, "pi\x8a"
					       "ce.pdf=x|pi\x8a"
					       "ce2.pdf=y|");
	assert_false(witness.all_utf8);
	buf_free(&bytes);
	bytes = made(archive_write_set_format_ustar, archive_write_add_filter_none, "", &file, 1);
	assert_int_equal(walk(&bytes, &usual, &witness), UNPACK_DONE);
	assert_string_equal(witness.line.data, "pi\x8a"
					       "ce.pdf=x|");
	assert_false(witness.all_utf8);
	buf_free(&bytes);
	buf_free(&witness.line);
}

static void only_regular_files(void **state)
{
	static const struct file files[] = {
	    {.name = "dossier", .type = AE_IFDIR},
	    {.name = "dossier/lien", .type = AE_IFLNK, .link = "/etc/passwd"},
	    {.name = "a.pdf", .content = "a"},
	    {.name = "dur.pdf", .link = "a.pdf"},
	    {.name = "tube", .type = AE_IFIFO},
	    {.name = "b.pdf", .content = "b"},
	};
	static const struct part parts[] = {
	    {.name = "dossier/", .data = "", .mode = S_IFDIR | 0755},
	    {.name = "lien", .data = "/etc/passwd", .mode = S_IFLNK | 0777},
	    {.name = "tube", .data = "", .mode = S_IFIFO | 0777},
	    {.name = "plein/", .data = "x"},
	    {.name = "b.pdf", .data = "b", .mode = 0600},
	};

	(void)state;
	expect(
	    tar_of(files, ARRAY_SIZE(files)), UNPACK_DONE,
	    "!NOT_REGULAR(dossier/lien)|a.pdf=a|!NOT_REGULAR(dur.pdf)|!NOT_REGULAR(tube)|b.pdf=b|");
	expect(zip_of(parts, ARRAY_SIZE(parts)), UNPACK_DONE,
	       "!NOT_REGULAR(lien)|!NOT_REGULAR(tube)|!NOT_REGULAR(plein/)|b.pdf=b|");
}

/* Only pax lets a hard link carry its file's content: the rest of this tar makes no sense. */
static void hard_links_with_content(void **state)
{
	struct buf tar = tar_of(sound, 1);

	(void)state;
	tar.data[156] = '1';
	memcpy(tar.data + 157, "rib.pdf", 7);
	stamp(&tar);
	expect(tar, UNPACK_REFUSED, "!NOT_REGULAR(dossier.yaml)|!CORRUPT()|");
}

static void sparse_files_are_not_regular(void **state)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	struct buf bytes = {malloc(MIB), 0, MIB};
	static const char zeros[40960];

	(void)state;
	archive_write_set_format_pax(archive);
	archive_write_open_memory(archive, bytes.data, MIB, &bytes.length);
	archive_entry_set_pathname(entry, "creux.pdf");
	archive_entry_set_mode(entry, AE_IFREG | 0644);
	archive_entry_set_size(entry, 40960);
	archive_entry_sparse_add_entry(entry, 0, 512);
	archive_entry_sparse_add_entry(entry, 20480, 512);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	archive_write_data(archive, zeros, sizeof zeros);
	archive_entry_free(entry);
	archive_write_free(archive);
	expect(bytes, UNPACK_DONE, "!NOT_REGULAR(creux.pdf)|");
}

static void names_given_twice(void **state)
{
	static const struct file files[] = {
	    {.name = "a.pdf", .content = "1"}, {.name = "b.pdf", .content = "2"},
	    {.name = "a.pdf", .content = "3"}, {.name = "A.pdf", .content = "4"},
	    {.name = "d/._x", .content = "5"}, {.name = "d/._x", .content = "6"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		expect(made_kind(i, files, ARRAY_SIZE(files)), UNPACK_DONE,
		       "a.pdf=1|b.pdf=2|!DUPLICATE(a.pdf)|A.pdf=4|");
}

static void the_visitor_decides(void **state)
{
	struct witness witness = {.action = UNPACK_SKIP};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct buf bytes = made_kind(i, sound, ARRAY_SIZE(sound));
		witness.action = UNPACK_SKIP;
		assert_int_equal(walk(&bytes, &usual, &witness), UNPACK_DONE);
		assert_string_equal(witness.line.data, "dossier.yaml=pièces/rib.pdf=vide.pdf=");
		witness.action = UNPACK_STOP;
		assert_int_equal(walk(&bytes, &usual, &witness), UNPACK_STOPPED);
		assert_string_equal(witness.line.data, "dossier.yaml=");
		buf_free(&bytes);
	}
	buf_free(&witness.line);
}

static void entries_are_counted(void **state)
{
	static const struct file files[] = {
	    {.name = "d", .type = AE_IFDIR},
	    {.name = ".DS_Store", .content = "x"},
	    {.name = "a.pdf", .content = "a"},
	};
	struct unpack_limits limits = usual;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		limits.entries_max = 3;
		expect_within(made_kind(i, files, 3), &limits, UNPACK_DONE, "a.pdf=a|");
		limits.entries_max = 2;
		expect_within(made_kind(i, files, 3), &limits, UNPACK_REFUSED, "!TOO_MANY()|");
	}
}

static void the_end_of_a_tar(void **state)
{
	static const char zeros[40960];
	static const struct {
		size_t blocks; /* of zeros */
		const char *after;
		const char *line;
		enum unpack_result result;
	} cases[] = {
	    {0, "", "!TRUNCATED()|", UNPACK_REFUSED},
	    {1, "", "!TRUNCATED()|", UNPACK_REFUSED},
	    {2, "", "", UNPACK_DONE},
	    {3, "", "", UNPACK_DONE},
	    {80, "", "", UNPACK_DONE},
	    {1, "x", "!TRAILING()|", UNPACK_REFUSED},
	    {2, "x", "!TRAILING()|", UNPACK_REFUSED},
	    {80, "x", "!TRAILING()|", UNPACK_REFUSED},
	};

	(void)state;
	/* The second size puts the end across a block of the stream. */
	for (size_t size = 512; size <= 512 * 255; size += 512 * 253) {
		const struct file file = {.name = "a.pdf", .size = size};
		for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
			struct buf tar = tar_of(&file, 1);
			const size_t at = i / 2;
			struct witness witness = {.action = UNPACK_SKIP};
			enum unpack_result result;

			tar.length -= 1024;
			buf_add(&tar, zeros, cases[at].blocks * 512);
			buf_puts(&tar, cases[at].after);
			if (i % 2) {
				struct buf packed = gzipped(&tar);
				buf_free(&tar);
				tar = packed;
			}
			result = walk(&tar, &usual, &witness);
			assert_string_equal(witness.line.data + strlen("a.pdf="), cases[at].line);
			assert_int_equal(result, cases[at].result);
			buf_free(&tar);
			buf_free(&witness.line);
		}
	}
}

static void damaged_tars(void **state)
{
	struct buf tar = tar_of(sound, ARRAY_SIZE(sound)), packed;
	static char path[600 * 1024];
	const struct file file = {.name = path, .content = "x"};

	(void)state;
	tar.data[512 + 512 + 20] ^= 1; /* in the second entry's header */
	expect(tar, UNPACK_REFUSED, "dossier.yaml=format: 1\n|!CORRUPT()|");
	tar = tar_of(sound, 1);
	packed = gzipped(&tar);
	packed.data[packed.length - 6] ^= 1; /* its CRC */
	expect(packed, UNPACK_REFUSED, "!CORRUPT()|");
	packed = gzipped(&tar);
	buf_puts(&packed, "x");
	expect(packed, UNPACK_REFUSED, "!TRAILING()|");
	buf_free(&tar);

	memset(path, 'a', sizeof path - 1);
	expect(made(archive_write_set_format_gnutar, archive_write_add_filter_none, "", &file, 1),
	       UNPACK_REFUSED, "!TOO_MANY()|");
}

static void a_large_dictionary_is_refused(void **state)
{
	(void)state;
	expect(made(archive_write_set_format_ustar, archive_write_add_filter_xz,
		    "xz:compression-level=9", sound, 1),
	       UNPACK_REFUSED, "!WINDOW()|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_is_read),
	    cmocka_unit_test(no_truncation_passes),
	    cmocka_unit_test(no_flipped_bit_passes),
	    cmocka_unit_test(what_is_no_archive),
	    cmocka_unit_test(a_bomb_is_stopped),
	    cmocka_unit_test(hostile_names),
	    cmocka_unit_test(backslashes),
	    cmocka_unit_test(foreign_archives),
	    cmocka_unit_test(names_of_any_length),
	    cmocka_unit_test(names_that_are_not_utf8),
	    cmocka_unit_test(only_regular_files),
	    cmocka_unit_test(hard_links_with_content),
	    cmocka_unit_test(sparse_files_are_not_regular),
	    cmocka_unit_test(names_given_twice),
	    cmocka_unit_test(the_visitor_decides),
	    cmocka_unit_test(entries_are_counted),
	    cmocka_unit_test(the_end_of_a_tar),
	    cmocka_unit_test(damaged_tars),
	    cmocka_unit_test(a_large_dictionary_is_refused),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
