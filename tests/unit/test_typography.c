#include "lib/array.h"
#include "publish/typography.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIXED "\xC2\xA0"
#define THIN  "\xE2\x80\xAF"
#define AP    "\xE2\x80\x99"

/* A sentence and how it is set; NULL: as it stands. */
static const struct {
	const char *text, *set;
} cases[] = {
    {"", NULL},
    {"Bonjour.", NULL},
    {"L'accès d'un tiers, aujourd'hui", "L" AP "accès d" AP "un tiers, aujourd" AP "hui"},
    {"Où : ici ; là ! Quoi ? Rien.", "Où" FIXED ": ici" THIN "; là" THIN "! Quoi" THIN "? Rien."},
    {"fin :", "fin" FIXED ":"},
    {"Voici :\n- un", "Voici" FIXED ":\n- un"},
    {"l'état « En cours »", "l" AP "état «" FIXED "En cours" FIXED "»"},
    {"la demande n° 12", "la demande n°" FIXED "12"},
    {"la demande n° ", "la demande n°" FIXED},
    {"le 2 mars 2026 à 3 h 05", "le 2" FIXED "mars 2026 à 3" FIXED "h" FIXED "05"},
    {"guide, page 21, L. 112-11", "guide, page" FIXED "21, L." FIXED "112-11"},
    {"SIRET 73282932000074, SIREN 732829320",
     "SIRET" FIXED "73282932000074, SIREN" FIXED "732829320"},
    {"un compage 3, page trois", NULL},
    {"le 1er août, 12 marsouins", "le 1er" FIXED "août, 12 marsouins"},
    {"1 000 et 4 194 304 octets", "1" THIN "000 et 4" THIN "194" THIN "304" FIXED "octets"},
    {"4 Mo, 12,5 ko, 4 Moulins", "4" FIXED "Mo, 12,5" FIXED "ko, 4 Moulins"},
    /* no thousands: telephones, codes, SIRETs */
    {"05 55 12 00 00", NULL},
    {"012 345 678", NULL},
    {"732 829 320 00074", NULL},
    {"FR14 2004 1010 0505 0001 3M02 606", NULL},
    /* parts of a sentence, as templates have them between two values */
    {" », reçu le ", FIXED "», reçu le "},
    {"dépôt « ", "dépôt «" FIXED},
    {"l'", "l" AP},
    /* values, file names, keys, addresses, YAML and commands keep their bytes */
    {"a;b!.pdf", NULL},
    {"Le fichier « a ; b ! c'est 1 000.pdf » manque",
     "Le fichier «" FIXED "a ; b ! c'est 1 000.pdf" FIXED "» manque"},
    {"« a « b ; c » d ; » ; e", "«" FIXED "a « b ; c » d ;" FIXED "»" THIN "; e"},
    {"«a ; b»", NULL},
    {"demandeur.siret, pieces[0].fichier", NULL},
    {"https://x.example/?a=1 et l'autre", "https://x.example/?a=1 et l" AP "autre"},
    {"https://x.example/l'a", NULL},
    {"o'neil@exemple.fr", NULL},
    {"l'a.pdf d'adresse_ip", NULL},
    {"(type: complementaire)", NULL},
    {"- {type: rib, fichier: l'a.pdf}", NULL},
    {"segur check --format 'a b' ?x", NULL},
    {"'cité'", NULL},
};

static void each_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *set = typography_of(cases[i].text), *again = typography_of(set);

		assert_string_equal(set, cases[i].set != NULL ? cases[i].set : cases[i].text);
		assert_string_equal(again, set);
		free(set);
		free(again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_sentence)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
