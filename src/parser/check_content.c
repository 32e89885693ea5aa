/* What is wrong with the content of one file, told as of a piece, or as a reason. */
#include "lib/array.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "parser/check_private.h"

#include <stdio.h>
#include <stdlib.h>

/* What a person should look at in a piece that is taken. */
static void content_alerts(struct check *check, const struct piece_verdict *verdict,
			   const struct piece *piece)
{
	const struct {
		bool told;
		enum anomalie_code code;
	} alerts[] = {
	    {verdict->opens_with_empty_password, ANO_PJ_VERROUILLEE},
	    {verdict->rebuilt, ANO_PJ_RECONSTRUITE},
	    {verdict->tail, ANO_PJ_OCTETS_EN_PLUS},
	};
	const char *shown = piece->fichier.text;

	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
		if (alerts[i].told)
			check_tell_entry(check, alerts[i].code, shown, &piece->fichier, shown,
					 NULL);
}

/* What a defect of a piece becomes, and why a file that nobody listed would be refused. */
static const struct {
	enum anomalie_code code;
	const char *reason;
} piece_defects[] = {
    [PIECE_EMPTY] = {ANO_PJ_VIDE, "il est vide"},
    [PIECE_WRONG_KIND] = {ANO_PJ_FORMAT, "c'est "},
    [PIECE_TRUNCATED] = {ANO_PJ_TRONQUEE, "il est incomplet"},
    [PIECE_DAMAGED] = {ANO_PJ_ENDOMMAGEE, "il est endommagé"},
    [PIECE_ENCRYPTED] = {ANO_PJ_CHIFFREE, "il est chiffré"},
    [PIECE_ACTIVE] = {ANO_PJ_ACTIVE, "il contient "},
    [PIECE_TOO_MANY_PIXELS] = {ANO_PJ_PIXELS, "son image est trop grande"},
    [PIECE_NO_PAGE] = {ANO_PJ_SANS_PAGE, "il n'a aucune page"},
    [PIECE_TOO_COSTLY] = {ANO_PJ_COUTEUSE, "il est trop complexe"},
};

static enum piece_defect entry_defect(const struct entry *entry)
{
	return entry->too_costly ? PIECE_TOO_COSTLY : entry->verdict.defect;
}

/* What to do about a defect, where that depends on the piece. */
static const char *piece_advice(const struct entry *entry, enum piece_defect defect)
{
	if (defect == PIECE_ACTIVE)
		return entry->is_signed
			   ? "Demandez au signataire un document signé sans ce contenu :"
			     " l'imprimer ôterait sa signature"
			   : "Enregistrez le document sans ce contenu, ou imprimez-le en PDF, et"
			     " joignez le résultat";
	if (defect == PIECE_TOO_COSTLY)
		return entry->is_signed
			   ? "Demandez au signataire un document signé plus simple : l'imprimer"
			     " ôterait sa signature"
			   : "Imprimez le document en PDF, ou numérisez-le, et joignez le résultat";
	return entry->verdict.advice;
}

/* `name`: as the file is called in the archive; the place is that of the piece in the list. */
static void tell_content(struct check *check, enum anomalie_code code, const char *name,
			 const struct piece *piece, const char *detail, const char *detail2)
{
	char *chemin = mem_printf("archive/%s", name);

	anomalies_add_at(&check->findings->anomalies, code, chemin, piece->fichier.ligne,
			 piece->fichier.colonne, name, detail, detail2);
	free(chemin);
}

static bool is_format_taken(const struct check *check, const struct entry *entry)
{
	return (check->job->formats_piece & (1u << entry->verdict.format)) != 0;
}

static void defect_anomaly(struct check *check, const struct entry *entry,
			   const struct piece *piece, const char *name)
{
	const struct piece_verdict *verdict = &entry->verdict;
	enum piece_defect defect = entry_defect(entry);
	char detail[DETAIL_SIZE];

	if (entry->too_costly)
		snprintf(detail, sizeof(detail), "%s",
			 "il demande trop de mémoire ou de temps de calcul");
	else if (verdict->object != 0)
		snprintf(detail, sizeof(detail), "%s (objet %d)", verdict->detail, verdict->object);
	else
		snprintf(detail, sizeof(detail), "%s", verdict->detail);
	tell_content(check, piece_defects[defect].code, name, piece, detail,
		     piece_advice(entry, defect));
}

/* A sound piece in a format that this service does not take, and those that it does. */
static void format_anomaly(struct check *check, const struct entry *entry,
			   const struct piece *piece, const char *name)
{
	struct buf taken = {0};

	formats_list(&taken, check->job->formats_piece, piece_format_labels, PIECE_FORMAT_COUNT);
	tell_content(check, ANO_PJ_FORMAT_REFUSE, name, piece,
		     piece_format_labels[entry->verdict.format], taken.data);
	buf_free(&taken);
}

void check_tell_content(struct check *check, const struct entry *entry, const struct piece *piece,
			const char *name)
{
	if (entry->too_big)
		tell_content(check, ANO_PJ_TROP_GROSSE, name, piece,
			     WEIGHT(check->job->piece_octets), NULL);
	else if (entry_defect(entry) != PIECE_OK)
		defect_anomaly(check, entry, piece, name);
	else if (!is_format_taken(check, entry))
		format_anomaly(check, entry, piece, name);
	else
		content_alerts(check, &entry->verdict, piece);
}

void check_refusal_reason(const struct check *check, const struct entry *entry,
			  char reason[static DETAIL_SIZE])
{
	const struct piece_verdict *verdict = &entry->verdict;
	enum piece_defect defect = entry_defect(entry);
	const char *what =
	    defect == PIECE_WRONG_KIND || defect == PIECE_ACTIVE ? verdict->detail : "";

	reason[0] = '\0';
	if (entry->too_big)
		snprintf(reason, DETAIL_SIZE, "il dépasse %s", WEIGHT(check->job->piece_octets));
	else if (defect != PIECE_OK)
		snprintf(reason, DETAIL_SIZE, "%s%s", piece_defects[defect].reason, what);
	else if (!is_format_taken(check, entry))
		snprintf(reason, DETAIL_SIZE, "le format %s n'est pas admis",
			 piece_format_labels[verdict->format]);
}
