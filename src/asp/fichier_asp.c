#include "asp/fichier_asp.h"

#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "record/record.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEMPORARY "var/references/en-cours.tmp" /* one at a time: the run holds the lock */
#define BLOCK	  (1u << 20)

static const struct {
	const char *name, *pattern; /* the pattern is of the folded file name */
} natures[] = {
    [FICHIER_REFERENCEMENTS] = {"referencements", "referencements.csv"},
    [FICHIER_COMPTES] = {"comptes", "comptes.csv"},
    [FICHIER_ACCES] = {"acces", "acces.csv"},
    [FICHIER_BANQUES] = {"banques", "banques.csv"},
    [FICHIER_CALENDRIER] = {"calendrier", "calendrier.csv"},
    [FICHIER_UNITES_LEGALES] = {"unites_legales", "stockunitelegale*.csv"},
    [FICHIER_ETABLISSEMENTS] = {"etablissements", "stocketablissement*.csv"},
    [FICHIER_DECISIONS] = {"decisions", "decisions*.csv"},
    [FICHIER_INCONNU] = {"inconnu", "*"},
};

enum fichier_nature fichier_nature_from(const char *name)
{
	char *folded = text_fold(name);
	size_t nature = 0;

	while (nature < FICHIER_INCONNU &&
	       (folded == NULL || fnmatch(natures[nature].pattern, folded, 0) != 0))
		nature++;
	free(folded);
	return (enum fichier_nature)nature;
}

const char *fichier_nature_name(enum fichier_nature nature)
{
	return natures[nature].name;
}

bool fichier_is_stock(enum fichier_nature nature)
{
	return nature == FICHIER_UNITES_LEGALES || nature == FICHIER_ETABLISSEMENTS;
}

/* --- the copy
 * ----------------------------------------------------------------------------------------- */

void fichier_path(const char *sha256, char path[static 96])
{
	snprintf(path, 96, "var/references/%s.csv", sha256);
}

static uint64_t count_lines(const char *bytes, size_t length)
{
	const char *end = bytes + length;
	uint64_t count = 0;

	while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
		bytes++;
		count++;
	}
	return count;
}

/* Copies, hashes and counts in one read: INSEE's files have several gigabytes. */
static const struct error *copy_bytes(const struct fichier_asp *file, struct fichier_copie *copy,
				      struct sha256 *sum, uint64_t *copied)
{
	char *block = mem_alloc(BLOCK);
	const struct error *err = NULL;
	char last = '\n';
	ssize_t got = 1;

	while (err == NULL && got > 0 && *copied <= file->taille) {
		got = pread(file->fd, block, BLOCK, (off_t)*copied);
		if (got < 0 && errno == EINTR) {
			got = 1;
		} else if (got < 0) {
			err = error_errno(ERR_FAULT, "lecture de %s", file->nom);
		} else if (got > 0) {
			sha256_update(sum, block, (size_t)got);
			copy->lignes += count_lines(block, (size_t)got);
			last = block[got - 1];
			*copied += (uint64_t)got;
			if (file_write_all(copy->fd, block, (size_t)got) != 0)
				err = error_errno(ERR_CANT_WRITE, "%s", TEMPORARY);
		}
	}
	copy->lignes += last != '\n';
	free(block);
	return err;
}

const struct error *fichier_copy(struct root *root, const struct fichier_asp *file, uint64_t limit,
				 struct fichier_copie *copy, struct anomalies *faults)
{
	struct sha256 *sum;
	const struct error *err;
	uint64_t copied = 0;
	uint8_t digest[32];
	char text[24];

	*copy = (struct fichier_copie){.fd = -1};
	if (file->taille > limit) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)limit);
		anomalies_add_at(faults, ANO_REF_TROP_GROS, "", 0, 0, NULL, text, NULL);
		return NULL;
	}
	unlinkat(root->fd, TEMPORARY, 0);
	copy->fd = file_open(root->fd, TEMPORARY,
			     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (copy->fd < 0)
		return error_errno(ERR_CANT_WRITE, "%s", TEMPORARY);
	sum = sha256_new();
	sha256_begin(sum);
	err = copy_bytes(file, copy, sum, &copied);
	sha256_end(sum, digest);
	sha256_free(sum);
	sha256_hex(digest, copy->sha256);
	copy->entiere = err == NULL && copied == file->taille;
	if (err == NULL && !copy->entiere)
		anomalies_add_at(faults, ANO_REF_ILLISIBLE, "", 0, 0, NULL,
				 "il a changé pendant sa lecture", NULL);
	return err;
}

const struct error *fichier_keep(struct root *root, const struct fichier_copie *copy)
{
	char path[96];

	fichier_path(copy->sha256, path);
	return durable_reference(root, copy->fd, TEMPORARY, path, "var/references");
}

void fichier_discard(struct root *root, struct fichier_copie *copy)
{
	if (copy->fd < 0)
		return;
	close(copy->fd);
	copy->fd = -1;
	unlinkat(root->fd, TEMPORARY, 0); /* not there any more when it was kept */
}

static bool is_needed(struct root *root, const char *name)
{
	char sha256[65];
	uint8_t digest[32];

	if (strlen(name) != 68 || strcmp(name + 64, ".csv") != 0)
		return false;
	snprintf(sha256, sizeof(sha256), "%.64s", name);
	return sha256_from_hex(sha256, digest) &&
	       store_get_int(root->store, SQL_FICHIER_NEEDED, sha256, 0) != 0;
}

static const struct error *prune_entry(void *context, int dir, const struct dirent *entry)
{
	struct root *root = context;

	/* Without an answer of the store nothing is known to be superfluous. */
	if (entry->d_name[0] != '.' && !is_needed(root, entry->d_name) &&
	    store_error(root->store) == NULL && unlinkat(dir, entry->d_name, 0) != 0 &&
	    errno != ENOENT && errno != EISDIR)
		return error_errno(ERR_CANT_WRITE, "var/references/%s", entry->d_name);
	return store_error(root->store);
}

const struct error *fichier_prune(struct root *root)
{
	return dir_each(root->fd, "var/references", DIR_STRICT, prune_entry, root);
}

/* --- the record
 * --------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *label;
} outcomes[] = {
    [ASP_FILE_TAKEN] = {"pris", "pris"},
    [ASP_FILE_REFUSED] = {"refuse", "refusé"},
    [ASP_ROW_APPLIED] = {"appliquee", "appliquées"},
    [ASP_ROW_REFUSED] = {"refusee", "refusées"},
};
_Static_assert(sizeof(outcomes) / sizeof(*outcomes) == ASP_OUTCOME_COUNT, "one row an outcome");

const char *asp_outcome_name(enum asp_outcome outcome)
{
	return outcomes[outcome].name;
}

const char *asp_outcome_label(const char *name)
{
	for (size_t i = 0; i < ASP_OUTCOME_COUNT; i++)
		if (strcmp(outcomes[i].name, name) == 0)
			return outcomes[i].label;
	return name;
}

static bool is_taken(void *context, const char *name)
{
	const struct root *root = context;

	return store_get_int(root->store, SQL_FICHIER_RETOUR_TAKEN, name, 0) != 0;
}

int64_t fichier_record(struct root *root, const struct fichier_asp *file,
		       enum fichier_nature nature, const char *sha256, uint64_t lignes, bool pris)
{
	char *retour = answer_file_name(file->nom, ".csv", is_taken, root);
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FICHIER_INSERT);

	bind_int(stmt, FICHIER_INSERT_P_NUIT, file->nuit);
	bind_text(stmt, FICHIER_INSERT_P_NOM, file->nom);
	bind_text(stmt, FICHIER_INSERT_P_NATURE, fichier_nature_name(nature));
	bind_text(stmt, FICHIER_INSERT_P_SHA256, sha256[0] != '\0' ? sha256 : NULL);
	bind_text(stmt, FICHIER_INSERT_P_RECU_LE, file->recu_le);
	bind_int(stmt, FICHIER_INSERT_P_LIGNES, (int64_t)lignes);
	bind_text(stmt, FICHIER_INSERT_P_ETAT,
		  asp_outcome_name(pris ? ASP_FILE_TAKEN : ASP_FILE_REFUSED));
	bind_text(stmt, FICHIER_INSERT_P_SOURCE, file->source);
	bind_text(stmt, FICHIER_INSERT_P_RETOUR_NOM, retour);
	store_run(root->store, stmt);
	free(retour);
	return store_last_id(root->store);
}

void retour_insert(struct root *root, const struct retour *retour, const struct anomalie *anomalie)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_RETOUR_INSERT);
	char *message = anomalie_message(anomalie);
	char *remede = anomalie_remede(anomalie);

	bind_int(stmt, RETOUR_INSERT_P_FICHIER, retour->fichier);
	bind_int(stmt, RETOUR_INSERT_P_ORDRE, (int64_t)retour->ordre);
	bind_int(stmt, RETOUR_INSERT_P_LIGNE, retour->ligne);
	bind_text(stmt, RETOUR_INSERT_P_NUMERO, retour->numero);
	bind_text(stmt, RETOUR_INSERT_P_DECISION, retour->decision);
	bind_text(stmt, RETOUR_INSERT_P_ETAT, asp_outcome_name(retour->etat));
	bind_text(stmt, RETOUR_INSERT_P_CODE, catalogue[anomalie->code].code);
	bind_text(stmt, RETOUR_INSERT_P_MESSAGE, message);
	bind_text(stmt, RETOUR_INSERT_P_REMEDE, remede);
	store_run(root->store, stmt);
	free(message);
	free(remede);
}

const struct error *fichier_refuse(struct root *root, const struct fichier_asp *file,
				   enum fichier_nature nature, const struct fichier_copie *copy,
				   uint64_t lignes, const struct anomalies *faults)
{
	struct retour retour = {.numero = "", .decision = "", .etat = ASP_FILE_REFUSED};
	const struct error *err = NULL;

	if (copy != NULL && copy->entiere && !fichier_is_stock(nature))
		err = fichier_keep(root, copy);
	if (err != NULL)
		return err;
	store_begin(root->store);
	retour.fichier =
	    fichier_record(root, file, nature, copy != NULL ? copy->sha256 : "", lignes, false);
	for (size_t i = 0; i < faults->count; i++) {
		retour.ordre = i;
		retour.ligne = faults->items[i].ligne > 0 ? faults->items[i].ligne : 1;
		retour_insert(root, &retour, &faults->items[i]);
	}
	return store_commit(root->store);
}
