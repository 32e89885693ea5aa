#include "parser/check.h"

#include "lib/array.h"
#include "lib/code_page.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "model/slip.h"
#include "parser/parse_yaml.h"
#include "parser/piece.h"
#include "parser/unpack.h"
#include "parser/validate.h"
#include "parser/yaml_source.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define NAME_BYTES_MAX	255 /* of an entry's path */
#define PDF_OBJECTS_MAX 200000
#define PDF_PAGES_MAX	2000
#define HEAVY		(1 << 20) /* bytes; a smaller archive leaves little behind */

volatile sig_atomic_t check_ordinal = -1;

/* One regular file of the archive. */
struct entry {
	char *name;  /* raw bytes, below the dossier's own folder once that is known */
	char *shown; /* the same as valid UTF-8 in NFC */
	bool name_is_utf8;
	bool listed;
	bool misplaced; /* not beside dossier.yaml */
	uint32_t ordinal;
	uint64_t size;
	uint8_t digest[SHA256_SIZE];
	struct piece_verdict verdict;
	bool too_costly, too_big;
	bool is_signed; /* of what is refused: printing it would destroy its signature */
};

struct check {
	const struct job *job;
	struct findings *findings;
	struct sha256 *sha256;
	struct entry *entries;
	size_t count, capacity;
	char *dossier; /* text of dossier.yaml */
	size_t dossier_size;
	size_t dossier_entry; /* its index; SIZE_MAX until found */
	size_t other_dossier; /* of a second one, which is never the first entry; 0: none */
	bool refused;	      /* an anomaly of the archive as a whole was told */
};

/* The bytes of the entry being read, at most piece_octets. One buffer serves all jobs, since the
 * kernel would clear the pages of a new one. It is touched only as far as a piece went. */
static struct buf content;

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static unsigned slashes(const char *path)
{
	unsigned count = 0;

	for (; (path = strchr(path, '/')) != NULL; path++)
		count++;
	return count;
}

/* Whether a name is the dossier's: at the root of the archive or in a top folder. */
static bool is_dossier(const char *name)
{
	return strcmp(base_name(name), "dossier.yaml") == 0 && slashes(name) <= 1;
}

/* --- the visitor --- */

static enum unpack_action on_begin(void *context, const struct unpack_entry *found)
{
	struct check *check = context;
	const char *name = found->name;
	struct entry *entry;

	while (strncmp(name, "./", 2) == 0)
		name += 2;
	check->entries = mem_grow(check->entries, check->count, &check->capacity, sizeof(*entry));
	entry = &check->entries[check->count++];
	*entry = (struct entry){.name = mem_strdup(name),
				.name_is_utf8 = found->name_is_utf8,
				.ordinal = found->ordinal};
	for (uint32_t i = 0; i < check->job->ordinal_count; i++)
		if (check->job->ordinals[i] == found->ordinal)
			entry->too_costly = true;
	if (check->job->skip_pieces)
		entry->too_costly = true;
	buf_clear(&content);
	sha256_begin(check->sha256);
	check_ordinal = (sig_atomic_t)found->ordinal;
	return UNPACK_READ;
}

static void on_data(void *context, const void *bytes, size_t count)
{
	struct check *check = context;
	struct entry *entry = &check->entries[check->count - 1];

	sha256_update(check->sha256, bytes, count);
	entry->size += count;
	if (entry->size <= check->job->piece_octets)
		buf_add(&content, bytes, count);
	else
		entry->too_big = true;
}

/* The text of a dossier.yaml that is too big is neither kept nor read. */
static bool dossier_is_too_big(const struct check *check)
{
	const struct entry *entry = &check->entries[check->dossier_entry];

	return entry->too_big || entry->size > check->job->dossier_octets;
}

static void keep_dossier(struct check *check)
{
	if (check->dossier_entry != SIZE_MAX) {
		check->other_dossier = check->count - 1;
		return;
	}
	check->dossier_entry = check->count - 1;
	if (dossier_is_too_big(check))
		return;
	check->dossier_size = content.length;
	check->dossier = mem_strndup(content.data, content.length);
}

static void on_end(void *context)
{
	struct check *check = context;
	struct entry *entry = &check->entries[check->count - 1];
	const struct piece_limits limits = {check->job->pixels, PDF_OBJECTS_MAX, PDF_PAGES_MAX};

	sha256_end(check->sha256, entry->digest);
	if (is_dossier(entry->name))
		keep_dossier(check);
	else if (!entry->too_big && !entry->too_costly)
		piece_check((const uint8_t *)content.data, content.length, &limits,
			    &entry->verdict);
	if (entry->too_costly || entry->verdict.defect != PIECE_OK)
		entry->is_signed = piece_is_signed((const uint8_t *)content.data, content.length);
	check_ordinal = -1;
}

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

static void add_at_entry(struct check *check, enum anomalie_code code, const char *name,
			 const struct valeur *place, const char *detail, const char *detail2)
{
	char *chemin = mem_printf("archive/%s", name);

	anomalies_add_at(&check->findings->anomalies, code, chemin,
			 place != NULL ? place->ligne : 0, place != NULL ? place->colonne : 0, NULL,
			 detail, detail2);
	free(chemin);
}

static void on_defect(void *context, enum unpack_defect defect, const char *entry,
		      const char *detail)
{
	struct check *check = context;
	struct buf kinds = {0};
	char limit[SHOWN_SIZE];
	const char *told = detail != NULL ? detail : defects[defect].reason;

	if (defect >= DEFECT_FIRST_OF_ENTRY) {
		add_at_entry(check, defects[defect].code, entry != NULL ? entry : "", NULL,
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
		add_at_entry(check, defects[defect].code, entry, NULL, told, NULL);
	else
		anomalies_add(&check->findings->anomalies, defects[defect].code, "archive", NULL,
			      told, NULL);
}

/* --- after the archive: names and pieces --- */

/* Whether a raw name is the listed file: in NFC when it is UTF-8, else as CP850 or Windows-1252 (a
 * zip made on Windows). */
static bool same_name(const struct entry *entry, const char *name, const char *listed)
{
	static char *(*const decoders[])(const char *) = {text_nfc, text_from_cp850,
							  text_from_cp1252};
	bool same = false;

	for (size_t i = 0; i < 3 && !same; i++) {
		char *decoded, *normal;

		if ((i == 0) != entry->name_is_utf8)
			continue;
		decoded = decoders[i](name);
		normal = decoded != NULL ? text_nfc(decoded) : NULL;
		same = normal != NULL && strcmp(normal, listed) == 0;
		free(decoded);
		free(normal);
	}
	return same;
}

/* The name to show: UTF-8, else the bytes as CP850, which decodes them all. */
static char *shown_name(const struct entry *entry)
{
	char *shown = entry->name_is_utf8 ? text_nfc(entry->name) : text_from_cp850(entry->name);

	return shown != NULL ? shown : mem_strdup("?");
}

/* Takes the dossier's own folder off a name; false for a file that is not beside dossier.yaml. */
static bool strip_folder(struct check *check, struct entry *entry, const char *folder)
{
	size_t length = strlen(folder);

	if (strncmp(entry->name, folder, length) != 0 ||
	    strchr(entry->name + length, '/') != NULL) {
		add_at_entry(check, ANO_ARC_SOUS_DOSSIER, entry->shown, NULL, entry->shown, NULL);
		entry->listed = true; /* said once: it is not unlisted too, nor missing */
		entry->misplaced = true;
		return false;
	}
	memmove(entry->name, entry->name + length, strlen(entry->name + length) + 1);
	free(entry->shown);
	entry->shown = shown_name(entry);
	return true;
}

static void strip_folders(struct check *check)
{
	const char *dossier = check->entries[check->dossier_entry].name;
	char *folder = mem_strndup(dossier, (size_t)(base_name(dossier) - dossier));

	for (size_t i = 0; i < check->count; i++)
		strip_folder(check, &check->entries[i], folder);
	free(folder);
	for (size_t i = 0; i < check->count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(check->entries[i].shown, check->entries[j].shown) == 0 &&
			    strcmp(check->entries[i].name, check->entries[j].name) != 0)
				add_at_entry(check, ANO_ARC_DOUBLON, check->entries[i].shown, NULL,
					     check->entries[i].shown, NULL);
}

static struct entry *find_entry(struct check *check, const char *listed)
{
	for (size_t i = 0; i < check->count; i++)
		if (i != check->dossier_entry &&
		    same_name(&check->entries[i], check->entries[i].name, listed))
			return &check->entries[i];
	return NULL;
}

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
			add_at_entry(check, alerts[i].code, shown, &piece->fichier, shown, NULL);
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

static void content_anomaly(struct check *check, const struct entry *entry,
			    const struct piece *piece, const char *name)
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

/* Why a file would be refused as a piece; empty: it would not. */
static void refusal_reason(const struct check *check, const struct entry *entry,
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

/* The file of the archive whose name is the listed one but for a slip. It is told there, and not
 * that nobody listed it. */
static struct entry *find_slip(struct check *check, const char *listed)
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

/* A listed file that stands in another folder. */
static struct entry *find_misplaced(struct check *check, const char *listed)
{
	for (size_t i = 0; i < check->count; i++) {
		struct entry *entry = &check->entries[i];

		if (entry->misplaced && same_name(entry, base_name(entry->name), listed))
			return entry;
	}
	return NULL;
}

static void tell_missing_piece(struct check *check, const char *path, const struct piece *piece)
{
	struct entry *slip = find_misplaced(check, piece->fichier.text);
	char *remedy = NULL;

	if (slip != NULL) {
		content_anomaly(check, slip, piece, slip->shown);
		return;
	}
	slip = find_slip(check, piece->fichier.text);
	if (slip != NULL)
		remedy = mem_printf("L'archive contient « %s » : écrivez ce nom-là dans "
				    "dossier.yaml, ou renommez le fichier",
				    slip->shown);
	anomalies_add(&check->findings->anomalies, ANO_PJ_INTROUVABLE, path, &piece->fichier,
		      slip != NULL ? remedy : "Ajoutez-le à l'archive, ou corrigez son nom", NULL);
	free(remedy);
	if (slip != NULL) {
		slip->listed = true;
		content_anomaly(check, slip, piece, slip->shown);
	}
}

static void match_piece(struct check *check, struct piece *piece, size_t index)
{
	struct entry *entry = find_entry(check, piece->fichier.text);
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
	content_anomaly(check, entry, piece, piece->fichier.text);
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
		add_at_entry(check, ANO_ARC_NOM_ILLISIBLE, entry->shown, NULL, entry->shown, NULL);
		return;
	}
	refusal_reason(check, entry, reason);
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
			entry = find_entry(check, dossier->pieces[i].fichier.text);
		if (entry != NULL)
			entry->listed = true;
	}
}

static void match_pieces(struct check *check, const struct yaml_positions *positions)
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

/* The text to give back, also from an archive that could not be read to its end. */
static void keep_source(struct check *check)
{
	if (check->dossier_entry != SIZE_MAX && check->other_dossier == 0 &&
	    !dossier_is_too_big(check))
		source_set_text(&check->findings->source, check->dossier, check->dossier_size);
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
			*name = shown_name(&check->entries[j]);
			if (is_near(*name, &near_dossiers[i]))
				return &near_dossiers[i];
			free(*name);
		}
	*name = NULL;
	return NULL;
}

static void tell_missing_dossier(struct check *check)
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

static void tell_two_dossiers(struct check *check)
{
	char *first = shown_name(&check->entries[check->dossier_entry]);
	char *second = shown_name(&check->entries[check->other_dossier]);

	anomalies_add(&check->findings->anomalies, ANO_ARC_PLUSIEURS_DOSSIERS, "archive", NULL,
		      first, second);
	free(first);
	free(second);
}

static void read_dossier(struct check *check)
{
	struct findings *findings = check->findings;
	struct yaml_positions positions = {0};

	if (check->other_dossier != 0) {
		tell_two_dossiers(check);
		return;
	}
	if (check->dossier_entry == SIZE_MAX) {
		tell_missing_dossier(check);
		return;
	}
	for (size_t i = 0; i < check->count; i++)
		check->entries[i].shown = shown_name(&check->entries[i]);
	strip_folders(check);
	if (dossier_is_too_big(check)) {
		/* A text over piece_octets was not kept whole, so the lower limit holds. */
		add_at_entry(check, ANO_YML_TROP_GROS, "dossier.yaml", NULL,
			     WEIGHT(check->job->piece_octets < check->job->dossier_octets
					? check->job->piece_octets
					: check->job->dossier_octets),
			     NULL);
		return;
	}
	positions.source = &findings->source;
	findings->readable = parse_dossier(check->dossier, check->dossier_size, &findings->dossier,
					   &positions, &findings->anomalies);
	if (findings->readable) {
		validate_dossier(&findings->dossier, &positions, check->job->date_depot,
				 &findings->anomalies);
		match_pieces(check, &positions);
	}
}

/* --- jobs --- */

static void free_entries(struct check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		free(check->entries[i].name);
		free(check->entries[i].shown);
	}
	free(check->entries);
	free(check->dossier);
	sha256_free(check->sha256);
}

bool check_archive(const struct job *job, int archive, struct findings *findings)
{
	struct check check = {.job = job, .findings = findings, .dossier_entry = SIZE_MAX};
	const struct unpack_visitor visitor = {&check, on_begin, on_data, on_end, on_defect};
	const struct unpack_limits limits = {job->contenu_octets, job->entrees,
					     job->dictionnaire_octets, job->formats_archive,
					     NAME_BYTES_MAX};
	enum archive_kind kind = ARCHIVE_UNKNOWN;
	enum unpack_result result;
	off_t size = lseek(archive, 0, SEEK_END);

	findings->dossier.type = DEPOT_UNKNOWN;
	if (size < 0)
		return false;
	check.sha256 = sha256_new();
	buf_reserve(&content, (size_t)job->piece_octets);
	result = unpack(archive, (uint64_t)size, &limits, &visitor, &kind);
	findings->format_archive = mem_strdup(archive_kind_names[kind]);
	keep_source(&check);
	if (result == UNPACK_DONE)
		read_dossier(&check);
	anomalies_sort(&findings->anomalies);
	free_entries(&check);
	if (size > HEAVY)
		malloc_trim(0);
	return result != UNPACK_FAULT;
}

struct wanted_entries {
	const struct job *job;
	const int *outputs;
	uint32_t ordinal; /* of the entry being read */
	uint32_t done;
	bool failed;
};

/* One file may have been given as two pieces: it is written to each. */
static bool wants(const struct wanted_entries *extraction, uint32_t i)
{
	return extraction->job->ordinals[i] == extraction->ordinal;
}

static enum unpack_action extract_begin(void *context, const struct unpack_entry *entry)
{
	struct wanted_entries *extraction = context;

	extraction->ordinal = entry->ordinal;
	for (uint32_t i = 0; i < extraction->job->ordinal_count; i++)
		if (wants(extraction, i))
			return UNPACK_READ;
	return UNPACK_SKIP;
}

static void extract_data(void *context, const void *bytes, size_t count)
{
	struct wanted_entries *extraction = context;

	for (uint32_t i = 0; i < extraction->job->ordinal_count; i++)
		if (wants(extraction, i) &&
		    file_write_all(extraction->outputs[i], bytes, count) != 0)
			extraction->failed = true;
}

static void extract_end(void *context)
{
	struct wanted_entries *extraction = context;

	for (uint32_t i = 0; i < extraction->job->ordinal_count; i++)
		extraction->done += wants(extraction, i);
}

static void extract_defect(void *context, enum unpack_defect defect, const char *entry,
			   const char *detail)
{
	/* The archive was accepted once: the hashes judge what comes out. */
	(void)context, (void)defect, (void)entry, (void)detail;
}

bool extract_pieces(const struct job *job, int archive, const int *outputs)
{
	struct wanted_entries extraction = {.job = job, .outputs = outputs};
	const struct unpack_visitor visitor = {&extraction, extract_begin, extract_data,
					       extract_end, extract_defect};
	const struct unpack_limits limits = {job->contenu_octets, job->entrees,
					     job->dictionnaire_octets, job->formats_archive,
					     NAME_BYTES_MAX};
	enum archive_kind kind;
	off_t size = lseek(archive, 0, SEEK_END);

	return size >= 0 &&
	       unpack(archive, (uint64_t)size, &limits, &visitor, &kind) == UNPACK_DONE &&
	       extraction.done == job->ordinal_count && !extraction.failed;
}
