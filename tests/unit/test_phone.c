#include "lib/array.h"
#include "lib/mem.h"
#include "lib/phone.h"
#include "model/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void good_numbers(void **state)
{
	static const char *const cases[][2] = {
	    {"01 23 45 67 89", "01 23 45 67 89"},
	    {"0123456789", "01 23 45 67 89"},
	    {" 01.23.45.67.89 ", "01 23 45 67 89"},
	    {"01-23-45-67-89", "01 23 45 67 89"},
	    {"01\u00A023\u202F45\u201167\u201389", "01 23 45 67 89"},
	    {"0 800 123 456", "08 00 12 34 56"},
	    {"01/23/45/67/89", "01 23 45 67 89"},
	    {"(0)123456789", "01 23 45 67 89"},
	    {"(01) 23 45 67 89", "01 23 45 67 89"},
	    {"=\"0123456789\"", "01 23 45 67 89"},
	    {"'0123456789", "01 23 45 67 89"},
	    {"Tél. : 01 23 45 67 89", "01 23 45 67 89"},
	    {"tel:+33-1-23-45-67-89", "01 23 45 67 89"},
	    {"(+33) 1 23 45 67 89", "01 23 45 67 89"},
	    {"+33 (0)7 00 00 00 00", "07 00 00 00 00"},
	    {"+33 ()1 23 45 67 89", "01 23 45 67 89"},
	    {"+33.690629042", "06 90 62 90 42"},
	    {"+1 (514) 555-0123", "001 51 45 55 01 23"},
	    {"(+32) 2/123.45.67", "0032 21 23 45 67"},
	    {"+32 02 123 45 67", "0032 21 23 45 67"},
	    {"+33 1 23 45 67 89", "01 23 45 67 89"},
	    {"+33 (0)1 23 45 67 89", "01 23 45 67 89"},
	    {"+33(0)123456789", "01 23 45 67 89"},
	    {"+33 01 23 45 67 89", "01 23 45 67 89"},
	    {"0033 1 23 45 67 89", "01 23 45 67 89"},
	    {"0033 (0) 6 12 34 56 78", "06 12 34 56 78"},
	    {"+262 262 12 34 56", "02 62 12 34 56"},
	    {"+262 (0)692 12 34 56", "06 92 12 34 56"},
	    {"00590 590 12 34 56", "05 90 12 34 56"},
	    {"+594 694 12 34 56", "06 94 12 34 56"},
	    {"+596 596 12 34 56", "05 96 12 34 56"},
	    {"+32 2 123 45 67", "0032 21 23 45 67"},
	    {"+32 475 12 34 56", "0032 47 51 23 456"},
	    {"0032 (0)2 123 45 67", "0032 21 23 45 67"},
	    {"+1 202 555 0123", "001 20 25 55 01 23"},
	    {"+1 (0) 202 555 0123", "001 20 25 55 01 23"},
	    {"0049 1234567890123", "0049 12 34 56 78 90 123"},
	    {"+7 495 123 45 67", "007 49 51 23 45 67"},
	    {"+352 26 12 34", "00352 26 12 34"},
	    {"+290 1234", "00290 12 34"},
	    {"+290 12345", "00290 12 345"},
	    {"+687 12 34 56", "00687 12 34 56"},
	    {"+49 1234567890123", "0049 12 34 56 78 90 123"},
	    {"+352 123456789012", "00352 12 34 56 78 90 12"},
	    {"+98 21 1234 5678", "0098 21 12 34 56 78"},
	};
	char out[24];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (phone_check(cases[i][0], out) != PHONE_OK)
			fail_msg("\"%s\" is refused", cases[i][0]);
		assert_string_equal(out, cases[i][1]);
	}
}

static void bad_numbers(void **state)
{
	static const char *const cases[] = {"",
					    " ",
					    "+",
					    "0",
					    "00",
					    "12",
					    "1234567890",
					    "01 23 45 67 8",
					    "01 23 45 67 890",
					    "+999 123 456 789",
					    "+210 123 456 789",
					    "0123456789.0",
					    "1,23E+08",
					    "01 23 45 67 8a",
					    "++33123456789",
					    "0+33123456789",
					    "+33+123456789",
					    "01 (0) 23 45 67 89",
					    "+33 1 (0)23 45 67 89",
					    "+33 (0)(0)1 23 45 67 89",
					    "+(0)33123456789",
					    "00(0)33123456789",
					    "0(0)033123456789",
					    "+33 12 34 56 78",
					    "+33 1 23 45 67 890",
					    "+33 00 12 34 56 78",
					    "+262 12 34 56",
					    "+0 123 456 789",
					    "000 123 456 789",
					    "+00 33 1 23 45 67 89",
					    "+32 12 34",
					    "+1 202 555 012",
					    "+1 202 555 01234",
					    "+7 123456",
					    "+7 495 123 45 6",
					    "+7 12345678901234",
					    "+49 12345678901234",
					    "+123456789012345678",
					    "001234567890123456",
					    "0049 1234567890123 4",
					    "+1234567890123456789012345",
					    "01 23 45 67 89 poste 12",
					    "０1 23 45 67 89"};
	char out[24];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (phone_check(cases[i], out) == PHONE_OK)
			fail_msg("\"%s\" is taken as \"%s\"", cases[i], out);
		assert_string_equal(out, "");
	}
}

/*
 * The public numbering plans of the French territories and of ten neighbours: what a number begins
 * with behind the country's code, how many digits it has, whether people dial 0 before it.
 */
static const struct plan {
	const char *code, *first;
	size_t least, most;
	bool zero, french;
} plans[] = {
    {"33", "1", 9, 9, true, true},	{"33", "2", 9, 9, true, true},
    {"33", "3", 9, 9, true, true},	{"33", "4", 9, 9, true, true},
    {"33", "5", 9, 9, true, true},	{"33", "6", 9, 9, true, true},
    {"33", "7", 9, 9, true, true},	{"33", "800", 9, 9, true, true},
    {"33", "9", 9, 9, true, true},	{"262", "262", 9, 9, true, true},
    {"262", "269", 9, 9, true, true},	{"262", "692", 9, 9, true, true},
    {"262", "639", 9, 9, true, true},	{"590", "590", 9, 9, true, true},
    {"590", "690", 9, 9, true, true},	{"594", "594", 9, 9, true, true},
    {"594", "694", 9, 9, true, true},	{"596", "596", 9, 9, true, true},
    {"596", "696", 9, 9, true, true},	{"508", "41", 6, 6, true, false},
    {"508", "708", 9, 9, true, false},	{"508", "809", 9, 9, true, false},
    {"681", "72", 6, 6, false, false},	{"681", "82", 6, 6, false, false},
    {"681", "800", 9, 9, false, false}, {"687", "24", 6, 6, false, false},
    {"687", "75", 6, 6, false, false},	{"689", "40", 8, 8, false, false},
    {"689", "87", 8, 8, false, false},	{"689", "800", 9, 9, false, false},
    {"377", "93", 8, 8, false, false},	{"377", "6", 9, 9, true, false},
    {"32", "2", 8, 8, true, false},	{"32", "47", 9, 9, true, false},
    {"352", "26", 4, 11, false, false}, {"352", "621", 9, 9, false, false},
    {"49", "30", 5, 13, true, false},	{"49", "151", 10, 11, true, false},
    {"41", "21", 9, 9, true, false},	{"41", "860", 12, 12, true, false},
    {"39", "06", 6, 11, false, false},	{"39", "3", 9, 10, false, false},
    {"34", "91", 9, 9, false, false},	{"34", "6", 9, 9, false, false},
    {"376", "7", 6, 6, false, false},	{"376", "690", 9, 9, false, false},
    {"44", "20", 10, 10, true, false},	{"44", "1", 9, 10, true, false},
    {"44", "7", 10, 10, true, false},	{"31", "20", 9, 9, true, false},
    {"31", "6", 9, 9, true, false},
};

#define NATIONAL_SIZE 16

/* A number of that plan: its first digits, then others. */
static void make_national(const struct plan *plan, size_t digits, char out[static NATIONAL_SIZE])
{
	snprintf(out, NATIONAL_SIZE, "%s123456789012", plan->first);
	out[digits] = '\0';
}

static void assert_digits(const char *text, const char *wanted)
{
	char out[24], digits[24];
	size_t count = 0;

	if (phone_check(text, out) != PHONE_OK)
		fail_msg("\"%s\" is refused", text);
	for (const char *at = out; *at != '\0'; at++)
		if (*at != ' ')
			digits[count++] = *at;
	digits[count] = '\0';
	assert_string_equal(digits, wanted);
}

static void international_forms(void **state)
{
	static const struct {
		const char *before, *between;
		bool zero;
	} forms[] = {
	    {"+", "", false},	      {"+", " ", false},    {"00", " ", false},
	    {"00 ", ".", false},      {"(+", ") ", false},  {"tel:+", "-", false},
	    {"Tél. : +", "/", false}, {"+", " (0)", true},  {"+", " 0", true},
	    {"00", " (0) ", true},    {"(+", ")(0)", true},
	};

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(plans); p++)
		for (size_t digits = plans[p].least; digits <= plans[p].most; digits++)
			for (size_t f = 0; f < ARRAY_SIZE(forms); f++) {
				char national[NATIONAL_SIZE], wanted[32], *text;

				/* Of those that dial 0, small plans beside France write it in "(0)" alone. */
				if (forms[f].zero &&
				    (!plans[p].zero ||
				     (strlen(plans[p].code) == 3 && !plans[p].french)))
					continue;
				make_national(&plans[p], digits, national);
				snprintf(wanted, sizeof(wanted), "0%s%s%s",
					 plans[p].french ? "" : "0",
					 plans[p].french ? "" : plans[p].code, national);
				text = mem_printf("%s%s%s%s", forms[f].before, plans[p].code,
						  forms[f].between, national);
				assert_digits(text, wanted);
				free(text);
			}
}

/* Whose national numbers the remedy names the territory of. */
static bool by_itself(const char *code)
{
	static const char *const codes[] = {"687", "689", "508", "681", "377"};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

/* Without the country's code: ten digits that begin with 0 are read as French ones are. All others
 * are refused; the remedy is the number to type, of the territories beside France with their code. */
static void national_forms(void **state)
{
	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(plans); p++)
		for (size_t digits = plans[p].least; digits <= plans[p].most; digits++) {
			char national[NATIONAL_SIZE], text[NATIONAL_SIZE + 1], out[24], plus[8];
			struct reason reason;

			make_national(&plans[p], digits, national);
			snprintf(text, sizeof(text), "%s%s", plans[p].zero ? "0" : "", national);
			if (text[0] == '0' && text[1] != '0' && strlen(text) == 10) {
				assert_digits(text, text);
				continue;
			}
			if (phone_check(text, out) == PHONE_OK)
				fail_msg("\"%s\" is taken as \"%s\"", text, out);
			reason = reason_phone(text);
			snprintf(plus, sizeof(plus), "+%s", plans[p].code);
			if (strstr(reason.remedy, by_itself(plans[p].code) ? plus : "Écrivez") ==
			    NULL)
				fail_msg("\"%s\": %s", text, reason.remedy);
			reason_free(&reason);
		}
}

/* Each code that ITU-T has not assigned. */
static void unassigned_codes(void **state)
{
	char text[32], out[24];

	(void)state;
	for (unsigned code = 100; code < 1000; code++) {
		snprintf(text, sizeof(text), "%u", code);
		if (phone_country_code(text) > 0)
			continue;
		snprintf(text, sizeof(text), "+%u 123 456 78", code);
		assert_int_equal(phone_check(text, out), PHONE_COUNTRY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_numbers),	   cmocka_unit_test(bad_numbers),
	    cmocka_unit_test(international_forms), cmocka_unit_test(national_forms),
	    cmocka_unit_test(unassigned_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
