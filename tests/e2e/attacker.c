/*
 * A parser that was taken over: segur-parser's own objects, so its template, its forks and its whole
 * cage, but for the two functions that read an archive. The linker puts ours before them (--wrap).
 * The header of a tar's first entry says what to do: its owner's name is an attack of the table, its
 * group's name what the attack needs. Any other archive is read as it should be.
 *
 * tests/e2e/test_attacks.py says what each may achieve, docs/attaques.md what it did.
 */
#include "attacker.h"

#include "lib/array.h"
#include "lib/mem.h"
#include "parser/check.h"
#include "parser/extract_pieces.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define OWNER_AT 265 /* in a tar's header */
#define GROUP_AT 297

/* What the linker makes of the callers of the parser's two jobs. */
bool __wrap_check_archive(const struct job *job, int archive, struct findings *findings);
bool __wrap_extract_pieces(const struct job *job, int archive, const int *outputs);

char attack_argument[NAME_SIZE]; /* what the archive hands to its attack */
static pid_t parent, template;

/* Before the cage stands: who the others are. The template's other children come after it. */
__attribute__((constructor)) static void note_processes(void)
{
	parent = getppid();
	template = getpid();
}

/* --- calls --- */

/* Where the cage fails, no call may harm the machine that shows it: it is enough that it returns. */
#define HARMLESS 0 /* a signal */

/* Stand for processes in the arguments of a call. */
enum process {
	PARENT = 0x7fff0001,
	TEMPLATE,
	SIBLING,
};

static int fd_of_archive;
#define ARCHIVE 0x7fff0010 /* stands for its descriptor */

static uintptr_t resolved(uintptr_t value)
{
	switch (value) {
	case PARENT:
		return (uintptr_t)parent;
	case TEMPLATE:
		return (uintptr_t) template;
	case SIBLING:
		return (uintptr_t) template + 1;
	case ARCHIVE:
		return (uintptr_t)fd_of_archive;
	default:
		return value;
	}
}

static char stolen[64];
static struct iovec here = {stolen, sizeof(stolen)}, there = {stolen, sizeof(stolen)};
static const struct flock whole = {.l_type = F_RDLCK};
static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
static const struct sockaddr_un log_socket = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
static const struct sigaction deaf = {.sa_handler = SIG_IGN};
static char *const nothing[] = {NULL};

/* The frame that goes with a descriptor to whoever reads the socket. */
static union {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
} gift = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
		     .cmsg_level = SOL_SOCKET,
		     .cmsg_type = SCM_RIGHTS}};
static const struct msghdr parcel = {
    .msg_iov = &here, .msg_iovlen = 1, .msg_control = &gift, .msg_controllen = sizeof(gift)};

#ifdef __x86_64__
/* The old way into the kernel, whose numbers are others: 37 is kill. */
static void call_the_old_way(const struct job *job, int archive)
{
	long result;

	(void)job, (void)archive;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(37), "b"(parent), "c"(SIGKILL)
			 : "memory");
}
#endif

/* --- the table --- */

#define AT(pointer) ((uintptr_t)(pointer))

/* The tail of a bare frame: behind its pieces, one anomaly of so many bytes, then three counts. */
#define ANOMALY	     (3 * 4 + 4 + 7 + 3 * 4)
#define PLACES_AT    8
#define TEXT_AT	     12
#define ANOMALIES_AT (TEXT_AT + ANOMALY + 4)
#define PIECES_AT    (ANOMALIES_AT + 4)

static const struct attack {
	const char *name;
	/* Before the archive is read; the honest answer follows where it returns. */
	void (*act)(const struct job *job, int archive);
	/* Changes what was found. */
	void (*forge)(struct findings *findings);
	/* In place of the documents' extraction; such an archive is honest until then. */
	bool (*extract)(const struct job *job, int archive, const int *outputs);
	/* A system call; the honest answer follows where it returns. */
	long call;
	uintptr_t arguments[6];
	/* The honest frame, or a bare one, with another number so many bytes from its start or end. */
	enum { NO_FRAME, HONEST, BARE } frame;
	size_t from_start, from_end;
	uint32_t number;
} attacks[] = {
    {"taille-fausse", .forge = forge_sizes},
    {"taille-demesuree", .forge = forge_size},
    {"taille-nulle", .forge = forget_size},
    {"empreinte-fausse", .forge = forge_digests},
    {"ordinal-etranger", .forge = forge_ordinals},
    {"ordinal-hors-archive", .forge = forge_far_ordinals},
    {"format-inconnu", .forge = forge_format},
    {"type-de-piece-inconnu", .forge = forge_piece_type},
    {"type-de-depot-inconnu", .forge = forge_deposit_type},
    {"archive-sans-format", .forge = forge_archive_kind},
    {"anomalie-inconnue", .forge = forge_code},
    {"anomalie-du-service", .forge = forge_service_code},
    {"pieces-absentes", .forge = forge_absent_pieces},
    {"dossier-illisible", .forge = forge_unreadable},
    {"pieces-en-double", .forge = forge_many_pieces},
    {"rien-a-redire", .forge = forget_anomalies},
    {"tout-a-redire", .forge = forge_anomalies},
    {"texte-demesure", .forge = forge_source},
    {"textes-hostiles", .forge = forge_texts},
    {"siret-d-autrui", .forge = forge_siret},
    {"demande-d-autrui", .forge = forge_request},

    {"trame-sans-magie", .frame = HONEST, .from_start = 0, .number = 0xdeadbeef},
    {"trame-inconnue", .frame = HONEST, .from_start = 4, .number = MESSAGE_INFLATED + 1},
    {"deuxieme-hello", .frame = HONEST, .from_start = 4, .number = MESSAGE_HELLO},
    {"travail-renvoye", .frame = HONEST, .from_start = 4, .number = MESSAGE_JOB},
    {"extraction-non-demandee", .frame = HONEST, .from_start = 4, .number = MESSAGE_EXTRACTED},
    {"trame-couteuse", .frame = HONEST, .from_start = 4, .number = MESSAGE_COSTLY},
    {"trame-demesuree", .frame = HONEST, .from_start = 8, .number = MESSAGE_MAX + 1},
    {"trame-annoncee-longue", .frame = HONEST, .from_start = 8, .number = MESSAGE_MAX},
    {"trame-annoncee-courte", .frame = HONEST, .from_start = 8, .number = 16},
    {"pieces-trop-nombreuses", .frame = BARE, .from_end = PIECES_AT, .number = PIECES_MAX + 1},
    {"pieces-innombrables", .frame = BARE, .from_end = PIECES_AT, .number = UINT32_MAX},
    {"pieces-manquantes", .frame = BARE, .from_end = PIECES_AT, .number = 1},
    {"anomalies-innombrables", .frame = BARE, .from_end = ANOMALIES_AT, .number = UINT32_MAX},
    {"anomalies-tues", .frame = BARE, .from_end = ANOMALIES_AT, .number = 0},
    {"texte-annonce-long", .frame = BARE, .from_end = TEXT_AT, .number = UINT32_MAX - 1},
    {"rubriques-innombrables", .frame = BARE, .from_end = PLACES_AT, .number = UINT32_MAX},
    {"demi-trame-et-sortie", .act = exit_within_frame},
    {"demi-trame-et-silence", .act = stop_within_frame},
    {"trame-rallongee", .act = lengthen_frame},
    {"trame-goutte-a-goutte", .act = trickle},
    {"flot-de-trames", .act = flood_with_frames},
    {"flot-d-octets", .act = flood_with_bytes},
    {"socket-remplie", .act = fill_socket},
    {"socket-fermee", .act = close_socket},
    {"reponse-apres-la-fin", .act = answer_twice},
    {"reponses-aveugles", .act = answer_blindly},
    {"couteuse-sans-fin", .act = blame_first_entry},
    {"couteuse-hors-archive", .act = blame_no_entry},

    {"silence", .act = be_silent},
    {"processeur", .act = be_busy},
    {"processeur-sans-minuterie", .act = be_busy_for_ever},
    {"sortie-immediate", .act = exit_early},
    {"memoire", .act = take_all_memory},

    {"descripteur-garde", .act = keep_descriptor},
    {"ecrire-dans-l-archive", .act = write_to_archive},
    {"ecrire-au-journal", .act = write_to_log},

    {"tuer-le-parent", .call = SYS_kill, .arguments = {PARENT, SIGKILL}},
    {"tuer-le-modele", .call = SYS_kill, .arguments = {TEMPLATE, SIGKILL}},
    {"tuer-un-voisin", .call = SYS_kill, .arguments = {SIBLING, HARMLESS}},
    {"tuer-tous", .call = SYS_kill, .arguments = {(uintptr_t)-1, HARMLESS}},
    {"tuer-le-groupe", .call = SYS_kill, .arguments = {0, HARMLESS}},
    {"arreter-un-fil", .call = SYS_tgkill, .arguments = {PARENT, PARENT, SIGSTOP}},
    {"designer-le-parent", .call = SYS_pidfd_open, .arguments = {PARENT}},
    {"tracer-le-parent", .call = SYS_ptrace, .arguments = {PTRACE_SEIZE, PARENT}},
    {"tracer-le-modele", .call = SYS_ptrace, .arguments = {PTRACE_SEIZE, TEMPLATE}},
    {"tracer-un-voisin", .call = SYS_ptrace, .arguments = {PTRACE_SEIZE, SIBLING}},
    {"lire-le-parent", .call = SYS_process_vm_readv,
     .arguments = {PARENT, AT(&here), 1, AT(&there), 1}},
    {"ecrire-au-parent", .call = SYS_process_vm_writev,
     .arguments = {PARENT, AT(&here), 1, AT(&there), 1}},
    {"brider-le-parent", .call = SYS_prlimit64, .arguments = {PARENT, RLIMIT_CPU, 0, AT(stolen)}},
    {"lever-ses-limites", .call = SYS_prlimit64, .arguments = {0, RLIMIT_CPU, AT(&unlimited)}},
    {"survivre-au-parent", .call = SYS_prctl, .arguments = {PR_SET_PDEATHSIG, 0}},
    {"se-laisser-tracer", .call = SYS_prctl, .arguments = {PR_SET_DUMPABLE, 1}},
    {"ne-pas-mourir", .call = SYS_rt_sigaction, .arguments = {SIGXCPU, AT(&deaf), 0, 8}},
    {"bombe-de-processus", .call = SYS_clone, .arguments = {SIGCHLD}},
    {"fil-de-plus", .call = SYS_clone3, .arguments = {AT(stolen), sizeof(stolen)}},
    {"autre-programme", .call = SYS_execve, .arguments = {AT("/bin/sh"), AT(nothing), AT(nothing)}},
    {"ouvrir-proc", .call = SYS_openat,
     .arguments = {(uintptr_t)AT_FDCWD, AT("/proc/self/mem"), O_RDWR}},
    {"ouvrir-la-racine", .call = SYS_openat, .arguments = {(uintptr_t)AT_FDCWD, AT("/"), O_PATH}},
    {"lire-un-lien", .call = SYS_readlinkat,
     .arguments = {(uintptr_t)AT_FDCWD, AT("/proc/self/fd/3"), AT(stolen), sizeof(stolen)}},
    {"memoire-partagee", .call = SYS_shmget, .arguments = {0x5e60, 4096, 0666}},
    {"memoire-nommee", .call = SYS_memfd_create, .arguments = {AT("x")}},
    {"file-de-messages", .call = SYS_msgget, .arguments = {0x5e60, 0666}},
    {"semaphores", .call = SYS_semget, .arguments = {0x5e60, 1, 0666}},
    {"projeter-l-archive", .call = SYS_mmap,
     .arguments = {0, 4096, PROT_READ, MAP_SHARED, ARCHIVE}},
    {"page-executable", .call = SYS_mmap,
     .arguments = {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		   (uintptr_t)-1}},
    {"code-modifiable", .call = SYS_mprotect, .arguments = {AT(stolen), 64, PROT_EXEC}},
    {"verrou-de-fichier", .call = SYS_flock, .arguments = {ARCHIVE, LOCK_EX}},
    {"verrou-d-octets", .call = SYS_fcntl, .arguments = {ARCHIVE, F_SETLKW, AT(&whole)}},
    {"bail", .call = SYS_fcntl, .arguments = {ARCHIVE, F_SETLEASE, F_RDLCK}},
    {"copier-un-descripteur", .call = SYS_fcntl, .arguments = {ARCHIVE, F_DUPFD, 10}},
    {"dedoubler-un-descripteur", .call = SYS_dup, .arguments = {ARCHIVE}},
    {"remplacer-l-erreur-standard", .call = SYS_dup3, .arguments = {ARCHIVE, STDERR_FILENO}},
    {"tronquer-l-archive", .call = SYS_ftruncate, .arguments = {ARCHIVE, 0}},
    {"ecrire-a-une-place", .call = SYS_pwrite64, .arguments = {ARCHIVE, AT("x"), 1, 0}},
    {"droits-de-l-archive", .call = SYS_fchmod, .arguments = {ARCHIVE, 0777}},
    {"donner-un-descripteur", .call = SYS_sendmsg, .arguments = {SOCKET, AT(&parcel)}},
    {"nouvelle-socket", .call = SYS_socket, .arguments = {AF_UNIX, SOCK_DGRAM}},
    {"parler-au-journal", .call = SYS_sendto,
     .arguments = {SOCKET, AT("x"), 1, MSG_NOSIGNAL, AT(&log_socket), sizeof(log_socket)}},
    {"se-connecter", .call = SYS_connect,
     .arguments = {SOCKET, AT(&log_socket), sizeof(log_socket)}},
    {"taper-au-clavier", .call = SYS_ioctl, .arguments = {STDERR_FILENO, TIOCSTI, AT("x")}},
    {"file-du-noyau", .call = SYS_io_uring_setup, .arguments = {8, AT(stolen)}},
    {"programme-du-noyau", .call = SYS_bpf, .arguments = {0, AT(stolen), sizeof(stolen)}},
    {"fautes-de-page", .call = SYS_userfaultfd},
    {"mesurer-le-parent", .call = SYS_perf_event_open, .arguments = {AT(stolen), PARENT}},
    {"changer-d-espace", .call = SYS_unshare, .arguments = {CLONE_NEWUSER}},
    {"monter", .call = SYS_mount},
    {"changer-l-heure", .call = SYS_settimeofday},
    {"attendre-pour-toujours", .call = SYS_rt_sigsuspend, .arguments = {AT(stolen), 8}},
#ifdef __x86_64__
    {"appel-a-32-bits", .act = call_the_old_way},
    {"appel-x32", .call = 0x40000000 | SYS_kill, .arguments = {PARENT, SIGKILL}},
#endif

    {"extraire-du-faux", .extract = write_rubbish},
    {"extraire-du-vide", .extract = write_nothing},
    {"extraire-a-cote", .extract = exchange},
    {"extraire-trop", .extract = lengthen},
    {"extraire-sans-fin", .extract = write_without_end},
    {"extraire-au-loin", .extract = write_far_away},
    {"extraire-et-sortir", .extract = extract_and_exit},
    {"extraire-et-se-taire", .extract = extract_in_silence},
    {"extraire-et-constater", .extract = answer_findings},
    {"extraire-apres-coup", .extract = write_after_answer},
};

/* The attack that the archive asks for, and its argument; NULL: none. */
static const struct attack *attack_of(int archive)
{
	char name[NAME_SIZE] = "";

	attack_argument[0] = '\0';
	fd_of_archive = archive;
	if (pread(archive, name, NAME_SIZE - 1, OWNER_AT) != NAME_SIZE - 1 ||
	    pread(archive, attack_argument, NAME_SIZE - 1, GROUP_AT) != NAME_SIZE - 1)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++)
		if (strcmp(attacks[i].name, name) == 0)
			return &attacks[i];
	return NULL;
}

/* One anomaly that blocks, and nothing else: as short as an acceptable frame can be. */
static void put_bare(struct buf *frame)
{
	struct findings findings = {.format_archive = mem_strdup("tar")};

	findings.dossier.type = DEPOT_UNKNOWN;
	anomalies_add(&findings.anomalies, ANO_ARC_VIDE, "archive", NULL, NULL, NULL);
	message_write_findings(frame, &findings);
	findings_free(&findings);
}

static void send_changed_frame(const struct attack *attack, const struct job *job, int archive)
{
	struct buf frame = {0};

	if (attack->frame == HONEST)
		put_honest(job, archive, &frame);
	else
		put_bare(&frame);
	memcpy(frame.data +
		   (attack->from_end > 0 ? frame.length - attack->from_end : attack->from_start),
	       &attack->number, sizeof(attack->number));
	say(frame.data, frame.length);
	wait_for_end();
}

static void make_call(const struct attack *attack)
{
	uintptr_t arguments[6];

	memcpy(CMSG_DATA(&gift.header), &fd_of_archive, sizeof(int));
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		arguments[i] = resolved(attack->arguments[i]);
	syscall(attack->call, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		arguments[5]);
}

bool __wrap_check_archive(const struct job *job, int archive, struct findings *findings)
{
	const struct attack *attack = attack_of(archive);

	if (attack != NULL && attack->frame != NO_FRAME)
		send_changed_frame(attack, job, archive);
	if (attack != NULL && attack->call != 0)
		make_call(attack);
	if (attack != NULL && attack->act != NULL)
		attack->act(job, archive);
	if (!__real_check_archive(job, archive, findings))
		return false;
	if (attack != NULL && attack->forge != NULL)
		attack->forge(findings);
	return true;
}

bool __wrap_extract_pieces(const struct job *job, int archive, const int *outputs)
{
	const struct attack *attack = attack_of(archive);

	return attack != NULL && attack->extract != NULL
		   ? attack->extract(job, archive, outputs)
		   : __real_extract_pieces(job, archive, outputs);
}
