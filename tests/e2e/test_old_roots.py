"""Roots and backups that older programs left: this one verifies them, shows them, restores them, goes on with them.

tests/samples/roots has them, each with what it said when it was made. What is compared is content: statuses, numbers,
verdicts, kinds of mails. A later program may say it in other words and say more. Bytes are compared in one class alone,
TestSameBytes, and only while the program is of the very version that made the root.
"""

import copy
import functools
import json
import os
import pathlib
import re
import shutil
import stat
import unittest

from harness import SEGUR, Case, Root
from make_roots import PURGED_ON, ROOTS, documents, state, told, unpacked, versions

WHOLE = "six-nights", "purged", "encrypted"  # the last night ended
KILLED = "before-commit", "between"
BACKUPS = {"six-nights": "six-nights", "six-nights-without-insee": "six-nights", "purged": "purged", "encrypted": "encrypted"}
KEY = "cle.pem"
CERTIFICATE = "conservation.pem"


@functools.cache
def facts(name: str) -> dict:
    return json.loads((ROOTS / f"{name}.json").read_text("utf-8"))


def kinds() -> set[str]:
    """Of mails that there were."""
    return {mail.split()[1] for of in facts("six-nights")["demandes"].values() for mail in of["mails"]}


def outline(demandes: dict) -> dict:
    """What a night of any later program must say of the requests: no link of the journal, no mail of a kind since."""
    return {numero: of | {"mails": [mail for mail in of["mails"] if mail.split()[1] in kinds()],
                          "historique": [event.rpartition(" ")[0] for event in of["historique"]]}
            for numero, of in demandes.items()}  # fmt: skip


def returned(returns: dict) -> dict:
    """Of decisions each row; of a register whether it was taken."""
    return {name: rows if "decisions" in name else [row.split()[1] for row in rows] for name, rows in returns.items()}


def root_at(path: pathlib.Path) -> Root:
    root = Root.__new__(Root)
    root.program, root.path = SEGUR, path
    return root


class Old(Case):
    def unpacked(self, name: str) -> pathlib.Path:
        folder = self.folder()
        unpacked(ROOTS / f"{name}.tar.xz", folder)
        return folder

    def opened(self, name: str, inside="root") -> tuple[Root, list]:
        """The root, and how its archives are opened."""
        folder = self.unpacked(name)
        return root_at(folder / inside), ["--cle", folder / KEY] if (folder / KEY).exists() else []

    def ends(self, root: Root, *words, expect=0) -> str:
        done = root.segur(*words, "--root", root.path)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout

    def next_night(self, name: str, root: Root, following: pathlib.Path) -> dict:
        """Plays it; what it brought."""
        old = root.tree()
        shutil.copytree(following / "inbox", root.path / "inbox", dirs_exist_ok=True)
        root.run(facts(name)["suite"]["date"])
        return told(root, old)

    def says(self, found: dict, wanted: dict) -> None:
        """The same content: mails of the kinds that there were, answers with the anomalies that there were."""
        self.says_of_requests(found, wanted)
        self.same(returned(found["retours"]), returned(wanted["retours"]))
        verdicts = [{name: answer[0] for name, answer in of["reponses"].items()} for of in (found, wanted)]
        self.same(*verdicts)
        for name, (_, *codes) in wanted["reponses"].items():
            self.assertLessEqual(set(codes), set(found["reponses"][name]), name)

    def says_of_requests(self, found: dict, wanted: dict) -> None:
        self.assertEqual([mail for mail in found["courriels"] if mail.split()[0] in kinds()], wanted["courriels"])
        self.assertEqual(found["demandes"], wanted["demandes"])
        self.assertEqual(found["droits"], wanted["droits"])

    def stands_after(self, name: str, root: Root) -> None:
        """The statuses after the next night; and all agrees."""
        self.same({n: of["statut"] for n, of in state(root).items()}, facts(name)["suite"]["statuts"])
        self.ends(root, "verify")


class TestUnpacked(Old):
    """What the fixtures themselves must hold, or the other tests would prove less."""

    def test_modes_links_and_empty_folders(self):
        root, _ = self.opened("six-nights")
        for name, mode in {".": 0o750, "var": 0o700, "var/secret": 0o600, "outbox/asp/retours": 0o750}.items():
            self.assertEqual(stat.S_IMODE((root.path / name).stat().st_mode), mode, name)
        self.assertTrue(all((root.path / f"outbox/mails/{name}").is_dir() for name in ("new", "cur", "tmp")))
        self.assertEqual(os.readlink(root.path / "outbox/asp/rapports/courant"), "2026-03-25")
        (link,) = (path for path in (root.path / "inbox").rglob("*") if path.is_symlink())
        self.assertEqual(os.readlink(link), "vide.zip")
        self.assertEqual({path.stat().st_uid for path in root.path.rglob("*") if not path.is_symlink()}, {os.getuid()})

    def test_where_the_kills_fell(self):
        """One with copies made and no verdict, one with some mails out and others under temporary names; both with rows
        in the write-ahead log alone."""
        folder = self.unpacked("killed")
        early, late = (folder / name for name in KILLED)
        self.assertTrue(list((early / "var/tmp").iterdir()))
        out = [path.name for path in (late / "outbox/mails/new").iterdir() if path.name.startswith("20260303")]
        self.assertTrue(out and list((late / "outbox/mails/tmp").iterdir()))
        for path in (early, late):
            self.assertTrue((path / "var/segur.db-wal").stat().st_size)
            self.assertTrue(list((path / "inbox/asp").iterdir()))

    def test_the_story_is_rich(self):
        demandes = facts("six-nights")["demandes"].values()
        self.assertEqual(len({of["statut"] for of in demandes}), 6)
        self.assertEqual({of["type"] for of in demandes}, {"initial", "complementaire"})
        self.assertLessEqual({"relance", "echeance", "finalisation", "depot_pieces", "depot_modification"},
                             {event.split()[1] for of in demandes for event in of["historique"]})  # fmt: skip
        natures = [{line.split()[1] for line in of["effacements"]} for of in facts("purged")["demandes"].values()]
        self.assertTrue({"identite"} in natures and {"dossier"} in natures and set() in natures, natures)


class TestOldRoots(Old):
    def test_verify(self):
        for name in WHOLE:
            with self.subTest(name):
                self.ends(self.opened(name)[0], "verify")

    def test_shown(self):
        for name in WHOLE:
            root, options = self.opened(name)
            with self.subTest(name):
                self.same(state(root), facts(name)["demandes"])
                found = {numero: documents(root, numero, *options) for numero in facts(name)["demandes"]}
                self.same(found, facts(name)["documents"])

    def test_next_night(self):
        for name in WHOLE:
            root, options = self.opened(name)
            with self.subTest(name):
                old = root.tree()
                self.says(self.next_night(name, root, root.path.parent / "next"), facts(name)["suite"])
                self.stands_after(name, root)
                changed = [file for file, digest in old.items() if root.tree().get(file) != digest]
                self.assertEqual(changed, ["asp/rapports/courant"], "what was published stays")
                if name != "purged":
                    self.ends(root, "replay", "--date", facts(name)["suite"]["date"], self.folder() / "rejeu", *options)

    def test_replay(self):
        """It only reads: the command before it has brought the database up to date."""
        for name in ("six-nights", "encrypted"):
            root, options = self.opened(name)
            self.ends(root, "verify")
            for date in facts(name)["nuits"]:
                with self.subTest(name, date=date):
                    self.ends(root, "replay", "--date", date, self.folder() / "rejeu", *options)

    def test_purge_dry_run(self):
        for name in WHOLE:
            root, options = self.opened(name)
            with self.subTest(name):
                self.ends(root, "verify")  # brings the database up to date
                before = root.dump(), root.tree("outbox"), root.tree("var/archives")
                self.ends(root, "purge", "--dry-run", "--date", "2026-06-01", *options)
                self.assertTrue((root.dump(), root.tree("outbox"), root.tree("var/archives")) == before)

    def test_purge(self):
        """Of the six nights: what the purged root had erased is erased, and all else is shown."""
        root, _ = self.opened("six-nights")
        purged, _ = self.opened("purged")
        shutil.copy2(purged.path / "segur.conf", root.path / "segur.conf")
        self.ends(root, "purge", "--date", PURGED_ON)
        found, wanted = state(root), copy.deepcopy(facts("purged")["demandes"])
        for numero, of in wanted.items():
            self.assertLessEqual(set(of.pop("effacements")), set(found[numero].pop("effacements")), numero)
        self.same(found, wanted)
        self.ends(root, "verify")


class TestOldBackups(Old):
    def restored(self, name: str) -> Root:
        root = root_at(self.folder() / "racine")
        done = root.segur("restore", self.unpacked("backups") / f"{name}.db", root.path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return root

    def test_restore(self):
        for backup, name in BACKUPS.items():
            folder = self.unpacked(name)
            root = self.restored(backup)
            options = ["--cle", folder / KEY] if (folder / KEY).exists() else []
            if options:  # the operator's, like the key: no backup holds it
                shutil.copy2(folder / "root" / CERTIFICATE, root.path)
            with self.subTest(backup):
                self.ends(root, "verify")
                self.same(state(root), facts(name)["demandes"])
                numero = next(numero for numero, hashes in facts(name)["documents"].items() if hashes)
                self.assertEqual(documents(root, numero, *options), facts(name)["documents"][numero])
                self.says_of_requests(self.next_night(name, root, folder / "next"), facts(name)["suite"])
                self.stands_after(name, root)


class TestKilled(Old):
    def test_the_night_again(self):
        """It ends as the undisturbed one; then the next one. `verify` finds nothing wrong before but drops that were
        answered and have not left."""
        wanted = facts("killed")["tuee"]
        for killed in KILLED:
            root, _ = self.opened("killed", killed)
            with self.subTest(killed):
                if killed == "before-commit":
                    self.ends(root, "verify")
                old = root_at(root.path.parent / "before-commit").tree()
                root.run(wanted["date"])
                self.says(told(root, old), wanted)
                self.same(outline(state(root)), outline(facts("killed")["demandes"]))
                self.assertEqual([p for p in (root.path / "inbox").rglob("*") if not p.is_dir()], [])
                self.ends(root, "verify")
                self.ends(root, "replay", "--date", wanted["date"], self.folder() / "rejeu")
                self.says(self.next_night("killed", root, root.path.parent / "next"), facts("killed")["suite"])
                self.stands_after("killed", root)


class TestSameBytes(Old):
    """While the versions of program and rules are those that made a root, its next night says the same to the byte, and a
    replay finds no difference. A later version is let off here, and here alone."""

    def same_version(self, name: str, root: Root) -> None:
        found = versions(root)
        if found != facts(name)["versions"]:
            self.skipTest(f"{name} was made by {facts(name)['versions']}, this is {found}")

    def published(self, name: str, root: Root, wanted: dict) -> None:
        self.same_version(name, root)
        tree = root.tree()
        self.same({file: tree.get(file) for file in wanted}, wanted, name)

    def test_next_night(self):
        for name in WHOLE:
            with self.subTest(name):
                root, _ = self.opened(name)
                self.next_night(name, root, root.path.parent / "next")
                self.published(name, root, facts(name)["suite"]["outbox"])

    def test_killed(self):
        for killed in KILLED:
            with self.subTest(killed):
                root, _ = self.opened("killed", killed)
                root.run(facts("killed")["tuee"]["date"])
                self.published("killed", root, facts("killed")["tuee"]["outbox"])
                found = root.tree()
                found.pop(".suite")  # what was given: later programs keep it
                self.same(found, facts("killed")["tuee"]["outbox"])

    def test_replay(self):
        for name in ("six-nights", "encrypted"):
            root, options = self.opened(name)
            with self.subTest(name):
                played, _ = self.opened(name)
                played.run(facts(name)["suite"]["date"])
                self.same_version(name, played)
                self.ends(root, "verify")
                said = self.ends(root, "replay", "--date", facts(name)["nuits"][-1], self.folder() / "rejeu", *options)
                self.assertEqual(set(re.findall(r"^\S.*? {2,}\d+ +(\d+)$", said, re.M)), {"0"}, said)


if __name__ == "__main__":
    unittest.main()
