#include "lib/array.h"
#include "message_fixture.h"

static void same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL && b != NULL)
		assert_string_equal(a, b);
}

static void same_value(const struct valeur *a, const struct valeur *b)
{
	same_text(a->text, b->text);
	assert_int_equal(a->ligne, b->ligne);
	assert_int_equal(a->colonne, b->colonne);
	assert_int_equal(a->valid, b->valid);
}

static void same_piece(const struct piece *a, const struct piece *b)
{
	same_value(&a->type, &b->type);
	same_value(&a->fichier, &b->fichier);
	same_value(&a->sha256, &b->sha256);
	same_value(&a->valide_jusqu_au, &b->valide_jusqu_au);
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->ligne, b->ligne);
	assert_int_equal(a->colonne, b->colonne);
	assert_int_equal(a->present, b->present);
	assert_int_equal(a->ordinal, b->ordinal);
	assert_true(a->size == b->size);
	assert_memory_equal(a->digest, b->digest, 32);
	assert_int_equal(a->format, b->format);
}

static void same_source(const struct source *a, const struct source *b)
{
	same_text(a->text, b->text);
	assert_int_equal(a->place_count, b->place_count);
	for (size_t i = 0; i < a->place_count; i++) {
		const struct section_place *x = &a->places[i], *y = &b->places[i];

		assert_string_equal(x->chemin, y->chemin);
		assert_int_equal(x->style, y->style);
		assert_int_equal(x->ligne, y->ligne);
		assert_int_equal(x->colonne, y->colonne);
		assert_int_equal(x->first_line, y->first_line);
		assert_int_equal(x->first_column, y->first_column);
		assert_int_equal(x->end_line, y->end_line);
	}
	assert_int_equal(a->protection_count, b->protection_count);
	for (size_t i = 0; i < a->protection_count; i++) {
		assert_int_equal(a->protections[i].first_line, b->protections[i].first_line);
		assert_int_equal(a->protections[i].last_line, b->protections[i].last_line);
	}
}

static void same_findings(const struct findings *a, const struct findings *b)
{
	same_text(a->format_archive, b->format_archive);
	/* Of the archive itself nothing comes from a parser. */
	assert_true(b->size == 0);
	assert_memory_equal(b->digest, (uint8_t[32]){0}, 32);
	assert_int_equal(a->readable, b->readable);
	assert_int_equal(a->dossier.type, b->dossier.type);
	assert_int_equal(a->dossier.essai, b->dossier.essai);
	assert_int_equal(a->dossier.pieces_ligne, b->dossier.pieces_ligne);
	assert_int_equal(a->dossier.pieces_colonne, b->dossier.pieces_colonne);
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		same_value(&a->dossier.champs[i], &b->dossier.champs[i]);
	assert_int_equal(a->dossier.piece_count, b->dossier.piece_count);
	for (size_t i = 0; i < a->dossier.piece_count; i++)
		same_piece(&a->dossier.pieces[i], &b->dossier.pieces[i]);
	assert_int_equal(a->anomalies.count, b->anomalies.count);
	for (size_t i = 0; i < a->anomalies.count; i++) {
		const struct anomalie *x = &a->anomalies.items[i], *y = &b->anomalies.items[i];

		assert_int_equal(x->code, y->code);
		assert_int_equal(x->ligne, y->ligne);
		assert_int_equal(x->colonne, y->colonne);
		same_text(x->chemin, y->chemin);
		same_text(x->valeur, y->valeur);
		same_text(x->detail, y->detail);
		same_text(x->detail2, y->detail2);
	}
	same_source(&a->source, &b->source);
}

static void findings_round_trip(void **state)
{
	static const unsigned sizes[][2] = {{0, 0}, {1, 1}, {3, 4}, {PIECES_MAX, ANOMALIES_MAX}};
	struct findings sent, received;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct buf payload;

		fill_findings(&sent, sizes[i][0], sizes[i][1]);
		payload = write_findings(&sent);
		assert_true(read_exactly(payload.data, payload.length, &received));
		same_findings(&sent, &received);
		buf_free(&payload);
		findings_free(&sent);
		findings_free(&received);
	}
}

static void hello_round_trip(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 32; bits++) {
		struct hello sent = {bits * 30,	      (bits & 1) != 0, (bits & 2) != 0,
				     (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0,
				     bits | bits << 1};
		struct hello received;
		struct buf out = {0};

		message_write_hello(&out, &sent);
		assert_int_equal(out.length, MESSAGE_HEADER + HELLO_SIZE);
		assert_true(message_read_hello((const uint8_t *)out.data + MESSAGE_HEADER,
					       HELLO_SIZE, &received));
		assert_int_equal(received.landlock_abi, sent.landlock_abi);
		assert_int_equal(received.no_new_privs, sent.no_new_privs);
		assert_int_equal(received.landlock, sent.landlock);
		assert_int_equal(received.seccomp, sent.seccomp);
		assert_int_equal(received.rlimits, sent.rlimits);
		assert_int_equal(received.empty_root, sent.empty_root);
		assert_int_equal(received.namespaces, sent.namespaces);
		buf_free(&out);
	}
}

static void job_round_trip(void **state)
{
	struct job sent = full_job(), received;
	struct buf out = {0};
	enum message_type type;
	uint32_t length;

	(void)state;
	message_write_extracted(&out); /* a frame may follow another in the same buffer */
	message_write_job(&out, &sent);
	assert_true(message_header((const uint8_t *)out.data, &type, &length));
	assert_int_equal(type, MESSAGE_EXTRACTED);
	assert_int_equal(length, 0);
	assert_true(message_header((const uint8_t *)out.data + MESSAGE_HEADER, &type, &length));
	assert_int_equal(type, MESSAGE_JOB);
	assert_int_equal(length, out.length - 2 * MESSAGE_HEADER);
	assert_true(
	    message_read_job((const uint8_t *)out.data + 2 * MESSAGE_HEADER, length, &received));
	assert_int_equal(received.kind, sent.kind);
	assert_int_equal(received.date_depot, sent.date_depot);
	assert_true(received.archive_octets == sent.archive_octets);
	assert_true(received.contenu_octets == sent.contenu_octets);
	assert_true(received.piece_octets == sent.piece_octets);
	assert_true(received.pixels == sent.pixels);
	assert_int_equal(received.entrees, sent.entrees);
	assert_int_equal(received.dossier_octets, sent.dossier_octets);
	assert_int_equal(received.dictionnaire_octets, sent.dictionnaire_octets);
	assert_int_equal(received.cpu_s, sent.cpu_s);
	assert_int_equal(received.formats_archive, sent.formats_archive);
	assert_int_equal(received.formats_piece, sent.formats_piece);
	assert_int_equal(received.skip_pieces, sent.skip_pieces);
	assert_int_equal(received.ordinal_count, sent.ordinal_count);
	assert_memory_equal(received.ordinals, sent.ordinals, sizeof(sent.ordinals));
	buf_free(&out);
}

static void headers(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		bool ok;
	} cases[] = {
	    {0, 'S', true},   {0, 's', false},	 {1, 'e', false}, {2, 'g', false}, {3, '2', false},
	    {4, 0, false},    {4, 1, true},	 {4, 5, true},	  {4, 6, true},	   {4, 7, false},
	    {4, 255, false},  {5, 1, false},	 {7, 128, false}, {8, 1, true},	   {10, 0x1f, true},
	    {10, 0x20, true}, {10, 0x21, false}, {11, 1, false},
	};
	uint8_t bytes[MESSAGE_HEADER + 4];
	enum message_type type;
	uint32_t length, ordinal;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		message_costly_frame(bytes, 7);
		memset(bytes + 8, 0, 4);
		bytes[cases[i].at] = cases[i].byte;
		if (message_header(bytes, &type, &length) != cases[i].ok)
			fail_msg("byte %zu = %u", cases[i].at, cases[i].byte);
	}
	message_costly_frame(bytes, 0xa1b2c3d4);
	assert_true(message_header(bytes, &type, &length));
	assert_int_equal(type, MESSAGE_COSTLY);
	assert_int_equal(length, 4);
	assert_true(message_read_costly(bytes + MESSAGE_HEADER, 4, &ordinal));
	assert_int_equal(ordinal, 0xa1b2c3d4);
	assert_false(message_read_costly(bytes + MESSAGE_HEADER - 1, 5, &ordinal));
}

static void inflated_round_trip(void **state)
{
	struct inflated sent = {INFLATED_TOO_BIG, 0x1112131415161718}, received;
	struct buf out = {0};
	uint8_t *payload;

	(void)state;
	message_write_inflated(&out, &sent);
	payload = (uint8_t *)out.data + MESSAGE_HEADER;
	assert_true(message_read_inflated(payload, 9, &received));
	assert_int_equal(received.state, sent.state);
	assert_true(received.size == sent.size);
	assert_false(message_read_inflated(payload, 8, &received));
	payload[0] = INFLATED_STOPPED; /* a parser that says so has not stopped */
	assert_false(message_read_inflated(payload, 9, &received));
	buf_free(&out);
}

/* What a parser that was taken over might say, field by field. */
enum spoil {
	NOTHING,
	TYPE,
	TYPE_BOUND,
	PIECE_CODE,
	PIECE_CODE_BOUND,
	FORMAT,
	ANOMALIE,
	VALID_WITHOUT_TEXT,
	NO_PATH,
	NO_ARCHIVE_FORMAT,
	INVALID_UTF8,
	SURROGATE,
	PIECE_TEXT,
	ANOMALIE_TEXT_UTF8,
	TOO_MANY_PIECES,
	TOO_MANY_ANOMALIES,
	STYLE,
	SECTION_UTF8,
	LINES_BACKWARDS,
	LINES_OVERLAP,
	LINES_AT_ZERO,
	TEXT_UTF8,
	TEXT_ESCAPE,
	TEXT_C1,
	TEXT_LINE_ENDS,
	TEXT_ABSENT,
	SPOIL_COUNT,
};

static void replace(char **text, const char *with)
{
	free(*text);
	*text = with != NULL ? mem_strdup(with) : NULL;
}

static void spoil(struct findings *findings, enum spoil how)
{
	struct dossier *dossier = &findings->dossier;
	struct anomalie *anomalie = &findings->anomalies.items[0];

	switch (how) {
	case TYPE:
		dossier->type = (enum depot_type)(DEPOT_UNKNOWN + 1);
		break;
	case TYPE_BOUND:
		dossier->type = DEPOT_UNKNOWN;
		break;
	case PIECE_CODE:
		dossier->pieces[0].code = (enum piece_type)(PIECE_TYPE_UNKNOWN + 1);
		break;
	case PIECE_CODE_BOUND:
		dossier->pieces[0].code = PIECE_TYPE_UNKNOWN;
		break;
	case FORMAT:
		dossier->pieces[0].format = 4;
		break;
	case ANOMALIE:
		anomalie->code = ANO_DROP_COUNT;
		break;
	case VALID_WITHOUT_TEXT:
		replace(&dossier->champs[1].text, NULL);
		dossier->champs[1].valid = true;
		break;
	case NO_PATH:
		replace(&anomalie->chemin, NULL);
		break;
	case NO_ARCHIVE_FORMAT:
		replace(&findings->format_archive, NULL);
		break;
	case INVALID_UTF8:
		replace(&dossier->champs[CHAMP_COUNT - 1].text, "a\xff");
		break;
	case SURROGATE:
		replace(&dossier->champs[0].text, "\xed\xa0\x80");
		break;
	case PIECE_TEXT:
		replace(&dossier->pieces[0].fichier.text, "\xc3");
		break;
	case ANOMALIE_TEXT_UTF8:
		replace(&anomalie->valeur, "\x80");
		break;
	case STYLE:
		findings->source.places[2].style = (enum place_style)(PLACE_OTHER + 1);
		break;
	case SECTION_UTF8:
		findings->source.places[1].chemin[3] = '\xff';
		break;
	case LINES_BACKWARDS:
		findings->source.protections[1].last_line--;
		findings->source.protections[1].last_line--;
		break;
	case LINES_OVERLAP:
		findings->source.protections[2].first_line =
		    findings->source.protections[1].last_line;
		break;
	case LINES_AT_ZERO:
		findings->source.protections[0].first_line = 0;
		break;
	case TEXT_UTF8:
		replace(&findings->source.text, "a\xe9");
		break;
	case TEXT_ESCAPE:
		replace(&findings->source.text, "a: \x1b[2J\n");
		break;
	case TEXT_C1:
		replace(&findings->source.text, "\xC2\x9B"
						"2J");
		break;
	case TEXT_LINE_ENDS:
		replace(&findings->source.text, "\uFEFFa:\té\r\n\xC2\x85\u2028\u2029");
		break;
	case TEXT_ABSENT:
		replace(&findings->source.text, NULL);
		break;
	default:
		break;
	}
}

static void values_out_of_range(void **state)
{
	(void)state;
	for (enum spoil how = NOTHING; how < SPOIL_COUNT; how++) {
		bool fine = how == NOTHING || how == TYPE_BOUND || how == PIECE_CODE_BOUND ||
			    how == TEXT_ABSENT || how == TEXT_LINE_ENDS;
		struct findings findings, received;
		struct buf payload;

		fill_findings(&findings, how == TOO_MANY_PIECES ? PIECES_MAX + 1 : 1,
			      how == TOO_MANY_ANOMALIES ? ANOMALIES_MAX : 1);
		if (how == TOO_MANY_ANOMALIES) { /* the list itself holds no more */
			findings.anomalies.items =
			    mem_grow(findings.anomalies.items, findings.anomalies.count,
				     &findings.anomalies.capacity, sizeof(struct anomalie));
			findings.anomalies.items[findings.anomalies.count++] =
			    (struct anomalie){.chemin = mem_strdup("x")};
		}
		spoil(&findings, how);
		payload = write_findings(&findings);
		if (read_exactly(payload.data, payload.length, &received) != fine)
			fail_msg("case %d", (int)how);
		findings_free(&received);
		findings_free(&findings);
		buf_free(&payload);
	}
}

static void refuse_patched(struct buf *payload, size_t at, char byte)
{
	char kept = payload->data[at];
	struct findings received;

	payload->data[at] = byte;
	if (read_exactly(payload->data, payload->length, &received))
		fail_msg("byte %zu = %d was accepted", at, byte);
	payload->data[at] = kept;
}

/* Bytes that no writer writes: booleans that are neither, a NUL in a text; jobs and hellos too. */
static void bytes_out_of_range(void **state)
{
	/* After the archive's format. */
	const size_t booleans = 4 + strlen("tar.zst");
	struct findings findings;
	struct buf payload, out = {0};
	struct hello hello = {1000, true, true, true, true, true, 63};
	struct job job = full_job();
	char *marker;

	(void)state;
	fill_findings(&findings, 1, 1);
	replace(&findings.format_archive, "tar.zst");
	replace(&findings.dossier.champs[5].text, "MARKER");
	payload = write_findings(&findings);
	marker = memmem(payload.data, payload.length, "MARKER", 6);
	assert_non_null(marker);
	refuse_patched(&payload, (size_t)(marker - payload.data) + 3, 0);
	refuse_patched(&payload, booleans, 2);		   /* readable */
	refuse_patched(&payload, booleans + 1, 6);	   /* type */
	refuse_patched(&payload, booleans + 2, (char)255); /* essai */
	refuse_patched(&payload, booleans + 3, 2);	   /* valid of the first value */
	buf_free(&payload);
	findings_free(&findings);

	message_write_hello(&out, &hello);
	for (size_t i = 4; i < 9; i++) {
		out.data[MESSAGE_HEADER + i] = 2;
		assert_false(
		    message_read_hello((uint8_t *)out.data + MESSAGE_HEADER, HELLO_SIZE, &hello));
		out.data[MESSAGE_HEADER + i] = 1;
	}
	assert_true(message_read_hello((uint8_t *)out.data + MESSAGE_HEADER, HELLO_SIZE, &hello));
	hello.namespaces = 64;
	buf_clear(&out);
	message_write_hello(&out, &hello);
	assert_false(message_read_hello((uint8_t *)out.data + MESSAGE_HEADER, HELLO_SIZE, &hello));
	hello.namespaces = 63;
	hello.landlock_abi = 1001;
	buf_clear(&out);
	message_write_hello(&out, &hello);
	assert_false(message_read_hello((uint8_t *)out.data + MESSAGE_HEADER, HELLO_SIZE, &hello));
	for (unsigned i = 0; i < 4; i++) {
		struct job sent = job, received;

		sent.kind = i == 1 ? JOB_KIND_COUNT : JOB_CHECK;
		sent.cpu_s += i == 2;
		sent.ordinal_count = i == 3 ? PIECES_MAX : 0;
		buf_clear(&out);
		message_write_job(&out, &sent);
		if (i == 3) { /* one more than there is room for */
			size_t count_at = out.length - 4 * PIECES_MAX - 4;

			out.data[count_at] = PIECES_MAX + 1;
			buf_add(&out, "\0\0\0\0", 4);
		}
		assert_int_equal(message_read_job((uint8_t *)out.data + MESSAGE_HEADER,
						  (uint32_t)out.length - MESSAGE_HEADER, &received),
				 i == 0);
	}
	buf_free(&out);
}

/* The writer cuts between characters; a reader refuses a text that is longer than the limit. */
static void long_texts(void **state)
{
	struct buf text = {0}, payload;
	struct findings findings, received;
	char *start;

	(void)state;
	while (text.length < MESSAGE_TEXT_MAX - 1)
		buf_putc(&text, 'a');
	buf_puts(&text, "éé");
	fill_findings(&findings, 0, 0);
	replace(&findings.dossier.champs[2].text, text.data);
	payload = write_findings(&findings);
	assert_true(read_exactly(payload.data, payload.length, &received));
	assert_int_equal(strlen(received.dossier.champs[2].text), MESSAGE_TEXT_MAX - 1);
	findings_free(&received);
	buf_free(&payload);

	text.data[MESSAGE_TEXT_MAX - 1] = 'b';
	text.data[MESSAGE_TEXT_MAX] = '\0';
	replace(&findings.dossier.champs[2].text, text.data);
	payload = write_findings(&findings);
	assert_true(read_exactly(payload.data, payload.length, &received));
	assert_string_equal(received.dossier.champs[2].text, text.data);
	findings_free(&received);
	start = memmem(payload.data, payload.length, "aaaa", 4);
	assert_non_null(start);
	start[-4]++; /* the length, whose low byte was 0 */
	buf_putc(&payload, 'a');
	start = memmem(payload.data, payload.length, "aaaa", 4);
	memmove(start + 1, start, payload.length - (size_t)(start + 1 - payload.data));
	assert_false(read_exactly(payload.data, payload.length, &received));
	buf_free(&payload);
	buf_free(&text);
	findings_free(&findings);
}

/* dossier.yaml goes over whole up to its own limit, which one that lies cannot pass. */
static void long_source(void **state)
{
	char *text = mem_alloc(DOSSIER_TEXT_MAX + 2);
	struct findings findings, received;
	struct buf payload;
	uint8_t *length;

	(void)state;
	memset(text, 'a', DOSSIER_TEXT_MAX + 1);
	memcpy(text, "MARKER", 6);
	text[DOSSIER_TEXT_MAX] = '\0';
	fill_findings(&findings, PIECES_MAX, ANOMALIES_MAX);
	replace(&findings.source.text, text);
	payload = write_findings(&findings);
	assert_true(read_exactly(payload.data, payload.length, &received));
	same_findings(&findings, &received);
	findings_free(&received);
	length = (uint8_t *)memmem(payload.data, payload.length, "MARKER", 6) - 4;
	assert_int_equal(length[2], DOSSIER_TEXT_MAX >> 16);
	length[0]++; /* takes the next byte, a 3, into the text: it is too long by one */
	assert_false(read_exactly(payload.data, payload.length, &received));
	buf_free(&payload);
	findings_free(&findings);
	free(text);
}

/* More sections, or more lines, than there can be; a section's name that is too long. */
static void too_much_layout(void **state)
{
	static const struct {
		size_t places, protections;
		size_t name;
		bool fine;
	} cases[] = {
	    {PLACES_MAX, PROTECTIONS_MAX, PLACE_PATH_SIZE - 1, true},
	    {PLACES_MAX + 1, 0, 1, false},
	    {0, PROTECTIONS_MAX + 1, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings, received;
		struct source *source = &findings.source;
		struct buf payload;

		fill_findings(&findings, 0, 0);
		source_free(source);
		source->places = mem_alloc((cases[i].places + 1) * sizeof(struct section_place));
		source->place_count = cases[i].places;
		for (size_t j = 0; j < cases[i].places; j++)
			memset(source->places[j].chemin, 'x', cases[i].name);
		source->protections =
		    mem_alloc((cases[i].protections + 1) * sizeof(struct continued_lines));
		source->protection_count = cases[i].protections;
		for (size_t j = 0; j < cases[i].protections; j++)
			source->protections[j] =
			    (struct continued_lines){(uint32_t)j + 1, (uint32_t)j + 1};
		payload = write_findings(&findings);
		assert_int_equal(read_exactly(payload.data, payload.length, &received),
				 cases[i].fine);
		findings_free(&received);
		if (cases[i].fine) { /* a longer name than the field holds */
			char *name = memmem(payload.data, payload.length, "xxxx", 4);

			name[-4]++;
			assert_false(read_exactly(payload.data, payload.length, &received));
		}
		buf_free(&payload);
		findings_free(&findings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(findings_round_trip),
	    cmocka_unit_test(hello_round_trip),
	    cmocka_unit_test(inflated_round_trip),
	    cmocka_unit_test(job_round_trip),
	    cmocka_unit_test(headers),
	    cmocka_unit_test(values_out_of_range),
	    cmocka_unit_test(bytes_out_of_range),
	    cmocka_unit_test(long_texts),
	    cmocka_unit_test(long_source),
	    cmocka_unit_test(too_much_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
