#include "parser/check.h"

#include "lib/buf.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "parser/check_private.h"
#include "parser/parse_yaml.h"
#include "parser/validate.h"
#include "parser/yaml_source.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PDF_OBJECTS_MAX 200000
#define PDF_PAGES_MAX	2000
#define HEAVY		(1 << 20) /* bytes; a smaller archive leaves little behind */

volatile sig_atomic_t check_ordinal = -1;

/* The bytes of the entry being read, at most piece_octets. One buffer serves all jobs, since the
 * kernel would clear the pages of a new one. It is touched only as far as a piece went. */
static struct buf content;

/* --- the visitor --- */

static enum unpack_action on_begin(void *context, const struct unpack_entry *found)
{
	struct check *check = context;
	const char *name = found->name;
	struct entry *entry;

	while (strncmp(name, "./", 2) == 0)
		name += 2;
	check->entries = mem_grow(check->entries, check->count, &check->capacity, sizeof(*entry));
	entry = &check->entries[check->count++];
	*entry = (struct entry){.name = mem_strdup(name),
				.name_is_utf8 = found->name_is_utf8,
				.ordinal = found->ordinal};
	for (uint32_t i = 0; i < check->job->ordinal_count; i++)
		if (check->job->ordinals[i] == found->ordinal)
			entry->too_costly = true;
	if (check->job->skip_pieces)
		entry->too_costly = true;
	buf_clear(&content);
	sha256_begin(check->sha256);
	check_ordinal = (sig_atomic_t)found->ordinal;
	return UNPACK_READ;
}

static void on_data(void *context, const void *bytes, size_t count)
{
	struct check *check = context;
	struct entry *entry = &check->entries[check->count - 1];

	sha256_update(check->sha256, bytes, count);
	entry->size += count;
	if (entry->size <= check->job->piece_octets)
		buf_add(&content, bytes, count);
	else
		entry->too_big = true;
}

/* The text of a dossier.yaml that is too big is neither kept nor read. */
static bool dossier_is_too_big(const struct check *check)
{
	const struct entry *entry = &check->entries[check->dossier_entry];

	return entry->too_big || entry->size > check->job->dossier_octets;
}

static void keep_dossier(struct check *check)
{
	if (check->dossier_entry != SIZE_MAX) {
		check->other_dossier = check->count - 1;
		return;
	}
	check->dossier_entry = check->count - 1;
	if (dossier_is_too_big(check))
		return;
	check->dossier_size = content.length;
	check->dossier = mem_strndup(content.data, content.length);
}

static void on_end(void *context)
{
	struct check *check = context;
	struct entry *entry = &check->entries[check->count - 1];
	const struct piece_limits limits = {check->job->pixels, PDF_OBJECTS_MAX, PDF_PAGES_MAX};

	sha256_end(check->sha256, entry->digest);
	if (check_is_dossier(entry->name))
		keep_dossier(check);
	else if (!entry->too_big && !entry->too_costly)
		piece_check((const uint8_t *)content.data, content.length, &limits,
			    &entry->verdict);
	if (entry->too_costly || entry->verdict.defect != PIECE_OK)
		entry->is_signed = piece_is_signed((const uint8_t *)content.data, content.length);
	check_ordinal = -1;
}

/* --- after the archive: names and pieces --- */

/* The text to give back, also from an archive that could not be read to its end. */
static void keep_source(struct check *check)
{
	if (check->dossier_entry != SIZE_MAX && check->other_dossier == 0 &&
	    !dossier_is_too_big(check))
		source_set_text(&check->findings->source, check->dossier, check->dossier_size);
}

static void tell_two_dossiers(struct check *check)
{
	char *first = check_shown_name(&check->entries[check->dossier_entry]);
	char *second = check_shown_name(&check->entries[check->other_dossier]);

	anomalies_add(&check->findings->anomalies, ANO_ARC_PLUSIEURS_DOSSIERS, "archive", NULL,
		      first, second);
	free(first);
	free(second);
}

static void read_dossier(struct check *check)
{
	struct findings *findings = check->findings;
	struct yaml_positions positions = {0};

	if (check->other_dossier != 0) {
		tell_two_dossiers(check);
		return;
	}
	if (check->dossier_entry == SIZE_MAX) {
		check_tell_missing_dossier(check);
		return;
	}
	for (size_t i = 0; i < check->count; i++)
		check->entries[i].shown = check_shown_name(&check->entries[i]);
	check_strip_folders(check);
	if (dossier_is_too_big(check)) {
		/* A text over piece_octets was not kept whole, so the lower limit holds. */
		check_tell_entry(check, ANO_YML_TROP_GROS, "dossier.yaml", NULL,
				 WEIGHT(check->job->piece_octets < check->job->dossier_octets
					    ? check->job->piece_octets
					    : check->job->dossier_octets),
				 NULL);
		return;
	}
	positions.source = &findings->source;
	findings->readable = parse_dossier(check->dossier, check->dossier_size, &findings->dossier,
					   &positions, &findings->anomalies);
	if (findings->readable) {
		validate_dossier(&findings->dossier, &positions, check->job->date_depot,
				 &findings->anomalies);
		check_match_pieces(check, &positions);
	}
}

/* --- jobs --- */

static void free_entries(struct check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		free(check->entries[i].name);
		free(check->entries[i].shown);
	}
	free(check->entries);
	free(check->dossier);
	sha256_free(check->sha256);
}

bool check_archive(const struct job *job, int archive, struct findings *findings)
{
	struct check check = {.job = job, .findings = findings, .dossier_entry = SIZE_MAX};
	const struct unpack_visitor visitor = {&check, on_begin, on_data, on_end, check_on_defect};
	const struct unpack_limits limits = check_limits(job);
	enum archive_kind kind = ARCHIVE_UNKNOWN;
	enum unpack_result result;
	off_t size = lseek(archive, 0, SEEK_END);

	findings->dossier.type = DEPOT_UNKNOWN;
	if (size < 0)
		return false;
	check.sha256 = sha256_new();
	buf_reserve(&content, (size_t)job->piece_octets);
	result = unpack(archive, (uint64_t)size, &limits, &visitor, &kind);
	findings->format_archive = mem_strdup(archive_kind_names[kind]);
	keep_source(&check);
	if (result == UNPACK_DONE)
		read_dossier(&check);
	anomalies_sort(&findings->anomalies);
	free_entries(&check);
	if (size > HEAVY)
		malloc_trim(0);
	return result != UNPACK_FAULT;
}
