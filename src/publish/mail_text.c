#include "publish/mail_text.h"
#include "lib/mem.h"
#include "publish/typography.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct paragraph {
	unsigned si; /* shown when all of these traits hold */
	const char *text;
};

static const char *const word_names[WORD_COUNT] = {
    [WORD_NUMERO] = "numero",
    [WORD_QUALITE] = "qualite",
    [WORD_QUALITE_OBJET] = "qualite_objet",
    [WORD_DENOMINATION] = "denomination",
    [WORD_DATE_DEPOT] = "date_depot",
    [WORD_RECU] = "recu",
    [WORD_LOGICIEL] = "logiciel",
    [WORD_VERSION] = "version",
    [WORD_NUMERO_ANS] = "numero_ans",
    [WORD_DSR] = "dsr",
    [WORD_STATUT] = "statut",
    [WORD_MOTIF] = "motif",
    [WORD_PIECES] = "pieces",
    [WORD_DOSSIER] = "dossier",
    [WORD_ARCHIVE] = "archive",
    [WORD_RETOUR] = "retour",
    [WORD_CORRECTION] = "correction",
    [WORD_COMPTE_ANOMALIES] = "compte_anomalies",
    [WORD_COMPTE_ALERTES] = "compte_alertes",
    [WORD_ET_ALERTES] = "et_alertes",
    [WORD_ANOMALIES] = "anomalies",
    [WORD_OBJET] = "objet",
    [WORD_DEPOTS] = "depots",
    [WORD_COMPTE_DEPOTS] = "compte_depots",
    [WORD_IDENTIFIANT] = "identifiant",
    [WORD_JETON] = "jeton",
    [WORD_SERVICE] = "service",
    [WORD_ADRESSE] = "adresse",
    [WORD_TELEPHONE] = "telephone",
    [WORD_COURRIEL] = "courriel",
    [WORD_ASSISTANCE] = "assistance",
    [WORD_PORTAIL] = "portail",
    [WORD_DATE_ATTENTE] = "date_attente",
    [WORD_DATE_REPONSE] = "date_reponse",
    [WORD_DATE_SILENCE] = "date_silence",
    [WORD_DELAI_RECOURS] = "delai_recours",
    [WORD_RECOURS] = "recours",
    [WORD_ATTESTATION] = "attestation",
    [WORD_AUTEUR] = "auteur",
    [WORD_AUTEUR_QUALITE] = "auteur_qualite",
};

/* The head that every mail about a request shares. */
#define REMINDER                                                                                   \
	"Entreprise : {denomination}\n"                                                            \
	"Solution : {logiciel}, version {version}\n"                                               \
	"Numéro de référencement ANS : {numero_ans}\n"                                          \
	"DSR : {dsr}\n"                                                                            \
	"Statut de la demande : {statut}"
#define WITHDRAWAL                                                                                    \
	"Le compte rendu des contrôles, « {retour} », est à votre disposition dans votre espace " \
	"de retrait."
#define SERVICE                                                                                    \
	"Service chargé de votre dossier : {service}, {adresse} ; téléphone : {telephone} ; "   \
	"courriel : {courriel}."
#define ALERTS                                                                                     \
	"Le contrôle de votre dépôt a relevé {compte_alertes}, sans effet sur son "            \
	"enregistrement :\n\n{anomalies}"

/* CRPA R. 112-11-1: all that it asks for, or no word of it. */
#define LAW                                                                                        \
	"Le présent courriel vaut accusé de réception électronique au sens des articles L. "   \
	"112-11 et R. 112-11-1 du code des relations entre le public et l'administration."
#define REJECTS                                                                                      \
	"Sous réserve que votre demande soit complète, elle sera réputée rejetée si aucune "    \
	"décision ne vous est notifiée au plus tard le {date_silence}. Vous pourriez alors "       \
	"contester cette décision implicite dans un délai de {delai_recours} à compter de cette " \
	"date, {recours}."
#define ACCEPTS                                                                                    \
	"Sous réserve que votre demande soit complète, elle sera réputée acceptée si aucune " \
	"décision ne vous est notifiée au plus tard le {date_silence}. Vous pourriez alors "     \
	"demander l'attestation prévue à l'article L. 232-3 du même code {attestation}."
#define RESUMED                                                                                    \
	"Le délai au terme duquel le silence de l'administration vaut décision, suspendu dans "  \
	"l'attente de cet envoi, court de nouveau."

/* What ends every receipt of a request, or of what completes it. */
#define RECEIPT_END                                                                                \
	{IF_ANSWER, WITHDRAWAL}, {0, SERVICE}, {IF_SILENCE_REJECTS, LAW " " REJECTS},              \
	{                                                                                          \
		IF_SILENCE_ACCEPTS, LAW " " ACCEPTS                                                \
	}

static const struct paragraph accuse_depot[] = {
    {0, "Nous accusons réception de votre demande d'enrôlement{qualite} n° {numero}, déposée le "
	"{recu} dans le cadre du financement « numérique en santé »."},
    {0, REMINDER},
    {0, "Merci de conserver le numéro {numero} et de le communiquer en cas d'échange avec "
	"l'assistance."},
    {IF_ANTICIPE | IF_OTHER_DSR, "Votre référencement n'étant pas encore validé par l'Agence du "
				 "Numérique en Santé (ANS), votre demande d'enrôlement est "
				 "anticipée : votre certificat de référencement vous sera demandé "
				 "après la validation partielle, pour finaliser l'enrôlement."},
    {IF_ANTICIPE | IF_SONS_DPI,
     "Votre référencement n'étant pas encore validé par l'Agence du Numérique en Santé (ANS), "
     "votre demande d'enrôlement est anticipée : votre certificat de référencement et le document "
     "relatif à l'hébergement de données de santé vous seront demandés après la validation "
     "partielle, pour finaliser l'enrôlement."},
    {IF_ALERTS, ALERTS},
    {IF_ALERTS, "Votre demande est en attente d'instruction par nos services. Un courriel vous "
		"informera de la suite qui lui est donnée."},
    {IF_NO_ALERT, "Votre demande est en attente d'instruction par nos services. Un courriel vous "
		  "informera de la suite qui lui est donnée ; aucune action n'est attendue de "
		  "votre part d'ici là."},
    RECEIPT_END,
    {0, NULL},
};

#define RESUMES                                                                                    \
	{IF_ALERTS, ALERTS},                                                                       \
	    {IF_ALERTS, "L'instruction de votre demande reprend. Un courriel vous informera de "   \
			"la suite qui lui est donnée."},                                           \
	{                                                                                          \
		IF_NO_ALERT, "L'instruction de votre demande reprend. Un courriel vous informera " \
			     "de la suite qui lui est donnée ; aucune action n'est attendue de "  \
			     "votre part d'ici là."                                               \
	}

static const struct paragraph accuse_pieces[] = {
    {IF_ONE, "Nous accusons réception de la pièce justificative déposée le {recu} pour votre "
	     "demande d'enrôlement{qualite} n° {numero} :\n{pieces}"},
    {IF_SEVERAL, "Nous accusons réception des pièces justificatives déposées le {recu} pour votre "
		 "demande d'enrôlement{qualite} n° {numero} :\n{pieces}"},
    {0, REMINDER},
    RESUMES,
    {IF_SILENCE_REJECTS, RESUMED},
    {IF_SILENCE_ACCEPTS, RESUMED},
    RECEIPT_END,
    {0, NULL},
};

static const struct paragraph accuse_modification[] = {
    {0, "Nous accusons réception de la correction déposée le {recu} pour votre demande "
	"d'enrôlement{qualite}, qui porte désormais le numéro {numero}."},
    {0, REMINDER},
    RESUMES,
    {IF_SILENCE_REJECTS, RESUMED},
    {IF_SILENCE_ACCEPTS, RESUMED},
    RECEIPT_END,
    {0, NULL},
};

/* It is no request: its silence comes to nothing. */
static const struct paragraph accuse_finalisation[] = {
    {IF_OTHER_DSR,
     "Nous accusons réception du certificat de référencement déposé le {recu} pour finaliser votre "
     "demande d'enrôlement{qualite} n° {numero}."},
    {IF_SONS_DPI, "Nous accusons réception du certificat de référencement et du document relatif à "
		  "l'hébergement de données de santé déposés le {recu} pour finaliser votre "
		  "demande d'enrôlement{qualite} n° {numero}."},
    {0, REMINDER},
    {IF_ALERTS, ALERTS},
    {IF_OTHER_DSR, "Nos services vérifient ce document. Un courriel vous informera de la suite "
		   "donnée à votre demande."},
    {IF_SONS_DPI, "Nos services vérifient ces documents. Un courriel vous informera de la suite "
		  "donnée à votre demande."},
    {IF_NO_ALERT, "Aucune action n'est attendue de votre part d'ici là."},
    {IF_ANSWER, WITHDRAWAL},
    {0, SERVICE},
    {0, NULL},
};

static const struct paragraph depot_refuse[] = {
    {0, "Votre dépôt « {archive} », reçu le {recu}, n'a pas été enregistré : il comporte "
	"{compte_anomalies}{et_alertes}."},
    {IF_NO_DEMANDE, "Aucune demande d'enrôlement n'a été créée{objet}."},
    {IF_DEMANDE, "Votre demande {numero}, de l'entreprise {denomination} pour la solution "
		 "{logiciel}, est inchangée."},
    {0, "{anomalies}"},
    {IF_ONE, "Une fois ce point réglé, vous pouvez déposer de nouveau l'archive entière dans votre "
	     "espace de dépôt : elle sera contrôlée dès la nuit suivante."},
    {IF_SEVERAL, "Une fois tous ces points réglés, vous pouvez déposer de nouveau l'archive "
		 "entière dans votre espace de dépôt : elle sera contrôlée dès la nuit suivante."},
    {IF_CORRECTION,
     "Le fichier « {correction} », dans votre espace de retrait, reprend votre "
     "dossier.yaml et signale en place ce qui est à corriger : corrigez-le, nommez-le "
     "dossier.yaml et joignez-le à la nouvelle archive."},
    {IF_MODEL,
     "Votre dossier.yaml n'a pas pu être lu : le fichier « {correction} », dans votre espace de "
     "retrait, n'en reprend rien. C'est un modèle vide, dont vous n'avez pas besoin si le vôtre "
     "est bon."},
    {IF_ANSWER, WITHDRAWAL},
    {0, SERVICE},
    {0, NULL},
};

/* What is not judged yet: no request, and no word of what its silence comes to. */
static const struct paragraph depot_en_attente[] = {
    {IF_ONE, "Nous avons bien reçu le dépôt suivant :\n{depots}"},
    {IF_SEVERAL, "Nous avons bien reçu les dépôts suivants :\n{depots}"},
    {IF_ONE,
     "Pour la raison indiquée, qui tient à notre service, il n'a pas encore pu être "
     "contrôlé. Nous le conservons et le contrôlerons dès que possible, à partir de la nuit "
     "prochaine. Aucune action n'est attendue de votre part : ne le déposez pas de nouveau."},
    {IF_SEVERAL, "Pour la raison indiquée, qui tient à notre service, ils n'ont pas encore pu être "
		 "contrôlés. Nous les conservons et les contrôlerons dès que possible, à partir de "
		 "la nuit prochaine. Aucune action n'est attendue de votre part : ne les déposez "
		 "pas de nouveau."},
    {IF_ONE, "Le présent courriel vaut accusé d'enregistrement : la date de réception ci-dessus "
	     "reste acquise à ce dépôt. Il ne préjuge pas du résultat du contrôle, qui vous sera "
	     "adressé par un autre courriel."},
    {IF_SEVERAL, "Le présent courriel vaut accusé d'enregistrement : les dates de réception "
		 "ci-dessus restent acquises à ces dépôts. Il ne préjuge pas du résultat des "
		 "contrôles, qui vous sera adressé par d'autres courriels."},
    {0, SERVICE},
    {0, NULL},
};

/* The guide's model, p. 25. */
#define YOU_FILED                                                                                    \
	"Vous avez déposé le {date_depot} une demande d'enrôlement{qualite} dans le cadre du "    \
	"financement « numérique en santé », n° {numero}, pour l'entreprise {denomination} et " \
	"la solution {logiciel} (version {version}, {dsr}) référencée {numero_ans}."
#define ACCOUNT_NEW                                                                                 \
	"Si vous ne possédez pas de compte ASP, vous recevrez prochainement un courriel "          \
	"automatique contenant votre identifiant et, séparément, un courriel qui vous permet de " \
	"définir votre mot de passe, afin de pouvoir vous identifier sur le portail ({portail})."
#define ACCOUNT_KNOWN                                                                              \
	"Si vous possédez un compte ASP pour d'autres dispositifs de l'Agence de services et de " \
	"paiement, vous recevrez un courriel vous informant de l'ouverture de vos accès sur le "  \
	"portail Ségur Numérique."
#define ACCOUNT_KEPT                                                                                \
	"Vous conservez le compte, l'identifiant et le mot de passe dont vous disposez déjà sur " \
	"le portail ({portail})."

static const struct paragraph validation[] = {
    {0, YOU_FILED},
    {0, "Votre demande d'enrôlement est conforme : elle est au statut « {statut} »."},
    {IF_ANTICIPE,
     "Cette validation complète finalise l'enrôlement que vous aviez déposé à titre anticipé."},
    {IF_ACCESS_NEW, ACCOUNT_NEW},
    {IF_ACCESS_NEW, ACCOUNT_KNOWN},
    {IF_NOT_ANTICIPE | IF_ACCESS_OLD, ACCOUNT_KEPT},
    {0, "Vous pouvez désormais déposer vos demandes de financement « numérique en santé » sur le "
	"portail ({portail})."},
    {0, NULL},
};

#define DOCUMENT_HDS                                                                                 \
	"- concernant l'hébergement de données de santé :\n"                                      \
	"  - votre certificat d'hébergeur de données de santé (HDS) en cours de validité, dans " \
	"le cas où vous hébergez des données de santé pour au moins un de vos clients ;\n"       \
	"  - dans le cas contraire, une attestation sur l'honneur conforme au modèle disponible "   \
	"sur le site de l'Agence de services et de paiement (ASP), attestant qu'aucune donnée de "  \
	"santé n'est hébergée sous votre responsabilité."

static const struct paragraph validation_partielle[] = {
    {0, YOU_FILED},
    {0, "Votre demande d'enrôlement{qualite} est conforme : elle est au statut « {statut} »."},
    {IF_ACCESS_NEW, ACCOUNT_NEW},
    {IF_ACCESS_NEW, ACCOUNT_KNOWN},
    {IF_ACCESS_OLD, ACCOUNT_KEPT},
    {IF_OTHER_DSR, "Afin d'accéder à l'espace de dépôt des demandes de financement, il vous sera "
		   "nécessaire de finaliser votre demande d'enrôlement. Pour cela, vous devrez "
		   "déposer votre certificat de référencement dès que vous l'aurez en votre "
		   "possession."},
    {IF_SONS_DPI,
     "Afin d'accéder à l'espace de dépôt des demandes de financement, il vous sera nécessaire de "
     "finaliser votre demande d'enrôlement. Pour cela, vous devrez déposer deux documents "
     "complémentaires simultanément, à savoir :\n- votre certificat de référencement, dès que "
     "vous l'aurez en votre possession ;\n" DOCUMENT_HDS},
    {IF_OTHER_DSR, "Déposez-le alors dans votre espace de dépôt, par une archive qui contient ce "
		   "fichier et le dossier.yaml suivant :\n\n{dossier}"},
    {IF_SONS_DPI, "Déposez-les alors dans votre espace de dépôt, par une archive qui contient ces "
		  "fichiers et le dossier.yaml suivant :\n\n{dossier}"},
    {0, NULL},
};

static const struct paragraph refus[] = {
    {0, YOU_FILED},
    {0, "Après instruction, votre demande est rejetée, pour le motif suivant :\n\n{motif}"},
    {0, "Ce rejet clôt la demande {numero}. Si vous souhaitez poursuivre, vous devez déposer une "
	"nouvelle demande d'enrôlement, qui tienne compte de ce motif."},
    {IF_APPEAL,
     "Vous pouvez contester cette décision dans un délai de {delai_recours} à compter de "
     "sa notification, {recours}."},
    {IF_COMPTE_OPENED,
     "Votre compte sur le portail reste ouvert : la nouvelle demande sera un enrôlement "
     "complémentaire (type: complementaire)."},
    {IF_AUTHOR, "Décision prise par {auteur}, {auteur_qualite}, {service}."},
    {0, SERVICE},
    {0, NULL},
};

/* CRPA L. 114-5; to say what is suspended is for whoever says that it runs. */
#define SUSPENDED                                                                                  \
	"Le délai au terme duquel le silence de l'administration vaut décision est suspendu "    \
	"jusqu'à la réception de cet envoi (article L. 114-5 du code des relations entre le "    \
	"public et l'administration)."
#define REPLY                                                                                        \
	"Merci de faire cet envoi au plus tard le {date_reponse}. Passé cette date, votre demande " \
	"pourra être rejetée."
#define PUT_PIECES                                                                                   \
	{IF_ONE, "Déposez dans votre espace de dépôt une archive qui contient ce document, sans " \
		 "autre fichier, et le dossier.yaml suivant :\n\n{dossier}"},                        \
	{                                                                                            \
		IF_SEVERAL, "Déposez dans votre espace de dépôt une archive qui contient ces "    \
			    "documents, tous ensemble et sans autre fichier, et le dossier.yaml "    \
			    "suivant :\n\n{dossier}"                                                 \
	}

static const struct paragraph demande_pieces[] = {
    {0, YOU_FILED},
    {0, "Pour poursuivre l'instruction de votre demande, nous vous prions de nous transmettre "
	":\n{pieces}"},
    {IF_MOTIF, "Précision du gestionnaire :\n\n{motif}"},
    PUT_PIECES,
    {0, REPLY},
    {0, "Dans l'attente, votre demande est au statut « {statut} ». Elle sera de nouveau instruite "
	"dès la réception de cet envoi."},
    {IF_SILENCE_REJECTS, SUSPENDED},
    {IF_SILENCE_ACCEPTS, SUSPENDED},
    {0, SERVICE},
    {0, NULL},
};

#define PUT_CORRECTION                                                                                  \
	{IF_CORRECTION,                                                                                 \
	 "Le fichier « {correction} », dans votre espace de retrait, reprend les rubriques de votre " \
	 "demande telles qu'elles sont enregistrées : corrigez-y ce qui doit l'être, nommez-le "      \
	 "dossier.yaml, puis déposez dans votre espace de dépôt une archive qui le contient, avec "  \
	 "les pièces que la correction appelle."},                                                      \
	    {IF_MODEL,                                                                                  \
	     "Déposez dans votre espace de dépôt une archive qui contient le dossier.yaml suivant, " \
	     "complété des seules rubriques à corriger, chacune entière, et des pièces qu'elles "  \
	     "appellent :\n\n{dossier}"},                                                               \
	{                                                                                               \
		0, "Le SIRET, le numéro de référencement ANS et le type de la demande ne peuvent "   \
		   "pas être modifiés."                                                               \
	}

static const struct paragraph demande_modification[] = {
    {0, YOU_FILED},
    {0,
     "Pour poursuivre l'instruction de votre demande, nous vous prions d'y apporter la correction "
     "suivante :\n\n{motif}"},
    PUT_CORRECTION,
    {0, REPLY},
    {0, "Dans l'attente, votre demande est au statut « {statut} ». Elle sera de nouveau instruite "
	"dès la réception de cet envoi."},
    {IF_SILENCE_REJECTS, SUSPENDED},
    {IF_SILENCE_ACCEPTS, SUSPENDED},
    {0, SERVICE},
    {0, NULL},
};

#define DEPOT_CROSSED                                                                                \
	"Si vous avez fait ce dépôt depuis peu, ne tenez pas compte de ce rappel : un accusé de " \
	"réception vous en sera adressé."

#define REPLY_AGAIN                                                                                \
	{IF_REPLY_OPEN, "Merci de faire cet envoi au plus tard le {date_reponse}. Passé cette "   \
			"date, votre demande pourra être rejetée."},                               \
	{                                                                                          \
		IF_REPLY_PAST,                                                                     \
		    "Vous deviez faire cet envoi au plus tard le {date_reponse} : sans "           \
		    "lui, votre demande peut désormais être rejetée."                           \
	}

static const struct paragraph relance_pieces[] = {
    {0, YOU_FILED},
    {IF_ONE, "Le {date_attente}, nous vous avons prié de nous transmettre le document suivant, que "
	     "nous n'avons pas encore reçu :\n{pieces}"},
    {IF_SEVERAL, "Le {date_attente}, nous vous avons prié de nous transmettre les documents "
		 "suivants, que nous n'avons pas encore reçus :\n{pieces}"},
    {IF_MOTIF, "Précision du gestionnaire :\n\n{motif}"},
    PUT_PIECES,
    REPLY_AGAIN,
    {0, "Dans l'attente, votre demande reste au statut « {statut} » et son instruction est "
	"suspendue."},
    {0, DEPOT_CROSSED},
    {0, SERVICE},
    {0, NULL},
};

static const struct paragraph relance_modification[] = {
    {0, YOU_FILED},
    {0, "Le {date_attente}, nous vous avons prié d'apporter à cette demande la correction "
	"suivante, que nous n'avons pas encore reçue :\n\n{motif}"},
    PUT_CORRECTION,
    REPLY_AGAIN,
    {0, "Dans l'attente, votre demande reste au statut « {statut} » et son instruction est "
	"suspendue."},
    {0, DEPOT_CROSSED},
    {0, SERVICE},
    {0, NULL},
};

/* Sent while the register does not say so yet. */
static const struct paragraph relance_anticipe[] = {
    {0, YOU_FILED},
    {0,
     "Le {date_attente}, votre demande a été validée partiellement ; elle est au statut « {statut} "
     "». D'après le registre de l'Agence du Numérique en Santé (ANS), le référencement de votre "
     "solution n'est pas encore validé. Dès qu'il le sera, vous pourrez finaliser votre demande "
     "d'enrôlement, ce qui est nécessaire pour accéder à l'espace de dépôt des demandes de "
     "financement."},
    {IF_OTHER_DSR, "Vous déposerez alors votre certificat de référencement."},
    {IF_SONS_DPI, "Vous déposerez alors simultanément deux documents :\n- votre certificat de "
		  "référencement ;\n" DOCUMENT_HDS},
    {0, "Ce dépôt se fera dans votre espace de dépôt, par une seule archive, avec le dossier.yaml "
	"suivant :\n\n{dossier}"},
    {0, DEPOT_CROSSED},
    {0, NULL},
};

/* Sent once the register says that the referencing is validated. */
static const struct paragraph relance_certificats[] = {
    {0, YOU_FILED},
    {0,
     "Le {date_attente}, votre demande a été validée partiellement ; elle est au statut « {statut} "
     "». D'après le registre de l'Agence du Numérique en Santé (ANS), le référencement de votre "
     "solution est désormais validé : vous pouvez finaliser votre demande d'enrôlement, ce qui est "
     "nécessaire pour accéder à l'espace de dépôt des demandes de financement."},
    {IF_OTHER_DSR, "Pour cela, déposez votre certificat de référencement."},
    {IF_SONS_DPI, "Pour cela, déposez simultanément deux documents :\n- votre certificat de "
		  "référencement ;\n" DOCUMENT_HDS},
    {0, "Faites ce dépôt dans votre espace de dépôt, par une seule archive, avec le dossier.yaml "
	"suivant :\n\n{dossier}"},
    {0, "Merci de faire ce dépôt au plus tard le {date_reponse}."},
    {0, DEPOT_CROSSED},
    {0, NULL},
};

static const struct paragraph identifiant[] = {
    {0, "À la suite de la validation de votre demande d'enrôlement{qualite} n° {numero}, pour "
	"l'entreprise {denomination} et la solution {logiciel}, un compte vous est ouvert sur le "
	"portail Ségur Numérique ({portail})."},
    {0, "Votre identifiant est : {identifiant}"},
    {0, "Un second courriel, envoyé séparément, vous permet de définir votre mot de passe."},
    {0, NULL},
};

static const struct paragraph password[] = {
    {0, "À la suite de la validation de votre demande d'enrôlement{qualite} n° {numero}, pour "
	"l'entreprise {denomination} et la solution {logiciel}, un compte vous est ouvert sur le "
	"portail Ségur Numérique. Votre identifiant vous est communiqué par un courriel séparé."},
    {0, "Pour définir votre mot de passe, ouvrez le portail à l'adresse {portail}, saisissez votre "
	"identifiant, puis, à la place du mot de passe, le code à usage unique suivant ; il vous "
	"sera alors demandé de choisir votre mot de passe :\n\n    {jeton}"},
    {0, "Ce code ne sert qu'une fois. Ne le communiquez à personne : nos services ne vous le "
	"demanderont jamais."},
    {0, NULL},
};

static const struct paragraph ouverture_acces[] = {
    {0,
     "À la suite de la validation de votre demande d'enrôlement{qualite} n° {numero}, pour "
     "l'entreprise {denomination} et la solution {logiciel}, vos accès au portail Ségur Numérique "
     "({portail}) sont ouverts."},
    {0, "Vous êtes déjà connu des services de l'ASP avec cette adresse électronique : utilisez "
	"l'identifiant qui vous a déjà été attribué et le mot de passe que vous avez déjà créé."},
    {0, NULL},
};

static const struct paragraph general[] = {
    {0, "Votre dossier d'enrôlement a évolué. Vous pouvez en prendre connaissance sur le portail "
	"({portail})."},
    {0, NULL},
};

#define ACCEPTED_SUBJECT                                                                                    \
	"Acceptation de votre demande d'enrôlement{qualite_objet} dans le cadre du financement "           \
	"« numérique en santé » déposée le {date_depot} pour la solution référencée {numero_ans} " \
	"du {dsr}"

/* One row a mail: the first of its type whose traits hold. The last row takes all other types. */
static const struct template
{
	const char *type;
	unsigned si;
	const char *subject;
	const struct paragraph *body;
}
templates[] = {
    {"accuse_reception", IF_DEPOT_PIECES | IF_ONE,
     "Accusé de réception de votre pièce pour la demande d'enrôlement {numero}", accuse_pieces},
    {"accuse_reception", IF_DEPOT_PIECES,
     "Accusé de réception de vos pièces pour la demande d'enrôlement {numero}", accuse_pieces},
    {"accuse_reception", IF_DEPOT_MODIFICATION,
     "Accusé de réception de votre correction de la demande d'enrôlement {numero}",
     accuse_modification},
    {"accuse_reception", IF_FINALISATION | IF_OTHER_DSR,
     "Accusé de réception de votre certificat de référencement pour la demande d'enrôlement "
     "{numero}",
     accuse_finalisation},
    {"accuse_reception", IF_FINALISATION,
     "Accusé de réception de vos documents de finalisation de la demande d'enrôlement {numero}",
     accuse_finalisation},
    {"accuse_reception", 0,
     "Accusé de réception de votre demande d'enrôlement{qualite_objet} {numero} déposée le "
     "{date_depot}",
     accuse_depot},
    {"accuse_reception_anticipe", 0,
     "Accusé de réception de votre demande d'enrôlement{qualite_objet} {numero} déposée le "
     "{date_depot}",
     accuse_depot},
    {"depot_refuse", 0, "Dépôt non enregistré : {archive}, {compte_anomalies}", depot_refuse},
    {"depot_en_attente", 0, "Accusé d'enregistrement : {compte_depots} en attente de contrôle",
     depot_en_attente},
    {"validation", IF_ANTICIPE,
     "Validation complète de votre demande d'enrôlement {numero} dans le cadre du financement "
     "« numérique en santé » pour la solution référencée {numero_ans} du {dsr}",
     validation},
    {"validation", 0, ACCEPTED_SUBJECT, validation},
    {"validation_partielle", 0, ACCEPTED_SUBJECT, validation_partielle},
    {"refus", 0,
     "Refus de votre demande d'enrôlement{qualite_objet} dans le cadre du financement « numérique "
     "en santé » déposée le {date_depot} pour la solution référencée {numero_ans} du {dsr}",
     refus},
    {"demande_pieces", IF_ONE,
     "Pièce justificative à fournir pour votre demande d'enrôlement{qualite_objet} {numero}",
     demande_pieces},
    {"demande_pieces", 0,
     "Pièces justificatives à fournir pour votre demande d'enrôlement{qualite_objet} {numero}",
     demande_pieces},
    {"demande_modification", 0,
     "Correction à apporter à votre demande d'enrôlement{qualite_objet} {numero}",
     demande_modification},
    {"relance", IF_AWAITS_MODIFICATION,
     "Rappel : correction à apporter à votre demande d'enrôlement{qualite_objet} {numero}",
     relance_modification},
    {"relance", IF_AWAITS_CERTIFICATS | IF_SUSPENDED,
     "Rappel : votre demande d'enrôlement{qualite_objet} {numero} attend son certificat",
     relance_anticipe},
    {"relance", IF_AWAITS_CERTIFICATS,
     "Rappel : votre demande d'enrôlement{qualite_objet} {numero} reste à finaliser",
     relance_certificats},
    {"relance", IF_AWAITS_PIECES | IF_ONE,
     "Rappel : pièce justificative à fournir pour votre demande d'enrôlement{qualite_objet} "
     "{numero}",
     relance_pieces},
    {"relance", IF_AWAITS_PIECES,
     "Rappel : pièces justificatives à fournir pour votre demande d'enrôlement{qualite_objet} "
     "{numero}",
     relance_pieces},
    {"identifiant", 0, "Portail Ségur Numérique : votre identifiant", identifiant},
    {"mot_de_passe", 0, "Portail Ségur Numérique : définition de votre mot de passe", password},
    {"ouverture_acces", 0, "Portail Ségur Numérique : ouverture de vos accès", ouverture_acces},
    {NULL, 0, "Votre dossier d'enrôlement {numero}", general},
};

static const struct paragraph closing[] = {
    {0, "Pour toute information complémentaire, vous pouvez contacter l'assistance via le lien "
	"{assistance}."},
    {0, "Cordialement."},
    {0, "{service}"},
    {0, NULL},
};

static const struct template *find_template(const struct mail_facts *facts)
{
	const struct template *template = templates;

	while (template->type != NULL && (strcmp(template->type, facts->type) != 0 ||
					  (facts->traits & template->si) != template->si))
		template ++;
	return template;
}

static const char *word(const struct mail_facts *facts, const char *name, size_t length)
{
	for (size_t i = 0; i < WORD_COUNT; i++)
		if (strlen(word_names[i]) == length && memcmp(word_names[i], name, length) == 0)
			return facts->words[i] != NULL ? facts->words[i] : "";
	return "";
}

/* One pass: what a value holds is never read as a template. */
static void fill_words(struct buf *out, const struct mail_facts *facts, const char *template)
{
	for (;;) {
		size_t length = strcspn(template, "{");
		char *ours = mem_strndup(template, length);

		typography_set(out, ours);
		free(ours);
		template += length;
		if (*template == '\0')
			return;
		length = strcspn(++template, "}");
		buf_puts(out, word(facts, template, length));
		template += length + 1;
	}
}

static void write_paragraphs(struct buf *out, const struct mail_facts *facts,
			     const struct paragraph *list)
{
	for (; list->text != NULL; list++) {
		if ((facts->traits & list->si) != list->si)
			continue;
		buf_puts(out, "\n");
		fill_words(out, facts, list->text);
		buf_puts(out, "\n");
	}
}

void mail_text_render(const struct mail_facts *facts, struct buf *subject, struct buf *body)
{
	const struct template *template = find_template(facts);

	fill_words(subject, facts, template->subject);
	buf_puts(body, "Madame, Monsieur,\n");
	write_paragraphs(body, facts, template->body);
	write_paragraphs(body, facts, closing);
}
