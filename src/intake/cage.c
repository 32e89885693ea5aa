#include "intake/cage.h"

#include "intake/template.h"
#include "lib/array.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "model/message.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The parser under examination. */
struct subject {
	struct template *template;
	uint64_t file_size;
	pid_t pid;
	struct hello hello;
	char status[4096]; /* of /proc/PID/status */
};

/* --- attempts --- */

#define CAME_OFF 0    /* what came of an attempt: so much, an errno, */
#define KILLED	 (-1) /* its child ended by the filter of calls, */
#define UNKNOWN	 (-2) /* something else */

static int try_request(struct subject *subject, uint8_t request)
{
	int32_t result = 0;
	int socket, status = 0;
	bool told;
	pid_t pid;

	if (template_fork(subject->template, request, &pid, &socket) != NULL)
		return UNKNOWN;
	told = wait_readable(socket, clock_ms() + START_DELAY_MS) &&
	       recv(socket, &result, sizeof(result), 0) == (ssize_t)sizeof(result) && result >= 0;
	/* It keeps the end that it had, if it had one. */
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	file_let_go(socket);
	if (told)
		return result;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? KILLED : UNKNOWN;
}

/* --- what the kernel says --- */

/* A line of /proc/PID/status, as a number in that base; UINT64_MAX when there is none. */
static uint64_t status_number(const struct subject *subject, const char *name, int base)
{
	const char *line = strstr(subject->status, name);

	return line != NULL ? strtoull(line + strlen(name), NULL, base) : UINT64_MAX;
}

static bool read_status(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : file_read_all(fd, text, size - 1);

	file_let_go(fd);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* True when that setting of the kernel has the value. */
static bool setting_is(const char *path, const char *value)
{
	char text[32];

	return read_status(path, text, sizeof(text)) && strcspn(text, "\n") == strlen(value) &&
	       strncmp(text, value, strlen(value)) == 0;
}

/* --- walls --- */

static void see_privileges(struct subject *subject, struct cage_wall *wall)
{
	wall->holds = status_number(subject, "\nNoNewPrivs:", 10) == 1;
	snprintf(wall->seen, sizeof(wall->seen), "NoNewPrivs de /proc/PID/status");
}

static void see_capabilities(struct subject *subject, struct cage_wall *wall)
{
	static const char *const sets[] = {"\nCapInh:", "\nCapPrm:", "\nCapEff:", "\nCapAmb:"};

	wall->holds = true;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		wall->holds = wall->holds && status_number(subject, sets[i], 16) == 0;
	snprintf(wall->seen, sizeof(wall->seen), "CapInh, CapPrm, CapEff et CapAmb nuls");
}

static void see_landlock(struct subject *subject, struct cage_wall *wall)
{
	wall->holds = subject->hello.landlock &&
		      try_request(subject, REQUEST_BARE | REQUEST_OPEN) == EACCES &&
		      try_request(subject, REQUEST_BARE | REQUEST_TRACE) == EPERM;
	snprintf(wall->seen, sizeof(wall->seen),
		 "version %" PRIu32 " ; sans le filtre, ouvrir « / » et tracer segur sont refusés",
		 subject->hello.landlock_abi);
}

static void see_filter(struct subject *subject, struct cage_wall *wall)
{
	static const uint8_t tried[] = {REQUEST_OPEN,  REQUEST_SOCKET, REQUEST_SIGNAL,
					REQUEST_TRACE, REQUEST_FORK,   REQUEST_EXEC};
	size_t killed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tried); i++)
		if (try_request(subject, tried[i]) == KILLED)
			killed++;
	wall->holds = killed == ARRAY_SIZE(tried) && subject->hello.seccomp &&
		      status_number(subject, "\nSeccomp:", 10) == 2;
	snprintf(wall->seen, sizeof(wall->seen),
		 "ouvrir, se connecter, signaler, tracer, se dédoubler, exécuter : %zu fois sur "
		 "%zu tué",
		 killed, ARRAY_SIZE(tried));
}

static void see_limits(struct subject *subject, struct cage_wall *wall)
{
	static const __rlimit_resource_t none[] = {RLIMIT_NPROC, RLIMIT_CORE, RLIMIT_MEMLOCK,
						   RLIMIT_MSGQUEUE};
	struct rlimit memory, file, descriptors, processor, limit;

	wall->holds = subject->hello.rlimits &&
		      prlimit(subject->pid, RLIMIT_AS, NULL, &memory) == 0 &&
		      prlimit(subject->pid, RLIMIT_FSIZE, NULL, &file) == 0 &&
		      prlimit(subject->pid, RLIMIT_NOFILE, NULL, &descriptors) == 0 &&
		      prlimit(subject->pid, RLIMIT_CPU, NULL, &processor) == 0;
	if (!wall->holds)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		wall->holds = wall->holds && prlimit(subject->pid, none[i], NULL, &limit) == 0 &&
			      limit.rlim_max == 0;
	wall->holds = wall->holds && memory.rlim_max != RLIM_INFINITY &&
		      file.rlim_max <= subject->file_size && descriptors.rlim_max <= 64 &&
		      processor.rlim_max != RLIM_INFINITY;
	snprintf(wall->seen, sizeof(wall->seen),
		 "%ju Mio d'adresses, %ju Mio par fichier, %ju descripteurs, %ju s de processeur, "
		 "aucun processus",
		 (uintmax_t)(memory.rlim_max >> 20), (uintmax_t)(file.rlim_max >> 20),
		 (uintmax_t)descriptors.rlim_max, (uintmax_t)processor.rlim_max);
}

/* Says why the kernel gives no namespace of that kind, where that can be seen. */
static void explain(const char *kind, struct cage_wall *wall)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", kind);
	if (setting_is(path, "0"))
		snprintf(wall->remedy, sizeof(wall->remedy),
			 "le réglage user.max_%s_namespaces vaut 0 : relevez-le (sysctl, "
			 "/etc/sysctl.d)",
			 kind);
	else if (setting_is("/proc/sys/user/max_user_namespaces", "0"))
		snprintf(wall->remedy, sizeof(wall->remedy),
			 "le réglage user.max_user_namespaces vaut 0 : relevez-le (sysctl, "
			 "/etc/sysctl.d)");
	else if (setting_is("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		snprintf(wall->remedy, sizeof(wall->remedy),
			 "le réglage kernel.unprivileged_userns_clone vaut 0 : mettez-le à 1 "
			 "(sysctl, /etc/sysctl.d)");
	else if (setting_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		snprintf(wall->remedy, sizeof(wall->remedy),
			 "AppArmor le refuse : donnez à segur-parser un profil avec « userns, » ou "
			 "mettez kernel.apparmor_restrict_unprivileged_userns à 0");
	else
		snprintf(wall->remedy, sizeof(wall->remedy),
			 "le noyau, ou le conteneur où tourne segur, ne le donne pas : voyez sa "
			 "configuration");
}

/* What the parser was given is held against our own where we may look: root may. */
static void see_namespace(struct subject *subject, struct cage_wall *wall,
			  enum cage_namespace which, const char *kind)
{
	char path[64], ours[64], theirs[64];
	ssize_t length, other;

	wall->holds = (subject->hello.namespaces & 1u << which) != 0;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	length = readlink(path, ours, sizeof(ours));
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)subject->pid, kind);
	other = readlink(path, theirs, sizeof(theirs));
	if (length > 0 && other > 0) {
		wall->holds =
		    wall->holds && (length != other || memcmp(ours, theirs, (size_t)length) != 0);
		snprintf(wall->seen, sizeof(wall->seen), "autre que celui de segur dans /proc");
	} else {
		snprintf(wall->seen, sizeof(wall->seen),
			 "donné par le noyau (root seul voit /proc/PID/ns)");
	}
	if (!wall->holds)
		explain(kind, wall);
}

static void see_user(struct subject *subject, struct cage_wall *wall)
{
	see_namespace(subject, wall, CAGE_USER, "user");
}

static void see_mount(struct subject *subject, struct cage_wall *wall)
{
	see_namespace(subject, wall, CAGE_MOUNT, "mnt");
}

static void see_network(struct subject *subject, struct cage_wall *wall)
{
	size_t length;

	see_namespace(subject, wall, CAGE_NETWORK, "net");
	if (!wall->holds)
		return;
	wall->holds = try_request(subject, REQUEST_BARE | REQUEST_CONNECT) == ENETUNREACH;
	length = strlen(wall->seen);
	snprintf(wall->seen + length, sizeof(wall->seen) - length,
		 " ; sans le filtre, 127.0.0.1 est hors d'atteinte");
	if (!wall->holds)
		snprintf(wall->remedy, sizeof(wall->remedy),
			 "cet espace est donné, mais 127.0.0.1 n'y est pas hors d'atteinte : voyez "
			 "la configuration du noyau, ou du conteneur où tourne segur");
}

static void see_ipc(struct subject *subject, struct cage_wall *wall)
{
	see_namespace(subject, wall, CAGE_IPC, "ipc");
}

static void see_uts(struct subject *subject, struct cage_wall *wall)
{
	see_namespace(subject, wall, CAGE_UTS, "uts");
}

static void see_cgroup(struct subject *subject, struct cage_wall *wall)
{
	see_namespace(subject, wall, CAGE_CGROUP, "cgroup");
}

static void see_root(struct subject *subject, struct cage_wall *wall)
{
	wall->holds = subject->hello.empty_root &&
		      try_request(subject, REQUEST_BARE | REQUEST_STAT) == ENOENT;
	snprintf(wall->seen, sizeof(wall->seen), "sans le filtre, « /proc » n'existe pas");
	if (!wall->holds)
		explain("mnt", wall);
}

static const struct {
	const char *key, *name;
	bool mandatory;
	void (*see)(struct subject *subject, struct cage_wall *wall);
} cage_table[] = {
    {"privileges", "aucun nouveau droit", true, see_privileges},
    {"capacites", "aucune capacité", true, see_capabilities},
    {"landlock", "Landlock", true, see_landlock},
    {"appels", "filtre d'appels", true, see_filter},
    {"limites", "limites", true, see_limits},
    {"utilisateur", "espace : utilisateur", false, see_user},
    {"fichiers", "espace : fichiers", false, see_mount},
    {"racine", "racine vide", false, see_root},
    {"reseau", "espace : réseau", false, see_network},
    {"ipc", "espace : mémoire partagée", false, see_ipc},
    {"nom", "espace : nom de machine", false, see_uts},
    {"groupes", "espace : groupes de contrôle", false, see_cgroup},
};
const size_t cage_wall_count = ARRAY_SIZE(cage_table);

/* --- the parser --- */

static bool await_facts(int socket, struct hello *hello)
{
	int64_t deadline_ms = clock_ms() + START_DELAY_MS;
	uint8_t frame[MESSAGE_HEADER + HELLO_SIZE];
	enum message_type type;
	size_t length = 0;
	uint32_t payload;

	while (length < sizeof(frame) && wait_readable(socket, deadline_ms)) {
		ssize_t got = recv(socket, frame + length, sizeof(frame) - length, 0);

		if (got <= 0)
			return false;
		length += (size_t)got;
	}
	return length == sizeof(frame) && message_header(frame, &type, &payload) &&
	       type == MESSAGE_HELLO && message_read_hello(frame + MESSAGE_HEADER, payload, hello);
}

static const struct error *examine(struct subject *subject, int socket, struct cage_wall *walls)
{
	char path[64];

	if (!await_facts(socket, &subject->hello))
		return error_set(ERR_FAULT, NO_START);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)subject->pid);
	if (!read_status(path, subject->status, sizeof(subject->status)))
		return error_errno(ERR_FAULT, "%s", path);
	for (size_t i = 0; i < cage_wall_count; i++) {
		walls[i] = (struct cage_wall){.key = cage_table[i].key,
					      .name = cage_table[i].name,
					      .mandatory = cage_table[i].mandatory};
		cage_table[i].see(subject, &walls[i]);
		if (cage_table[i].mandatory && !walls[i].holds)
			snprintf(walls[i].remedy, sizeof(walls[i].remedy),
				 "rien ne doit être lu ainsi : réinstallez segur-parser, ou voyez "
				 "le noyau");
	}
	return NULL;
}

const struct error *cage_examine(uint64_t file_size, struct cage_wall *walls)
{
	struct subject subject = {.file_size = file_size};
	const struct error *err = template_open(file_size, &subject.template);
	int socket = -1;

	if (err == NULL)
		err = template_fork(subject.template, REQUEST_PARSER, &subject.pid, &socket);
	if (err == NULL) {
		err = examine(&subject, socket, walls);
		file_let_go(socket);
		end_process(subject.pid);
	}
	template_close(subject.template);
	return err;
}
