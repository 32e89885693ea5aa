"""What the end-to-end tests share: a root in a temporary folder, and what its outbox says.

    /usr/bin/python3 -m unittest discover -s tests/e2e

$SEGUR names the program under test (build/release/segur), which finds segur-parser beside itself.
Python 3 with python3-yaml and nothing else; the material comes from tests/tools/factory.py.
"""

import csv
import email
import email.policy
import fcntl
import hashlib
import io
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(REPO / "tests/tools")]
SEGUR = pathlib.Path(os.environ.get("SEGUR", REPO / "build/release/segur")).resolve()
# tests/mutation: where a program that was copied elsewhere learns what is broken in it.
MUTANT = {name: os.environ[name] for name in ("SEGUR_MUTANT",) if name in os.environ}
if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK):
    tempfile.tempdir = "/dev/shm"  # a night syncs often: in memory the suite is several times faster
DATE = "2026-03-02"  # of a night, where another would do as well
NIGHT_S = 120  # seconds after which a run hangs
NOBODY = 65534
CATALOGUE = {a["code"]: a for a in yaml.safe_load((REPO / "schemas/anomalies.yaml").read_text("utf-8"))}
LABELS = {
    "EN_COURS": "En cours",
    "VALIDATION_PARTIELLE": "Validation partielle : En attente de certificat(s)",
    "ATTENTE_PIECES": "En attente de pièce(s) jointe(s) complémentaire(s)",
    "CERTIFICATS_A_VALIDER": "Certificat(s) à valider",
    "REJETEE": "Rejetée",
    "VALIDEE": "Validée",
}

from factory import references  # noqa: E402 (found through the path set above)


class YamlText(yaml.SafeLoader):
    """Scalars as the text that stands there, but for null and whole numbers."""


YamlText.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag.rpartition(":")[2] in ("null", "int")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def command(*words, **options) -> subprocess.CompletedProcess:
    """Runs the program; text, both streams captured. `program`: another one than $SEGUR."""
    program = options.pop("program", SEGUR)
    environment = {"PATH": "/usr/bin:/bin", **MUTANT, **options.pop("env", {})}  # cron's: C locale
    return subprocess.run([str(program), *map(str, words)], capture_output=True, text=True,
                          encoding="utf-8", timeout=NIGHT_S, env=environment, **options)  # fmt: skip


def table(data: bytes) -> list[dict]:
    """The rows of a CSV that the program wrote, in either dialect."""
    text = data.decode("utf-8-sig")
    separator = ";" if data.startswith(b"\xef\xbb\xbf") else ","
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def answers_of(folder: pathlib.Path, archive: str) -> list[pathlib.Path]:
    """The answers to that archive's name, in the order given."""
    first = folder / f"{archive}_retour.yaml"
    found = [first] if first.exists() else []
    while (later := folder / f"{archive}_retour-{len(found) + 1}.yaml").exists():
        found.append(later)
    return found


def parsed(path: pathlib.Path):
    return yaml.load(path.read_text("utf-8"), YamlText)


# What a service must say of the law, so that no night reminds its operator of it.
LAW = {"silence": "rejet", "recours_contentieux": "devant le tribunal administratif", "auteur": "Ada Brume",
       "auteur_qualite": "cheffe de service"}  # fmt: skip


def typed(mail: email.message.EmailMessage) -> str:
    """The words of a mail as they would be typed, on one line."""
    return " ".join(mail.get_content().replace("\u2019", "'").split())


class Root:
    """A root made by `segur init`, with stabilite_s = 0, LAW, and other lines of segur.conf by keyword."""

    def __init__(self, program=None, **conf):
        self.program = program or SEGUR
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="segur-e2e-"))
        self.path.rmdir()
        made = self.segur("init", self.path)
        assert made.returncode == 0, made.stderr
        self.configure(stabilite_s=0, **{key: value for key, value in LAW.items() if key not in conf}, **conf)

    # --- what the operator does ---

    def segur(self, *words, **options) -> subprocess.CompletedProcess:
        return command(*words, program=self.program, **options)

    def configure(self, **conf) -> None:
        path = self.path / "segur.conf"
        lines = path.read_text("utf-8").splitlines()
        for key, value in conf.items():
            at = [n for n, line in enumerate(lines) if line.split(" = ")[0] == key]
            assert len(at) == 1, key
            lines[at[0]] = f"{key} = {value}"
        path.write_text("\n".join(lines) + "\n", "utf-8")

    def kill_at(self, call: str, when: int, *words) -> subprocess.CompletedProcess:
        """Killed at that time that it, not a parser, makes that system call; it ends with 0 when it makes fewer. Nothing
        of it runs on. A sanitized program cannot look for leaks while it is traced: parsers, whose environment is not
        ours to set, are not."""
        strace = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}"]
        environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run([*strace, str(self.program), *map(str, words)], capture_output=True, env=environment, timeout=NIGHT_S)
        self.lock(wait=True).close()
        return done

    def run(self, date=DATE, expect=0, *more, **options) -> subprocess.CompletedProcess:
        """One night; `date` None is the real one."""
        dated = ["--date", date] if date else []
        done = self.segur("run", "--root", self.path, "--quiet", *dated, *more, **options)
        assert done.returncode == expect, f"segur run: {done.returncode}, not {expect}\n{done.stderr}"
        return done

    def decide(self, numero, decision, expect=0, *more, date=DATE, gestionnaire="Bérénice Caron"):
        who = ["--gestionnaire", gestionnaire] if gestionnaire is not None else []
        done = self.segur("decide", numero, decision, *who, "--date", date, "--root", self.path, *more)
        assert done.returncode == expect, f"segur decide: {done.returncode}\n{done.stderr}"
        return done

    def show(self, numero) -> dict:
        done = self.segur("show", numero, "--format", "json", "--root", self.path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def copy(self, program=None) -> "Root":
        """The same root elsewhere: inode numbers and times of the drops differ."""
        other = Root.__new__(Root)
        other.program = program or self.program
        other.path = pathlib.Path(tempfile.mkdtemp(prefix="segur-e2e-"))
        shutil.copytree(self.path, other.path, symlinks=True, dirs_exist_ok=True)
        return other

    def older(self, version: int) -> "Root":
        """The same root as a program of that version of the schema would have left it: this one, changed in place."""
        path, made = self.path / "var/segur.db", self.path / "var/ancien.db"
        database = sqlite3.connect(made)
        for migration in sorted((REPO / "schemas/sql/migrations").glob("*.sql"))[:version]:
            database.executescript(migration.read_text("utf-8"))
        database.execute("ATTACH ? AS later", (str(path),))
        # The rows as they are: not those of the migrations, nor what a trigger would add.
        triggers = database.execute("SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER main.{name}")
        tables = database.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (table,) in tables.fetchall():
            columns = ", ".join(c[1] for c in database.execute(f"PRAGMA main.table_info({table})"))
            database.execute(f"DELETE FROM main.{table}")
            database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM later.{table}")
        for _, sql in triggers:
            database.execute(sql)
        database.execute(f"PRAGMA user_version = {version}")
        database.commit()
        database.close()
        for extra in ("-wal", "-shm"):
            (self.path / f"var/segur.db{extra}").unlink(missing_ok=True)
        made.replace(path)
        return self

    # --- what suppliers and the ASP do ---

    def drop(self, compte: str, name: str, data: bytes) -> pathlib.Path:
        path = self.path / "inbox" / compte / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def asp(self, name: str, data: bytes) -> pathlib.Path:
        return self.drop("asp", name, data)

    def references(self, suppliers, additions=None, formes=None) -> None:
        for name, data in references(suppliers, additions, formes).items():
            self.asp(name, data)

    # --- what they read ---

    def inbox(self, compte: str) -> list[str]:
        return sorted(os.listdir(self.path / "inbox" / compte))

    def outbox(self, compte: str) -> pathlib.Path:
        return self.path / "outbox/fournisseurs" / compte

    def retours(self, compte: str, archive: str) -> list[dict]:
        """Every answer to that name, oldest first."""
        return [parsed(path) for path in answers_of(self.outbox(compte), archive)]

    def retour(self, compte: str, archive: str) -> dict:
        """The newest answer to that name."""
        found = self.retours(compte, archive)
        assert found, f"no answer to {compte}/{archive}"
        return found[-1]

    def asp_answer(self, name: str) -> list[dict]:
        """The rows of the newest answer to that ASP file."""
        folder = self.path / "outbox/asp/retours"
        first = folder / f"{name}_retour.csv"
        found = [first] if first.exists() else []
        while (later := folder / f"{name}_retour-{len(found) + 1}.csv").exists():
            found.append(later)
        assert found, f"no answer to asp/{name}: {os.listdir(folder)}"
        return table(found[-1].read_bytes())

    def mail_files(self) -> list[pathlib.Path]:
        return sorted((self.path / "outbox/mails/new").iterdir())

    def mails(self, kind=None, demande=None, to=None) -> list[email.message.EmailMessage]:
        """The notification mails, in the order written: of that kind, about that request, to that address."""
        parse = email.message_from_bytes
        found = [parse(path.read_bytes(), policy=email.policy.default) for path in self.mail_files()]
        return [
            mail for mail in found
            if (kind is None or mail["X-Segur-Mail"] == kind)
            and (demande is None or mail["X-Segur-Demande"] == demande)
            and (to is None or mail["To"].addresses[0].addr_spec == to)
        ]  # fmt: skip

    def report(self, name: str) -> list[dict]:
        """A report of the newest night."""
        return table((self.path / "outbox/asp/rapports/courant" / f"{name}.csv").read_bytes())

    def alerts_tonight(self) -> list[dict]:
        """Of the alerts that stand, those that the newest night gave."""
        night = (self.path / "outbox/asp/rapports/courant").readlink().name
        return [row for row in self.report("alertes") if row["depuis"] == night]

    def demandes(self) -> dict[str, dict]:
        """The report of requests, by number without its rank: "ENR0001"."""
        return {row["numero"].partition("M")[0]: row for row in self.report("demandes")}

    def tree(self, path="outbox") -> dict[str, str]:
        """relative path -> sha256, or what else it is."""
        base, found = self.path / path, {}
        for item in sorted(base.rglob("*")):
            name = str(item.relative_to(base))
            if item.is_symlink():
                found[name] = "-> " + os.readlink(item)
            elif item.is_file():
                found[name] = hashlib.sha256(item.read_bytes()).hexdigest()
            elif not item.is_dir():
                found[name] = "special"
        return found

    def sql(self, statement: str, *values) -> list[tuple]:
        """For what no output says: tokens are kept as hashes only."""
        database = sqlite3.connect(f"file:{self.path}/var/segur.db?mode=ro", uri=True)
        try:
            return database.execute(statement, values).fetchall()
        finally:
            database.close()

    def alter(self, script: str) -> None:
        """Changes the database behind the program's back."""
        database = sqlite3.connect(self.path / "var/segur.db")
        try:
            database.executescript(script)
        finally:
            database.close()

    def dump(self) -> str:
        database = sqlite3.connect(f"file:{self.path}/var/segur.db?mode=ro", uri=True)
        try:
            return "\n".join(database.iterdump())
        finally:
            database.close()

    def lock(self, wait=False):
        """Holds the lock as a run does, until the file is closed."""
        handle = open(self.path / "var/verrou", "w")
        fcntl.lockf(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return handle


class Case(unittest.TestCase):
    """Roots are removed after the test, or after the class; long differences are shown whole."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not SEGUR.is_file() or not (SEGUR.parent / "segur-parser").is_file():
            raise unittest.SkipTest(f"{SEGUR} is not built")

    def root(self, **conf) -> Root:
        root = Root(**conf)
        self.addCleanup(root.remove)
        return root

    def copied(self, root: Root, program=None) -> Root:
        other = root.copy(program)
        self.addCleanup(other.remove)
        return other

    @classmethod
    def shared_root(cls, **conf) -> Root:
        root = Root(**conf)
        cls.addClassCleanup(root.remove)
        return root

    def same(self, found: dict, wanted: dict, *note) -> None:
        """Equal, or the keys that differ."""
        keys = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
        self.assertEqual({key: found.get(key) for key in keys}, {key: wanted.get(key) for key in keys}, *note)

    def check_outputs(self, root: Root) -> None:
        """Mails, answers and reports as their readers need them."""
        checker = REPO / "tests/e2e/check_outputs.py"
        done = subprocess.run([sys.executable, checker, root.path / "outbox"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def unprivileged(self, root: Root) -> dict:
        """Gives the root to a user whom permissions stop, with a program that it may run: the options of its commands."""
        if os.geteuid() != 0:
            return {}
        folder = self.folder()
        folder.chmod(0o755)
        for name in ("segur", "segur-parser"):
            shutil.copy2(SEGUR.parent / name, folder / name)
        root.program = folder / "segur"
        for path in [root.path, *root.path.rglob("*")]:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def folder(self) -> pathlib.Path:
        path = pathlib.Path(tempfile.mkdtemp(prefix="segur-e2e-"))
        self.addCleanup(shutil.rmtree, path, True)
        return path


def codes(retour: dict) -> list[str]:
    return sorted(a["code"] for a in retour["anomalies"])
