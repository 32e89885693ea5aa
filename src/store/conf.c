#include "store/conf_key.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char conf_template[] =
    "; Configuration de Segur-enrol. Chaque ligne porte la valeur par défaut.\n"
    "; Les tailles sont en octets, les durées en secondes.\n"
    "\n"
    "[service]\n"
    "; Le service qui répond, tel que les courriels et les réponses le nomment.\n"
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
    "; Une horloge qui avance de plus de jours depuis la dernière nuit n'est pas crue (--force).\n"
    "saut_jours = 92\n"
    "\n"
    "[droit]\n"
    "; Ce que le code des relations entre le public et l'administration (CRPA) veut lire dans les\n"
    "; courriels. C'est au service de le dire : tant qu'une clé vaut « aucun », les courriels ne se\n"
    "; réclament pas de l'article qui la demande, et chaque nuit le rappelle.\n"
    "; Ce que vaut le silence du service : rejet ou acceptation, et au bout de combien de mois.\n"
    "silence = aucun\n"
    "silence_mois = 2\n"
    "; Acceptation : auprès de qui demander l'attestation de l'article L. 232-3, et comment.\n"
    "attestation = aucun\n"
    "; Contre un rejet : « auprès de… » pour le recours gracieux, « devant… » pour le recours\n"
    "; contentieux, avec l'adresse ; le délai en mois.\n"
    "recours_gracieux = aucun\n"
    "recours_contentieux = aucun\n"
    "recours_mois = 2\n"
    "; Auteur des décisions (L. 212-1) : prénom et nom, puis qualité.\n"
    "auteur = aucun\n"
    "auteur_qualite = aucun\n"
    "\n"
    "[delais]\n"
    "; Jours laissés pour répondre à une demande de pièces ou de correction.\n"
    "reponse_jours = 30\n"
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
    "; excel : point-virgule et BYTE_ORDER_MARK ; opendata : virgule, sans BYTE_ORDER_MARK.\n"
    "dialecte = excel\n"
    "; Rapports d'état (demandes, pieces, comptes, droits, coordonnees_bancaires) de chaque nuit.\n"
    "; complet : tout ce qui est enregistré ; nuit : ce qui a changé cette nuit-là, quand il y a\n"
    "; trop de demandes pour les redire toutes (« segur reports » écrit alors l'état entier).\n"
    "etat = complet\n";

#define FILE_MAX	(64u << 10) /* bytes of segur.conf */
#define BYTE_ORDER_MARK "\uFEFF"
#define LINE_MAX_INIH	198 /* libinih reads lines through a buffer of 200 bytes */

/* What is read, and why its first wrong line is refused. */
struct conf_reading {
	struct conf *conf;
	struct buf fault;
};

/* inih's callback; 0 tells the line as wrong, and the reading goes on. */
static int on_key(void *context, const char *section, const char *name, const char *value)
{
	struct conf_reading *reading = context;

	struct buf fault = {0};
	bool is_set = conf_set(reading->conf, section, name, value, &fault);

	if (!is_set && reading->fault.length == 0)
		reading->fault = fault;
	else
		buf_free(&fault);
	return is_set;
}

static const struct error *line_error(int line, const char *why)
{
	return error_set(ERR_CONFIG, "segur.conf, ligne %d : %s", line, why);
}

/* Why libinih cannot read a line, without its indentation; NULL when it can. */
static const char *line_fault(const char *line, size_t length)
{
	size_t sign = strcspn(line, "=:\n");

	if (length > LINE_MAX_INIH)
		return "elle dépasse 198 octets";
	if (line[0] == '[')
		return memchr(line, ']', length) != NULL ? NULL : "il y manque « ] »";
	if (length == 0 || strchr(";#\r\n", line[0]) != NULL || line[sign] == '=' ||
	    line[sign] == ':')
		return NULL;
	return "ce n'est ni « [section] », ni « clé = valeur », ni un commentaire (;)";
}

/* Adds the lines without their indentation: libinih takes an indented line for a continuation. */
static const struct error *add_lines(const char *line, struct buf *text)
{
	/* Editors of Windows begin a file with a mark. */
	if (strncmp(line, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		line += strlen(BYTE_ORDER_MARK);
	for (int number = 1; *line != '\0'; number++) {
		const char *end = line + strcspn(line, "\n"), *fault;

		end += *end == '\n';
		line += strspn(line, " \t");
		if (line > end)
			line = end;
		fault = line_fault(line, (size_t)(end - line));
		if (fault != NULL)
			return line_error(number, fault);
		buf_add(text, line, (size_t)(end - line));
		line = end;
	}
	return NULL;
}

static const struct error *read_text(int fd, struct buf *text)
{
	char *bytes = mem_alloc(FILE_MAX + 1);
	ssize_t got = file_read_all(fd, bytes, FILE_MAX);
	size_t length = got > 0 ? (size_t)got : 0;
	const struct error *err;

	if (got < 0)
		err = error_errno(ERR_CONFIG, "segur.conf");
	else if (length == FILE_MAX || memchr(bytes, 0, length) != NULL)
		err = error_set(ERR_CONFIG, "segur.conf est trop long ou n'est pas un texte");
	else
		err = add_lines(bytes, text);
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
	struct conf_reading reading = {.conf = conf};
	struct buf text = {0};
	const struct error *err;
	int fd, line;

	*conf = (struct conf){0};
	if (ini_parse_string(conf_template, on_key, &reading) != 0)
		return error_set(ERR_FAULT, "configuration par défaut illisible");
	fd = file_open(root_fd, "segur.conf", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(ERR_CONFIG, "segur.conf");
	err = read_text(fd, &text);
	close(fd);
	line = err == NULL ? ini_parse_string(text.data != NULL ? text.data : "", on_key, &reading)
			   : 0;
	buf_free(&text);
	if (line != 0)
		err = line_error(line, reading.fault.data);
	buf_free(&reading.fault);
	return err != NULL ? err : check_backups(conf);
}
