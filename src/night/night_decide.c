/* The verdict on each drop, in the order received: rules, copy, rows; many to a transaction. */
#include "keep/conservation.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/sha256.h"
#include "night/night_private.h"
#include "record/record.h"
#include "store/durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One transaction and one sync for so many dossiers or bytes: syncing each alone costs seven times
 * more. */
#define BATCH_DOSSIERS 256
#define BATCH_BYTES    (256ull << 20)

static const struct error *read_spool(struct night *night, size_t index, struct constat *constat)
{
	const struct analysis *analysis = &night->analyses[index];
	const char *archive = night->drops.items[index].archive;
	uint8_t *payload = mem_block(analysis->length);
	const struct error *err = NULL;
	ssize_t got = -1;

	if (lseek(night->spool, analysis->offset, SEEK_SET) >= 0)
		got = file_read_all(night->spool, payload, analysis->length);
	if (got < 0)
		err = error_errno(ERR_FAULT, "constat illisible : %s", archive);
	else if (got != (ssize_t)analysis->length ||
		 !message_read_constat(payload, analysis->length, constat))
		err = error_set(ERR_FAULT, "constat illisible : %s", archive);
	free(payload);
	return err;
}

/* What can be said without reading: not a file, or far too big. */
static void refuse_unread(const struct night *night, const struct drop *drop,
			  struct constat *constat)
{
	char size[24], limit[24];

	*constat =
	    (struct constat){.format_archive = mem_strdup(""), .dossier.type = DEPOT_INCONNU};
	snprintf(size, sizeof(size), "%llu", (unsigned long long)drop->taille);
	snprintf(limit, sizeof(limit), "%llu",
		 (unsigned long long)night->root->conf.archive_octets);
	if (drop->ordinaire)
		anomalies_add(&constat->anomalies, ANO_ARC_TROP_GROSSE, "archive", NULL, size,
			      limit);
	else
		anomalies_add(&constat->anomalies, ANO_ARC_DEPOT_PAS_FICHIER, "archive", NULL,
			      "lien, répertoire ou fichier spécial", NULL);
}

/* The copy takes its lasting name, its own hash; durable with the batch, before the commit. Of a
 * drop that is empty or too big no row would speak. */
static const struct error *keep_archive(struct night *night, size_t index,
					const struct constat *constat)
{
	char hex[65];

	if (!night_keeps(night) || constat->taille == 0 ||
	    constat->taille > night->root->conf.archive_octets)
		return NULL;
	sha256_hex(constat->empreinte, hex);
	night->analyses[index].prepared = false;
	return conservation_keep(night->conservation, index, hex);
}

/* The verdict on what was read, or the incident that keeps it from being judged. */
static const struct error *judge(struct night *night, size_t index, struct constat *constat,
				 const struct record_night *where,
				 const struct record_drop *received)
{
	struct faits faits = {.compte = received->drop->compte,
			      .date_depot = night_deposit_day(night, received->drop)};
	const struct error *err = NULL;

	store_savepoint(night->root->store);
	if (!record_repeat(night->root, where, received, constat)) {
		rules_apply(night->root, constat, &faits);
		if (faits.incident != NULL) {
			record_incident(night->root, where, received, faits.incident);
		} else {
			if (night->analyses[index].state == ANALYSIS_SPOOLED)
				err = keep_archive(night, index, constat);
			if (err == NULL)
				record_constat(night->root, where, received, constat, &faits);
		}
	}
	/* What the schema refuses costs this drop an incident, not the night. */
	if (!store_savepoint_end(night->root->store))
		record_incident(night->root, where, received,
				"l'enregistrement de ce dépôt a échoué");
	faits_free(&faits);
	return err;
}

static const struct error *decide_one(struct night *night, size_t index)
{
	const struct drop *drop = &night->drops.items[index];
	const struct analysis *analysis = &night->analyses[index];
	const struct record_night where = {night->id, night->date};
	const struct error *err = NULL;
	const char *incident = night->missing != NULL ? night->missing : analysis->incident;
	struct constat constat = {0};
	char received[32];
	const struct record_drop what = {drop, received};

	if (analysis->state == ANALYSIS_SKIPPED)
		return NULL;
	night_received_at(night, drop, received);
	if (analysis->state == ANALYSIS_REFUSED)
		refuse_unread(night, drop, &constat);
	else if (analysis->state == ANALYSIS_SPOOLED)
		err = read_spool(night, index, &constat);
	if (err != NULL)
		return err;
	if (incident != NULL)
		record_incident(night->root, &where, &what, incident);
	else
		err = judge(night, index, &constat, &where, &what);
	/* What was not kept: bytes that are kept already, an incident, a dry run. */
	if (analysis->prepared)
		conservation_discard(night->conservation, index);
	constat_free(&constat);
	return err;
}

/* Copies durable first, then the commit that speaks of them. */
static const struct error *commit_batch(struct night *night)
{
	const struct error *err = night_keeps(night) ? durable_copies(night->root) : NULL;

	if (err != NULL) {
		store_rollback(night->root->store);
		return err;
	}
	return store_commit(night->root->store);
}

const struct error *night_decide(struct night *night)
{
	const struct error *err = NULL;
	size_t i = 0;

	while (i < night->drops.count && err == NULL) {
		uint64_t bytes = 0;

		store_begin(night->root->store);
		for (size_t n = 0; n < BATCH_DOSSIERS && bytes < BATCH_BYTES &&
				   i < night->drops.count && err == NULL;
		     n++, i++) {
			err = decide_one(night, i);
			bytes += night->drops.items[i].taille;
		}
		if (err != NULL) {
			/* error_set's text is static: keep it over the rollback. */
			store_rollback(night->root->store);
			return err;
		}
		err = commit_batch(night);
		progress_show("Instruction des dépôts", i, night->drops.count);
	}
	progress_clear();
	return err;
}
