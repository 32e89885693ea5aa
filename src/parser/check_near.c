/* The file whose name comes nearest to one that is missed: a listed piece's, or dossier.yaml. */
#include "lib/array.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "model/slip.h"
#include "parser/check_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RENAME "Renommez-le en dossier.yaml"

/* What people put between words, and whatever no keyboard has. */
static bool is_loose(char byte)
{
	return strchr(TEXT_LOWER TEXT_DIGITS ".", byte) == NULL;
}

/* Whether what stands before the first point is the same: the Explorer hides the rest. */
static bool same_stem(const char *one, const char *other)
{
	size_t length = strcspn(one, ".");

	return length > 0 && length == strcspn(other, ".") && strncmp(one, other, length) == 0;
}

static bool same_loose_name(const char *one, const char *other)
{
	return strcmp(one, other) == 0;
}

static bool is_near_miss(const char *one, const char *other)
{
	return slip_between(one, other) < SLIP_NONE;
}

/* The one file that nobody listed and whose loose name is like that; NULL for none, or several. */
static struct entry *find_alike(struct check *check, const char *wanted,
				bool (*alike)(const char *, const char *))
{
	struct entry *found = NULL;
	unsigned count = 0;

	for (size_t i = 0; i < check->count; i++) {
		struct entry *entry = &check->entries[i];
		char *name = entry->listed || i == check->dossier_entry
				 ? NULL
				 : text_fold_without(entry->shown, is_loose);

		if (name != NULL && alike(name, wanted)) {
			found = entry;
			count++;
		}
		free(name);
	}
	return count == 1 ? found : NULL;
}

struct entry *check_find_slip(struct check *check, const char *listed)
{
	static bool (*const ways[])(const char *, const char *) = {same_loose_name, same_stem,
								   is_near_miss};
	char *wanted = text_fold_without(listed, is_loose);
	struct entry *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(ways) && wanted != NULL && found == NULL; i++)
		found = find_alike(check, wanted, ways[i]);
	free(wanted);
	return found;
}

/* What may stand in the place of dossier.yaml, by the end of its name, the nearest first. */
enum {
	AS_SPELT = 1, /* its case counts */
	BELOW = 2,    /* in too deep a folder */
	ARCHIVE = 4,  /* an archive in the archive */
	MISSPELT = 8, /* the whole name, but for a letter or two */
};

static const struct near_dossier {
	const char *ends[6], *remedy;
	unsigned how;
} near_dossiers[] = {
    {{"/dossier.yaml"},
     "Placez-le, avec ses pièces, à la racine de l'archive, ou dans un seul dossier",
     AS_SPELT | BELOW},
    {{"dossier.yaml"}, "Renommez-le en dossier.yaml, en minuscules", 0},
    {{"dossier.yaml.txt"},
     "Renommez-le en dossier.yaml : l'Explorateur Windows masque la fin « .txt » (Affichage › "
     "Extensions de noms de fichiers)",
     0},
    {{"_a_corriger.yaml"}, "Renommez-le en dossier.yaml, une fois corrigé", 0},
    {{"dossier.yml"}, RENAME, 0},
    {{"dossier.txt"},
     "Renommez-le en dossier.yaml (Explorateur Windows : Affichage › Extensions de noms de "
     "fichiers)",
     0},
    {{"dossier.docx"},
     "Dans Word, Fichier › Enregistrer sous › Texte brut (.txt), codage UTF-8 ; puis renommez ce "
     "fichier en dossier.yaml (Explorateur Windows : Affichage › Extensions de noms de fichiers)",
     0},
    {{".yaml", ".yml"}, RENAME, 0},
    {{".zip", ".tar", ".gz", ".tgz", ".xz", ".zst"},
     "Déposez cette archive-là, sans la mettre dans une autre",
     ARCHIVE},
    {{".7z", ".rar"}, "Refaites de son contenu une archive zip", ARCHIVE},
    {{"dossier.yaml"}, RENAME, MISSPELT},
};

static bool is_near(const char *name, const char *wanted, unsigned how)
{
	size_t length = strlen(name), end = strlen(wanted);
	int (*compared)(const char *, const char *) = how & AS_SPELT ? strcmp : strcasecmp;

	if (how & MISSPELT)
		return slip_between(name, wanted) < SLIP_NONE;
	return length >= end && compared(name + length - end, wanted) == 0;
}

/* The name, for the caller to free, of the first file that comes near to that; NULL for none. */
static char *find_near(const struct check *check, const char *wanted, unsigned how)
{
	for (size_t i = 0; i < check->count; i++) {
		char *name = check_shown_name(&check->entries[i]);

		if (is_near(name, wanted, how))
			return name;
		free(name);
	}
	return NULL;
}

/* The file that comes nearest to a dossier.yaml; its name is the caller's to free. NULL: none. */
static const struct near_dossier *find_near_dossier(const struct check *check, char **name)
{
	for (size_t i = 0; i < ARRAY_SIZE(near_dossiers); i++) {
		const struct near_dossier *near = &near_dossiers[i];

		for (size_t j = 0; j < ARRAY_SIZE(near->ends) && near->ends[j] != NULL; j++) {
			*name = find_near(check, near->ends[j], near->how);
			if (*name != NULL)
				return near;
		}
	}
	*name = NULL;
	return NULL;
}

void check_tell_missing_dossier(struct check *check)
{
	char *name;
	const struct near_dossier *near = find_near_dossier(check, &name);
	char *found = NULL;

	if (near != NULL)
		found = mem_printf("%s, mais %s« %s »", near->how & BELOW ? " à sa place" : "",
				   near->how & ARCHIVE ? "l'archive " : "", name);
	anomalies_add(
	    &check->findings->anomalies, ANO_ARC_SANS_DOSSIER, "archive", NULL, found,
	    near != NULL
		? near->remedy
		: "Placez dossier.yaml à la racine de l'archive, ou dans son unique dossier");
	free(found);
	free(name);
}
