#include "message_fixture.h"

static void same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a != NULL && b != NULL)
		assert_string_equal(a, b);
}

static void same_value(const struct valeur *a, const struct valeur *b)
{
	same_text(a->texte, b->texte);
	assert_int_equal(a->ligne, b->ligne);
	assert_int_equal(a->colonne, b->colonne);
	assert_int_equal(a->valide, b->valide);
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
	assert_int_equal(a->presente, b->presente);
	assert_int_equal(a->ordinal, b->ordinal);
	assert_true(a->taille == b->taille);
	assert_memory_equal(a->empreinte, b->empreinte, 32);
	assert_int_equal(a->format, b->format);
}

static void same_source(const struct source *a, const struct source *b)
{
	same_text(a->texte, b->texte);
	assert_int_equal(a->repere_count, b->repere_count);
	for (size_t i = 0; i < a->repere_count; i++) {
		const struct repere *x = &a->reperes[i], *y = &b->reperes[i];

		assert_string_equal(x->chemin, y->chemin);
		assert_int_equal(x->style, y->style);
		assert_int_equal(x->ligne, y->ligne);
		assert_int_equal(x->colonne, y->colonne);
		assert_int_equal(x->premiere, y->premiere);
		assert_int_equal(x->premiere_colonne, y->premiere_colonne);
		assert_int_equal(x->fin, y->fin);
	}
	assert_int_equal(a->protection_count, b->protection_count);
	for (size_t i = 0; i < a->protection_count; i++) {
		assert_int_equal(a->protections[i].premiere, b->protections[i].premiere);
		assert_int_equal(a->protections[i].derniere, b->protections[i].derniere);
	}
}

static void same_constat(const struct constat *a, const struct constat *b)
{
	same_text(a->format_archive, b->format_archive);
	assert_true(a->taille == b->taille);
	assert_memory_equal(a->empreinte, b->empreinte, 32);
	assert_int_equal(a->lisible, b->lisible);
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

static void constat_round_trip(void **state)
{
	static const unsigned sizes[][2] = {{0, 0}, {1, 1}, {3, 4}, {PIECES_MAX, ANOMALIES_MAX}};
	struct constat sent, received;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct buf payload;

		fill_constat(&sent, sizes[i][0], sizes[i][1]);
		payload = write_constat(&sent);
		assert_true(read_exactly(payload.data, payload.length, &received));
		same_constat(&sent, &received);
		buf_free(&payload);
		constat_free(&sent);
		constat_free(&received);
	}
}

static void hello_round_trip(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		struct hello sent = {bits * 60, bits & 1, (bits & 2) != 0, (bits & 4) != 0,
				     (bits & 8) != 0};
		struct hello received;
		struct buf out = {0};

		message_write_hello(&out, &sent);
		assert_int_equal(out.length, MESSAGE_HEADER + 8);
		assert_true(
		    message_read_hello((const uint8_t *)out.data + MESSAGE_HEADER, 8, &received));
		assert_int_equal(received.landlock_abi, sent.landlock_abi);
		assert_int_equal(received.no_new_privs, sent.no_new_privs);
		assert_int_equal(received.landlock, sent.landlock);
		assert_int_equal(received.seccomp, sent.seccomp);
		assert_int_equal(received.rlimits, sent.rlimits);
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
	    {0, 'S', true},    {0, 's', false}, {1, 'e', false}, {2, 'g', false},  {3, '2', false},
	    {4, 0, false},     {4, 1, true},	{4, 5, true},	 {4, 6, false},	   {4, 255, false},
	    {5, 1, false},     {7, 128, false}, {8, 1, true},	 {10, 0x1f, true}, {10, 0x20, true},
	    {10, 0x21, false}, {11, 1, false},
	};
	uint8_t bytes[MESSAGE_HEADER + 4];
	enum message_type type;
	uint32_t length, ordinal;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
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
	TEXTE_UTF8,
	TEXTE_ESCAPE,
	TEXTE_C1,
	TEXTE_LINE_ENDS,
	TEXTE_ABSENT,
	SPOIL_COUNT,
};

static void replace(char **text, const char *with)
{
	free(*text);
	*text = with != NULL ? mem_strdup(with) : NULL;
}

static void spoil(struct constat *constat, enum spoil how)
{
	struct dossier *dossier = &constat->dossier;
	struct anomalie *anomalie = &constat->anomalies.items[0];

	switch (how) {
	case TYPE:
		dossier->type = (enum depot_type)(DEPOT_INCONNU + 1);
		break;
	case TYPE_BOUND:
		dossier->type = DEPOT_INCONNU;
		break;
	case PIECE_CODE:
		dossier->pieces[0].code = (enum piece_type)(PIECE_TYPE_INCONNU + 1);
		break;
	case PIECE_CODE_BOUND:
		dossier->pieces[0].code = PIECE_TYPE_INCONNU;
		break;
	case FORMAT:
		dossier->pieces[0].format = 4;
		break;
	case ANOMALIE:
		anomalie->code = ANO_COUNT;
		break;
	case VALID_WITHOUT_TEXT:
		replace(&dossier->champs[1].texte, NULL);
		dossier->champs[1].valide = true;
		break;
	case NO_PATH:
		replace(&anomalie->chemin, NULL);
		break;
	case NO_ARCHIVE_FORMAT:
		replace(&constat->format_archive, NULL);
		break;
	case INVALID_UTF8:
		replace(&dossier->champs[CHAMP_COUNT - 1].texte, "a\xff");
		break;
	case SURROGATE:
		replace(&dossier->champs[0].texte, "\xed\xa0\x80");
		break;
	case PIECE_TEXT:
		replace(&dossier->pieces[0].fichier.texte, "\xc3");
		break;
	case ANOMALIE_TEXT_UTF8:
		replace(&anomalie->valeur, "\x80");
		break;
	case STYLE:
		constat->source.reperes[2].style = (enum repere_style)(REPERE_AUTRE + 1);
		break;
	case SECTION_UTF8:
		constat->source.reperes[1].chemin[3] = '\xff';
		break;
	case LINES_BACKWARDS:
		constat->source.protections[1].derniere--;
		constat->source.protections[1].derniere--;
		break;
	case LINES_OVERLAP:
		constat->source.protections[2].premiere = constat->source.protections[1].derniere;
		break;
	case LINES_AT_ZERO:
		constat->source.protections[0].premiere = 0;
		break;
	case TEXTE_UTF8:
		replace(&constat->source.texte, "a\xe9");
		break;
	case TEXTE_ESCAPE:
		replace(&constat->source.texte, "a: \x1b[2J\n");
		break;
	case TEXTE_C1:
		replace(&constat->source.texte, "\xC2\x9B"
						"2J");
		break;
	case TEXTE_LINE_ENDS:
		replace(&constat->source.texte, "\uFEFFa:\té\r\n\xC2\x85\u2028\u2029");
		break;
	case TEXTE_ABSENT:
		replace(&constat->source.texte, NULL);
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
			    how == TEXTE_ABSENT || how == TEXTE_LINE_ENDS;
		struct constat constat, received;
		struct buf payload;

		fill_constat(&constat, how == TOO_MANY_PIECES ? PIECES_MAX + 1 : 1,
			     how == TOO_MANY_ANOMALIES ? ANOMALIES_MAX : 1);
		if (how == TOO_MANY_ANOMALIES) { /* the list itself holds no more */
			constat.anomalies.items =
			    mem_grow(constat.anomalies.items, constat.anomalies.count,
				     &constat.anomalies.capacity, sizeof(struct anomalie));
			constat.anomalies.items[constat.anomalies.count++] =
			    (struct anomalie){.chemin = mem_strdup("x")};
		}
		spoil(&constat, how);
		payload = write_constat(&constat);
		if (read_exactly(payload.data, payload.length, &received) != fine)
			fail_msg("case %d", (int)how);
		constat_free(&received);
		constat_free(&constat);
		buf_free(&payload);
	}
}

static void refuse_patched(struct buf *payload, size_t at, char byte)
{
	char kept = payload->data[at];
	struct constat received;

	payload->data[at] = byte;
	if (read_exactly(payload->data, payload->length, &received))
		fail_msg("byte %zu = %d was accepted", at, byte);
	payload->data[at] = kept;
}

/* Bytes that no writer writes: booleans that are neither, a NUL in a text; jobs and hellos too. */
static void bytes_out_of_range(void **state)
{
	/* After the archive's format, its size and its digest. */
	const size_t booleans = 4 + strlen("tar.zst") + 8 + 32;
	struct constat constat;
	struct buf payload, out = {0};
	struct hello hello = {1000, true, true, true, true};
	struct job job = full_job();
	char *marker;

	(void)state;
	fill_constat(&constat, 1, 1);
	replace(&constat.format_archive, "tar.zst");
	replace(&constat.dossier.champs[5].texte, "MARKER");
	payload = write_constat(&constat);
	marker = memmem(payload.data, payload.length, "MARKER", 6);
	assert_non_null(marker);
	refuse_patched(&payload, (size_t)(marker - payload.data) + 3, 0);
	refuse_patched(&payload, booleans, 2);		   /* lisible */
	refuse_patched(&payload, booleans + 1, 6);	   /* type */
	refuse_patched(&payload, booleans + 2, (char)255); /* essai */
	refuse_patched(&payload, booleans + 3, 2);	   /* valide of the first value */
	buf_free(&payload);
	constat_free(&constat);

	message_write_hello(&out, &hello);
	for (size_t i = 4; i < 8; i++) {
		out.data[MESSAGE_HEADER + i] = 2;
		assert_false(message_read_hello((uint8_t *)out.data + MESSAGE_HEADER, 8, &hello));
		out.data[MESSAGE_HEADER + i] = 1;
	}
	assert_true(message_read_hello((uint8_t *)out.data + MESSAGE_HEADER, 8, &hello));
	hello.landlock_abi = 1001;
	buf_clear(&out);
	message_write_hello(&out, &hello);
	assert_false(message_read_hello((uint8_t *)out.data + MESSAGE_HEADER, 8, &hello));
	for (unsigned i = 0; i < 4; i++) {
		struct job sent = job, received;

		sent.kind = i == 1 ? (enum job_kind)(JOB_EXTRACT + 1) : JOB_CHECK;
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
	struct constat constat, received;
	char *start;

	(void)state;
	while (text.length < MESSAGE_TEXT_MAX - 1)
		buf_putc(&text, 'a');
	buf_puts(&text, "éé");
	fill_constat(&constat, 0, 0);
	replace(&constat.dossier.champs[2].texte, text.data);
	payload = write_constat(&constat);
	assert_true(read_exactly(payload.data, payload.length, &received));
	assert_int_equal(strlen(received.dossier.champs[2].texte), MESSAGE_TEXT_MAX - 1);
	constat_free(&received);
	buf_free(&payload);

	text.data[MESSAGE_TEXT_MAX - 1] = 'b';
	text.data[MESSAGE_TEXT_MAX] = '\0';
	replace(&constat.dossier.champs[2].texte, text.data);
	payload = write_constat(&constat);
	assert_true(read_exactly(payload.data, payload.length, &received));
	assert_string_equal(received.dossier.champs[2].texte, text.data);
	constat_free(&received);
	start = memmem(payload.data, payload.length, "aaaa", 4);
	assert_non_null(start);
	start[-4]++; /* the length, whose low byte was 0 */
	buf_putc(&payload, 'a');
	start = memmem(payload.data, payload.length, "aaaa", 4);
	memmove(start + 1, start, payload.length - (size_t)(start + 1 - payload.data));
	assert_false(read_exactly(payload.data, payload.length, &received));
	buf_free(&payload);
	buf_free(&text);
	constat_free(&constat);
}

/* dossier.yaml goes over whole up to its own limit, which one that lies cannot pass. */
static void long_source(void **state)
{
	char *text = mem_alloc(DOSSIER_TEXTE_MAX + 2);
	struct constat constat, received;
	struct buf payload;
	uint8_t *length;

	(void)state;
	memset(text, 'a', DOSSIER_TEXTE_MAX + 1);
	memcpy(text, "MARKER", 6);
	text[DOSSIER_TEXTE_MAX] = '\0';
	fill_constat(&constat, PIECES_MAX, ANOMALIES_MAX);
	replace(&constat.source.texte, text);
	payload = write_constat(&constat);
	assert_true(read_exactly(payload.data, payload.length, &received));
	same_constat(&constat, &received);
	constat_free(&received);
	length = (uint8_t *)memmem(payload.data, payload.length, "MARKER", 6) - 4;
	assert_int_equal(length[2], DOSSIER_TEXTE_MAX >> 16);
	length[0]++; /* takes the next byte, a 3, into the text: it is too long by one */
	assert_false(read_exactly(payload.data, payload.length, &received));
	buf_free(&payload);
	constat_free(&constat);
	free(text);
}

/* More sections, or more lines, than there can be; a section's name that is too long. */
static void too_much_layout(void **state)
{
	static const struct {
		size_t reperes, protections;
		size_t name;
		bool fine;
	} cases[] = {
	    {REPERES_MAX, PROTECTIONS_MAX, REPERE_CHEMIN_MAX - 1, true},
	    {REPERES_MAX + 1, 0, 1, false},
	    {0, PROTECTIONS_MAX + 1, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct constat constat, received;
		struct source *source = &constat.source;
		struct buf payload;

		fill_constat(&constat, 0, 0);
		source_free(source);
		source->reperes = mem_alloc((cases[i].reperes + 1) * sizeof(struct repere));
		source->repere_count = cases[i].reperes;
		for (size_t j = 0; j < cases[i].reperes; j++)
			memset(source->reperes[j].chemin, 'x', cases[i].name);
		source->protections =
		    mem_alloc((cases[i].protections + 1) * sizeof(struct protection));
		source->protection_count = cases[i].protections;
		for (size_t j = 0; j < cases[i].protections; j++)
			source->protections[j] =
			    (struct protection){(uint32_t)j + 1, (uint32_t)j + 1};
		payload = write_constat(&constat);
		assert_int_equal(read_exactly(payload.data, payload.length, &received),
				 cases[i].fine);
		constat_free(&received);
		if (cases[i].fine) { /* a longer name than the field holds */
			char *name = memmem(payload.data, payload.length, "xxxx", 4);

			name[-4]++;
			assert_false(read_exactly(payload.data, payload.length, &received));
		}
		buf_free(&payload);
		constat_free(&constat);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(constat_round_trip),  cmocka_unit_test(hello_round_trip),
	    cmocka_unit_test(job_round_trip),	   cmocka_unit_test(headers),
	    cmocka_unit_test(values_out_of_range), cmocka_unit_test(bytes_out_of_range),
	    cmocka_unit_test(long_texts),	   cmocka_unit_test(long_source),
	    cmocka_unit_test(too_much_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
