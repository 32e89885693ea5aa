/* The instructions of a page, as text: are these words what a viewer draws from? */
#include "parser/pdf_private.h"

#include <string.h>

enum {
	OPERATOR_MAX = 3, /* signs of an operator */
	STRAYS_MAX =
	    3, /* unknown words, and signs that no word has, of one stream: tools write one */
};

/* A walk over instructions from token to token (ISO 32000-1, 7.2 and 7.8.2). */
struct tokens {
	const uint8_t *bytes;
	size_t size, at;
	bool extended; /* between BX and EX, where unknown operators are passed over */
	unsigned strays;
};

static bool ends_word(uint8_t sign)
{
	static const uint8_t delimiters[] = "()<>[]{}/%"; /* and NUL, its own end */

	return pdf_is_blank(sign) || memchr(delimiters, sign, sizeof(delimiters)) != NULL;
}

/* Whether a word is an operator of page contents (ISO 32000-1, annex A). */
static bool is_operator(const uint8_t *word, size_t length)
{
	static const char operators[] =
	    " b B b* B* BDC BI BMC BT BX c cm CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID j"
	    " J K k l m M MP n q Q re RG rg ri s S sc SC scn SCN sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts"
	    " Tw Tz v w W W* y ' \" ";
	char quoted[OPERATOR_MAX + 3] = " ";

	if (length == 0 || length > OPERATOR_MAX)
		return false;
	memcpy(quoted + 1, word, length);
	quoted[length + 1] = ' ';
	return strlen(quoted) == length + 2 && strstr(operators, quoted) != NULL;
}

bool pdf_draws(const uint8_t *bytes, size_t size)
{
	bool plain = true;
	size_t start = 0;

	for (size_t at = 0; at <= size; at++) {
		if (at < size && !ends_word(bytes[at])) {
			plain = plain && bytes[at] > ' ' && bytes[at] < 0x7F;
			continue;
		}
		if (is_operator(bytes + start, at - start))
			return true;
		start = at + 1;
	}
	return plain;
}

/* --- token by token --- */

/* Parentheses nest, and a backslash takes the sign that follows from them. */
static void skip_string(struct tokens *tokens)
{
	unsigned depth = 0;

	for (; tokens->at < tokens->size; tokens->at++) {
		switch (tokens->bytes[tokens->at]) {
		case '\\':
			tokens->at++;
			break;
		case '(':
			depth++;
			break;
		case ')':
			if (--depth > 0)
				break;
			tokens->at++;
			return;
		default:
			break;
		}
	}
	tokens->strays++;
}

static void skip_hexadecimal(struct tokens *tokens)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	bool stray = false;

	for (tokens->at++; tokens->at < tokens->size; tokens->at++) {
		uint8_t sign = tokens->bytes[tokens->at];

		if (sign == '>')
			break;
		stray =
		    stray || (!pdf_is_blank(sign) && memchr(digits, sign, strlen(digits)) == NULL);
	}
	tokens->strays += stray || tokens->at >= tokens->size;
	tokens->at++;
}

static void skip_comment(struct tokens *tokens)
{
	while (tokens->at < tokens->size && tokens->bytes[tokens->at] != '\n' &&
	       tokens->bytes[tokens->at] != '\r')
		tokens->at++;
}

static size_t token_length(const struct tokens *tokens)
{
	size_t end = tokens->at;

	while (end < tokens->size && !ends_word(tokens->bytes[end]))
		end++;
	return end - tokens->at;
}

/* The data of an inline image ends at an EI of its own. */
static void skip_inline_image(struct tokens *tokens)
{
	for (; tokens->at + 3 <= tokens->size; tokens->at++) {
		const uint8_t *sign = tokens->bytes + tokens->at;

		if (pdf_is_blank(sign[0]) && sign[1] == 'E' && sign[2] == 'I' &&
		    (tokens->at + 3 == tokens->size || pdf_is_blank(sign[3]))) {
			tokens->at += 3;
			return;
		}
	}
	tokens->at = tokens->size;
}

static bool word_is(const uint8_t *word, size_t length, const char *other)
{
	return length == strlen(other) && memcmp(word, other, length) == 0;
}

static bool is_understood(const uint8_t *word, size_t length)
{
	size_t numeric = 0;

	while (numeric < length && memchr("+-.0123456789", word[numeric], 13) != NULL)
		numeric++;
	return numeric == length || is_operator(word, length) || word_is(word, length, "true") ||
	       word_is(word, length, "false") || word_is(word, length, "null");
}

/* One, and each sign that no operator or number of any version has: of a block of noise all. */
static unsigned strays_of(const uint8_t *word, size_t length)
{
	unsigned strays = 1;

	for (size_t i = 0; i < length; i++)
		strays += word[i] < '!' || word[i] > '~';
	return strays;
}

static void take_operator(struct tokens *tokens)
{
	const uint8_t *word = tokens->bytes + tokens->at;
	size_t length = token_length(tokens);

	tokens->at += length;
	if (word_is(word, length, "ID"))
		skip_inline_image(tokens);
	else if (word_is(word, length, "BX") || word_is(word, length, "EX"))
		tokens->extended = word[0] == 'B';
	else if (!tokens->extended && !is_understood(word, length))
		tokens->strays += strays_of(word, length);
}

/* Of a dictionary's brackets both signs. */
static void take_bracket(struct tokens *tokens)
{
	uint8_t sign = tokens->bytes[tokens->at];
	bool twice = tokens->at + 1 < tokens->size && tokens->bytes[tokens->at + 1] == sign;

	if (twice)
		tokens->at += 2;
	else if (sign == '<')
		skip_hexadecimal(tokens);
	else {
		tokens->strays++;
		tokens->at++;
	}
}

static void take_token(struct tokens *tokens)
{
	switch (tokens->bytes[tokens->at]) {
	case '(':
		skip_string(tokens);
		break;
	case '<':
	case '>':
		take_bracket(tokens);
		break;
	case '%':
		skip_comment(tokens);
		break;
	case '/':
		tokens->at++;
		tokens->at += token_length(tokens);
		break;
	case ')':
		tokens->strays++;
		tokens->at++;
		break;
	default:
		if (ends_word(tokens->bytes[tokens->at]))
			tokens->at++;
		else
			take_operator(tokens);
	}
}

bool pdf_words_are_known(const uint8_t *bytes, size_t size)
{
	struct tokens tokens = {.bytes = bytes, .size = size};

	while (tokens.at < size && tokens.strays <= STRAYS_MAX)
		take_token(&tokens);
	return tokens.strays <= STRAYS_MAX;
}
