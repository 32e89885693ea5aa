/* The list of pieces against the files of the archive: what lacks, what is unlisted. */
#include "lib/mem.h"
#include "lib/text.h"
#include "parser/check_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_missing_piece(struct check *check, const char *path, const struct piece *piece)
{
	struct entry *slip = check_find_misplaced(check, piece->fichier.text);
	char *remedy = NULL;

	if (slip != NULL) {
		check_tell_content(check, slip, piece, slip->shown);
		return;
	}
	slip = check_find_slip(check, piece->fichier.text);
	if (slip != NULL)
		remedy = mem_printf("L'archive contient « %s » : écrivez ce nom-là dans "
				    "dossier.yaml, ou renommez le fichier",
				    slip->shown);
	anomalies_add(&check->findings->anomalies, ANO_PJ_INTROUVABLE, path, &piece->fichier,
		      slip != NULL ? remedy : "Ajoutez-le à l'archive, ou corrigez son nom", NULL);
	free(remedy);
	if (slip != NULL) {
		slip->listed = true;
		check_tell_content(check, slip, piece, slip->shown);
	}
}

static void match_piece(struct check *check, struct piece *piece, size_t index)
{
	struct entry *entry = check_find_entry(check, piece->fichier.text);
	char path[PLACE_PATH_SIZE], found[SHA256_HEX_SIZE];
	uint8_t expected[SHA256_SIZE];

	if (entry == NULL) {
		snprintf(path, sizeof(path), "pieces[%zu].fichier", index);
		tell_missing_piece(check, path, piece);
		return;
	}
	piece->present = true;
	piece->ordinal = entry->ordinal;
	piece->size = entry->size;
	piece->format = entry->verdict.format;
	memcpy(piece->digest, entry->digest, sizeof(piece->digest));
	check_tell_content(check, entry, piece, piece->fichier.text);
	if (piece->sha256.valid && sha256_from_hex(piece->sha256.text, expected) &&
	    memcmp(expected, entry->digest, sizeof(expected)) != 0) {
		snprintf(path, sizeof(path), "pieces[%zu].sha256", index);
		sha256_hex(entry->digest, found);
		anomalies_add(&check->findings->anomalies, ANO_PJ_SHA256, path, &piece->sha256,
			      piece->fichier.text, found);
	}
}

/* Whether the archive's files can be held against the list. Without a readable list each file would
 * be named, where the missing list says it once. */
static bool list_stands(const struct dossier *dossier, const struct yaml_positions *positions)
{
	const struct yaml_section *list = yaml_section(positions, "pieces");

	return dossier->pieces_ligne != 0 ||
	       (depot_type_may_lack_pieces(dossier->type) && dossier->piece_count == 0 &&
		!positions->partial && (list == NULL || !list->told));
}

/* The hidden file that an office program keeps beside a document while it is open. */
static bool is_office_lock(const char *name)
{
	return strncmp(name, "~$", 2) == 0 || strncmp(name, ".~lock.", strlen(".~lock.")) == 0;
}

/* `reason`: why it would be refused; "" when it would not. */
static char *unlisted_remedy(const struct entry *entry, const char *reason)
{
	if (is_office_lock(entry->shown))
		return mem_strdup("Retirez-le : c'est un fichier caché, que Word, Excel ou "
				  "LibreOffice garde à côté d'un document ouvert. Fermez ce "
				  "document, puis refaites l'archive");
	return reason[0] != '\0'
		   ? mem_printf("Retirez-le : en l'état il serait refusé (%s). Pour le joindre, "
				"corrigez-le d'abord, puis ajoutez-le à la liste des pièces avec "
				"son type",
				reason)
		   : mem_printf("Ajoutez à la liste des pièces la ligne « - {type: …, fichier: "
				"%s} » avec le type du document, ou retirez le fichier de "
				"l'archive",
				entry->shown);
}

static void tell_unlisted(struct check *check, const struct entry *entry)
{
	char reason[DETAIL_SIZE];
	char *remedy, *chemin;

	if (!entry->name_is_utf8) {
		check_tell_entry(check, ANO_ARC_NOM_ILLISIBLE, entry->shown, NULL, entry->shown,
				 NULL);
		return;
	}
	check_refusal_reason(check, entry, reason);
	remedy = unlisted_remedy(entry, reason);
	chemin = mem_printf("archive/%s", entry->shown);
	anomalies_add_at(&check->findings->anomalies, ANO_PJ_NON_LISTEE, chemin, 0, 0,
			 reason[0] == '\0' ? entry->shown : NULL, entry->shown, remedy);
	free(chemin);
	free(remedy);
}

/* "rib.pdf / kbis.pdf": the files beside dossier.yaml. No name has a slash. */
static char *file_names(const struct check *check)
{
	struct buf names = {0};

	for (size_t i = 0; i < check->count; i++) {
		const struct entry *entry = &check->entries[i];

		if (i != check->dossier_entry && entry->name_is_utf8 && !entry->misplaced &&
		    !is_office_lock(entry->shown))
			buf_printf(&names, "%s%s", names.length > 0 ? FILES_BETWEEN : "",
				   entry->shown);
	}
	return buf_take(&names);
}

/* Adds the archive's files to what is told of the list as a whole, which must name them. */
static void name_files(struct check *check)
{
	char *names = file_names(check);

	for (size_t i = 0; i < check->findings->anomalies.count; i++) {
		struct anomalie *anomalie = &check->findings->anomalies.items[i];
		bool item = anomalie->code == ANO_YML_SECTION &&
			    strncmp(anomalie->chemin, "pieces[", strlen("pieces[")) == 0;

		if (names[0] == '\0' || (!item && anomalie->code != ANO_YML_LISTE &&
					 anomalie->code != ANO_PJ_LISTE_ABSENTE))
			continue;
		anomalie->detail2 = mem_strdup(names);
		if (!item)
			anomalie->detail = mem_printf(" Fichiers de l'archive : %s.", names);
	}
	free(names);
}

/* First of all: a file that is listed is no slip of another one. */
static void mark_listed(struct check *check)
{
	const struct dossier *dossier = &check->findings->dossier;

	for (size_t i = 0; i < dossier->piece_count; i++) {
		struct entry *entry = NULL;

		if (dossier->pieces[i].fichier.valid)
			entry = check_find_entry(check, dossier->pieces[i].fichier.text);
		if (entry != NULL)
			entry->listed = true;
	}
}

void check_match_pieces(struct check *check, const struct yaml_positions *positions)
{
	struct dossier *dossier = &check->findings->dossier;

	name_files(check);
	mark_listed(check);
	for (size_t i = 0; i < dossier->piece_count; i++)
		if (dossier->pieces[i].fichier.valid)
			match_piece(check, &dossier->pieces[i], i);
	if (!list_stands(dossier, positions))
		return;
	for (size_t i = 0; i < check->count; i++) {
		if (i != check->dossier_entry && !check->entries[i].listed)
			tell_unlisted(check, &check->entries[i]);
	}
}
