/* Frames cut, corrupted and mutated: each is refused, or gives values in their bounds. */
#include "lib/array.h"
#include "lib/text.h"
#include "message_fixture.h"

#define PIECES_TESTED	 3
#define ANOMALIES_TESTED 4

/* Each reader on all shorter payloads, and on one byte more. */
static void truncations(void **state)
{
	struct job job = full_job();
	struct findings findings, received;
	struct buf payload, out = {0};
	uint8_t *copy;
	uint32_t ordinal;
	struct hello hello = {1, true, true, true, true, true, 1};

	(void)state;
	fill_findings(&findings, PIECES_TESTED, ANOMALIES_TESTED);
	payload = write_findings(&findings);
	for (size_t length = 0; length < payload.length; length++)
		if (read_exactly(payload.data, length, &received))
			fail_msg("%zu of %zu bytes were enough", length, payload.length);
	buf_putc(&payload, 0);
	assert_false(read_exactly(payload.data, payload.length, &received));
	buf_free(&payload);
	findings_free(&findings);

	message_write_job(&out, &job);
	message_write_hello(&out, &hello);
	for (size_t length = 0; length < out.length; length++) {
		copy = mem_alloc(length);
		memcpy(copy, out.data + MESSAGE_HEADER,
		       length < out.length - MESSAGE_HEADER ? length : out.length - MESSAGE_HEADER);
		assert_int_equal(message_read_job(copy, (uint32_t)length, &job),
				 length == out.length - 2 * MESSAGE_HEADER - HELLO_SIZE);
		memcpy(copy, out.data + out.length - HELLO_SIZE,
		       length < HELLO_SIZE ? length : HELLO_SIZE);
		assert_int_equal(message_read_hello(copy, (uint32_t)length, &hello),
				 length == HELLO_SIZE);
		assert_int_equal(message_read_costly(copy, (uint32_t)length, &ordinal),
				 length == 4);
		free(copy);
	}
	buf_free(&out);
}

static void text_in_range(const char *text, bool required)
{
	assert_true(text != NULL || !required);
	assert_true(text == NULL ||
		    (text_is_utf8(text, strlen(text)) && strlen(text) <= MESSAGE_TEXT_MAX));
}

static void value_in_range(const struct valeur *valeur)
{
	assert_true(valeur->valid == false || valeur->valid == true);
	text_in_range(valeur->text, valeur->valid);
}

static void source_in_range(const struct source *source)
{
	uint32_t before = 0;

	assert_true(source->text == NULL || (text_is_utf8(source->text, strlen(source->text)) &&
					     strlen(source->text) <= DOSSIER_TEXT_MAX));
	assert_true(source->place_count <= PLACES_MAX);
	for (size_t i = 0; i < source->place_count; i++) {
		assert_true(strlen(source->places[i].chemin) < PLACE_PATH_SIZE);
		assert_true(source->places[i].style <= PLACE_OTHER);
	}
	assert_true(source->protection_count <= PROTECTIONS_MAX);
	for (size_t i = 0; i < source->protection_count; i++) {
		assert_true(source->protections[i].first_line > before);
		assert_true(source->protections[i].last_line >= source->protections[i].first_line);
		before = source->protections[i].last_line;
	}
}

/* What the parent may rely on after a frame was accepted. */
static void in_range(const struct findings *findings)
{
	const struct dossier *dossier = &findings->dossier;

	text_in_range(findings->format_archive, true);
	assert_true(dossier->type <= DEPOT_UNKNOWN);
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		value_in_range(&dossier->champs[i]);
	assert_true(dossier->piece_count <= PIECES_MAX);
	for (size_t i = 0; i < dossier->piece_count; i++) {
		const struct piece *piece = &dossier->pieces[i];

		value_in_range(&piece->type);
		value_in_range(&piece->fichier);
		value_in_range(&piece->sha256);
		value_in_range(&piece->valide_jusqu_au);
		assert_true(piece->code <= PIECE_TYPE_UNKNOWN && piece->format <= 3);
	}
	assert_true(findings->anomalies.count <= ANOMALIES_MAX);
	for (size_t i = 0; i < findings->anomalies.count; i++) {
		const struct anomalie *anomalie = &findings->anomalies.items[i];

		assert_true(anomalie->code < ANO_DROP_COUNT);
		text_in_range(anomalie->chemin, true);
		text_in_range(anomalie->valeur, false);
		text_in_range(anomalie->detail, false);
		text_in_range(anomalie->detail2, false);
	}
	source_in_range(&findings->source);
}

/* Refused, or in range. */
static size_t try_payload(const char *bytes, size_t length)
{
	struct findings findings;

	if (!read_exactly(bytes, length, &findings)) {
		assert_null(findings.dossier.pieces); /* nothing is left to free */
		return 0;
	}
	in_range(&findings);
	findings_free(&findings);
	return 1;
}

static void corruptions(void **state)
{
	struct findings findings;
	struct buf payload;
	size_t accepted = 0, refused = 0;

	(void)state;
	fill_findings(&findings, 1, 1);
	payload = write_findings(&findings);
	for (size_t at = 0; at < payload.length; at++) {
		char kept = payload.data[at];

		for (unsigned change = 1; change < 256; change++) {
			payload.data[at] = (char)(kept ^ (char)change);
			if (try_payload(payload.data, payload.length) == 1)
				accepted++;
			else
				refused++;
		}
		payload.data[at] = kept;
	}
	assert_true(accepted > 0 && refused > accepted / 4);
	buf_free(&payload);
	findings_free(&findings);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void mutate(struct buf *bytes, uint32_t *seed)
{
	size_t at = next_random(seed) % bytes->length;
	uint32_t kind = next_random(seed) % 6;
	size_t count = 1 + next_random(seed) % 16;

	if (count > bytes->length - at)
		count = bytes->length - at;
	if (kind < 3) {
		static const char interesting[] = {0, 1, 127, (char)128, (char)255, 4, 16, 64};

		bytes->data[at] = interesting[next_random(seed) % ARRAY_SIZE(interesting)];
	} else if (kind == 3) {
		bytes->data[at] = (char)next_random(seed);
	} else if (kind == 4 && bytes->length > count) {
		memmove(bytes->data + at, bytes->data + at + count, bytes->length - at - count);
		bytes->length -= count;
	} else {
		char chunk[16];

		memcpy(chunk, bytes->data + at, count);
		buf_add(bytes, chunk, count);
		memmove(bytes->data + at + count, bytes->data + at, bytes->length - at - count);
	}
}

static void random_mutations(void **state)
{
	uint32_t seed = 20260302;
	struct findings findings;
	struct buf payload, mutant = {0};
	size_t accepted = 0;

	(void)state;
	fill_findings(&findings, PIECES_TESTED, ANOMALIES_TESTED);
	payload = write_findings(&findings);
	for (unsigned round = 0; round < 100000; round++) {
		buf_clear(&mutant);
		buf_add(&mutant, payload.data, payload.length);
		for (uint32_t n = 1 + next_random(&seed) % 3; n > 0; n--)
			mutate(&mutant, &seed);
		accepted += try_payload(mutant.data, mutant.length);
	}
	assert_true(accepted > 1000 && accepted < 90000); /* both ways are walked */
	buf_free(&mutant);
	buf_free(&payload);
	findings_free(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(truncations),
	    cmocka_unit_test(corruptions),
	    cmocka_unit_test(random_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
