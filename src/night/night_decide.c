/* The verdict on each drop, in the order received: rules, copy, rows; many to a transaction. */
#include "keep/vault.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "night/night_private.h"
#include "record/record.h"
#include "store/durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A batch of so many dossiers or bytes has one sync: a sync for each costs seven times more. */
#define BATCH_DOSSIERS 256
#define BATCH_BYTES    (256ull << 20)

static const struct error *read_spool(struct night *night, size_t index, struct findings *findings)
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
		 !message_read_findings(payload, analysis->length, findings))
		err = error_set(ERR_FAULT, "constat illisible : %s", archive);
	free(payload);
	return err;
}

/* The findings on a drop that no parser reads: it is no file, empty, or too big, as it stands in the
 * inbox (it was not even copied then) or as it grew. */
static void refuse_unread(const struct night *night, const struct drop *drop,
			  struct findings *findings)
{
	uint64_t most = night->root->conf.archive_octets;
	char size[SHOWN_SIZE + sizeof("plus de ")];

	findings->format_archive = mem_strdup("");
	findings->dossier.type = DEPOT_UNKNOWN;
	snprintf(size, sizeof(size), "plus de %s", WEIGHT(most));
	if (drop->regular)
		anomalies_add(
		    &findings->anomalies,
		    drop->size > most || findings->size > 0 ? ANO_ARC_TROP_GROSSE : ANO_ARC_VIDE,
		    "archive", NULL, drop->size > most ? WEIGHT(drop->size) : size, WEIGHT(most));
	else
		anomalies_add(&findings->anomalies, ANO_ARC_DEPOT_PAS_FICHIER, "archive", NULL,
			      "lien, répertoire ou fichier spécial", NULL);
}

/* Gives the copy its lasting name, its own hash; it is durable with the batch, before the commit. */
static const struct error *keep_archive(struct night *night, size_t index,
					const struct findings *findings)
{
	char hex[SHA256_HEX_SIZE];

	if (!night_keeps(night))
		return NULL;
	sha256_hex(findings->digest, hex);
	night->analyses[index].prepared = false;
	return vault_keep(night->vault, index, hex);
}

/* A replay may have the verdict that was given then. */
static const struct error *replace_verdict(const struct night *night, const struct drop *drop,
					   struct findings *findings, struct facts *facts)
{
	const struct night_source *source = night->options->source;

	return source != NULL && source->judged != NULL
		   ? source->judged(source->context, drop, findings, facts)
		   : NULL;
}

/* The verdict on what was read, or the incident that keeps it from being judged. */
static const struct error *judge(struct night *night, size_t index, struct findings *findings,
				 const struct record_night *where,
				 const struct record_drop *received)
{
	struct facts facts = {.compte = received->drop->compte,
			      .date_depot = night_deposit_day(night, received->drop)};
	const struct error *err = NULL;

	store_savepoint(night->root->store);
	if (!record_repeat(night->root, where, received, findings)) {
		rules_apply(night->root, findings, &facts);
		err = replace_verdict(night, received->drop, findings, &facts);
		if (err == NULL && facts.establishment.incident != NULL) {
			record_incident(night->root, where, received, facts.establishment.incident);
		} else if (err == NULL) {
			if (night->analyses[index].state == ANALYSIS_SPOOLED)
				err = keep_archive(night, index, findings);
			if (err == NULL)
				record_findings(night->root, where, received, findings, &facts);
		}
	}
	/* A drop that the schema refuses costs itself an incident, not the night. */
	if (!store_savepoint_end(night->root->store))
		record_incident(night->root, where, received,
				"l'enregistrement de ce dépôt a échoué");
	facts_free(&facts);
	return err;
}

static const struct error *decide_one(struct night *night, size_t index)
{
	const struct drop *drop = &night->drops.items[index];
	const struct analysis *analysis = &night->analyses[index];
	const struct record_night where = {night->id, night->date};
	const struct error *err = NULL;
	const char *incident = night->missing != NULL ? night->missing : analysis->incident;
	struct findings findings = {0};
	char received[INSTANT_SIZE];
	const struct record_drop what = {drop, received};

	if (analysis->state == ANALYSIS_SKIPPED)
		return NULL;
	night_received_at(night, drop, received);
	if (analysis->state == ANALYSIS_SPOOLED)
		err = read_spool(night, index, &findings);
	findings.size = analysis->copy.size;
	memcpy(findings.digest, analysis->copy.digest, sizeof(findings.digest));
	if (analysis->state == ANALYSIS_REFUSED)
		refuse_unread(night, drop, &findings);
	if (err != NULL)
		return err;
	if (incident != NULL)
		record_incident(night->root, &where, &what, incident);
	else
		err = judge(night, index, &findings, &where, &what);
	/* A copy that was not kept goes: the drop is a repeat, or ended in an incident. */
	if (analysis->prepared)
		vault_discard(night->vault, index);
	findings_free(&findings);
	return err;
}

/* Makes the copies durable first, then commits the rows that name them. */
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
			bytes += night->drops.items[i].size;
		}
		if (err != NULL) {
			store_rollback(night->root->store);
			return err;
		}
		err = commit_batch(night);
		progress_show("Instruction des dépôts", i, night->drops.count);
	}
	progress_clear();
	return err;
}
