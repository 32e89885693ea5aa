"""A scene for each command: a small root, what is typed, and what may be said of it. See README.md."""

import dataclasses
import pathlib
import shutil
import tempfile

import scene  # noqa: F401 (sets the path)
from scene import filed, row

from certificates import certificat  # noqa: E402
from harness import SEGUR, Root, command  # noqa: E402
from factory import decisions, supplier  # noqa: E402
from state import read_tree, relay  # noqa: E402

NIGHTS = "2026-03-02", "2026-03-03"
NIGHT, PURGE = "2026-03-20", "2026-06-01"
F = [supplier(n, compte=f"compte-{n}") for n in range(1, 5)]
KEPT = {"identite_jours": 30, "dossier_jours": 80, "refus_jours": 30, "rapports_jours": 30}


@dataclasses.dataclass(frozen=True)
class Scene:
    """`words`: what is typed, in a folder that `files` fills; `out`: what it makes, whose names must never stand for
    halves; `masked`: files whose bytes differ from run to run; `rows`: a file that is a database."""

    words: tuple
    files: dict
    out: str = ""
    masked: tuple = ()
    then: tuple = ()  # another command that has to bring what this one said it could not
    night: bool = False  # what it did not do tonight it may answer and leave to the next night


def tree_of(base: pathlib.Path, at="root") -> dict:
    return {at: ("d", 0o750)} | {f"{at}/{name}": item for name, item in read_tree(base).items()}


def story() -> Root:
    """Two nights: a request that is validated, one that is rejected, a drop that is refused; and a drop in the inbox."""
    root = Root(SEGUR, analyseurs=1, **KEPT)
    root.references(F)
    for f in F[:2]:
        root.drop(f.compte, "dossier.zip", filed(f))
    root.drop(F[2].compte, "refuse.zip", filed(F[2], **{"banque.bic": "X"}))
    root.run(NIGHTS[0])
    root.asp("decisions.csv", decisions([row("ENR0002M0", "rejeter", "Le mandat n’est pas signé")]))
    root.run(NIGHTS[1])
    return root


def validated(root: Root) -> None:
    root.decide("ENR0001M0", "valider", date="2026-04-20")


def copied(root: Root, change) -> dict:
    """The root after something more."""
    other = root.copy()
    try:
        change(other)
        relay(other.path, {})
        return tree_of(other.path)
    finally:
        other.remove()


def tonight(root: Root) -> None:
    root.asp("decisions.csv", decisions([row("ENR0001M0", "valider")]))
    root.drop(F[3].compte, "dossier.zip", filed(F[3]))
    root.drop(F[2].compte, "corrige.tar.gz", filed(F[2], "tar.gz"))


def saving(root: Root) -> None:
    """Tonight with a backup of its own, and an old one that it removes."""
    tonight(root)
    folder = root.path / "sauvegardes"
    folder.mkdir()
    (folder / "segur-2026-03-01-nuit-1.sauvegarde").write_bytes(saved(root))
    root.configure(repertoire=folder.name)


def lost(root: Root) -> None:
    tonight(root)
    root.run(NIGHT)


def certified(root: Root) -> None:
    validated(root)
    shutil.copy(certificat("sweep")[0], root.path / "conservation.pem")
    root.configure(certificat="conservation.pem")


def outbox(tree: dict) -> dict:
    """What was there after the backup, when the rest is lost."""
    return {name: item for name, item in tree.items() if name == "root" or name.startswith("root/outbox")}


def old_outbox(tree: dict) -> dict:
    """The same of before there was a file of what was given: days alone are known."""
    return {name: item for name, item in outbox(tree).items() if name != "root/outbox/.suite"}


def saved(root: Root) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "backup.db"
        done = root.segur("backup", path, "--root", root.path)
        assert done.returncode == 0, done.stderr
        return path.read_bytes()


def scenes() -> dict[str, Scene]:
    """name -> Scene; the name begins with the command's."""
    root = story()
    try:
        plain = copied(root, lambda other: None)
        old = copied(root, validated)
        at = ("--root", "root")
        backup = {"backup.db": ("f", 0o600, saved(root))}
        key = {"cle.pem": ("f", 0o600, certificat("sweep")[1].read_bytes())}
        purge = ("purge", *at, "--date", PURGE)
        return {
            "init": Scene(("init", "out"), {}, "out", ("out/var/secret",)),
            "run": Scene(("run", *at, "--date", NIGHT), copied(root, tonight), night=True),
            "run saves": Scene(("run", *at, "--date", NIGHT), copied(root, saving), night=True),
            "list": Scene(("list", *at), plain),
            "list csv": Scene(("list", *at, "--format", "csv"), plain),
            "list json": Scene(("list", *at, "--format", "json"), plain),
            "show": Scene(("show", "ENR0002M0", *at), plain),
            "show json": Scene(("show", "ENR0002M0", "--format", "json", *at), plain),
            "decide": Scene(("decide", "ENR0001M0", "valider", "--gestionnaire", "Caron", "--date", NIGHT, *at), plain,
                            then=("run", *at, "--date", NIGHT, "--quiet")),
            "pieces": Scene(("pieces", "ENR0001M0", "out", *at), plain, "out"),
            "backup": Scene(("backup", "out.db", *at), plain, "out.db"),
            "restore date": Scene(("restore", "backup.db", "out", "--apres", NIGHT), backup, "out"),
            "restore outbox": Scene(("restore", "backup.db", "out", "--outbox", "root"), backup | outbox(copied(root, lost)), "out"),
            "restore old": Scene(("restore", "backup.db", "out", "--outbox", "root"), backup | old_outbox(copied(root, lost)), "out"),
            "replay": Scene(("replay", "--date", NIGHTS[1], "out", *at), plain, "out"),
            "verify": Scene(("verify", *at), plain),
            "reports": Scene(("reports", "out", *at), plain, "out"),
            "purge": Scene(purge, old),
            "purge dry": Scene((*purge, "--dry-run"), old),
            "purge encrypts": Scene((*purge, "--cle", "cle.pem"), key | copied(root, certified)),
        }  # fmt: skip
    finally:
        root.remove()


def commands() -> set[str]:
    """The table of commands, as `segur --help` shows it."""
    said = command("--help").stdout.partition("Commandes :\n")[2].partition("\n\n")[0]
    return {line.split()[0] for line in said.splitlines()}
