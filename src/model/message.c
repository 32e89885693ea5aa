#include "model/message.h"

#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/text.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0x31474553u /* "SEG1" */

/* --- writing --- */

static void put_u8(struct buf *out, uint8_t value)
{
	buf_add(out, &value, 1);
}

static void encode_u32(uint8_t bytes[static 4], uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
}

static void put_u32(struct buf *out, uint32_t value)
{
	uint8_t bytes[4];

	encode_u32(bytes, value);
	buf_add(out, bytes, sizeof(bytes));
}

static void put_u64(struct buf *out, uint64_t value)
{
	put_u32(out, (uint32_t)value);
	put_u32(out, (uint32_t)(value >> 32));
}

/* NULL and "" are told apart; what is longer than `max` is cut. */
static void put_text_of(struct buf *out, const char *text, size_t max)
{
	size_t length;

	if (text == NULL) {
		put_u32(out, UINT32_MAX);
		return;
	}
	length = strlen(text);
	if (length > max) {
		length = max;
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	put_u32(out, (uint32_t)length);
	buf_add(out, text, length);
}

/* A valid value is shorter: only one found wrong can be cut. */
static void put_text(struct buf *out, const char *text)
{
	put_text_of(out, text, MESSAGE_TEXT_MAX);
}

static size_t begin_frame(struct buf *out, enum message_type type)
{
	size_t start = out->length;

	put_u32(out, MAGIC);
	put_u32(out, type);
	put_u32(out, 0);
	return start;
}

static void end_frame(struct buf *out, size_t start)
{
	encode_u32((uint8_t *)out->data + start + 8,
		   (uint32_t)(out->length - start - MESSAGE_HEADER));
}

/* --- reading --- */

/* A failure sticks and every later read gives zero, so readers are straight lines. */
struct reader {
	const uint8_t *bytes;
	size_t left;
	bool failed;
};

static const uint8_t *take_bytes(struct reader *in, size_t count)
{
	const uint8_t *bytes = in->bytes;

	if (in->failed || count > in->left) {
		in->failed = true;
		return NULL;
	}
	in->bytes += count;
	in->left -= count;
	return bytes;
}

static uint8_t get_u8(struct reader *in, uint8_t highest)
{
	const uint8_t *bytes = take_bytes(in, 1);

	if (bytes == NULL || *bytes > highest) {
		in->failed = true;
		return 0;
	}
	return *bytes;
}

static uint32_t decode_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static uint32_t get_u32(struct reader *in, uint32_t highest)
{
	const uint8_t *bytes = take_bytes(in, 4);
	uint32_t value = bytes != NULL ? decode_u32(bytes) : 0;

	if (value > highest) {
		in->failed = true;
		return 0;
	}
	return value;
}

static uint64_t get_u64(struct reader *in)
{
	uint64_t low = get_u32(in, UINT32_MAX);

	return low | (uint64_t)get_u32(in, UINT32_MAX) << 32;
}

static char *get_text_of(struct reader *in, uint32_t max)
{
	uint32_t length = get_u32(in, UINT32_MAX);
	const uint8_t *bytes;

	if (in->failed || length == UINT32_MAX)
		return NULL;
	bytes = length <= max ? take_bytes(in, length) : NULL;
	if (bytes == NULL || memchr(bytes, 0, length) != NULL ||
	    !text_is_utf8((const char *)bytes, length)) {
		in->failed = true;
		return NULL;
	}
	return mem_strndup((const char *)bytes, length);
}

static char *get_text(struct reader *in)
{
	return get_text_of(in, MESSAGE_TEXT_MAX);
}

static bool finished(const struct reader *in)
{
	return !in->failed && in->left == 0;
}

bool message_header(const uint8_t *bytes, enum message_type *type, uint32_t *length)
{
	uint32_t kind = decode_u32(bytes + 4);

	*length = decode_u32(bytes + 8);
	*type = (enum message_type)kind;
	return decode_u32(bytes) == MAGIC && kind >= MESSAGE_HELLO && kind <= MESSAGE_INFLATED &&
	       *length <= MESSAGE_MAX;
}

/* --- hello --- */

void message_write_hello(struct buf *out, const struct hello *hello)
{
	size_t start = begin_frame(out, MESSAGE_HELLO);

	put_u32(out, hello->landlock_abi);
	put_u8(out, hello->no_new_privs);
	put_u8(out, hello->landlock);
	put_u8(out, hello->seccomp);
	put_u8(out, hello->rlimits);
	put_u8(out, hello->empty_root);
	put_u32(out, hello->namespaces);
	end_frame(out, start);
}

bool message_read_hello(const uint8_t *payload, uint32_t length, struct hello *hello)
{
	struct reader in = {payload, length, false};

	hello->landlock_abi = get_u32(&in, 1000);
	hello->no_new_privs = get_u8(&in, 1);
	hello->landlock = get_u8(&in, 1);
	hello->seccomp = get_u8(&in, 1);
	hello->rlimits = get_u8(&in, 1);
	hello->empty_root = get_u8(&in, 1);
	hello->namespaces = get_u32(&in, (1u << CAGE_NAMESPACE_COUNT) - 1);
	return finished(&in);
}

/* --- job --- */

void message_write_job(struct buf *out, const struct job *job)
{
	size_t start = begin_frame(out, MESSAGE_JOB);

	put_u8(out, (uint8_t)job->kind);
	put_u32(out, (uint32_t)job->date_depot);
	put_u64(out, job->archive_octets);
	put_u64(out, job->contenu_octets);
	put_u64(out, job->piece_octets);
	put_u64(out, job->pixels);
	put_u32(out, job->entrees);
	put_u32(out, job->dossier_octets);
	put_u32(out, job->dictionnaire_octets);
	put_u32(out, job->cpu_s);
	put_u32(out, job->formats_archive);
	put_u32(out, job->formats_piece);
	put_u8(out, job->skip_pieces);
	put_u32(out, job->ordinal_count);
	for (uint32_t i = 0; i < job->ordinal_count; i++)
		put_u32(out, job->ordinals[i]);
	end_frame(out, start);
}

bool message_read_job(const uint8_t *payload, uint32_t length, struct job *job)
{
	struct reader in = {payload, length, false};

	*job = (struct job){0};
	job->kind = (enum job_kind)get_u8(&in, JOB_KIND_COUNT - 1);
	job->date_depot = (int32_t)get_u32(&in, UINT32_MAX);
	job->archive_octets = get_u64(&in);
	job->contenu_octets = get_u64(&in);
	job->piece_octets = get_u64(&in);
	job->pixels = get_u64(&in);
	job->entrees = get_u32(&in, UINT32_MAX);
	job->dossier_octets = get_u32(&in, UINT32_MAX);
	job->dictionnaire_octets = get_u32(&in, UINT32_MAX);
	job->cpu_s = get_u32(&in, 3600);
	job->formats_archive = get_u32(&in, UINT32_MAX);
	job->formats_piece = get_u32(&in, UINT32_MAX);
	job->skip_pieces = get_u8(&in, 1);
	job->ordinal_count = get_u32(&in, PIECES_MAX);
	for (uint32_t i = 0; i < job->ordinal_count; i++)
		job->ordinals[i] = get_u32(&in, UINT32_MAX);
	return finished(&in);
}

/* --- findings --- */

static void put_valeur(struct buf *out, const struct valeur *valeur)
{
	put_u8(out, valeur->valid);
	put_u32(out, valeur->ligne);
	put_u32(out, valeur->colonne);
	put_text(out, valeur->text);
}

static void get_valeur(struct reader *in, struct valeur *valeur)
{
	valeur->valid = get_u8(in, 1);
	valeur->ligne = get_u32(in, UINT32_MAX);
	valeur->colonne = get_u32(in, UINT32_MAX);
	valeur->text = get_text(in);
	if (valeur->valid && valeur->text == NULL)
		in->failed = true;
}

static void put_piece(struct buf *out, const struct piece *piece)
{
	put_valeur(out, &piece->type);
	put_valeur(out, &piece->fichier);
	put_valeur(out, &piece->sha256);
	put_valeur(out, &piece->valide_jusqu_au);
	put_u8(out, (uint8_t)piece->code);
	put_u32(out, piece->ligne);
	put_u32(out, piece->colonne);
	put_u8(out, piece->present);
	put_u32(out, piece->ordinal);
	put_u64(out, piece->size);
	buf_add(out, piece->digest, sizeof(piece->digest));
	put_u8(out, (uint8_t)piece->format);
}

static void get_digest(struct reader *in, uint8_t digest[static SHA256_SIZE])
{
	const uint8_t *bytes = take_bytes(in, 32);

	if (bytes != NULL)
		memcpy(digest, bytes, 32);
}

static void get_piece(struct reader *in, struct piece *piece)
{
	get_valeur(in, &piece->type);
	get_valeur(in, &piece->fichier);
	get_valeur(in, &piece->sha256);
	get_valeur(in, &piece->valide_jusqu_au);
	piece->code = (enum piece_type)get_u8(in, PIECE_TYPE_UNKNOWN);
	piece->ligne = get_u32(in, UINT32_MAX);
	piece->colonne = get_u32(in, UINT32_MAX);
	piece->present = get_u8(in, 1);
	piece->ordinal = get_u32(in, UINT32_MAX);
	piece->size = get_u64(in);
	get_digest(in, piece->digest);
	piece->format = (enum piece_format)get_u8(in, PIECE_FORMAT_COUNT - 1);
}

static void put_anomalie(struct buf *out, const struct anomalie *anomalie)
{
	put_u32(out, (uint32_t)anomalie->code);
	put_u32(out, anomalie->ligne);
	put_u32(out, anomalie->colonne);
	put_text(out, anomalie->chemin);
	put_text(out, anomalie->valeur);
	put_text(out, anomalie->detail);
	put_text(out, anomalie->detail2);
}

/* Goes through anomalies_add_at, so that the parent's own cuts and cleaning apply. */
static void get_anomalie(struct reader *in, struct anomalies *list)
{
	uint32_t code = get_u32(in, ANO_DROP_COUNT - 1);
	uint32_t ligne = get_u32(in, UINT32_MAX);
	uint32_t colonne = get_u32(in, UINT32_MAX);
	char *chemin = get_text(in);
	char *valeur = get_text(in);
	char *detail = get_text(in);
	char *detail2 = get_text(in);

	if (chemin == NULL)
		in->failed = true;
	if (!in->failed)
		anomalies_add_at(list, (enum anomalie_code)code, chemin, ligne, colonne, valeur,
				 detail, detail2);
	free(chemin);
	free(valeur);
	free(detail);
	free(detail2);
}

static void put_source(struct buf *out, const struct source *source)
{
	put_text_of(out, source->text, DOSSIER_TEXT_MAX);
	put_u32(out, (uint32_t)source->place_count);
	for (size_t i = 0; i < source->place_count; i++) {
		const struct section_place *place = &source->places[i];

		put_text(out, place->chemin);
		put_u8(out, (uint8_t)place->style);
		put_u32(out, place->ligne);
		put_u32(out, place->colonne);
		put_u32(out, place->first_line);
		put_u32(out, place->first_column);
		put_u32(out, place->end_line);
	}
	put_u32(out, (uint32_t)source->protection_count);
	for (size_t i = 0; i < source->protection_count; i++) {
		put_u32(out, source->protections[i].first_line);
		put_u32(out, source->protections[i].last_line);
	}
}

static void get_place(struct reader *in, struct section_place *place)
{
	char *chemin = get_text_of(in, PLACE_PATH_SIZE - 1);

	if (chemin != NULL)
		memcpy(place->chemin, chemin, strlen(chemin) + 1);
	else
		in->failed = true;
	free(chemin);
	place->style = (enum place_style)get_u8(in, PLACE_OTHER);
	place->ligne = get_u32(in, UINT32_MAX);
	place->colonne = get_u32(in, UINT32_MAX);
	place->first_line = get_u32(in, UINT32_MAX);
	place->first_column = get_u32(in, UINT32_MAX);
	place->end_line = get_u32(in, UINT32_MAX);
}

static void get_source(struct reader *in, struct source *source)
{
	uint32_t count, before = 0;

	source->text = get_text_of(in, DOSSIER_TEXT_MAX);
	/* The text is given back as it is, so nothing in it may act upon its reader's terminal. */
	if (source->text != NULL &&
	    source->text[text_printable(source->text, strlen(source->text))] != '\0')
		in->failed = true;
	count = get_u32(in, PLACES_MAX);
	for (uint32_t i = 0; i < count && !in->failed; i++) {
		source->places = mem_grow(source->places, source->place_count,
					  &source->place_capacity, sizeof(*source->places));
		source->places[source->place_count] = (struct section_place){0};
		get_place(in, &source->places[source->place_count++]);
	}
	count = get_u32(in, PROTECTIONS_MAX);
	for (uint32_t i = 0; i < count && !in->failed; i++) {
		struct continued_lines lines;

		lines.first_line = get_u32(in, UINT32_MAX);
		lines.last_line = get_u32(in, UINT32_MAX);
		/* Lines are in order and disjoint, as their readers only walk forwards. */
		if (lines.first_line <= before || lines.last_line < lines.first_line)
			in->failed = true;
		before = lines.last_line;
		source->protections =
		    mem_grow(source->protections, source->protection_count,
			     &source->protection_capacity, sizeof(*source->protections));
		source->protections[source->protection_count++] = lines;
	}
}

void message_write_findings(struct buf *out, const struct findings *findings)
{
	const struct dossier *dossier = &findings->dossier;
	size_t start = begin_frame(out, MESSAGE_FINDINGS);

	put_text(out, findings->format_archive);
	put_u8(out, findings->readable);
	put_u8(out, (uint8_t)dossier->type);
	put_u8(out, dossier->essai);
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		put_valeur(out, &dossier->champs[i]);
	put_u32(out, dossier->pieces_ligne);
	put_u32(out, dossier->pieces_colonne);
	put_u32(out, (uint32_t)dossier->piece_count);
	for (size_t i = 0; i < dossier->piece_count; i++)
		put_piece(out, &dossier->pieces[i]);
	put_u32(out, (uint32_t)findings->anomalies.count);
	for (size_t i = 0; i < findings->anomalies.count; i++)
		put_anomalie(out, &findings->anomalies.items[i]);
	put_source(out, &findings->source);
	end_frame(out, start);
}

bool message_read_findings(const uint8_t *payload, uint32_t length, struct findings *findings)
{
	struct reader in = {payload, length, false};
	struct dossier *dossier = &findings->dossier;
	uint32_t count;

	*findings = (struct findings){0};
	findings->format_archive = get_text(&in);
	findings->readable = get_u8(&in, 1);
	dossier->type = (enum depot_type)get_u8(&in, DEPOT_UNKNOWN);
	dossier->essai = get_u8(&in, 1);
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		get_valeur(&in, &dossier->champs[i]);
	dossier->pieces_ligne = get_u32(&in, UINT32_MAX);
	dossier->pieces_colonne = get_u32(&in, UINT32_MAX);
	count = get_u32(&in, PIECES_MAX);
	for (uint32_t i = 0; i < count && !in.failed; i++) {
		dossier->pieces = mem_grow(dossier->pieces, dossier->piece_count,
					   &dossier->piece_capacity, sizeof(*dossier->pieces));
		dossier->pieces[dossier->piece_count] = (struct piece){0};
		get_piece(&in, &dossier->pieces[dossier->piece_count++]);
	}
	count = get_u32(&in, ANOMALIES_MAX);
	for (uint32_t i = 0; i < count && !in.failed; i++)
		get_anomalie(&in, &findings->anomalies);
	get_source(&in, &findings->source);
	if (finished(&in) && findings->format_archive != NULL)
		return true;
	findings_free(findings);
	return false;
}

/* --- extracted, costly, inflated --- */

void message_write_extracted(struct buf *out)
{
	end_frame(out, begin_frame(out, MESSAGE_EXTRACTED));
}

void message_costly_frame(uint8_t frame[static MESSAGE_HEADER + 4], uint32_t ordinal)
{
	encode_u32(frame, MAGIC);
	encode_u32(frame + 4, MESSAGE_COSTLY);
	encode_u32(frame + 8, 4);
	encode_u32(frame + 12, ordinal);
}

bool message_read_costly(const uint8_t *payload, uint32_t length, uint32_t *ordinal)
{
	struct reader in = {payload, length, false};

	*ordinal = get_u32(&in, UINT32_MAX);
	return finished(&in);
}

void message_write_inflated(struct buf *out, const struct inflated *inflated)
{
	size_t start = begin_frame(out, MESSAGE_INFLATED);

	put_u8(out, (uint8_t)inflated->state);
	put_u64(out, inflated->size);
	end_frame(out, start);
}

bool message_read_inflated(const uint8_t *payload, uint32_t length, struct inflated *inflated)
{
	struct reader in = {payload, length, false};

	inflated->state = (enum inflated_state)get_u8(&in, INFLATED_STOPPED - 1);
	inflated->size = get_u64(&in);
	return finished(&in);
}
