/* What the unpacker finds wrong with an archive, or with one of its files, becomes an anomaly. */
#include "lib/mem.h"
#include "lib/text.h"
#include "parser/check_private.h"

#include <stdlib.h>

#define NAME_BYTES_MAX 255 /* of an entry's path */

/* The anomaly that a defect becomes, and which limit its words cite. */
static const struct {
	enum anomalie_code code;
	enum { NO_LIMIT, LIMIT_WINDOW, LIMIT_TOTAL, LIMIT_ENTRIES, LIMIT_KINDS, DETAIL } cites;
	const char *reason; /* French, where the unpacker gives none */
} defects[] = {
    [DEFECT_UNKNOWN_KIND] = {ANO_ARC_INCONNUE, NO_LIMIT, NULL},
    [DEFECT_KIND_NOT_ALLOWED] = {ANO_ARC_NON_ADMISE, LIMIT_KINDS, NULL},
    [DEFECT_TRUNCATED] = {ANO_ARC_TRONQUEE, NO_LIMIT, NULL},
    [DEFECT_CORRUPT] = {ANO_ARC_ENDOMMAGEE, DETAIL, "sa structure est fausse"},
    [DEFECT_ENCRYPTED] = {ANO_ARC_CHIFFREE, NO_LIMIT, NULL},
    [DEFECT_METHOD] = {ANO_ARC_METHODE, DETAIL, "méthode inconnue"},
    [DEFECT_WINDOW] = {ANO_ARC_MEMOIRE, LIMIT_WINDOW, NULL},
    [DEFECT_BOMB] = {ANO_ARC_BOMBE, LIMIT_TOTAL, NULL},
    [DEFECT_TOO_MANY] = {ANO_ARC_TROP_D_ENTREES, LIMIT_ENTRIES, NULL},
    [DEFECT_TRAILING] = {ANO_ARC_SUITE, NO_LIMIT, NULL},
    [DEFECT_ZIP_COUNT] = {ANO_ARC_ZIP_INCOHERENT, DETAIL, "nombre de fichiers"},
    [DEFECT_ZIP_NAMES] = {ANO_ARC_ZIP_INCOHERENT, DETAIL, "noms de fichiers"},
    [DEFECT_ZIP_OVERLAP] = {ANO_ARC_ZIP_INCOHERENT, DETAIL, "fichiers qui se recouvrent"},
    [DEFECT_ZIP_HIDDEN] = {ANO_ARC_ZIP_INCOHERENT, DETAIL, "des données sont hors de tout fichier"},
    [DEFECT_NOT_REGULAR] = {ANO_ARC_PAS_ORDINAIRE, NO_LIMIT, NULL},
    [DEFECT_ABSOLUTE] = {ANO_ARC_NOM_DANGEREUX, NO_LIMIT, NULL},
    [DEFECT_DOTDOT] = {ANO_ARC_NOM_DANGEREUX, NO_LIMIT, NULL},
    [DEFECT_BACKSLASH] = {ANO_ARC_NOM_DANGEREUX, NO_LIMIT, NULL},
    [DEFECT_CONTROL] = {ANO_ARC_NOM_DANGEREUX, NO_LIMIT, NULL},
    [DEFECT_NAME_TOO_LONG] = {ANO_ARC_NOM_TROP_LONG, NO_LIMIT, NULL},
    [DEFECT_NAME_EMPTY] = {ANO_ARC_NOM_DANGEREUX, NO_LIMIT, NULL},
    [DEFECT_DUPLICATE] = {ANO_ARC_DOUBLON, NO_LIMIT, NULL},
};

void check_tell_entry(struct check *check, enum anomalie_code code, const char *name,
		      const struct valeur *place, const char *detail, const char *detail2)
{
	char *chemin = mem_printf("archive/%s", name);

	anomalies_add_at(&check->findings->anomalies, code, chemin,
			 place != NULL ? place->ligne : 0, place != NULL ? place->colonne : 0, NULL,
			 detail, detail2);
	free(chemin);
}

struct unpack_limits check_limits(const struct job *job)
{
	return (struct unpack_limits){job->contenu_octets, job->entrees, job->dictionnaire_octets,
				      job->formats_archive, NAME_BYTES_MAX};
}

void check_on_defect(void *context, enum unpack_defect defect, const char *entry,
		     const char *detail)
{
	struct check *check = context;
	struct buf kinds = {0};
	char limit[SHOWN_SIZE];
	const char *told = detail != NULL ? detail : defects[defect].reason;

	if (defect >= DEFECT_FIRST_OF_ENTRY) {
		check_tell_entry(check, defects[defect].code, entry != NULL ? entry : "", NULL,
				 entry != NULL ? entry : "", DECIMAL(NAME_BYTES_MAX));
		return;
	}
	check->refused = true;
	switch (defects[defect].cites) {
	case LIMIT_WINDOW:
		told = text_weight(check->job->dictionnaire_octets, limit);
		break;
	case LIMIT_TOTAL:
		told = text_weight(check->job->contenu_octets, limit);
		break;
	case LIMIT_ENTRIES:
		told = text_grouped(check->job->entrees, limit);
		break;
	case LIMIT_KINDS:
		formats_list(&kinds, check->job->formats_archive, archive_kind_names,
			     ARCHIVE_KIND_COUNT);
		anomalies_add(&check->findings->anomalies, defects[defect].code, "archive", NULL,
			      detail != NULL ? detail : "déposé", kinds.data);
		buf_free(&kinds);
		return;
	case DETAIL:
	case NO_LIMIT:
		break;
	}
	if (entry != NULL)
		check_tell_entry(check, defects[defect].code, entry, NULL, told, NULL);
	else
		anomalies_add(&check->findings->anomalies, defects[defect].code, "archive", NULL,
			      told, NULL);
}
