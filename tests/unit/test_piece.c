/* Pieces of each format: the samples, their faults, cuts, bounds. */
#include "piece_fixture.h"

#include <dirent.h>

static struct piece_verdict check_sample(const char *name)
{
	struct bytes piece = load(name);
	struct piece_verdict verdict = check_apart(piece.data, piece.size, &usual);

	free(piece.data);
	return verdict;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void test_ok(void **state)
{
	struct dirent **names;
	int count = scandir(SAMPLES "ok", &names, is_file, alphasort);

	(void)state;
	assert_true(count >= 30);
	for (int i = 0; i < count; i++) {
		char name[300];
		struct piece_verdict verdict;
		const char *extension = strrchr(names[i]->d_name, '.');
		enum piece_format format = strcmp(extension, ".pdf") == 0   ? PIECE_PDF
					   : strcmp(extension, ".png") == 0 ? PIECE_PNG
									    : PIECE_JPEG;

		snprintf(name, sizeof(name), "ok/%s", names[i]->d_name);
		verdict = check_sample(name);
		if (verdict.defect != PIECE_OK || verdict.format != format || verdict.detail[0])
			fail_msg("%s: defect %u, %s", name, verdict.defect, verdict.detail);
		assert_int_equal(verdict.pages, format == PIECE_PDF);
		assert_int_equal(verdict.width > 0 && verdict.height > 0, format != PIECE_PDF);
		assert_int_equal(verdict.opens_with_empty_password,
				 strstr(name, "empty-password") != NULL);
		assert_int_equal(verdict.rebuilt, strcmp(name, "ok/xref-off.pdf") == 0);
		assert_false(verdict.tail);
		free(names[i]);
	}
	free(names);
}

static void test_ko(void **state)
{
	static const char *const prefixes[] = {
	    [PIECE_EMPTY] = "empty",
	    [PIECE_WRONG_KIND] = "wrong-kind-",
	    [PIECE_TRUNCATED] = "truncated-",
	    [PIECE_DAMAGED] = "damaged-",
	    [PIECE_ENCRYPTED] = "encrypted-",
	    [PIECE_ACTIVE] = "active-",
	    [PIECE_TOO_MANY_PIXELS] = "pixels-",
	    [PIECE_NO_PAGE] = "no-page-",
	    [PIECE_TOO_COSTLY] = "costly-",
	};
	struct dirent **names;
	int count = scandir(SAMPLES "ko", &names, is_file, alphasort);

	(void)state;
	assert_true(count >= 45);
	for (int i = 0; i < count; i++) {
		char name[300];
		struct piece_verdict verdict;
		const char *prefix;

		snprintf(name, sizeof(name), "ko/%s", names[i]->d_name);
		verdict = check_sample(name);
		prefix = prefixes[verdict.defect];
		if (!prefix || strncmp(names[i]->d_name, prefix, strlen(prefix)) != 0)
			fail_msg("%s: defect %u, %s", name, verdict.defect, verdict.detail);
		assert_int_equal(verdict.detail[0] == '\0', verdict.defect == PIECE_EMPTY);
		free(names[i]);
	}
	free(names);
}

static void test_details(void **state)
{
	static const struct {
		const char *name;
		const char *detail;
		int object;
	} cases[] = {
	    {"ko/active-launch.pdf", "le lancement d'un programme", 3},
	    {"ko/active-js-objstm.pdf", "un script", 1},
	    {"ko/active-js-deep.pdf", "un script", 6},
	    {"ko/active-size-lies.pdf", "un script", 6},
	    {"ko/active-generation.pdf", "un script", 6},
	    {"ko/active-embedded.pdf", "un fichier joint", 1},
	    {"ko/active-embedded-bare.pdf", "un fichier joint", 6},
	    {"ko/active-xfa.pdf", "un formulaire XFA", 1},
	    {"ko/active-submit.pdf", "l'envoi d'un formulaire", 1},
	    {"ko/wrong-kind-zip.pdf", "une archive zip", 0},
	    {"ko/wrong-kind-exe.pdf", "un programme Windows", 0},
	    {"ko/encrypted-aes.pdf", "un mot de passe est demandé à l'ouverture", 0},
	    {"ko/pixels-bomb.png", "60 000 × 60 000 pixels", 0},
	    {"ko/pixels-image.pdf", "60 000 × 60 000 pixels", 6},
	    {"ko/damaged-long-tail.jpg", "un autre fichier suit la fin de l'image", 0},
	    {"ko/damaged-crc.png", "l'image PNG est illisible", 0},
	    {"ko/damaged-long-tail.png", "un autre fichier suit la fin de l'image", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct piece_verdict verdict = check_sample(cases[i].name);

		assert_string_equal(verdict.detail, cases[i].detail);
		assert_int_equal(verdict.object, cases[i].object);
	}
}

/* Cut anywhere, down to nothing: never accepted. `spare` bytes at the end are blanks. */
static void test_cut(void **state)
{
	static const struct {
		const char *name;
		size_t spare;
	} cases[] = {
	    {"ok/v14.pdf", 1},
	    {"ok/v17-objstm.pdf", 1},
	    {"ok/linearized.pdf", 1},
	    {"ok/linearized-tables.pdf", 1},
	    {"ok/empty-password-aes.pdf", 1},
	    {"ok/rgb.png", 0},
	    {"ok/gray16.png", 0},
	    {"ok/palette.png", 0},
	    {"ok/interlaced.png", 0},
	    {"ok/gray.jpg", 0},
	    {"ok/colour.jpg", 0},
	    {"ok/progressive.jpg", 0},
	    {"ok/arithmetic.jpg", 0},
	    {"ok/restart.jpg", 0},
	    {"ok/exif.jpg", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes piece = load(cases[i].name);

		for (size_t size = 0; size < piece.size - cases[i].spare; size++) {
			struct piece_verdict verdict = check(piece.data, size, &usual);

			if (verdict.defect == PIECE_OK)
				fail_msg("%s cut at %zu", cases[i].name, size);
			if (size > 40 && size < piece.size - 12 && verdict.format != PIECE_JPEG)
				assert_int_equal(verdict.defect, PIECE_TRUNCATED);
		}
		free(piece.data);
	}
}

static void test_limits(void **state)
{
	static const struct {
		const char *name;
		struct piece_limits limits;
		enum piece_defect defect;
	} cases[] = {
	    {"ok/rgb.png", {37 * 23, 0, 0}, PIECE_OK},
	    {"ok/rgb.png", {37 * 23 - 1, 0, 0}, PIECE_TOO_MANY_PIXELS},
	    {"ok/colour.jpg", {61 * 45, 0, 0}, PIECE_OK},
	    {"ok/colour.jpg", {61 * 45 - 1, 0, 0}, PIECE_TOO_MANY_PIXELS},
	    {"ok/v14.pdf", {0, 5, 1}, PIECE_OK},
	    {"ok/v14.pdf", {0, 4, 1}, PIECE_TOO_COSTLY},
	    {"ok/v14.pdf", {0, 5, 0}, PIECE_TOO_COSTLY},
	    {"ko/active-size-lies.pdf", {0, 5, 1}, PIECE_TOO_COSTLY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes piece = load(cases[i].name);

		assert_int_equal(check(piece.data, piece.size, &cases[i].limits).defect,
				 cases[i].defect);
		free(piece.data);
	}
}

/* Last, after all that was hostile. */
static void test_memory(void **state)
{
	(void)state;
	assert_small(RUSAGE_SELF);
	assert_small(RUSAGE_CHILDREN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ok),	    cmocka_unit_test(test_ko),
	    cmocka_unit_test(test_details), cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_limits),  cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
