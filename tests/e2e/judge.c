/*
 * The parser's word on dossiers alone, without archive, registers and requests, for tests/e2e/test_schema.py. Standard
 * input: each dossier.yaml behind a line with its size in bytes. Standard output: a line each, with the code and the key
 * path of every blocking anomaly.
 */
#include "lib/date.h"
#include "lib/mem.h"
#include "parser/parse_yaml.h"
#include "parser/validate.h"

#include <stdio.h>
#include <stdlib.h>

#define DEPOSIT "2026-03-02"

static void judge(const char *text, size_t size)
{
	struct dossier dossier = {0};
	struct yaml_positions positions = {0};
	struct anomalies anomalies = {0};
	int32_t day = 0;

	date_parse(DEPOSIT, &day);
	if (parse_dossier(text, size, &dossier, &positions, &anomalies))
		validate_dossier(&dossier, &positions, day, &anomalies);
	for (size_t i = 0; i < anomalies.count; i++) {
		const struct anomalie *anomalie = &anomalies.items[i];

		if (catalogue[anomalie->code].gravite == GRAVITE_BLOQUANT)
			printf("%s %s\t", catalogue[anomalie->code].code, anomalie->chemin);
	}
	putchar('\n');
	anomalies_free(&anomalies);
	dossier_free(&dossier);
}

int main(void)
{
	size_t size;

	while (scanf("%zu%*c", &size) == 1) {
		char *text = mem_alloc(size + 1);

		if (fread(text, 1, size, stdin) != size)
			return EXIT_FAILURE;
		text[size] = '\0';
		judge(text, size);
		free(text);
	}
	return EXIT_SUCCESS;
}
