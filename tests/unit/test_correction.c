/* Texts through the parser, their anomalies, and what goes back to the supplier. */
#include "correction_fixture.h"
#include "lib/array.h"

/* Without our lines, or (`bare`) with what is proposed taken over and what explains left out. */
static char *filtered(const char *text, bool bare)
{
	struct buf out = {0};

	while (*text != '\0') {
		size_t length = line_of(text), bom = strncmp(text, "\uFEFF", 3) == 0 ? 3 : 0;

		buf_add(&out, text, bom);
		text += bom;
		length -= bom;
		if (strncmp(text, "#>>", 3) != 0)
			buf_add(&out, text, length);
		else if (bare && length > 5 && text[4 + strspn(text + 4, " ")] != '#')
			buf_add(&out, text + 4, length - 4);
		text += length;
	}
	return buf_take(&out);
}

/* --- in its place --- */

#define HEAD "format: 1\ntype: modification\ndemande: ENR0601M0\n"

static void places(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
	    /* a value, under the indentation of its line */
	    {HEAD "banque:\n  iban: X # mon IBAN\n  bic: PSSTFRPPPAR\n  titulaire: A\n",
	     HEAD "banque:\n#>>   ! BNK-003\n  iban: X # mon IBAN\n  bic: PSSTFRPPPAR\n"
		  "  titulaire: A\n"},
	    /* keys that are missing, before the first one, in its column */
	    {HEAD "banque:\n    # tel que sur le RIB\n    titulaire: A\n",
	     HEAD "banque:\n    # tel que sur le RIB\n#>>     ! BNK-001\n"
		  "#>>     bic:  # À COMPLÉTER : BIC\n#>>     ! BNK-001\n"
		  "#>>     iban:  # À COMPLÉTER : IBAN\n    titulaire: A\n"},
	    {"format: 1\ntype: pieces\npieces:\n- {type: rib, fichier: r.pdf}\n",
	     "#>> ! CYC-007\n#>> demande:  # À COMPLÉTER : Numéro de la demande concernée\n"
	     "format: 1\ntype: pieces\npieces:\n- {type: rib, fichier: r.pdf}\n"},
	    /* in one line: in words */
	    {HEAD "banque: {titulaire: A, bic: PSSTFRPPPAR}\n",
	     HEAD "#>> ! BNK-001\n#>> #   À ajouter entre les accolades : iban: …\n"
		  "banque: {titulaire: A, bic: PSSTFRPPPAR}\n"},
	    {"{format: 1, type: pieces,\n pieces: [{type: rib, fichier: r.pdf}]}\n",
	     "#>> ! CYC-007\n#>> #   À ajouter entre les accolades : demande: …\n"
	     "{format: 1, type: pieces,\n pieces: [{type: rib, fichier: r.pdf}]}\n"},
	    {"{format: 1, type: finalisation, demande: ENR0601,\n pieces: [{type: kbis, fichier: "
	     "k}]}",
	     "{format: 1, type: finalisation, demande: ENR0601,\n#>>  ! BNK-014\n"
	     "#>>  #   À ajouter entre les crochets : {type: rib, fichier: rib.pdf}\n"
	     " pieces: [{type: kbis, fichier: k}]}"},
	    /* a key without a value */
	    {HEAD "banque:\n  iban:\n  bic: PSSTFRPPPAR\n  titulaire: A\n",
	     HEAD "banque:\n#>>   ! BNK-001\n  iban:\n  bic: PSSTFRPPPAR\n  titulaire: A\n"},
	    /* values that go on: above their first line */
	    {HEAD
	     "banque:\n  iban: 'un\n    deux'\n  bic: PSSTFRPPPAR\n  titulaire: >\n    A\n\n    "
	     "//\n",
	     HEAD "banque:\n#>>   ! BNK-003\n  iban: 'un\n    deux'\n  bic: PSSTFRPPPAR\n"
		  "  titulaire: >\n    A\n\n    //\n"},
	    {HEAD "banque: {iban: 'un\n  deux', bic: X, titulaire: A\n  B}\n", HEAD
	     "#>> ! BNK-003\n#>> ! BNK-007\nbanque: {iban: 'un\n  deux', bic: X, titulaire: A\n  "
	     "B}\n"},
	    /* documents that are missing, of lists in each style */
	    {"format: 1\ntype: pieces\ndemande: ENR1234\npieces:\n  - type: kbis\n    fichier: "
	     "k.pdf\n",
	     "format: 1\ntype: pieces\ndemande: ENR1234\npieces:\n#>>   ! BNK-014\n"
	     "#>>   - {type: rib, fichier: rib.pdf}\n  - type: kbis\n    fichier: k.pdf\n"},
	    {"format: 1\ntype: pieces\ndemande: ENR1234\npieces:\n- type: kbis\n  fichier: k.pdf",
	     "format: 1\ntype: pieces\ndemande: ENR1234\npieces:\n#>> ! BNK-014\n"
	     "#>> - {type: rib, fichier: rib.pdf}\n- type: kbis\n  fichier: k.pdf"},
	    {"format: 1\ntype: pieces\ndemande: ENR1234\npieces: [{type: kbis, fichier: k}]",
	     "format: 1\ntype: pieces\ndemande: ENR1234\n#>> ! BNK-014\n"
	     "#>> #   À ajouter entre les crochets : {type: rib, fichier: rib.pdf}\n"
	     "pieces: [{type: kbis, fichier: k}]"},
	    /* a list that is none, or not there; at the end, also before what is not the dossier's
	     */
	    {"format: 1\ntype: pieces\ndemande: ENR1234\npieces: rib.pdf\n",
	     "format: 1\ntype: pieces\ndemande: ENR1234\n#>> ! YML-012\n"
	     "#>> # À mettre à la place de ce qui suit :\n#>> pieces:\n"
	     "#>>   - {type: , fichier: }  # À COMPLÉTER : type et fichier\npieces: rib.pdf\n"},
	    {"format: 1\ntype: pieces\npieces:\ndemande: ENR1234\n",
	     "format: 1\ntype: pieces\npieces:\n#>>   ! PJ-023\n"
	     "#>>   - {type: , fichier: }  # À COMPLÉTER : type et fichier\ndemande: ENR1234\n"},
	    {"---\nformat: 1\ntype: pieces\ndemande: ENR1234\n...\n",
	     "---\nformat: 1\ntype: pieces\ndemande: ENR1234\n#>> ! PJ-023\n#>> pieces:\n"
	     "#>>   - {type: , fichier: }  # À COMPLÉTER : type et fichier\n...\n"},
	    {"format: 1\ntype: pieces\ndemande: ENR1234",
	     "format: 1\ntype: pieces\ndemande: ENR1234\n#>> ! PJ-023\n#>> pieces:\n"
	     "#>>   - {type: , fichier: }  # À COMPLÉTER : type et fichier\n"},
	    /* a last value that would take over what follows */
	    {"format: 1\ntype: pieces\ndemande: |\n  ENR1234",
	     "#>> ! PJ-023\n#>> pieces:\n"
	     "#>>   - {type: , fichier: }  # À COMPLÉTER : type et fichier\n"
	     "format: 1\ntype: pieces\ndemande: |\n  ENR1234"},
	    /* a section that is none */
	    {HEAD "tva: oui\n",
	     HEAD "#>> ! YML-010\n#>> # À mettre à la place de ce qui suit :\n"
		  "#>> tva:\n#>>   assujetti:  # À COMPLÉTER : Assujetti à la TVA "
		  "(oui ou non)\ntva: oui\n"},
	    /* indented as a whole */
	    {"  format: 1\n  type: pieces\n  pieces:\n  - {type: rib, fichier: r.pdf}\n",
	     "#>>   ! CYC-007\n#>>   demande:  # À COMPLÉTER : Numéro de la demande concernée\n"
	     "  format: 1\n  type: pieces\n  pieces:\n  - {type: rib, fichier: r.pdf}\n"},
	    /* explicit keys: nothing can be put before the first */
	    {HEAD "? banque\n: titulaire: A\n  bic: PSSTFRPPPAR\n",
	     HEAD "? banque\n#>> ! BNK-001\n: titulaire: A\n  bic: PSSTFRPPPAR\n"},
	    /* marks of an earlier round go; what only looks like one, in a value, stays */
	    {"#>> # ancien\n" HEAD "#>>   vieux\n#>>\nbanque:\n  iban: 'un\n#>> deux'\n"
	     "  bic: PSSTFRPPPAR\n  titulaire: A\n",
	     HEAD "banque:\n#>>   ! BNK-002\n  iban: 'un\n#>> deux'\n  bic: PSSTFRPPPAR\n"
		  "  titulaire: A\n"},
	    /* comments with tabs, lines of blanks */
	    {HEAD "# a\tnote\n  \nbanque:\t# x\n\n  iban: X\n  bic: PSSTFRPPPAR\n  titulaire: A\n",
	     HEAD "# a\tnote\n  \nbanque:\t# x\n\n#>>   ! BNK-003\n  iban: X\n"
		  "  bic: PSSTFRPPPAR\n  titulaire: A\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = annotated(cases[i].text, strlen(cases[i].text));
		char *found = outline(body(text));

		assert_string_equal(found, cases[i].wanted);
		free(found);
		free(text);
	}
}

/* The first line of the item that must go, not the line of its type. */
static void items_that_go(void **state)
{
	static const char text[] =
	    "format: 1\ntype: pieces\ndemande: ENR1234\npieces:\n"
	    "  - fichier: r.pdf\n    type: rib\n  - fichier: q.pdf\n    type: rib\n";
	char *marked = annotated(text, strlen(text)), *found = outline(body(marked));

	(void)state;
	assert_string_equal(found, "format: 1\ntype: pieces\ndemande: ENR1234\npieces:\n"
				   "  - fichier: r.pdf\n    type: rib\n#>>   ! PJ-004\n"
				   "  - fichier: q.pdf\n    type: rib\n");
	free(found);
	free(marked);
}

/* --- what must hold of any text --- */

static void same_text(const char *a, const char *b, const char *text)
{
	if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0))
		fail_msg("« %s », not « %s », in:\n%s", b != NULL ? b : "", a != NULL ? a : "",
			 text);
}

/* The same data, and nothing else to say about it. */
static void same_dossier(const struct findings *a, const struct findings *b, const char *text)
{
	assert_int_equal(a->readable, b->readable);
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		same_text(a->dossier.champs[i].text, b->dossier.champs[i].text, text);
	assert_int_equal(a->dossier.piece_count, b->dossier.piece_count);
	for (size_t i = 0; i < a->dossier.piece_count; i++)
		same_text(a->dossier.pieces[i].fichier.text, b->dossier.pieces[i].fichier.text,
			  text);
	if (a->anomalies.count != b->anomalies.count)
		fail_msg("%zu anomalies, not %zu, in:\n%s", b->anomalies.count, a->anomalies.count,
			 text);
	for (size_t i = 0; i < a->anomalies.count; i++)
		assert_int_equal(a->anomalies.items[i].code, b->anomalies.items[i].code);
}

/* The text again without our lines, but for a last line end; the same data; the same marks when it
 * is dropped again. `syntax`: it may be no YAML, and then more than the first fault may differ. */
static void hold_invariants(const char *bytes, size_t size, bool syntax)
{
	struct findings before, after;
	char *marked, *own, *again, *text;
	bool stopped = false;

	judge(&before, bytes, size, true);
	for (size_t i = 0; i < before.anomalies.count; i++)
		stopped = stopped || before.anomalies.items[i].code == ANO_YML_SYNTAXE ||
			  before.anomalies.items[i].code == ANO_YML_ENCODAGE;
	marked = correction_text(&before);
	own = filtered(marked, false);
	text = filtered(before.source.text, false);
	if (strncmp(own, text, strlen(text)) != 0 || own[strlen(text)] > '\r')
		fail_msg("not its own text:\n%s\nbut:\n%s", text, own);
	assert_true(text_is_utf8(marked, strlen(marked)));
	judge(&after, marked, strlen(marked), true);
	if (!syntax || !stopped) {
		same_dossier(&before, &after, marked);
		again = correction_text(&after);
		assert_string_equal(again, marked);
		free(again);
	}
	free(text);
	free(own);
	free(marked);
	findings_free(&after);
	findings_free(&before);
}

static const char whole[] =
    "# Enrôlement\nformat: 1\ntype: initial\nreferencement:\n  numero_ans: abc\ndemandeur:\n"
    "  siret: 73282932000074\n  nom_commercial: >-\n    Logiciels\n    Exemple\n  adresse:\n"
    "    type_voie: RUE\n    commune: \"PARIS\n      CEDEX\"\n  distributeur: non\n"
    "declarant: representant_legal\nrepresentant:\n  nom: DURAND\n  prenom: Élise\n"
    "  email: e@exemple.fr\n  confirmation_email: e@exemple.fr\n  telephone: 01 23 45 67 89\n"
    "  identite: {nature: cni,\n    valide_jusqu_au: 2030-01-31}\n"
    "banque: {iban: FR14 2004 1010 0505 0001 3M02 606, bic: PSSTFRPPPAR, titulaire: A\n   B C}\n"
    "tva: {assujetti: oui}\nengagements: {cgu: oui, article_441_7: oui, authenticite: oui}\n"
    "pieces:\n- type: kbis\n  fichier: |\n    k.pdf\n- {type: rib, fichier: rib.pdf}\n";

static void without_a_line(void **state)
{
	size_t size = strlen(whole);
	char *text = mem_alloc(size + 1);

	(void)state;
	for (const char *at = whole; *at != '\0'; at += line_of(at)) {
		size_t before = (size_t)(at - whole), length = line_of(at);

		memcpy(text, whole, before);
		memcpy(text + before, at + length, size - before - length + 1);
		hold_invariants(text, strlen(text), true);
		hold_invariants(text, strlen(text) > 0 ? strlen(text) - 1 : 0, true);
	}
	free(text);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Lines moved, characters put in that mean something to YAML. */
static void mutations(void **state)
{
	static const char *const bits[] = {
	    "\n",    "\r\n", "  ",  "'",   "\"",     ": ",	 "- ",	 "{",	 "}",
	    "[",     "]",    "|\n", ">",   "#>> ",   "#",	 "\t",	 "\r",	 "? ",
	    "---\n", ",",    "~",   "&a ", "\u2028", "\xC2\x85", "\\\n", "...\n"};
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		struct buf text = {0};
		unsigned count = 1 + next_random(&seed) % 3;

		buf_puts(&text, whole);
		for (unsigned j = 0; j < count; j++) {
			size_t at = next_random(&seed) % text.length;
			size_t drop = next_random(&seed) % 4 == 0 ? next_random(&seed) % 30 : 0;
			char *tail;

			while (at > 0 && ((unsigned char)text.data[at] & 0xC0) == 0x80)
				at--;
			if (drop > text.length - at)
				drop = text.length - at;
			while (((unsigned char)text.data[at + drop] & 0xC0) == 0x80)
				drop++;
			tail = mem_strdup(text.data + at + drop);
			text.length = at;
			buf_puts(&text, bits[next_random(&seed) % ARRAY_SIZE(bits)]);
			buf_puts(&text, tail);
			free(tail);
		}
		hold_invariants(text.data, text.length, true);
		buf_free(&text);
	}
}

/* Taken over as they stand, the lines that are proposed give the keys that were missing: there is
 * nothing left to say but that they hold nothing yet. */
static void proposals_read_as_yaml(void **state)
{
	static const char *const texts[] = {
	    "format: 1\ntype: initial\n",
	    "type: initial\ntva:\nbanque: ~\ndemandeur:\n   siret: 73282932000074\n",
	    "format: 1\ntype: complementaire\ndeclarant: depositaire\nengagements:\n  cgu: oui\n",
	    "format: 1\ntype: initial\ndeclarant: depositaire\nrepresentant:\n    nom: A\n",
	    "format: 1\r\ntype: initial\r\n",
	    "\uFEFFformat: 1\ntype: initial",
	    "",
	    "# rien\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *marked = annotated(texts[i], strlen(texts[i])), *bare;
		struct findings findings;

		/* What stands in the place of a proposal goes, as its words say. */
		bare = strstr(marked, "\nbanque: ~\n");
		if (bare != NULL)
			memset(bare + 1, '#', strlen("banque: ~"));
		bare = filtered(marked, true);
		judge(&findings, bare, strlen(bare), true);
		assert_true(findings.readable);
		for (size_t j = 0; j < findings.anomalies.count; j++) {
			const struct anomalie *anomalie = &findings.anomalies.items[j];

			if (strncmp(catalogue[anomalie->code].code, "YML", 3) == 0 &&
			    anomalie->code != ANO_YML_TYPE && anomalie->code != ANO_YML_HORS_SUJET)
				fail_msg("%s %s in:\n%s", catalogue[anomalie->code].code,
					 anomalie->chemin, bare);
			if (anomalie->ligne == 0)
				fail_msg("%s %s has no place in:\n%s",
					 catalogue[anomalie->code].code, anomalie->chemin, bare);
		}
		findings_free(&findings);
		free(bare);
		free(marked);
	}
}

/* --- forms of text --- */

static void line_ends_and_bom(void **state)
{
	static const char *const texts[] = {
	    "\uFEFFformat: 2\ntype: pieces\n",
	    "format: 2\r\ntype: pieces\r\n",
	    "format: 2\rtype: pieces\r",
	    "\uFEFFformat: 2\r\ntype: pieces",
	};
	static const char *const ends[] = {"\n", "\r\n", "\r", "\r\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *text = annotated(texts[i], strlen(texts[i]));

		assert_int_equal(strncmp(text, "\uFEFF", 3) == 0,
				 strncmp(texts[i], "\uFEFF", 3) == 0);
		assert_null(strstr(text + 3, "\uFEFF"));
		for (const char *at = text; *at != '\0'; at += line_of(at)) {
			size_t length = line_of(at), end = strlen(ends[i]);

			assert_true(length >= end);
			assert_memory_equal(at + length - end, ends[i], end);
			assert_int_equal(length - end, strcspn(at, "\r\n"));
		}
		free(text);
		hold_invariants(texts[i], strlen(texts[i]), false);
	}
}

static void other_encodings(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} cases[] = {
#define TEXT(bytes, text) {bytes, sizeof(bytes) - 1, text}
	    TEXT("nom: \xC9lise \x80\n", "nom: Élise €\n"),
	    TEXT("nom: \x81\n", "nom: \uFFFD\n"),
	    TEXT("nom: \xC3\xA9 \xE9\n", "nom: é é\n"),
	    TEXT("\xFF\xFEn\0:\0 \0\xE9\0\n\0", "\uFEFFn: é\n"),
	    TEXT("\xFE\xFF\0n\0:\0 \0\xE9\0\n", "\uFEFFn: é\n"),
	    TEXT("n\0:\0 \0\x3D\xD8\x00\xDE\n\0", "n: \U0001F600\n"),
	    TEXT("n\0:\0 \0\x3D\xD8\n\0", "n: \uFFFD\n"),
	    TEXT("n\0:\0 \0\x3D", "n: "),
	    TEXT("\0n\0:", "n:"),
	    TEXT("\xFF\xFE\0\0n\0\0\0:\0\0\0\x00\xF6\x01\0", "\uFEFFn:\U0001F600"),
	    TEXT("\0\0\0n\0\0\0:\x7F\xFF\xFF\xFF", "n:\uFFFD"),
	    TEXT("n: a\0b\x01\x7F\n", "n: a\uFFFDb\uFFFD\uFFFD\n"),
#undef TEXT
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source source = {0};

		source_set_text(&source, cases[i].bytes, cases[i].size);
		assert_string_equal(source.text, cases[i].text);
		source_free(&source);
	}
}

/* Its lines are found in what was decoded: nothing is put into a value. */
static void marks_in_a_decoded_text(void **state)
{
	static const char text[] = "format: 1\ndemande: 'un\n  d\xE9ux'\n";
	char *marked = annotated(text, strlen(text)), *found = outline(body(marked));

	(void)state;
	assert_string_equal(found, "format: 1\n#>> ! YML-002\ndemande: 'un\n  déux'\n");
	free(found);
	free(marked);
}

/* What an anomaly cites never leaves its comment, nor makes the file unreadable. */
static void hostile_citations(void **state)
{
	static const char text[] = "format: 1\ntype: pieces\ndemande: ENR1234\n"
				   "\"x\\u2028couleur: rouge\\u0085y\\uFFFE\\u202E\\n#\": bleu\n"
				   "\"\\u2029a\": 1\npieces: [{type: rib, fichier: r}]\n";
	char *marked;

	(void)state;
	hold_invariants(text, strlen(text), false);
	marked = annotated(text, strlen(text));
	assert_null(strstr(marked, "\u2028"));
	assert_null(strstr(marked, "\uFFFE"));
	assert_null(strstr(marked, "\u202E"));
	free(marked);
}

static void far_positions(void **state)
{
	struct findings findings;
	char *text;

	(void)state;
	judge(&findings, "format: 1\n", 10, false);
	anomalies_free(&findings.anomalies);
	anomalies_add_at(&findings.anomalies, ANO_SIR_CLE, "pieces[4000000000].type", UINT32_MAX,
			 UINT32_MAX, "x", NULL, NULL);
	anomalies_add_at(&findings.anomalies, ANO_PJ_INATTENDUE, "pieces[", 7, 1, "x", NULL, NULL);
	findings.source.places[0].first_column = UINT32_MAX;
	findings.source.places[0].end_line = UINT32_MAX;
	anomalies_add(&findings.anomalies, ANO_PJ_LISTE_ABSENTE, "pieces", NULL, NULL, NULL);
	findings.source.places[0].first_line = 0;
	anomalies_add(&findings.anomalies, ANO_YML_TYPE, "type", NULL, NULL, NULL);
	text = correction_text(&findings);
	assert_non_null(strstr(text, "PJ-006"));
	assert_non_null(strstr(text, "YML-018"));
	assert_true(strlen(text) < 4000);
	free(text);
	findings_free(&findings);
}

/* --- sizes --- */

static void many_anomalies(void **state)
{
	struct buf text = {0};
	size_t count = 0;
	char *marked;

	(void)state;
	buf_puts(&text, "format: 1\ntype: modification\ndemande: ENR1234\n");
	for (unsigned i = 0; i < 250; i++)
		buf_printf(&text, "%*sinconnue-%u: x\n", 0, "", i);
	hold_invariants(text.data, text.length, false);
	marked = annotated(text.data, text.length);
	for (const char *at = marked; (at = strstr(at, "À CORRIGER YML-009")) != NULL; at++)
		count++;
	assert_int_equal(count, ANOMALIES_MAX);
	free(marked);
	buf_free(&text);
}

/* A megabyte of line ends, of one indented line, of one word; all within a few seconds. */
static void huge_texts(void **state)
{
	const size_t size = DOSSIER_TEXT_MAX;
	char *text = mem_alloc(size + 1);
	clock_t start = clock();

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		char *marked;

		memset(text, "\n\r x"[i], size);
		memcpy(text, "format: 2\n", 10);
		memcpy(text + size - 12, "\ncouleur: 1\n", 12);
		marked = annotated(text, size);
		assert_in_range(strlen(marked), size, size + 10000);
		free(marked);
	}
	/* what grows beyond the limit when it is decoded is not given back */
	for (unsigned i = 0; i < 2; i++) {
		char *marked;

		memset(text, i == 0 ? 0xE9 : 'a', size);
		text[0] = '\x01';
		marked = annotated(text, size);
		assert_true(strlen(marked) < 10000);
		free(marked);
	}
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 20);
	free(text);
}

/* The lines of a new list name the archive's own files; a last name that was cut is left out. */
static void files_of_the_archive(void **state)
{
	static const char *const texts[] = {HEAD "pieces:\n  rib: rib.pdf\n",
					    HEAD "pieces:\n  - rib.pdf\n  - k.pdf\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct findings findings;
		char *text;

		judge(&findings, texts[i], strlen(texts[i]), false);
		assert_int_equal(findings.anomalies.count, 1);
		findings.anomalies.items[0].detail2 =
		    mem_strdup("rib.pdf / piece_identite_representant.jpg / scan 1.png / kbi…");
		text = correction_text(&findings);
		assert_non_null(strstr(
		    text, "#>>   - {type: rib, fichier: \"rib.pdf\"}\n"
			  "#>>   - {type: piece_identite_representant, fichier: "
			  "\"piece_identite_representant.jpg\"}\n"
			  "#>>   - {type: , fichier: \"scan 1.png\"}  # À COMPLÉTER : type\n"));
		assert_null(strstr(text, "kbi"));
		free(text);
		findings_free(&findings);
	}
}

/* --- without a dossier --- */

static void model(void **state)
{
	struct findings findings = {.dossier.type = DEPOT_UNKNOWN}, read;
	char *text, *bare;

	(void)state;
	anomalies_add(&findings.anomalies, ANO_ARC_INCONNUE, "archive", NULL, NULL, NULL);
	text = correction_text(&findings);
	assert_non_null(strstr(text, "À CORRIGER ARC-001, archive"));
	bare = filtered(text, true);
	judge(&read, bare, strlen(bare), false);
	assert_int_equal(read.dossier.type, DEPOT_INITIAL);
	for (size_t i = 0; i < CHAMP_COUNT; i++)
		if ((champ_table[i].required & TYPE_BIT(DEPOT_INITIAL)) != 0 &&
		    read.dossier.champs[i].ligne == 0)
			fail_msg("%s is not in the model", champ_table[i].chemin);
	assert_true(read.dossier.piece_count >= 3);
	for (size_t i = 0; i < read.anomalies.count; i++)
		if (strncmp(catalogue[read.anomalies.items[i].code].code, "YML", 3) == 0)
			fail_msg("%s", catalogue[read.anomalies.items[i].code].code);
	findings_free(&read);
	findings_free(&findings);
	free(bare);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(places),
	    cmocka_unit_test(items_that_go),
	    cmocka_unit_test(files_of_the_archive),
	    cmocka_unit_test(without_a_line),
	    cmocka_unit_test(mutations),
	    cmocka_unit_test(proposals_read_as_yaml),
	    cmocka_unit_test(line_ends_and_bom),
	    cmocka_unit_test(other_encodings),
	    cmocka_unit_test(marks_in_a_decoded_text),
	    cmocka_unit_test(hostile_citations),
	    cmocka_unit_test(far_positions),
	    cmocka_unit_test(many_anomalies),
	    cmocka_unit_test(huge_texts),
	    cmocka_unit_test(model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
