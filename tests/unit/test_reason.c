/* Why a value is refused, and what to type: what people read, word for word. */
#include "lib/array.h"
#include "lib/phone.h"
#include "model/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void assert_reason(struct reason reason, const char *text, const char *why,
			  const char *remedy)
{
	if (strstr(reason.why, why) == NULL || strstr(reason.remedy, remedy) == NULL)
		fail_msg("[%s]: [%s] [%s]", text, reason.why, reason.remedy);
	reason_free(&reason);
}

static void reasons(void **state)
{
	static const struct {
		struct reason (*reason)(const char *text);
		const char *text, *why, *remedy;
	} cases[] = {
	    {reason_siret, "732829320", "c'est un SIREN, de 9 chiffres",
	     "Ajoutez à 732829320 les 5 chiffres du NIC"},
	    {reason_siret, "", "aucun chiffre n'y figure", "Recopiez les 14 chiffres"},
	    {reason_siret, "5541034400018", "13 chiffres au lieu de 14", "Écrivez 05541034400018"},
	    {reason_siret, "7328293200007", "13 chiffres au lieu de 14",
	     "Recopiez les 14 chiffres"},
	    {reason_siret, "73282932000074.0", "décimales", "Écrivez 73282932000074"},
	    {reason_siret, "7,32829E+13", "des chiffres sont perdus", "format Texte"},
	    {reason_siret, "7328293200007O", "« O » est une lettre, et non un zéro", "14 chiffres"},
	    {reason_siret, "FR40732829320", "« F » n'est pas un chiffre", "14 chiffres"},
	    {reason_siret, "732\x1B", "U+001B n'est pas un chiffre", "14 chiffres"},
	    {reason_siret, "732é", "« é » n'est pas un chiffre", "14 chiffres"},
	    {reason_siren, "73282932000074", "c'est un SIRET",
	     "les 9 premiers, le SIREN : 732829320"},
	    {reason_siren, "1", "qu'un chiffre au lieu de 9", "9 chiffres"},
	    {reason_code_postal, "1000", "le zéro de tête", "Écrivez 01000"},
	    {reason_code_postal, "1000.0", "ôté le zéro de tête", "Écrivez 01000"},
	    {reason_code_postal, "750011", "6 chiffres au lieu de 5", "75001"},
	    {reason_code_banque, "4559", "le zéro de tête", "Écrivez 04559"},
	    {reason_iban, "20041 01005 0500013M026 06", "c'est un RIB, de 23 caractères",
	     "FR1420041010050500013M02606"},
	    {reason_iban, "20041 01005 0500013M026 07", "deux lettres de son pays",
	     "Recopiez l'IBAN, et non le RIB"},
	    {reason_iban, "ZZ14", "« ZZ » n'est pas un pays", "Recopiez"},
	    {reason_iban, "FR14 2004", "8 caractères ; en FR, un IBAN en a 27",
	     "Recopiez-le en entier"},
	    {reason_iban, "FR14200410100505000130260212345678901234567890", "plus de 34",
	     "Recopiez-le en entier"},
	    {reason_iban, "FR14*2004", "« * » n'est ni un chiffre", "Recopiez"},
	    {reason_iban, "FRA420041010050500013M02606", "une lettre y tient la place", "O et 0"},
	    {reason_iban, "", "aucun caractère", "Recopiez"},
	    {reason_iban, "FR14 2004 1O10 0505 0001 3M02 606", "une lettre y tient la place",
	     "Son 10e signe est « O » : avec « 0 » la clé convient"},
	    {reason_iban, "FR14 2004 1010 0505 OO01 3M02 606", "clé de contrôle", "signe à signe"},
	    {reason_iban, "FR15 2004 1010 0505 0001 3M02 606", "clé de contrôle", "signe à signe"},
	    {reason_bic, "PSSTFRP", "7 caractères au lieu de 8 ou 11", "Recopiez"},
	    {reason_bic, "PSSTZZPP", "« ZZ », ne sont pas un pays", "Recopiez"},
	    {reason_bic, "PSST+FRPP", "que des lettres et des chiffres", "Recopiez"},
	    {reason_email, "", "elle est vide", "nom@exemple.fr"},
	    {reason_email, "elise", "« @ »", "nom@exemple.fr"},
	    {reason_email, "a..b@exemple.fr", "doublé", "Retirez le point"},
	    {reason_email, ".a@exemple.fr", "au début", "Retirez le point"},
	    {reason_email, "a@exemple.fr;b@exemple.fr", "deux « @ »", "une seule adresse"},
	    {reason_email, "a b@exemple.fr", "une espace", "d'un seul tenant"},
	    {reason_email, "Élise Durand <elise@exemple.fr>", "une messagerie y a ajouté un nom",
	     "Écrivez seulement elise@exemple.fr"},
	    {reason_email, "mailto:elise@exemple.fr>", "une messagerie",
	     "seulement elise@exemple.fr"},
	    {reason_email, "Élise <elise>", "« @ »", "nom@exemple.fr"},
	    {reason_demande, "ENROOO2MO", "la lettre O à la place du chiffre zéro",
	     "Écrivez « demande: ENR0002M0 »"},
	    {reason_demande, "601", "", "ENR et les chiffres qui suivent"},
	    {reason_demande, "ENRO", "", "ENR et les chiffres qui suivent"},
	    {reason_email, "é@exemple.fr", "un caractère n'est pas admis", "messagerie"},
	    {reason_email, "a@exemple", "n'a pas de point", "exemple.fr"},
	    {reason_email, "a@exemple..fr", "n'est pas un nom de domaine", "exemple.fr"},
	    {reason_date, "2030/01/31", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "2030-1-31", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "2030-01-31T00:00:00", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "2030–01–31", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "IBAN : 14/05/2031", "autre chose la précède", "Écrivez 2031-05-14"},
	    {reason_date, "jusqu’au 2031-05-14", "autre chose la précède", "Écrivez 2031-05-14"},
	    {reason_date, "n° 14.05.2031", "la forme attendue", "Écrivez 2031-05-14"},
	    {reason_date, "31.01.2030", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "31 janvier 2030", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "1er août 2030", "la forme attendue", "Écrivez 2030-08-01"},
	    {reason_date, "01/01/25", "la forme attendue", "Écrivez 2025-01-01"},
	    {reason_date, "15/03/98", "la forme attendue", "Écrivez 1998-03-15"},
	    {reason_date, "01/31/2030", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "20300131", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "47514", "la forme attendue", "Écrivez 2030-01-31"},
	    {reason_date, "2030-02-30", "n'est pas au calendrier", "AAAA-MM-JJ"},
	    {reason_date, "bientôt", "ce n'est pas un jour, un mois et une année", "AAAA-MM-JJ"},
	    {reason_date, "31/01/20300", "ce n'est pas un jour", "AAAA-MM-JJ"},
	    {reason_date, "2300-01-31", "son année n'est pas de 1900 à 2200", "AAAA-MM-JJ"},
	    {reason_sha256, "abcd", "4 caractères au lieu de 64", "sha256sum"},
	    {reason_sha256, "é", "64 chiffres hexadécimaux", "sha256sum"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_reason(cases[i].reason(cases[i].text), cases[i].text, cases[i].why,
			      cases[i].remedy);
}

static void phones(void **state)
{
	static const char *const cases[][3] = {
	    {"123456789", "le zéro de tête manque", "Écrivez 01 23 45 67 89"},
	    {"612345678", "le zéro de tête manque", "06 12 34 56 78 ou +377 612345678 (Monaco)"},
	    {"33123456789", "« + » devant l'indicatif 33", "Écrivez +33123456789"},
	    {"+999 123 456", "aucun pays n'a l'indicatif +999", "+33"},
	    {"00210 123 456", "aucun pays n'a l'indicatif +210", "+33"},
	    {"+33 1 23 45 67", "ne convient pas à l'indicatif +33", "numéro entier"},
	    {"+32 1", "ne convient pas à l'indicatif +32", "numéro entier"},
	    {"3123456789", "commence par 0", "+32…"},
	    {"01 23 45 67", "celui-ci en a 8", "+32…, +687…, +689…, +508…, +681…, +377…"},
	    {"01 23 45 67 89 poste 2", "« p » n'est pas un chiffre", "01 23 45 67 89"},
	    {"01 (0) 23 45 67", "celui-ci en a 9", "01 23 45 67 89"},
	    {"+33 1 (0) 23 45 67 89", "« (0) » ne se place qu'après", "01 23 45 67 89"},
	    /* Nouméa, Papeete, Saint-Pierre, Mata-Utu, Monaco. */
	    {"25.12.34", "celui-ci en a 6", "+687 251234 (Nouvelle-Calédonie)"},
	    {"40 12 34 56", "celui-ci en a 8", "+689 40123456 (Polynésie française)"},
	    {"87123456", "celui-ci en a 8", "+689 87123456 (Polynésie française)"},
	    {"41 12 34", "celui-ci en a 6", "+508 411234 (Saint-Pierre-et-Miquelon)"},
	    {"041 12 34", "celui-ci en a 7", "+508 411234 (Saint-Pierre-et-Miquelon)"},
	    {"72 12 34", "celui-ci en a 6", "+681 721234 (Wallis-et-Futuna)"},
	    {"93 10 12 34", "celui-ci en a 8", "+377 93101234 (Monaco)"},
	    {"", "aucun chiffre", "01 23 45 67 89"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_reason(reason_phone(cases[i][0]), cases[i][0], cases[i][1], cases[i][2]);
}

/* Numbers of the overseas territories and of ten neighbours: in every international form one
 * number, and in a French national form too where that begins with 0. Without the 0 and without a
 * country code they are refused. */
static void plans(void **state)
{
	static const struct {
		const char *code, *national, *trunk, *canonical;
		bool french;
	} numbers[] = {
	    {"33", "123456789", "0", "01 23 45 67 89", true},
	    {"262", "262161234", "0", "02 62 16 12 34", true}, /* La Réunion */
	    {"262", "269601234", "0", "02 69 60 12 34", true}, /* Mayotte */
	    {"590", "590201234", "0", "05 90 20 12 34", true}, /* Guadeloupe */
	    {"594", "594101234", "0", "05 94 10 12 34", true}, /* Guyane */
	    {"596", "596301234", "0", "05 96 30 12 34", true}, /* Martinique */
	    {"687", "201234", "", "00687 20 12 34", false},
	    {"689", "40412345", "", "00689 40 41 23 45", false},
	    {"508", "411234", "", "00508 41 12 34", false},
	    {"681", "721234", "", "00681 72 12 34", false},
	    {"377", "99123456", "", "00377 99 12 34 56", false},
	    {"377", "612345678", "", "00377 61 23 45 678", false},
	    {"32", "21234567", "0", "0032 21 23 45 67", false},
	    {"49", "30123456", "0", "0049 30 12 34 56", false},
	    {"41", "212345678", "0", "0041 21 23 45 678", false},
	    {"39", "0212345678", "", "0039 02 12 34 56 78", false},
	    {"34", "810123456", "", "0034 81 01 23 456", false},
	    {"352", "27123456", "", "00352 27 12 34 56", false},
	    {"44", "1212345678", "0", "0044 12 12 34 56 78", false},
	    {"31", "101234567", "0", "0031 10 12 34 567", false},
	    {"43", "1234567890", "0", "0043 12 34 56 78 90", false},
	    {"351", "212345678", "", "00351 21 23 45 678", false},
	    {"376", "712345", "", "00376 71 23 45", false},
	};
	/* What stands before the country code, between it and the number, and behind. */
	static const char *const forms[][3] = {
	    {"+", " ", ""},    {"00", " ", ""},	      {"(+", ") ", ""},
	    {"+", ".", ""},    {"+", "-", ""},	      {"+", "/", ""},
	    {"tel:+", "", ""}, {"Tél. : +", " ", ""}, {"=\"+", "", "\""},
	    {"+ ", " (", ")"}, {"'00 ", "", ""},      {"\u202A+", "\u00A0", "\u202C"},
	};
	char text[80], phone[PHONE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const char *trunk = numbers[i].trunk;

		for (size_t f = 0; f < 2 * ARRAY_SIZE(forms); f++) {
			const char *const *form = forms[f / 2];

			snprintf(text, sizeof(text), "%s%s%s%s%s%s", form[0], numbers[i].code,
				 form[1], f % 2 == 0 ? "" : trunk, numbers[i].national, form[2]);
			if (phone_check(text, phone) != PHONE_OK)
				fail_msg("[%s]", text);
			assert_string_equal(phone, numbers[i].canonical);
		}
		if (trunk[0] != '\0') {
			snprintf(text, sizeof(text), "+%s (0)%s", numbers[i].code,
				 numbers[i].national);
			assert_int_equal(phone_check(text, phone), PHONE_OK);
			assert_string_equal(phone, numbers[i].canonical);
		}
		snprintf(text, sizeof(text), "0%s", numbers[i].national);
		if (numbers[i].french) {
			assert_int_equal(phone_check(text, phone), PHONE_OK);
			assert_string_equal(phone, numbers[i].canonical);
		}
		if (numbers[i].national[0] != '0')
			assert_int_not_equal(phone_check(text + 1, phone), PHONE_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reasons),
	    cmocka_unit_test(phones),
	    cmocka_unit_test(plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
