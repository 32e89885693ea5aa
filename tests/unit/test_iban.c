#include "lib/array.h"
#include "lib/iban.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The examples that the countries give in SWIFT's registry: one for each, in or out of SEPA. */
static const struct {
	const char *iban;
	bool sepa;
} examples[] = {
    {"AD1200012030200359100100", true},
    {"AE070331234567890123456", false},
    {"AL47212110090000000235698741", true},
    {"AT611904300234573201", true},
    {"AZ21NABZ00000000137010001944", false},
    {"BA391290079401028494", false},
    {"BE68539007547034", true},
    {"BG80BNBG96611020345678", true},
    {"BH67BMAG00001299123456", false},
    {"BI4210000100010000332045181", false},
    {"BR1800360305000010009795493C1", false},
    {"BY13NBRB3600900000002Z00AB00", false},
    {"CH9300762011623852957", true},
    {"CR05015202001026284066", false},
    {"CY17002001280000001200527600", true},
    {"CZ6508000000192000145399", true},
    {"DE89370400440532013000", true},
    {"DJ2100010000000154000100186", false},
    {"DK5000400440116243", true},
    {"DO28BAGR00000001212453611324", false},
    {"EE382200221020145685", true},
    {"EG380019000500000000263180002", false},
    {"ES9121000418450200051332", true},
    {"FI2112345600000785", true},
    {"FK88SC123456789012", false},
    {"FO6264600001631634", false},
    {"FR1420041010050500013M02606", true},
    {"GB29NWBK60161331926819", true},
    {"GE29NB0000000101904917", false},
    {"GI75NWBK000000007099453", true},
    {"GL8964710001000206", false},
    {"GR1601101250000000012300695", true},
    {"GT82TRAJ01020000001210029690", false},
    {"HN88CABF00000000000250005469", false},
    {"HR1210010051863000160", true},
    {"HU42117730161111101800000000", true},
    {"IE29AIBK93115212345678", true},
    {"IL620108000000099999999", false},
    {"IQ98NBIQ850123456789012", false},
    {"IS140159260076545510730339", true},
    {"IT60X0542811101000000123456", true},
    {"JO94CBJO0010000000000131000302", false},
    {"KW81CBKU0000000000001234560101", false},
    {"KZ86125KZT5004100100", false},
    {"LB62099900000001001901229114", false},
    {"LC55HEMM000100010012001200023015", false},
    {"LI21088100002324013AA", true},
    {"LT121000011101001000", true},
    {"LU280019400644750000", true},
    {"LV80BANK0000435195001", true},
    {"LY83002048000020100120361", false},
    {"MC5811222000010123456789030", true},
    {"MD24AG000225100013104168", true},
    {"ME25505000012345678951", true},
    {"MK07250120000058984", true},
    {"MN121234123456789123", false},
    {"MR1300020001010000123456753", false},
    {"MT84MALT011000012345MTLCAST001S", true},
    {"MU17BOMM0101101030300200000MUR", false},
    {"NI45BAPR00000013000003558124", false},
    {"NL91ABNA0417164300", true},
    {"NO9386011117947", true},
    {"OM810180000001299123456", false},
    {"PK36SCBL0000001123456702", false},
    {"PL61109010140000071219812874", true},
    {"PS92PALS000000000400123456702", false},
    {"PT50000201231234567890154", true},
    {"QA58DOHB00001234567890ABCDEFG", false},
    {"RO49AAAA1B31007593840000", true},
    {"RS35260005601001611379", true},
    {"RU0304452522540817810538091310419", false},
    {"SA0380000000608010167519", false},
    {"SC18SSCB11010000000000001497USD", false},
    {"SD2129010501234001", false},
    {"SE4550000000058398257466", true},
    {"SI56263300012039086", true},
    {"SK3112000000198742637541", true},
    {"SM86U0322509800000000270100", true},
    {"SO211000001001000100141", false},
    {"ST23000100010051845310146", false},
    {"SV62CENR00000000000000700025", false},
    {"TL380080012345678910157", false},
    {"TN5910006035183598478831", false},
    {"TR330006100519786457841326", false},
    {"UA213223130000026007233566001", false},
    {"VA59001123000012345678", true},
    {"VG96VPVG0000012345678901", false},
    {"XK051212012345678906", false},
    {"YE15CBYE0001018861234567891234", false},
};

static void registry(void **state)
{
	char iban[35], other[36];
	size_t sepa = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const char *example = examples[i].iban;
		size_t length = strlen(example);

		if (iban_check(example, iban) != IBAN_OK)
			fail_msg("%s: verdict %d", example, (int)iban_check(example, iban));
		assert_string_equal(iban, example);
		assert_int_equal(iban_in_sepa(iban), examples[i].sepa);
		sepa += examples[i].sepa ? 1 : 0;

		memcpy(other, example, length + 1);
		other[length - 1] = '\0';
		assert_int_equal(iban_check(other, iban), IBAN_LENGTH);
		memcpy(other, example, length);
		memcpy(other + length, "0", 2);
		assert_int_equal(iban_check(other, iban), IBAN_LENGTH);
		memcpy(other, example, length + 1);
		other[3] = (char)(other[3] == '9' ? '0' : other[3] + 1);
		assert_int_equal(iban_check(other, iban), IBAN_CHECKSUM);
	}
	/* 41 members, of whom the United Kingdom brings Gibraltar, which has IBANs of its own. */
	assert_int_equal(sepa, 42);
}

/* In each place of each BBAN, the wrong kind of character is seen. */
static void structures(void **state)
{
	/* d: digits, a: letters, c: either, in the first places of the BBAN */
	static const char *const shapes[] = {
	    "FRddddddddddcccccccccccdd",    "GBaaaadddddddddddddd",
	    "ITaddddddddddcccccccccccc",    "BRdddddddddddddddddddddddac",
	    "MUaaaadddddddddddddddddddaaa", "BYccccddddcccccccccccccccc"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		const char *example = "";
		char iban[35], other[35];

		for (size_t j = 0; j < ARRAY_SIZE(examples); j++)
			if (strncmp(examples[j].iban, shapes[i], 2) == 0)
				example = examples[j].iban;
		assert_int_equal(strlen(example), strlen(shapes[i]) + 2);
		for (size_t at = 2; shapes[i][at] != '\0'; at++) {
			memcpy(other, example, strlen(example) + 1);
			other[at + 2] = shapes[i][at] == 'a' ? '7' : 'Q';
			if (shapes[i][at] == 'c')
				assert_int_not_equal(iban_check(other, iban), IBAN_STRUCTURE);
			else
				assert_int_equal(iban_check(other, iban), IBAN_STRUCTURE);
		}
	}
}

static void ibans(void **state)
{
	static const struct {
		const char *text;
		enum iban_verdict verdict;
		const char *iban;
	} cases[] = {
	    {"FR14 2004 1010 0505 0001 3M02 606", IBAN_OK, "FR1420041010050500013M02606"},
	    {" fr14 2004 1010 0505 0001 3m02 606 ", IBAN_OK, "FR1420041010050500013M02606"},
	    {"FR14\u00A02004\u202F1010 0505 0001 3M02 606", IBAN_OK, "FR1420041010050500013M02606"},
	    {"FR14-2004-1010-0505-0001-3M02-606", IBAN_OK, "FR1420041010050500013M02606"},
	    {"FR1420041010050500013M0260\u00E9", IBAN_CHARACTERS, ""},
	    {"IBAN FR1420041010050500013M02606", IBAN_OK, "FR1420041010050500013M02606"},
	    {"IBAN : FR1420041010050500013M02606", IBAN_OK, "FR1420041010050500013M02606"},
	    {"ibanFR1420041010050500013M02606", IBAN_OK, "FR1420041010050500013M02606"},
	    {"FR14 2004 1010 0505 0001 3M02 606*", IBAN_CHARACTERS, ""},
	    {"", IBAN_COUNTRY, ""},
	    {"F", IBAN_COUNTRY, "F"},
	    {"FR", IBAN_LENGTH, "FR"},
	    {"ZZ1420041010050500013M02606", IBAN_COUNTRY, "ZZ1420041010050500013M02606"},
	    {"US64SVBKUS6S3300958879", IBAN_COUNTRY, "US64SVBKUS6S3300958879"},
	    {"FR14200410100505000130260612345678", IBAN_LENGTH,
	     "FR14200410100505000130260612345678"},
	    {"FR142004101005050001302606123456789", IBAN_LENGTH, ""},
	    {"FRA420041010050500013M02606", IBAN_STRUCTURE, "FRA420041010050500013M02606"},
	    {"FR1A20041010050500013M02606", IBAN_STRUCTURE, "FR1A20041010050500013M02606"},
	    {"FR1420041010050500013M02607", IBAN_CHECKSUM, "FR1420041010050500013M02607"},
	    {"FR1420041010050500013N02606", IBAN_CHECKSUM, "FR1420041010050500013N02606"},
	    {"FR4120041010050500013M02606", IBAN_CHECKSUM, "FR4120041010050500013M02606"},
	    /* Right by mod 97, but for the key of the RIB. */
	    {"FR8420041010050500013M02607", IBAN_RIB_KEY, "FR8420041010050500013M02607"},
	    {"MC3111222000010123456789031", IBAN_RIB_KEY, "MC3111222000010123456789031"},
	    /* Every letter of a RIB; a key of 97, which is never written 00. */
	    {"FR973000200550ABCDEFGHI0167", IBAN_OK, "FR973000200550ABCDEFGHI0167"},
	    {"FR933000200550JKLMNOPQR0264", IBAN_OK, "FR933000200550JKLMNOPQR0264"},
	    {"FR113000200550STUVWXYZ00321", IBAN_OK, "FR113000200550STUVWXYZ00321"},
	    {"FR7630002005500000000001197", IBAN_OK, "FR7630002005500000000001197"},
	    {"FR7630002005500000000001100", IBAN_RIB_KEY, "FR7630002005500000000001100"},
	    /* Check digits go from 02 to 98; 00, 01 and 99 leave the same rest. */
	    {"DE97370400440000000060", IBAN_OK, "DE97370400440000000060"},
	    {"DE00370400440000000060", IBAN_CHECKSUM, "DE00370400440000000060"},
	    {"DE98370400440000000042", IBAN_OK, "DE98370400440000000042"},
	    {"DE01370400440000000042", IBAN_CHECKSUM, "DE01370400440000000042"},
	    {"DE02370400440000000024", IBAN_OK, "DE02370400440000000024"},
	    {"DE99370400440000000024", IBAN_CHECKSUM, "DE99370400440000000024"},
	};
	char iban[35];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (iban_check(cases[i].text, iban) != cases[i].verdict)
			fail_msg("%s: %d", cases[i].text, (int)iban_check(cases[i].text, iban));
		assert_string_equal(iban, cases[i].iban);
	}
	assert_false(iban_in_sepa("ZZ00"));
	assert_false(iban_in_sepa(""));
}

/* A RIB becomes the IBAN around it; one with a wrong key none. */
static void ribs(void **state)
{
	char iban[IBAN_SIZE], made[IBAN_SIZE];

	(void)state;
	assert_true(iban_from_rib("20041 01005 0500013M026 06", made));
	assert_string_equal(made, "FR1420041010050500013M02606");
	assert_int_equal(iban_check(made, iban), IBAN_OK);
	assert_false(iban_from_rib("20041010050500013M02607", made));
	assert_string_equal(made, "");
	assert_false(iban_from_rib("20041010050500013M0260", made));
	assert_false(iban_from_rib("20041010050500013M026066", made));
	assert_false(iban_from_rib("2004A010050500013M02606", made));
	assert_false(iban_from_rib("FR1420041010050500013M02606", made));
	assert_int_equal(iban_length("FR"), 27);
	assert_int_equal(iban_length("NO93"), 15);
	assert_int_equal(iban_length("ZZ"), 0);
	assert_int_equal(iban_length("F"), 0);
}

static void bics(void **state)
{
	static const char *const good[][2] = {
	    {"PSSTFRPPPAR", "PSSTFRPPPAR"},
	    {"PSSTFRPP", "PSSTFRPP"},
	    {" psst fr pp\u00A0par ", "PSSTFRPPPAR"},
	    {"PSST-FRPP", "PSSTFRPP"},
	    {"BIC : PSSTFRPP", "PSSTFRPP"},
	    {"BIC/SWIFT PSSTFRPP", "PSSTFRPP"},
	    {"BICIGALX", "BICIGALX"},
	    {"BIC IGALX", "BICIGALX"},
	    {"BICI GALX", "BICIGALX"},
	    {"DEUTDEFF500", "DEUTDEFF500"},
	    {"A1B2FR22", "A1B2FR22"},
	    {"NCBVXKPR", "NCBVXKPR"},
	    {"AAAAADAA", "AAAAADAA"},
	    {"AAAAZWAA", "AAAAZWAA"},
	};
	static const char *const bad[] = {"",	       "PSST",	     "PSSTFRP",
					  "PSSTFRPPP", "PSSTFRPPPA", "PSSTFRPPPARI",
					  "PSSTZZPP",  "PSSTF1PP",   "PSST12PP",
					  "PSSTRFPP",  "PSSTFRP-",   "PSSTFRPÉ",
					  "PSST+FRPP", "FR142004",   "PSSTFRPPPARPSSTFRPPPAR"};
	char bic[12];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(bic_check(good[i][0], bic));
		assert_string_equal(bic, good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (bic_check(bad[i], bic))
			fail_msg("%s is taken", bad[i]);
		assert_string_equal(bic, "");
	}
}

static void bic_countries(void **state)
{
	static const struct {
		const char *iban, *bics;
		enum bic_country verdict;
	} cases[] = {
	    {"FR14", "FR GF GP MQ YT RE BL MF PM", BIC_COUNTRY_OK},
	    {"FR14", "NC PF TF WF MC", BIC_COUNTRY_ALERT},
	    {"FR14", "DE BE LU GB RF FG XK", BIC_COUNTRY_ERROR},
	    {"MC58", "MC", BIC_COUNTRY_OK},
	    {"MC58", "FR", BIC_COUNTRY_ALERT},
	    {"MC58", "GP NC IT", BIC_COUNTRY_ERROR},
	    {"GB29", "GB GG JE IM", BIC_COUNTRY_OK},
	    {"GB29", "GI IE FR", BIC_COUNTRY_ERROR},
	    {"FI21", "FI AX", BIC_COUNTRY_OK},
	    {"FI21", "SE", BIC_COUNTRY_ERROR},
	    {"DE89", "DE", BIC_COUNTRY_OK},
	    {"DE89", "FR AT NC", BIC_COUNTRY_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (const char *country = cases[i].bics;; country += 3) {
			char bic[12] = "PSSTxxPPPAR";

			memcpy(bic + 4, country, 2);
			if (bic_country_check(cases[i].iban, bic) != cases[i].verdict)
				fail_msg("%s with %s", cases[i].iban, bic);
			if (country[2] == '\0')
				break;
		}
	}
}

static void titulaires(void **state)
{
	static const char *const good[] = {
	    "LOGICIELS EXEMPLE",
	    "Société d'Édition (SARL)",
	    "Œuvre Ærø Łódź Straße",
	    "L’Étang-Salé",
	    "A",
	    "0/1-2?3:4(5)6.7,8+9",
	    "  Les\u00A0Dupont  ",
	    "1234567890123456789012345678901234567890123456789012345678901234567890",
	    "  é234567890123456789012345678901234567890123456789012345678901234567890  "};
	static const char *const bad[] = {
	    "",
	    "   ",
	    "Dupont & Fils",
	    "Dupont_Fils",
	    "A@B",
	    "A;B",
	    "A\"B",
	    "A=B",
	    "A*B",
	    "Αθήνα",
	    "株式会社",
	    "A€",
	    "\xC3",
	    "A\xFF",
	    "12345678901234567890123456789012345678901234567890123456789012345678901",
	    "œ234567890123456789012345678901234567890123456789012345678901234567890"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!titulaire_check(good[i]))
			fail_msg("\"%s\" is refused", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (titulaire_check(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(registry),	  cmocka_unit_test(structures),
	    cmocka_unit_test(ibans),	  cmocka_unit_test(ribs),
	    cmocka_unit_test(bics),	  cmocka_unit_test(bic_countries),
	    cmocka_unit_test(titulaires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
