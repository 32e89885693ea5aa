/* The file whose name comes nearest to one that is missed: a listed piece's, or dossier.yaml. */
#include "lib/array.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "model/slip.h"
#include "parser/check_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A name as it is compared for a slip: without case, accents, and what people put between words. */
static char *loose_name(const char *name)
{
	char *folded = text_fold(name), *to = folded;

	for (const char *from = folded; from != NULL && *from != '\0'; from++)
		if ((*from >= 'a' && *from <= 'z') || (*from >= '0' && *from <= '9') ||
		    *from == '.')
			*to++ = *from;
	if (folded != NULL)
		*to = '\0';
	return folded;
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
		char *name =
		    entry->listed || i == check->dossier_entry ? NULL : loose_name(entry->shown);

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
	char *wanted = loose_name(listed);
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
	const char *end, *remedy;
	unsigned how;
} near_dossiers[] = {
    {"/dossier.yaml",
     "Placez-le, avec ses pièces, à la racine de l'archive, ou dans un seul dossier",
     AS_SPELT | BELOW},
    {"dossier.yaml", "Renommez-le en dossier.yaml, en minuscules", 0},
    {"dossier.yaml.txt",
     "Renommez-le en dossier.yaml : l'Explorateur Windows masque la fin « .txt » (Affichage › "
     "Extensions de noms de fichiers)",
     0},
    {"_a_corriger.yaml", "Renommez-le en dossier.yaml, une fois corrigé", 0},
    {"dossier.yml", "Renommez-le en dossier.yaml", 0},
    {"dossier.txt",
     "Renommez-le en dossier.yaml (Explorateur Windows : Affichage › Extensions de noms de "
     "fichiers)",
     0},
    {"dossier.docx",
     "Dans Word, Fichier › Enregistrer sous › Texte brut (.txt), codage UTF-8 ; puis renommez ce "
     "fichier en dossier.yaml (Explorateur Windows : Affichage › Extensions de noms de fichiers)",
     0},
    {".yaml", "Renommez-le en dossier.yaml", 0},
    {".yml", "Renommez-le en dossier.yaml", 0},
    {".zip", "Déposez cette archive-là, sans la mettre dans une autre", ARCHIVE},
    {".tar", "Déposez cette archive-là, sans la mettre dans une autre", ARCHIVE},
    {".gz", "Déposez cette archive-là, sans la mettre dans une autre", ARCHIVE},
    {".tgz", "Déposez cette archive-là, sans la mettre dans une autre", ARCHIVE},
    {".xz", "Déposez cette archive-là, sans la mettre dans une autre", ARCHIVE},
    {".zst", "Déposez cette archive-là, sans la mettre dans une autre", ARCHIVE},
    {".7z", "Refaites de son contenu une archive zip", ARCHIVE},
    {".rar", "Refaites de son contenu une archive zip", ARCHIVE},
    {"dossier.yaml", "Renommez-le en dossier.yaml", MISSPELT},
};

static bool is_near(const char *name, const struct near_dossier *near)
{
	size_t length = strlen(name), end = strlen(near->end);
	int (*compared)(const char *, const char *) = near->how & AS_SPELT ? strcmp : strcasecmp;

	if (near->how & MISSPELT)
		return slip_between(name, near->end) < SLIP_NONE;
	return length >= end && compared(name + length - end, near->end) == 0;
}

/* The file that comes nearest to a dossier.yaml; its name is the caller's to free. NULL: none. */
static const struct near_dossier *find_near_dossier(const struct check *check, char **name)
{
	for (size_t i = 0; i < ARRAY_SIZE(near_dossiers); i++)
		for (size_t j = 0; j < check->count; j++) {
			*name = check_shown_name(&check->entries[j]);
			if (is_near(*name, &near_dossiers[i]))
				return &near_dossiers[i];
			free(*name);
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
