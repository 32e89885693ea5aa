#include "store/conf.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "model/formats.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const char conf_template[] =
    "; Configuration de Segur-enrol. Chaque ligne porte la valeur par défaut.\n"
    "; Les tailles sont en octets, les durées en secondes.\n"
    "\n"
    "[service]\n"
    "; Le service qui répond, tel que les accusés de réception le nomment (CRPA R.112-11-1).\n"
    "nom = Agence de services et de paiement\n"
    "adresse = 2 rue du Maupas, 87040 Limoges Cedex 1\n"
    "telephone = 05 55 12 00 00\n"
    "courriel = enrolement@asp.example\n"
    "assistance = https://segurnum.asp-public.fr/segurnum/contacter-assistance\n"
    "portail = https://segurnum.asp-public.fr/segurnum/\n"
    "; Expéditeur des courriels et domaine de leurs identifiants.\n"
    "expediteur = ne-pas-repondre@asp.example\n"
    "domaine = asp.example\n"
    "; Fuseau dans lequel les dates civiles sont comptées.\n"
    "fuseau = Europe/Paris\n"
    "\n"
    "[depot]\n"
    "; Un fichier n'est pris que s'il n'a pas changé depuis ce temps.\n"
    "stabilite_s = 60\n"
    "formats_archive = zip, tar, tar.gz, tar.xz, tar.zst\n"
    "formats_piece = pdf, jpeg, png\n"
    "\n"
    "[limites]\n"
    "archive_octets = 67108864\n"
    "contenu_octets = 100663296\n"
    "entrees = 100\n"
    "; Guide p. 15 : 4 Mo par pièce.\n"
    "piece_octets = 4194304\n"
    "pixels = 100000000\n"
    "dossier_octets = 262144\n"
    "; Ce que demandent xz -6 et zstd -19. Un analyseur tient dans 64 Mio ; il lui faudrait\n"
    "; d'autant plus de mémoire que cette limite serait plus haute.\n"
    "dictionnaire_octets = 8388608\n"
    "; Temps de processeur, puis d'horloge, pour analyser un dépôt.\n"
    "piece_cpu_s = 10\n"
    "delai_s = 120\n"
    "; Fichiers de l'ASP autres que ceux de l'INSEE.\n"
    "reference_octets = 268435456\n"
    "\n"
    "[registres]\n"
    "; Part des lignes, en pour cent, qu'un fichier de stock de l'INSEE peut perdre sur le précédent.\n"
    "; 100 : toutes, les dernières d'un fichier trié aussi, le temps d'une nuit s'il le faut.\n"
    "perte_insee = 2\n"
    "; Taille d'un fichier de stock de l'INSEE, une fois décompressé s'il est en zip.\n"
    "insee_octets = 17179869184\n"
    "\n"
    "[nuit]\n"
    "; Analyseurs au travail en même temps ; 0 : autant que de processeurs.\n"
    "analyseurs = 0\n"
    "; Au-delà de cette durée, les dépôts qui restent attendent la nuit suivante ; 0 : sans fin.\n"
    "duree_max_s = 14400\n"
    "\n"
    "[delais]\n"
    "; Jours entre deux relances d'un fournisseur dont la demande attend une action.\n"
    "relance_jours = 15\n"
    "; De même, tant que son certificat ne peut pas venir : référencement non encore validé.\n"
    "relance_anticipe_jours = 90\n"
    "; Jours avant leur terme où les pièces d'une demande en cours sont signalées.\n"
    "echeance_jours = 60\n"
    "\n"
    "[conservation]\n"
    "; Certificat (PEM) auquel les archives conservées sont chiffrées ; aucun : en clair.\n"
    "certificat = aucun\n"
    "; Effacements de « segur purge », en jours : pièces d'identité d'une demande terminée, puis\n"
    "; son dossier entier ; dépôts sans demande (refusés, essais) ; rapports datés.\n"
    "identite_jours = 30\n"
    "dossier_jours = 1825\n"
    "refus_jours = 30\n"
    "rapports_jours = 365\n"
    "\n"
    "[sauvegarde]\n"
    "; Répertoire où chaque nuit se sauvegarde avant que rien ne sorte, sans les fichiers de stock\n"
    "; de l'INSEE ; mieux vaut un autre disque. aucun : la nuit ne se sauvegarde pas.\n"
    "repertoire = aucun\n"
    "; Jours après lesquels la suivante efface une sauvegarde : moins que identite_jours.\n"
    "garder_jours = 7\n"
    "\n"
    "[rapports]\n"
    "; excel : point-virgule et BOM ; opendata : virgule, sans BOM.\n"
    "dialecte = excel\n"
    "; Rapports d'état (demandes, pieces, comptes, droits, coordonnees_bancaires) de chaque nuit.\n"
    "; complet : tout ce qui est enregistré ; nuit : ce qui a changé cette nuit-là, quand il y a\n"
    "; trop de demandes pour les redire toutes (« segur reports » écrit alors l'état entier).\n"
    "etat = complet\n";

#define FILE_MAX      (64u << 10) /* bytes of segur.conf */
#define LINE_MAX_INIH 198	  /* libinih reads lines through a buffer of 200 bytes */
#define VALUE_MAX     180	  /* so that a key and its value fit into a line */

enum kind {
	TEXT,
	SIGNED,
	UNSIGNED32,
	UNSIGNED64,
	ARCHIVES,
	PIECES,
	DIALECT,
	REPORTS,
};

#define SECTION_KEY(section_, field_, kind_, low_, high_)                                          \
	{                                                                                          \
		section_, #field_, kind_, offsetof(struct conf, field_), low_, high_               \
	}

static const struct key {
	const char *section, *name;
	enum kind kind;
	size_t offset;
	uint64_t low, high;
} keys[] = {
    SECTION_KEY("service", nom, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", adresse, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", telephone, TEXT, 1, 40),
    SECTION_KEY("service", courriel, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", assistance, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", portail, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", expediteur, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", domaine, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", fuseau, TEXT, 1, 60),
    SECTION_KEY("depot", stabilite_s, SIGNED, 0, 86400),
    SECTION_KEY("depot", formats_archive, ARCHIVES, 0, 0),
    SECTION_KEY("depot", formats_piece, PIECES, 0, 0),
    SECTION_KEY("limites", archive_octets, UNSIGNED64, 1024, 1ull << 30),
    SECTION_KEY("limites", contenu_octets, UNSIGNED64, 1024, 1ull << 32),
    SECTION_KEY("limites", entrees, UNSIGNED32, 2, 10000),
    SECTION_KEY("limites", piece_octets, UNSIGNED64, 1024, 16ull << 20),
    SECTION_KEY("limites", pixels, UNSIGNED64, 10000, 1000000000),
    SECTION_KEY("limites", dossier_octets, UNSIGNED32, 1024, 1u << 20),
    SECTION_KEY("limites", dictionnaire_octets, UNSIGNED32, 1u << 16, 64u << 20),
    SECTION_KEY("limites", piece_cpu_s, UNSIGNED32, 1, 600),
    SECTION_KEY("limites", delai_s, UNSIGNED32, 2, 3600),
    SECTION_KEY("limites", reference_octets, UNSIGNED64, 1024, 1ull << 40),
    SECTION_KEY("registres", perte_insee, UNSIGNED32, 0, 100),
    SECTION_KEY("registres", insee_octets, UNSIGNED64, 1024, 1ull << 40),
    SECTION_KEY("nuit", analyseurs, UNSIGNED32, 0, 64),
    SECTION_KEY("nuit", duree_max_s, UNSIGNED32, 0, 86400),
    SECTION_KEY("delais", relance_jours, UNSIGNED32, 1, 3650),
    SECTION_KEY("delais", relance_anticipe_jours, UNSIGNED32, 1, 3650),
    SECTION_KEY("delais", echeance_jours, UNSIGNED32, 0, 3650),
    SECTION_KEY("conservation", certificat, TEXT, 1, VALUE_MAX),
    SECTION_KEY("conservation", identite_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("conservation", dossier_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("conservation", refus_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("conservation", rapports_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("sauvegarde", repertoire, TEXT, 1, VALUE_MAX),
    SECTION_KEY("sauvegarde", garder_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("rapports", dialecte, DIALECT, 0, 0),
    SECTION_KEY("rapports", etat, REPORTS, 0, 0),
};

/* A list of names separated by commas or spaces, as the set of their places among `names`; 0 when
 * one is unknown or none is given. */
static unsigned parse_set(const char *text, const char *const *names, size_t count)
{
	unsigned set = 0;

	for (;;) {
		size_t length, found = 0;

		text += strspn(text, ", \t");
		length = strcspn(text, ", \t");
		if (length == 0)
			return set;
		while (found < count && (strlen(names[found]) != length ||
					 strncasecmp(names[found], text, length) != 0))
			found++;
		if (found == count)
			return 0;
		set |= 1u << found;
		text += length;
	}
}

static bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *number >= low && *number <= high;
}

static bool set_key(struct conf *conf, const struct key *key, const char *value)
{
	void *field = (char *)conf + key->offset;
	uint64_t number = 0;

	switch (key->kind) {
	case TEXT:
		if (strlen(value) < key->low || strlen(value) > key->high)
			return false;
		free(*(char **)field);
		*(char **)field = mem_strdup(value);
		return true;
	case SIGNED:
	case UNSIGNED32:
	case UNSIGNED64:
		if (!parse_number(value, key->low, key->high, &number))
			return false;
		if (key->kind == SIGNED)
			*(int *)field = (int)number;
		else if (key->kind == UNSIGNED32)
			*(uint32_t *)field = (uint32_t)number;
		else
			*(uint64_t *)field = number;
		return true;
	case ARCHIVES:
		return (*(unsigned *)field =
			    parse_set(value, archive_kind_names, ARCHIVE_KIND_COUNT)) != 0;
	case PIECES:
		return (*(unsigned *)field =
			    parse_set(value, piece_format_names, PIECE_FORMAT_COUNT)) != 0;
	case DIALECT:
		*(enum dialect *)field =
		    strcasecmp(value, "opendata") == 0 ? DIALECT_OPENDATA : DIALECT_EXCEL;
		return strcasecmp(value, "opendata") == 0 || strcasecmp(value, "excel") == 0;
	case REPORTS:
		*(enum state_reports *)field =
		    strcasecmp(value, "nuit") == 0 ? REPORTS_NIGHT : REPORTS_WHOLE;
		return strcasecmp(value, "nuit") == 0 || strcasecmp(value, "complet") == 0;
	}
	return false;
}

/* inih's callback; 0 ends the reading with the line number. */
static int on_key(void *context, const char *section, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
			return set_key(context, &keys[i], value);
	return 0;
}

static const struct error *line_error(int line)
{
	return error_set(
	    ERR_CONFIG,
	    "segur.conf, ligne %d : clé inconnue, valeur hors de ses bornes ou ligne trop longue",
	    line);
}

/* The file's text without its indentation: libinih takes an indented line for a continuation. */
static const struct error *read_text(int fd, struct buf *text)
{
	char *bytes = mem_alloc(FILE_MAX + 1);
	ssize_t got = file_read_all(fd, bytes, FILE_MAX);
	size_t length = got > 0 ? (size_t)got : 0;
	int number = 1;
	const struct error *err = NULL;

	if (got < 0)
		err = error_errno(ERR_CONFIG, "segur.conf");
	else if (length == FILE_MAX || memchr(bytes, 0, length) != NULL)
		err = error_set(ERR_CONFIG, "segur.conf est trop long ou n'est pas un texte");
	for (char *line = bytes, *end; err == NULL && *line != '\0'; line = end, number++) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		line += strspn(line, " \t");
		if (line > end)
			line = end;
		if (end - line > LINE_MAX_INIH)
			err = line_error(number);
		buf_add(text, line, (size_t)(end - line));
	}
	free(bytes);
	return err;
}

/* A backup that outlived a purge would keep what it erased. */
static const struct error *check_backups(const struct conf *conf)
{
	if (strcmp(conf->repertoire, CONF_NONE) == 0 || conf->garder_jours < conf->identite_jours)
		return NULL;
	return error_set(
	    ERR_CONFIG,
	    "segur.conf : garder_jours (%u) doit être inférieur à identite_jours (%u) : "
	    "une sauvegarde garderait ce que la purge efface",
	    conf->garder_jours, conf->identite_jours);
}

const struct error *conf_load(int root_fd, struct conf *conf)
{
	struct buf text = {0};
	const struct error *err;
	int fd, line;

	*conf = (struct conf){0};
	if (ini_parse_string(conf_template, on_key, conf) != 0)
		return error_set(ERR_FAULT, "configuration par défaut illisible");
	fd = file_open(root_fd, "segur.conf", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(ERR_CONFIG, "segur.conf");
	err = read_text(fd, &text);
	close(fd);
	line = err == NULL ? ini_parse_string(text.data != NULL ? text.data : "", on_key, conf) : 0;
	buf_free(&text);
	if (line != 0)
		return line_error(line);
	return err != NULL ? err : check_backups(conf);
}

void conf_free(struct conf *conf)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].kind == TEXT)
			free(*(char **)((char *)conf + keys[i].offset));
	*conf = (struct conf){0};
}
