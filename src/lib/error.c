#include "lib/error.h"

#include "lib/array.h"
#include "lib/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct error current;

/* A message may cite a file's name or what a database holds. It stays on one line, and nothing in
 * it acts upon a terminal. */
static void make_plain(char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t bytes = *text == '\t' ? 1 : text_break(text, left);

		if (bytes == 0)
			bytes = text_unprintable(text, left);
		memset(text, ' ', bytes);
		bytes = bytes > 0 ? bytes : 1;
		text += bytes;
		left -= bytes;
	}
}

static void format_message(const char *format, va_list arguments)
{
	/* Formatted apart: an argument may be the current error's own message. */
	char text[sizeof(current.message)];

	vsnprintf(text, sizeof(text), format, arguments);
	make_plain(text);
	memcpy(current.message, text, sizeof(text));
}

const struct error *error_set(enum error_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_message(format, arguments);
	va_end(arguments);
	current.code = code;
	return &current;
}

const char *error_words(int number)
{
	static const struct {
		int number;
		const char *words;
	} known[] = {
	    {EACCES, "accès refusé : vérifiez le propriétaire et les droits"},
	    {EPERM, "opération interdite à ce compte"},
	    {ENOENT, "n'existe pas"},
	    {ENOTDIR, "un élément du chemin n'est pas un répertoire"},
	    {EISDIR, "est un répertoire"},
	    {EEXIST, "existe déjà"},
	    {ENOTEMPTY, "le répertoire n'est pas vide"},
	    {ELOOP, "est un lien symbolique, qui n'est pas suivi"},
	    {ENAMETOOLONG, "le nom est trop long"},
	    {ENOSPC, "il n'y a plus de place sur le disque"},
	    {EDQUOT, "le quota de disque est atteint"},
	    {EFBIG, "le fichier serait trop grand pour ce système de fichiers"},
	    {EROFS, "le système de fichiers est en lecture seule"},
	    {EIO, "le disque ne répond pas comme il doit (erreur d'entrée-sortie)"},
	    {ENXIO, "le périphérique n'est plus là"},
	    {ENODEV, "le périphérique n'est plus là"},
	    {ESTALE, "le partage de fichiers n'est plus là"},
	    {ENOTCONN, "le partage de fichiers n'est plus là"},
	    {EHOSTDOWN, "le partage de fichiers n'est plus là"},
	    {EXDEV, "est sur un autre système de fichiers"},
	    {EBUSY, "est occupé"},
	    {ETXTBSY, "est en cours d'exécution"},
	    {EMFILE, "ce programme a trop de fichiers ouverts (ulimit -n)"},
	    {ENFILE, "la machine a trop de fichiers ouverts"},
	    {ENOMEM, "il n'y a plus assez de mémoire"},
	    {EAGAIN, "ressource momentanément indisponible"},
	    {EINTR, "interrompu par un signal"},
	    {EINVAL, "le système refuse cet argument"},
	    {ENOLCK, "le système ne donne plus de verrou"},
	    {ENOSYS, "ce noyau ne connaît pas cet appel"},
	    {EOPNOTSUPP, "ce système de fichiers ne le permet pas"},
	    {EOVERFLOW, "une valeur est trop grande pour ce système"},
	    {EPIPE, "l'autre bout s'est fermé"},
	    {ECONNRESET, "l'autre bout s'est fermé"},
	    {ECHILD, "le processus n'est plus là"},
	    {ESRCH, "le processus n'est plus là"},
	    {ENOEXEC, "n'est pas un programme que cette machine exécute"},
	    {ETIMEDOUT, "le délai est passé"},
	    {EILSEQ, "suite d'octets qui n'est pas du texte"},
	};
	static char other[sizeof("erreur  du système") + DECIMAL_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].number == number)
			return known[i].words;
	snprintf(other, sizeof(other), "erreur %d du système", number);
	return other;
}

const struct error *error_errno(enum error_code code, const char *format, ...)
{
	int number = errno;
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	format_message(format, arguments);
	va_end(arguments);
	length = strlen(current.message);
	snprintf(current.message + length, sizeof(current.message) - length, " : %s",
		 error_words(number));
	if (code == ERR_FAULT &&
	    (number == ENOSPC || number == EDQUOT || number == EROFS || number == EACCES))
		code = ERR_CANT_WRITE;
	current.code = code;
	return &current;
}
