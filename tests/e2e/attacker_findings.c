/* What an attacker changes in the findings of an archive, before they are written as a frame. */
#include "attacker.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <stdlib.h>
#include <string.h>

void forge_sizes(struct findings *findings)
{
	for (size_t i = 0; i < findings->dossier.piece_count; i++)
		findings->dossier.pieces[i].size = i % 2 == 0 ? INT64_MAX : 1;
}

void forge_size(struct findings *findings)
{
	findings->dossier.pieces[0].size = UINT64_MAX;
}

void forget_size(struct findings *findings)
{
	findings->dossier.pieces[0].size = 0;
}

void forge_digests(struct findings *findings)
{
	for (size_t i = 0; i < findings->dossier.piece_count; i++)
		memset(findings->dossier.pieces[i].digest, (int)i, SHA256_SIZE);
}

void forge_ordinals(struct findings *findings)
{
	for (size_t i = 0; i < findings->dossier.piece_count; i++)
		findings->dossier.pieces[i].ordinal = 0;
}

void forge_far_ordinals(struct findings *findings)
{
	for (size_t i = 0; i < findings->dossier.piece_count; i++)
		findings->dossier.pieces[i].ordinal = UINT32_MAX - (uint32_t)i;
}

void forge_format(struct findings *findings)
{
	findings->dossier.pieces[0].format = (enum piece_format)PIECE_FORMAT_COUNT;
}

void forge_piece_type(struct findings *findings)
{
	findings->dossier.pieces[0].code = (enum piece_type)(PIECE_TYPE_UNKNOWN + 1);
}

void forge_deposit_type(struct findings *findings)
{
	findings->dossier.type = (enum depot_type)(DEPOT_UNKNOWN + 1);
}

void forge_archive_kind(struct findings *findings)
{
	free(findings->format_archive);
	findings->format_archive = NULL;
}

void forge_code(struct findings *findings)
{
	anomalies_add(&findings->anomalies, (enum anomalie_code)0, "archive", NULL, NULL, NULL);
	findings->anomalies.items[0].code = ANO_COUNT;
}

/* A word of the service's own to the ASP, as one on this drop. */
void forge_service_code(struct findings *findings)
{
	anomalies_add(&findings->anomalies, ANO_DEC_APPLIQUEE, "archive", NULL, NULL, NULL);
}

void forge_absent_pieces(struct findings *findings)
{
	for (size_t i = 0; i < findings->dossier.piece_count; i++)
		findings->dossier.pieces[i].present = false;
}

void forge_unreadable(struct findings *findings)
{
	findings->readable = false;
}

/* Forty times the first piece. */
void forge_many_pieces(struct findings *findings)
{
	struct dossier *dossier = &findings->dossier;

	while (dossier->piece_count < PIECES_MAX) {
		struct piece *piece;

		dossier->pieces = mem_grow(dossier->pieces, dossier->piece_count,
					   &dossier->piece_capacity, sizeof(*dossier->pieces));
		piece = &dossier->pieces[dossier->piece_count++];
		*piece = dossier->pieces[0];
		piece->type.text = mem_strdup(piece->type.text);
		piece->fichier.text = mem_strdup(piece->fichier.text);
		piece->sha256.text = NULL;
		piece->valide_jusqu_au.text = NULL;
		piece->sha256.valid = piece->valide_jusqu_au.valid = false;
	}
}

/* Nothing is wrong, whatever is. */
void forget_anomalies(struct findings *findings)
{
	anomalies_free(&findings->anomalies);
}

static char *long_text(size_t length)
{
	char *text = mem_alloc(length + 1);

	memset(text, 'x', length);
	text[length] = '\0';
	return text;
}

/* All that can be wrong is, at places that no text has. */
void forge_anomalies(struct findings *findings)
{
	char *text = long_text(MESSAGE_TEXT_MAX);

	for (unsigned i = 0; i < ANOMALIES_MAX; i++)
		anomalies_add_at(&findings->anomalies, (enum anomalie_code)(i % ANO_DROP_COUNT),
				 text, UINT32_MAX - i, UINT32_MAX, text, text, text);
	free(text);
}

/* A long text, whose sections stand far beyond its end. */
void forge_source(struct findings *findings)
{
	struct source *source = &findings->source;

	free(source->text);
	source->text = long_text(DOSSIER_TEXT_MAX);
	for (size_t i = 0; i < source->place_count; i++) {
		source->places[i].ligne = source->places[i].colonne = UINT32_MAX;
		source->places[i].first_line = source->places[i].first_column = UINT32_MAX;
		source->places[i].end_line = 1;
	}
	anomalies_add_at(&findings->anomalies, ANO_PJ_INTROUVABLE, "pieces[39].fichier", UINT32_MAX,
			 UINT32_MAX, "x", NULL, NULL);
}

static const char hostile[] =
    "=cmd|' /C calc'!A0\r\nBcc: autrui@exemple.fr\r\n\r\n\033[2J\"; DROP TABLE depots; --<x>&";

static void forge_text(struct valeur *valeur, size_t most)
{
	free(valeur->text);
	valeur->text = mem_strdup(hostile);
	text_truncate_utf8(valeur->text, most);
}

/* Values that act upon a terminal, a mail, a spreadsheet. */
void forge_texts(struct findings *findings)
{
	struct dossier *dossier = &findings->dossier;

	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if (dossier->champs[i].valid &&
		    (champ_table[i].kind == KIND_TEXTE || champ_table[i].kind == KIND_TITULAIRE ||
		     champ_table[i].kind == KIND_TELEPHONE ||
		     champ_table[i].kind == KIND_CODE_POSTAL))
			forge_text(&dossier->champs[i], champ_table[i].max);
	for (size_t i = 0; i < dossier->piece_count; i++)
		forge_text(&dossier->pieces[i].fichier, sizeof(hostile));
	free(findings->format_archive);
	findings->format_archive = mem_strdup(hostile);
}

static void set_text(struct findings *findings, enum champ champ, const char *text)
{
	struct valeur *valeur = &findings->dossier.champs[champ];

	free(valeur->text);
	*valeur = (struct valeur){.text = mem_strdup(text), .valid = true};
}

void forge_siret(struct findings *findings)
{
	set_text(findings, CHAMP_DEMANDEUR_SIRET, attack_argument);
}

/* Documents for somebody else's request. */
void forge_request(struct findings *findings)
{
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if ((champ_table[i].types & TYPE_BIT(DEPOT_PIECES)) == 0) {
			free(findings->dossier.champs[i].text);
			findings->dossier.champs[i] = (struct valeur){0};
		}
	findings->dossier.type = DEPOT_PIECES;
	set_text(findings, CHAMP_DEMANDE, attack_argument);
}
