/* `segur verify --cage`. */
#include "cli/cmd.h"
#include "cli/table.h"
#include "intake/cage.h"
#include "lib/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void print_text(const struct cage_wall *walls, bool whole)
{
	struct table table = {.columns = 3};

	table_row(&table, (const char *[]){"Mur", "État", "Éprouvé"});
	for (size_t i = 0; i < cage_wall_count; i++)
		table_row(&table,
			  (const char *[]){walls[i].name, walls[i].holds ? "tient" : "absent",
					   walls[i].holds ? walls[i].seen : ""});
	table_print(&table, stdout, 100);
	for (size_t i = 0; i < cage_wall_count; i++)
		if (!walls[i].holds)
			printf("\n%s%s : absent.\n  Que faire : %s.\n", walls[i].name,
			       walls[i].mandatory ? " (obligatoire)" : "", walls[i].remedy);
	puts(whole ? "\nLa cage des analyseurs tient."
		   : "\nLa cage des analyseurs ne tient pas : segur ne lira aucun dépôt.");
}

/* Nothing in these texts needs an escape. */
static void print_json(const struct cage_wall *walls, bool whole)
{
	printf("{\"tient\":%s,\"murs\":[", whole ? "true" : "false");
	for (size_t i = 0; i < cage_wall_count; i++)
		printf("%s{\"mur\":\"%s\",\"tient\":%s,\"obligatoire\":%s,\"eprouve\":\"%s\","
		       "\"remede\":\"%s\"}",
		       i > 0 ? "," : "", walls[i].key, walls[i].holds ? "true" : "false",
		       walls[i].mandatory ? "true" : "false", walls[i].holds ? walls[i].seen : "",
		       walls[i].remedy);
	puts("]}");
}

int cmd_verify_cage(const char *where, bool json)
{
	struct cage_wall *walls = mem_alloc(cage_wall_count * sizeof(*walls));
	const struct error *err;
	struct root root;
	bool whole = true;

	err = root_open(cmd_root(where), &root);
	if (err == NULL)
		err = cage_examine(root.conf.archive_octets + (1u << 20), walls);
	if (err == NULL) {
		for (size_t i = 0; i < cage_wall_count; i++)
			whole = whole && (walls[i].holds || !walls[i].mandatory);
		(json ? print_json : print_text)(walls, whole);
	}
	root_close(&root);
	free(walls);
	if (err != NULL)
		return cmd_fail(err);
	return whole ? 0 : ERR_FAULT;
}
