#include "lib/array.h"
#include "store/conf.h"

#include "lib/buf.h"
#include "lib/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int root_fd;
static char root_path[] = "/tmp/segur-conf-XXXXXX";

static int make_root(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root_path));
	root_fd = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0;
}

static int remove_root(void **state)
{
	(void)state;
	unlinkat(root_fd, "segur.conf", 0);
	close(root_fd);
	return rmdir(root_path);
}

static const struct error *load(const char *text, struct conf *conf)
{
	int fd = openat(root_fd, "segur.conf", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return conf_load(root_fd, conf);
}

static void accepted(const char *text, struct conf *conf)
{
	const struct error *err = load(text, conf);

	if (err != NULL)
		fail_msg("%s\n%s", text, err->message);
}

/* Refused with the number of the line that is wrong. */
static void refused(const char *text, int line)
{
	const struct error *err;
	char *wanted = mem_printf("segur.conf, ligne %d : ", line);
	struct conf conf;

	err = load(text, &conf);
	if (err == NULL)
		fail_msg("accepted: %s", text);
	assert_int_equal(err->code, ERR_CONFIG);
	if (strncmp(err->message, wanted, strlen(wanted)) != 0)
		fail_msg("%s\ngives %s", text, err->message);
	free(wanted);
	conf_free(&conf);
}

/* Refused with these words. */
static void said(const char *text, const char *words)
{
	struct conf conf;
	const struct error *err = load(text, &conf);

	assert_non_null(err);
	if (strstr(err->message, words) == NULL)
		fail_msg("%s\ngives %s", text, err->message);
	conf_free(&conf);
}

/* The documented defaults (INTERFACE, 1 and 2; guide p. 15). */
static void check_defaults(const struct conf *conf)
{
	assert_string_equal(conf->nom, "Agence de services et de paiement");
	assert_string_equal(conf->adresse, "2 rue du Maupas, 87040 Limoges Cedex 1");
	assert_string_equal(conf->telephone, "05 55 12 00 00");
	assert_string_equal(conf->courriel, "enrolement@asp.example");
	assert_string_equal(conf->assistance,
			    "https://segurnum.asp-public.fr/segurnum/contacter-assistance");
	assert_string_equal(conf->portail, "https://segurnum.asp-public.fr/segurnum/");
	assert_string_equal(conf->expediteur, "ne-pas-repondre@asp.example");
	assert_string_equal(conf->domaine, "asp.example");
	assert_string_equal(conf->fuseau, "Europe/Paris");
	assert_int_equal(conf->stabilite_s, 60);
	assert_int_equal(conf->formats_archive, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5);
	assert_int_equal(conf->formats_piece, 1 << 1 | 1 << 2 | 1 << 3);
	assert_int_equal(conf->archive_octets, 64 << 20);
	assert_int_equal(conf->contenu_octets, 96 << 20);
	assert_int_equal(conf->entrees, 100);
	assert_int_equal(conf->piece_octets, 4194304);
	assert_int_equal(conf->pixels, 100000000);
	assert_int_equal(conf->dossier_octets, 256 << 10);
	assert_int_equal(conf->dictionnaire_octets, 8 << 20);
	assert_int_equal(conf->piece_cpu_s, 10);
	assert_int_equal(conf->delai_s, 120);
	assert_int_equal(conf->reference_octets, 256 << 20);
	assert_int_equal(conf->perte_insee, 2);
	assert_int_equal(conf->insee_octets, 16ull << 30);
	assert_int_equal(conf->analyseurs, 0);
	assert_int_equal(conf->duree_max_s, 14400);
	assert_int_equal(conf->silence, SILENCE_UNTOLD);
	assert_int_equal(conf->silence_mois, 2);
	assert_string_equal(conf->attestation, "aucun");
	assert_string_equal(conf->recours_gracieux, "aucun");
	assert_string_equal(conf->recours_contentieux, "aucun");
	assert_int_equal(conf->recours_mois, 2);
	assert_string_equal(conf->auteur, "aucun");
	assert_string_equal(conf->auteur_qualite, "aucun");
	assert_int_equal(conf->reponse_jours, 30);
	assert_int_equal(conf->relance_jours, 15);
	assert_int_equal(conf->relance_anticipe_jours, 90);
	assert_int_equal(conf->echeance_jours, 60);
	assert_int_equal(conf->dialecte, DIALECT_EXCEL);
	assert_int_equal(conf->etat, REPORTS_WHOLE);
	assert_string_equal(conf->certificat, "aucun");
	assert_int_equal(conf->identite_jours, 30);
	assert_int_equal(conf->dossier_jours, 1825);
	assert_int_equal(conf->refus_jours, 30);
	assert_int_equal(conf->rapports_jours, 365);
}

static void template_is_the_default(void **state)
{
	static const char *const texts[] = {conf_template, "", "; rien\n\n# rien\n",
					    "\xef\xbb\xbf[depot]\r\n\r\nstabilite_s = 60\r\n"};
	struct conf conf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		accepted(texts[i], &conf);
		check_defaults(&conf);
		conf_free(&conf);
		assert_null(conf.nom);
	}
}

struct bound {
	const char *section, *key;
	uint64_t low, high;
	size_t offset;
	size_t size; /* of the field: 4 or 8 bytes */
};

#define BOUND(section, key, low, high)                                                             \
	{                                                                                          \
		section, #key, low, high, offsetof(struct conf, key),                              \
		    sizeof(((struct conf *)NULL)->key)                                             \
	}

static const struct bound bounds[] = {
    BOUND("depot", stabilite_s, 0, 86400),
    BOUND("limites", archive_octets, 1024, 1073741824),
    BOUND("limites", contenu_octets, 1024, 4294967296),
    BOUND("limites", entrees, 2, 10000),
    BOUND("limites", piece_octets, 1024, 16777216),
    BOUND("limites", pixels, 10000, 1000000000),
    BOUND("limites", dossier_octets, 1024, 1048576),
    BOUND("limites", dictionnaire_octets, 65536, 67108864),
    BOUND("limites", piece_cpu_s, 1, 600),
    BOUND("limites", delai_s, 2, 3600),
    BOUND("limites", reference_octets, 1024, 1099511627776),
    BOUND("registres", perte_insee, 0, 100),
    BOUND("registres", insee_octets, 1024, 1099511627776),
    BOUND("nuit", analyseurs, 0, 64),
    BOUND("nuit", duree_max_s, 0, 86400),
    BOUND("droit", silence_mois, 1, 24),
    BOUND("droit", recours_mois, 1, 24),
    BOUND("delais", reponse_jours, 1, 3650),
    BOUND("delais", relance_jours, 1, 3650),
    BOUND("delais", relance_anticipe_jours, 1, 3650),
    BOUND("delais", echeance_jours, 0, 3650),
    BOUND("conservation", identite_jours, 1, 36500),
    BOUND("conservation", dossier_jours, 1, 36500),
    BOUND("conservation", refus_jours, 1, 36500),
    BOUND("conservation", rapports_jours, 1, 36500),
};

static void check_number(const struct bound *bound, const char *value, bool ok, uint64_t number)
{
	char *text =
	    mem_printf("[%s]\n; un commentaire\n%s = %s\n", bound->section, bound->key, value);
	struct conf conf;
	uint64_t found = 0;

	if (!ok) {
		refused(text, 3);
	} else {
		accepted(text, &conf);
		memcpy(&found, (const char *)&conf + bound->offset, bound->size);
		assert_true(found == number);
		conf_free(&conf);
	}
	free(text);
}

static void numbers(void **state)
{
	static const char *const wrong[] = {"",
					    "-1",
					    "+5",
					    "5x",
					    "0x10",
					    "5 000",
					    "1e3",
					    "5,0",
					    "5.0",
					    "\"5\"",
					    "cinq",
					    "99999999999999999999999",
					    "18446744073709551616"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		const uint64_t values[] = {bounds[i].low, bounds[i].high, bounds[i].low + 1,
					   bounds[i].high + 1, bounds[i].low - 1};
		char text[32];

		for (size_t j = 0; j < ARRAY_SIZE(values) - (bounds[i].low == 0); j++) {
			snprintf(text, sizeof(text), "%llu", (unsigned long long)values[j]);
			check_number(&bounds[i], text, j < 3, values[j]);
		}
		for (size_t j = 0; j < ARRAY_SIZE(wrong); j++)
			check_number(&bounds[i], wrong[j], false, 0);
	}
}

static void texts(void **state)
{
	static const struct {
		const char *key;
		size_t offset;
	} keys[] = {
	    {"nom", offsetof(struct conf, nom)},
	    {"adresse", offsetof(struct conf, adresse)},
	    {"telephone", offsetof(struct conf, telephone)},
	    {"assistance", offsetof(struct conf, assistance)},
	    {"portail", offsetof(struct conf, portail)},
	};
	struct conf conf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char *text = mem_printf("[service]\n%s =   Été à Paris  \n", keys[i].key);
		char *empty = mem_printf("[service]\n\n%s =\n", keys[i].key);
		const char *found;

		accepted(text, &conf);
		memcpy(&found, (const char *)&conf + keys[i].offset, sizeof(found));
		assert_string_equal(found, "Été à Paris");
		conf_free(&conf);
		refused(empty, 3);
		free(text);
		free(empty);
	}
}

/* The longest text of each key, and one byte more: lines are longer than inih's usual 200 bytes. */
static void long_texts(void **state)
{
	static const struct {
		const char *key;
		size_t max;
	} keys[] = {{"nom", 180},
		    {"adresse", 180},
		    {"telephone", 40},
		    {"assistance", 180},
		    {"portail", 180}};
	struct conf conf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (size_t more = 0; more < 2; more++) {
			struct buf text = {0};

			buf_printf(&text, "[service]\n%s = ", keys[i].key);
			for (size_t n = 0; n < keys[i].max + more; n++)
				buf_putc(&text, 'x');
			buf_puts(&text, "\n");
			if (more == 0) {
				accepted(text.data, &conf);
				conf_free(&conf);
			} else {
				refused(text.data, 2);
			}
			buf_free(&text);
		}
}

/* Addresses, domains and zones, and what is said of a wrong one. */
static void kinds(void **state)
{
	static const struct {
		const char *key, *right, *wrong, *said;
	} cases[] = {
	    {"courriel", "nom@asp.example", "nom", "comme nom@exemple.fr"},
	    {"courriel", "nom@é.example", "nom@@asp.example", "comme nom@exemple.fr"},
	    {"expediteur", "a.b@asp.example", "Service <a@asp.example>", "comme nom@exemple.fr"},
	    {"domaine", "asp.example", "asp example", "comme exemple.fr"},
	    {"domaine", "a.b.asp.example", "asp\033[2J.example", "comme exemple.fr"},
	    {"fuseau", "Europe/Paris", "Europe/Pariss", "comme Europe/Paris"},
	    {"fuseau", "UTC", "../zoneinfo/UTC", "comme Europe/Paris"},
	    {"fuseau", "America/Cayenne", "Europe", "comme Europe/Paris"},
	    {"fuseau", "Indian/Reunion", "/usr/share/zoneinfo/UTC", "comme Europe/Paris"},
	    {"telephone", "05 55 12 00 00", "05\007", "un texte de 1 à 40 octets"},
	};
	struct conf conf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *right = mem_printf("[service]\n%s = %s\n", cases[i].key, cases[i].right);
		char *wrong = mem_printf("[service]\n%s = %s\n", cases[i].key, cases[i].wrong);

		accepted(right, &conf);
		conf_free(&conf);
		refused(wrong, 2);
		said(wrong, cases[i].said);
		free(right);
		free(wrong);
	}
}

/* What is wrong, and what to write instead. */
static void reasons(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"[depot]\nstabilite_s = abc\n",
	     "[depot] stabilite_s = « abc » ne convient pas ; écrivez un nombre entier de 0 à 86400"},
	    {"[limites]\nentrees = 1\n", "un nombre entier de 2 à 10000"},
	    {"[depot]\nformats_piece = pdf, gif\n", "un ou plusieurs de pdf, jpeg, png"},
	    {"[rapports]\ndialecte = csv\n", "écrivez excel ou opendata"},
	    {"[rapports]\netat = tout\n", "écrivez complet ou nuit"},
	    {"[depot]\nstabilite = 5\n",
	     "la clé « stabilite » n'existe pas dans [depot] ; écrivez « stabilite_s » dans [depot]"},
	    {"[nuit]\nstabilite_s = 5\n", "écrivez « stabilite_s » dans [depot]"},
	    {"[dépôt]\nstabilite_s = 5\n", "n'existe pas dans [dépôt]"},
	    {"stabilite_s = 5\n", "la clé « stabilite_s » est hors de toute section"},
	    {"[depot]\ncouleur = bleu\n", "la clé « couleur » n'existe pas dans [depot]"},
	    {"[depot\nstabilite_s = 5\n", "il y manque « ] »"},
	    {"[depot]\nstabilite_s 5\n", "ni « [section] », ni « clé = valeur »"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		said(cases[i].text, cases[i].said);
}

static void lists(void **state)
{
	static const struct {
		const char *line;
		unsigned archives, pieces; /* 0: refused */
	} cases[] = {
	    {"formats_archive = zip", 1 << 1, 14},
	    {"formats_archive = TAR.ZST tar", 1 << 5 | 1 << 2, 14},
	    {"formats_archive = ,tar.gz,,tar.xz, tar.gz,", 1 << 3 | 1 << 4, 14},
	    {"formats_piece = pdf", 62, 1 << 1},
	    {"formats_piece = PNG,Jpeg", 62, 1 << 2 | 1 << 3},
	    {"formats_archive =", 0, 0},
	    {"formats_archive = ,", 0, 0},
	    {"formats_archive = zip, rar", 0, 0},
	    {"formats_archive = tar.", 0, 0},
	    {"formats_piece = pdf|png", 0, 0},
	    {"formats_piece = jpg", 0, 0},
	};
	struct conf conf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = mem_printf("[depot]\n%s\n", cases[i].line);

		if (cases[i].archives == 0) {
			refused(text, 2);
		} else {
			accepted(text, &conf);
			assert_int_equal(conf.formats_archive, cases[i].archives);
			assert_int_equal(conf.formats_piece, cases[i].pieces);
			conf_free(&conf);
		}
		free(text);
	}
	accepted("[rapports]\ndialecte = OpenData\n", &conf);
	assert_int_equal(conf.dialecte, DIALECT_OPENDATA);
	conf_free(&conf);
	accepted("[rapports]\ndialecte = EXCEL\n", &conf);
	assert_int_equal(conf.dialecte, DIALECT_EXCEL);
	conf_free(&conf);
	refused("[rapports]\ndialecte = csv\n", 2);
	accepted("[rapports]\netat = Nuit\n", &conf);
	assert_int_equal(conf.etat, REPORTS_NIGHT);
	conf_free(&conf);
	accepted("[rapports]\netat = COMPLET\n", &conf);
	assert_int_equal(conf.etat, REPORTS_WHOLE);
	conf_free(&conf);
	refused("[rapports]\netat = tout\n", 2);
}

static void unknown_keys(void **state)
{
	static const struct {
		const char *text;
		int line;
	} cases[] = {
	    {"nom = sans section\n", 1},
	    {"[service]\nnoms = x\n", 2},
	    {"[service]\nNom = x\n", 2},
	    {"[Service]\nnom = x\n", 2},
	    {"[services]\nnom = x\n", 2},
	    {"[depot]\nstabilite_s = 1\n\n[limites]\nstabilite_s = 1\n", 5},
	    {"[service]\nnom = a\ninconnue = 1\nautre = 2\n", 3}, /* the first one */
	    {"[service]\nnom\n", 2},
	    {"[service\nnom = x\n", 1},
	    {"[service]\n= x\n", 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		refused(cases[i].text, cases[i].line);
}

/* Keys in retreat are keys, not the rest of the value before them. */
static void indented_keys(void **state)
{
	struct conf conf;

	(void)state;
	accepted("[service]\n  nom = Agence\n  telephone = 01 02 03 04 05\n"
		 "[depot]\n\tstabilite_s = 5\n\tformats_piece = pdf\n",
		 &conf);
	assert_string_equal(conf.nom, "Agence");
	assert_string_equal(conf.telephone, "01 02 03 04 05");
	assert_int_equal(conf.stabilite_s, 5);
	assert_int_equal(conf.formats_piece, 1 << 1);
	conf_free(&conf);
}

/* A file that cannot be read is never taken for one that says nothing. */
static void no_file(void **state)
{
	const struct error *err;
	struct conf conf;

	(void)state;
	unlinkat(root_fd, "segur.conf", 0);
	err = conf_load(root_fd, &conf);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CONFIG);
	assert_non_null(strstr(err->message, "segur.conf"));
	conf_free(&conf);
	assert_int_equal(mkdirat(root_fd, "segur.conf", 0700), 0);
	err = conf_load(root_fd, &conf);
	unlinkat(root_fd, "segur.conf", AT_REMOVEDIR);
	conf_free(&conf);
	assert_non_null(err);
	assert_int_equal(err->code, ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(template_is_the_default),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(texts),
	    cmocka_unit_test(long_texts),
	    cmocka_unit_test(kinds),
	    cmocka_unit_test(reasons),
	    cmocka_unit_test(lists),
	    cmocka_unit_test(unknown_keys),
	    cmocka_unit_test(indented_keys),
	    cmocka_unit_test(no_file),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
