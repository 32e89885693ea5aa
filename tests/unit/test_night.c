/* The findings of a night wait in its spool: what cannot be read there is said, never judged. */
#include "core_fixture.h"
#include "model/message.h"
#include "night/night_private.h"

#include "lib/file.h"

#include <sys/mman.h>

/* A night of one drop, which is not kept, whose findings lie in the spool; it waits for a register.
 */
struct scene {
	struct night_options options;
	char compte[24], archive[8];
	struct drop drop;
	struct analysis analysis;
	struct night night;
};

static void scene_open(struct fixture *fixture, struct scene *scene)
{
	struct findings findings = {.format_archive = mem_strdup("zip"), .size = 4};
	struct buf frame = {0};

	*scene = (struct scene){.options = {.date = "2026-03-02", .dry_run = true},
				.compte = COMPTE,
				.archive = "a.zip"};
	scene->drop = (struct drop){
	    .compte = scene->compte, .archive = scene->archive, .source = "1-1.000000000"};
	scene->night = (struct night){.root = &fixture->root,
				      .options = &scene->options,
				      .id = 1,
				      .date = "2026-03-02",
				      .drops = {.items = &scene->drop, .count = 1},
				      .analyses = &scene->analysis,
				      .missing = "un registre manque",
				      .spool = memfd_create("spool", MFD_CLOEXEC)};
	message_write_findings(&frame, &findings);
	scene->analysis = (struct analysis){.state = ANALYSIS_SPOOLED,
					    .offset = 5,
					    .length = (uint32_t)frame.length - MESSAGE_HEADER,
					    .copy.fd = -1};
	/* Another's before and after it. */
	assert_int_equal(file_write_all(scene->night.spool, "other", 5), 0);
	assert_int_equal(
	    file_write_all(scene->night.spool, frame.data + MESSAGE_HEADER, scene->analysis.length),
	    0);
	assert_int_equal(file_write_all(scene->night.spool, "other", 5), 0);
	fixture_sql(fixture, "INSERT OR IGNORE INTO nuits (id, date, programme, regles) VALUES (1, "
			     "'2026-03-02', '1', '1')");
	findings_free(&findings);
	buf_free(&frame);
}

static void spool_is_read(void **state)
{
	struct fixture *fixture = *state;
	struct scene scene;

	scene_open(fixture, &scene);
	assert_null(night_decide(&scene.night));
	assert_string_equal(fixture_rows(fixture, "SELECT archive, etat FROM depots"),
			    "a.zip|INCIDENT\n");
	close(scene.night.spool);
}

static void spoil(struct scene *scene, unsigned how)
{
	int fd = scene->night.spool;

	if (how == 0)
		assert_int_equal(ftruncate(fd, 5 + scene->analysis.length - 1), 0);
	else if (how == 1)
		assert_int_equal(pwrite(fd, "\xff\xff\xff", 3, 5), 3);
	else if (how == 2)
		scene->analysis.offset = -1;
	else
		assert_int_equal(dup2(open("/", O_RDONLY | O_CLOEXEC), fd), fd);
}

static void unreadable_spool_is_said(void **state)
{
	struct fixture *fixture = *state;
	struct scene scene;

	for (unsigned how = 0; how < 4; how++) {
		const struct error *err;

		scene_open(fixture, &scene);
		spoil(&scene, how);
		err = night_decide(&scene.night);
		assert_non_null(err);
		assert_int_equal(err->code, ERR_FAULT);
		assert_non_null(strstr(err->message, "constat illisible : a.zip"));
		assert_string_equal(fixture_rows(fixture, "SELECT * FROM depots"), "");
		close(scene.night.spool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(spool_is_read, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(unreadable_spool_is_said, fixture_setup,
					    fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
