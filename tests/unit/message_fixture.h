/* Findings with every field distinct, and their payload. */
#ifndef SEGUR_MESSAGE_FIXTURE_H
#define SEGUR_MESSAGE_FIXTURE_H

#include "lib/array.h"
#include "lib/mem.h"
#include "model/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A payload in a block of exactly its size, so that the sanitizer sees every byte read too many. */
static inline bool read_exactly(const void *bytes, size_t length, struct findings *findings)
{
	uint8_t *copy = mem_alloc(length);
	bool ok;

	memcpy(copy, bytes, length);
	ok = message_read_findings(copy, (uint32_t)length, findings);
	free(copy);
	return ok;
}

static inline struct valeur distinct_value(unsigned seed)
{
	return (struct valeur){
	    .text = seed % 7 == 6 ? NULL : mem_printf(seed % 5 == 4 ? "" : "value é %u", seed),
	    .ligne = 1000 + seed,
	    .colonne = 70000 + seed,
	    .valid = seed % 7 != 6 && seed % 3 != 0,
	};
}

/* Three sections and three values that go on. */
static inline void fill_source(struct source *source)
{
	static const char *const paths[] = {"", "demandeur.adresse", "pieces"};

	source->text = mem_strdup("format: 1 é\n");
	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++) {
		source->places =
		    mem_grow(source->places, i, &source->place_capacity, sizeof(*source->places));
		source->places[source->place_count++] =
		    (struct section_place){.style = (enum place_style)(PLACE_OTHER - i),
					   .ligne = 11 + i,
					   .colonne = UINT32_MAX - i,
					   .first_line = 21 + i,
					   .first_column = 31 + i,
					   .end_line = 41 + i};
		snprintf(source->places[i].chemin, sizeof(source->places[i].chemin), "%s",
			 paths[i]);
		source->protections = mem_grow(source->protections, i, &source->protection_capacity,
					       sizeof(*source->protections));
		source->protections[source->protection_count++] =
		    (struct continued_lines){100 + 2 * i, 100 + 2 * i + i % 2};
	}
}

static inline void fill_findings(struct findings *findings, unsigned pieces, unsigned anomalies)
{
	struct dossier *dossier = &findings->dossier;

	*findings = (struct findings){
	    .format_archive = mem_strdup("tar.zst"), .size = 0x1122334455667788, .readable = true};
	for (unsigned i = 0; i < 32; i++)
		findings->digest[i] = (uint8_t)(i * 7 + 1);
	fill_source(&findings->source);
	dossier->type = DEPOT_FINALISATION;
	dossier->essai = true;
	dossier->pieces_ligne = 0x01020304;
	dossier->pieces_colonne = 0xfffefdfc;
	for (unsigned i = 0; i < CHAMP_COUNT; i++)
		dossier->champs[i] = distinct_value(i);
	for (unsigned i = 0; i < pieces; i++) {
		struct piece *piece;

		dossier->pieces = mem_grow(dossier->pieces, i, &dossier->piece_capacity,
					   sizeof(*dossier->pieces));
		piece = &dossier->pieces[dossier->piece_count++];
		*piece = (struct piece){
		    .type = distinct_value(200 + 4 * i),
		    .fichier = distinct_value(201 + 4 * i),
		    .sha256 = distinct_value(202 + 4 * i),
		    .valide_jusqu_au = distinct_value(203 + 4 * i),
		    .code = (enum piece_type)(i % (PIECE_TYPE_COUNT + 1)),
		    .ligne = 500 + i,
		    .colonne = 600 + i,
		    .present = i % 2 == 0,
		    .ordinal = UINT32_MAX - i,
		    .size = UINT64_MAX - i,
		    .format = (uint8_t)(i % 4),
		};
		memset(piece->digest, (int)(i + 1), 32);
	}
	for (unsigned i = 0; i < anomalies; i++) {
		char texts[4][32];

		for (unsigned j = 0; j < 4; j++)
			snprintf(texts[j], sizeof(texts[j]), "text %u of %u", j, i);
		anomalies_add_at(&findings->anomalies,
				 (enum anomalie_code)(ANO_DROP_COUNT - 1 - i % ANO_DROP_COUNT),
				 texts[0], 10 + i, 20 + i, i % 2 == 0 ? texts[1] : NULL,
				 i % 3 == 0 ? texts[2] : NULL, i % 4 == 0 ? texts[3] : "");
	}
}

static inline struct buf write_findings(const struct findings *findings)
{
	struct buf out = {0};
	enum message_type type;
	uint32_t length;

	message_write_findings(&out, findings);
	assert_true(message_header((const uint8_t *)out.data, &type, &length));
	assert_int_equal(type, MESSAGE_FINDINGS);
	assert_int_equal(length, out.length - MESSAGE_HEADER);
	memmove(out.data, out.data + MESSAGE_HEADER, length);
	out.length = length;
	return out;
}

static inline struct job full_job(void)
{
	struct job job = {.kind = JOB_EXTRACT,
			  .date_depot = -12345,
			  .archive_octets = 0x0102030405060708,
			  .contenu_octets = 0x1112131415161718,
			  .piece_octets = UINT64_MAX,
			  .pixels = 0x2122232425262728,
			  .entrees = 0x31323334,
			  .dossier_octets = 0x41424344,
			  .dictionnaire_octets = 0x51525354,
			  .cpu_s = 3600,
			  .formats_archive = 0x61626364,
			  .formats_piece = UINT32_MAX,
			  .skip_pieces = true,
			  .ordinal_count = PIECES_MAX};

	for (uint32_t i = 0; i < PIECES_MAX; i++)
		job.ordinals[i] = i * 0x01010101u;
	return job;
}

#endif
