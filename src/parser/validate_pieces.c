/* The list of pieces, as far as it can be judged without the archive and the registers. */
#include "lib/date.h"
#include "lib/mem.h"
#include "lib/pasted.h"
#include "lib/sha256.h"
#include "model/slip.h"
#include "parser/validate_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME_MAX 255 /* bytes, as file systems have it */

/* The piece being judged. */
struct listed_piece {
	struct validation *validation;
	struct piece *piece;
	size_t index;
};

static void tell_piece_more(const struct listed_piece *item, enum anomalie_code code,
			    enum piece_key key, const char *detail, const char *detail2)
{
	struct valeur place = *piece_valeur(item->piece, key);
	char chemin[PLACE_PATH_SIZE];

	if (place.ligne == 0) {
		place.ligne = item->piece->ligne;
		place.colonne = item->piece->colonne;
	}
	snprintf(chemin, sizeof(chemin), "pieces[%zu].%s", item->index, piece_keys[key]);
	anomalies_add(item->validation->anomalies, code, chemin, &place, detail, detail2);
}

static void tell_piece(const struct listed_piece *item, enum anomalie_code code, enum piece_key key,
		       const char *detail)
{
	tell_piece_more(item, code, key, detail, NULL);
}

/* Takes over the reason. */
static void refuse_value(const struct listed_piece *item, enum anomalie_code code,
			 enum piece_key key, struct reason reason)
{
	tell_piece_more(item, code, key, reason.why, reason.remedy);
	reason_free(&reason);
}

/* The value of a key that nothing was said about yet; NULL when it is missing or settled. A missing
 * one gets the anomaly `absent` (ANO_COUNT: none), unless the text was cut. */
static struct valeur *value_of(const struct listed_piece *item, enum piece_key key,
			       enum anomalie_code absent)
{
	struct valeur *valeur = piece_valeur(item->piece, key);
	const struct yaml_positions *positions = item->validation->positions;

	if (positions->told_piece[item->index][key])
		return NULL;
	if (valeur->text != NULL)
		return valeur;
	if (absent != ANO_COUNT && !positions->partial)
		tell_piece(item, absent, key, NULL);
	return NULL;
}

static void accept_value(struct valeur *valeur, const char *normal)
{
	char *copy = mem_strdup(normal);

	free(valeur->text);
	valeur->text = copy;
	valeur->valid = true;
}

/* "Choisissez un de ces types : …": all but the one that must have been asked for. */
static char *choose_type(void)
{
	bool types[PIECE_TYPE_COUNT];
	char *list, *remedy;

	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		types[i] = i != PIECE_AUTRE;
	list = piece_types_list(types, ", ");
	remedy = mem_printf("Choisissez un de ces types : %s", list);
	free(list);
	return remedy;
}

static void refuse_type(const struct listed_piece *item)
{
	const char *meant = piece_type_meant(item->validation->dossier, item->piece);
	char *advice = slip_advice(meant);
	char *remedy = meant != NULL ? mem_printf("Écrivez « type: %s »", meant) : choose_type();

	tell_piece_more(item, ANO_PJ_TYPE_INCONNU, PIECE_KEY_TYPE, advice, remedy);
	free(advice);
	free(remedy);
}

static void check_type(const struct listed_piece *item)
{
	struct valeur *type = value_of(item, PIECE_KEY_TYPE, ANO_PJ_TYPE_INCONNU);
	const struct piece *earlier;

	if (type == NULL)
		return;
	if (item->piece->code == PIECE_TYPE_UNKNOWN) {
		refuse_type(item);
		return;
	}
	earlier = dossier_piece(item->validation->dossier, item->piece->code);
	if (earlier != item->piece)
		tell_piece(item, ANO_PJ_TYPE_DOUBLE, PIECE_KEY_TYPE, NULL);
	else
		accept_value(type, piece_type_name(item->piece->code));
}

/* Why a name cannot be a document's; without a text when it can. */
static struct reason name_fault(const char *name)
{
	const char *last = name;

	for (const char *at = name; (at = strpbrk(at, "/\\")) != NULL;)
		last = ++at;
	if (last != name)
		return (struct reason){
		    mem_strdup("il nomme aussi un dossier"),
		    *last != '\0'
			? mem_printf("Écrivez « fichier: %s », et placez ce fichier à côté de "
				     "dossier.yaml",
				     last)
			: mem_strdup("Écrivez le nom du fichier seul, comme fichier: rib.pdf")};
	if (strlen(name) > FILE_NAME_MAX)
		return (struct reason){
		    mem_printf("il dépasse %d octets", FILE_NAME_MAX),
		    mem_strdup("Raccourcissez-le, dans l'archive et dans la liste")};
	if (strcmp(name, "dossier.yaml") == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return (struct reason){
		    mem_strdup("ce n'est pas celui d'un document"),
		    mem_strdup("Écrivez le nom du document, comme fichier: rib.pdf")};
	return (struct reason){0};
}

static void check_file(const struct listed_piece *item)
{
	struct valeur *file = value_of(item, PIECE_KEY_FICHIER, ANO_PJ_NOM);
	struct reason fault;

	if (file == NULL)
		return;
	fault = name_fault(file->text);
	if (fault.why != NULL) {
		refuse_value(item, ANO_PJ_NOM, PIECE_KEY_FICHIER, fault);
		return;
	}
	for (size_t i = 0; i < item->index; i++) {
		const struct valeur *other = &item->validation->dossier->pieces[i].fichier;

		if (other->valid && strcmp(other->text, file->text) == 0) {
			tell_piece(item, ANO_PJ_FICHIER_DOUBLE, PIECE_KEY_FICHIER, NULL);
			break;
		}
	}
	file->valid = true;
}

static void check_sha256(const struct listed_piece *item)
{
	struct valeur *sha256 = value_of(item, PIECE_KEY_SHA256, ANO_COUNT);
	uint8_t bytes[SHA256_SIZE];
	char normal[SHA256_HEX_SIZE];

	if (sha256 == NULL)
		return;
	if (!pasted_hash(sha256->text, sizeof(normal) - 1, normal) ||
	    !sha256_from_hex(normal, bytes)) {
		refuse_value(item, ANO_PJ_SHA256_FORME, PIECE_KEY_SHA256,
			     reason_sha256(sha256->text));
		return;
	}
	sha256_hex(bytes, normal);
	accept_value(sha256, normal);
}

/* A piece must be in date on the day of the deposit, that day included. The HDS certificate must
 * give its date (guide p. 11). */
static void check_validity(const struct listed_piece *item)
{
	bool hds = item->piece->code == PIECE_CERTIFICAT_HDS;
	struct valeur *until =
	    value_of(item, PIECE_KEY_VALIDE_JUSQU_AU, hds ? ANO_HDS_DATE_ABSENTE : ANO_COUNT);
	char normal[DATE_SIZE];
	int32_t date;

	if (until == NULL)
		return;
	if (!date_read(until->text, &date)) {
		refuse_value(item, ANO_PJ_DATE, PIECE_KEY_VALIDE_JUSQU_AU,
			     reason_date(until->text));
		return;
	}
	date_format(date, normal);
	accept_value(until, normal);
	/* The person's section tells of identity papers: some cards run longer than they say. */
	if (date < item->validation->date_depot && item->piece->code != PIECE_TYPE_UNKNOWN &&
	    item->piece->code != PIECE_IDENTITE_REPRESENTANT &&
	    item->piece->code != PIECE_IDENTITE_DEPOSITAIRE)
		tell_piece(item, hds ? ANO_HDS_PERIME : ANO_PJ_PERIMEE, PIECE_KEY_VALIDE_JUSQU_AU,
			   piece_type_name(item->piece->code));
}

static void check_list(const struct validation *validation)
{
	const struct dossier *dossier = validation->dossier;
	const struct yaml_section *list = yaml_section(validation->positions, "pieces");

	if (dossier->piece_count > 0 || depot_type_may_lack_pieces(dossier->type) ||
	    dossier->type == DEPOT_UNKNOWN || validation->positions->partial ||
	    (list != NULL && list->told))
		return;
	anomalies_add_at(validation->anomalies, ANO_PJ_LISTE_ABSENTE, "pieces",
			 list != NULL ? list->ligne : 0, list != NULL ? list->colonne : 0, NULL,
			 NULL, NULL);
}

/* Of all items first: an unknown type is none that another item has. */
static void read_types(const struct validation *validation)
{
	for (size_t i = 0; i < validation->dossier->piece_count; i++) {
		struct piece *piece = &validation->dossier->pieces[i];

		if (piece->type.text != NULL &&
		    !validation->positions->told_piece[i][PIECE_KEY_TYPE])
			piece->code = piece_type_from(piece->type.text);
	}
}

void check_pieces(struct validation *validation)
{
	check_list(validation);
	read_types(validation);
	for (size_t i = 0; i < validation->dossier->piece_count; i++) {
		const struct listed_piece item = {validation, &validation->dossier->pieces[i], i};

		check_type(&item);
		check_file(&item);
		check_sha256(&item);
		check_validity(&item);
	}
}
