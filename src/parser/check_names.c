/* The names of an archive's files: which is dossier.yaml, which is the file that it lists. */
#include "lib/code_page.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "parser/check_private.h"

#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static unsigned slashes(const char *path)
{
	unsigned count = 0;

	for (; (path = strchr(path, '/')) != NULL; path++)
		count++;
	return count;
}

bool check_is_dossier(const char *name)
{
	return strcmp(base_name(name), "dossier.yaml") == 0 && slashes(name) <= 1;
}

/* Whether a raw name is the listed file: in NFC when it is UTF-8, else as CP850 or Windows-1252 (a
 * zip made on Windows). */
static bool same_name(const struct entry *entry, const char *name, const char *listed)
{
	static char *(*const decoders[])(const char *) = {text_nfc, text_from_cp850,
							  text_from_cp1252};
	bool same = false;

	for (size_t i = 0; i < 3 && !same; i++) {
		char *decoded, *normal;

		if ((i == 0) != entry->name_is_utf8)
			continue;
		decoded = decoders[i](name);
		normal = decoded != NULL ? text_nfc(decoded) : NULL;
		same = normal != NULL && strcmp(normal, listed) == 0;
		free(decoded);
		free(normal);
	}
	return same;
}

char *check_shown_name(const struct entry *entry)
{
	char *shown = entry->name_is_utf8 ? text_nfc(entry->name) : text_from_cp850(entry->name);

	return shown != NULL ? shown : mem_strdup("?");
}

/* Takes the dossier's own folder off a name; false for a file that is not beside dossier.yaml. */
static bool strip_folder(struct check *check, struct entry *entry, const char *folder)
{
	size_t length = strlen(folder);

	if (strncmp(entry->name, folder, length) != 0 ||
	    strchr(entry->name + length, '/') != NULL) {
		check_tell_entry(check, ANO_ARC_SOUS_DOSSIER, entry->shown, NULL, entry->shown,
				 NULL);
		entry->listed = true; /* said once: it is not unlisted too, nor missing */
		entry->misplaced = true;
		return false;
	}
	memmove(entry->name, entry->name + length, strlen(entry->name + length) + 1);
	free(entry->shown);
	entry->shown = check_shown_name(entry);
	return true;
}

void check_strip_folders(struct check *check)
{
	const char *dossier = check->entries[check->dossier_entry].name;
	char *folder = mem_strndup(dossier, (size_t)(base_name(dossier) - dossier));

	for (size_t i = 0; i < check->count; i++)
		strip_folder(check, &check->entries[i], folder);
	free(folder);
	for (size_t i = 0; i < check->count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(check->entries[i].shown, check->entries[j].shown) == 0 &&
			    strcmp(check->entries[i].name, check->entries[j].name) != 0)
				check_tell_entry(check, ANO_ARC_DOUBLON, check->entries[i].shown,
						 NULL, check->entries[i].shown, NULL);
}

struct entry *check_find_entry(struct check *check, const char *listed)
{
	for (size_t i = 0; i < check->count; i++)
		if (i != check->dossier_entry &&
		    same_name(&check->entries[i], check->entries[i].name, listed))
			return &check->entries[i];
	return NULL;
}

struct entry *check_find_misplaced(struct check *check, const char *listed)
{
	for (size_t i = 0; i < check->count; i++) {
		struct entry *entry = &check->entries[i];

		if (entry->misplaced && same_name(entry, base_name(entry->name), listed))
			return entry;
	}
	return NULL;
}
