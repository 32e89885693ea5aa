"""A parser that was taken over, in its real cage (attacker.c): it harms its own account's drops of tonight, nothing else."""

import pathlib
import platform
import re
import shutil
import subprocess
import time
import unittest

from harness import DATE, NIGHT_S, REPO, SEGUR, Case, Root
from factory import depot, pdf, replace, supplier
from test_boundary import SANITIZED

ATTACKER = SEGUR.parent / "tests/e2e/attacker"
SOURCE = (REPO / "tests/e2e/attacker.c").read_text("utf-8")
TABLE = SOURCE[SOURCE.index("} attacks[] = {"):]
NEXT, LATER = "2026-03-03", "2026-05-04"
CONF = {"delai_s": 3, "piece_cpu_s": 1}

# What its own drop gets, where it is not an incident.
OUTCOMES = {
    "taille-fausse": "OK", "empreinte-fausse": "OK", "ordinal-etranger": "OK", "ordinal-hors-archive": "OK",
    "pieces-en-double": "OK", "rien-a-redire": "OK", "textes-hostiles": "OK", "tout-a-redire": "KO",
    "texte-demesure": "KO", "siret-d-autrui": "KO", "demande-d-autrui": "KO", "ecrire-dans-l-archive": "OK",
    "ecrire-au-journal": "OK", "reponse-apres-la-fin": "OK", "descripteur-garde": "OK", "reponses-aveugles": "OK",
}  # fmt: skip
EITHER = {"socket-remplie", "flot-de-trames"}  # by what the parent reads first
EXTRACTIONS = re.findall(r'"([a-z-]+)",\s*\.extract', TABLE)
ALONE = {"descripteur-garde", "reponses-aveugles"}  # they need several drops, and one parser
ATTACKS = [name for name in re.findall(r'^ +\{"([a-z0-9-]+)"', TABLE, re.M) if name not in EXTRACTIONS]

HONEST = [supplier(n) for n in range(1, 7)]
WITH_SCRIPT = {"rib.pdf": pdf("Relevé", javascript="app.alert(1)")}


def armed(tar: bytes, attack: str, argument="") -> bytes:
    """The same tar, whose first header names the attack as its owner."""
    header = bytearray(tar[:512])
    header[265:297], header[297:329] = attack.encode().ljust(32, b"\0"), argument.encode().ljust(32, b"\0")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + tar[512:]


def attacker(n: int):
    return supplier(100 + n, compte=f"attaquant-{n:03}")


def of_session(leader: int) -> list[str]:
    """The processes of that session that are there still."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            found.append(stat.parent.name)
    return found


@unittest.skipUnless(ATTACKER.is_file(), f"{ATTACKER} is not built")
@unittest.skipIf(SANITIZED, "a sanitizer's build has no whole cage")
class Attacks(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = cls.shared_root().path  # goes with the class
        shutil.copy2(SEGUR, cls.programs / "segur")
        shutil.copy2(ATTACKER, cls.programs / "segur-parser")

    def run_of(self, program, root: Root, *words, expect=frozenset([0])) -> tuple[str, str]:
        """What a command said, in its two streams. Nothing of it runs on."""
        run = subprocess.Popen([program, *words, "--root", root.path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               encoding="utf-8", start_new_session=True, env={"PATH": "/usr/bin:/bin"})  # fmt: skip
        try:
            said = run.communicate(timeout=NIGHT_S)
        finally:
            run.kill()
        self.assertEqual(of_session(run.pid), [])
        self.assertIn(run.returncode, expect, said)
        return said

    def night(self, root: Root, date=DATE):
        """With parsers that were taken over."""
        words = ("run", "--quiet", "--date", date)
        said, told = self.run_of(self.programs / "segur", root, *words, expect={0, 69})
        waits = root.sql("SELECT count(*) FROM depots WHERE etat = 'INCIDENT' AND date = ?", date)[0][0] > 0
        self.assertEqual((said, "attend la prochaine nuit" in told or "attendent la prochaine nuit" in told), ("", waits), told)

    def verified(self, root: Root):
        done = root.segur("verify", "--root", root.path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def outcome(self, name: str, answer: dict):
        self.assertIn(answer["etat"], {OUTCOMES.get(name, "INCIDENT"), "OK" if name in EITHER else None})

    def seen_by_others(self, root: Root) -> dict:
        """All that honest suppliers, their case managers and the ASP are told of them."""
        seen, accounts = {}, [f.compte for f in HONEST]
        for compte in accounts:
            seen |= {str(path): path.read_bytes() for path in root.outbox(compte).iterdir()}
            for (numero,) in root.sql("SELECT numero FROM depots WHERE compte = ? AND numero IS NOT NULL", compte):
                seen[numero] = root.show(numero)
                for mail in seen[numero]["mails"]:
                    del mail["sha256"]  # below without the number, which counts the mails of all
        mails = [path.read_bytes() for path in root.mail_files()]
        for rank, mail in enumerate(mail for mail in mails if b"attaquant-" not in mail):
            seen[f"mail {rank}"] = re.sub(rb"^Message-ID: .*\n( .*\n)*", b"", mail, flags=re.M)
        for path in (root.path / "outbox/asp/rapports/courant").glob("*.csv"):
            lines = path.read_text("utf-8").splitlines()
            seen[path.name] = [line for line in lines if any(compte in line for compte in accounts)]
        return {key.removeprefix(str(root.path)): value for key, value in seen.items()}


class TestNight(Attacks):
    def dropped(self) -> tuple[Root, dict]:
        """Each attack is an account's; honest drops come before, between and after. Theirs are trials, so that no number
        shifts; those that are refused, or no trial, come last."""
        root = self.root(**CONF)
        others = ALONE if platform.machine() == "x86_64" else {*ALONE, "appel-a-32-bits", "appel-x32"}
        theirs = {name: attacker(n) for n, name in enumerate(ATTACKS) if name not in others}
        arguments = {"siret-d-autrui": HONEST[0].siret, "demande-d-autrui": "ENR0001M0"}
        root.references([*HONEST, *theirs.values()])
        for name, f in theirs.items():
            last = OUTCOMES.get(name) == "KO" or name in ("rien-a-redire", "textes-hostiles")
            fichiers = WITH_SCRIPT if name == "rien-a-redire" else {}
            data = depot(f, "tar", fichiers=fichiers, essai=name != "textes-hostiles")
            root.drop(f.compte, f"{'z' if last else 'm'}-{f.compte}.tar", armed(data, name, arguments.get(name, "")))
        for f, name in zip(HONEST, ("a", "m-attaquant-120", "y", "b", "m-attaquant-150", "zz")):
            root.drop(f.compte, f"{name}.tar", depot(f, "tar", essai=f in HONEST[3:]))
        return root, theirs

    def test_each_attack(self):
        root, theirs = self.dropped()
        honest = self.copied(root)
        honest.run()
        begun = time.monotonic()
        self.night(root)
        # Five of them wait for their deadline, two use up their time.
        self.assertLess(time.monotonic() - begun, 20 * CONF["delai_s"])
        for name, f in theirs.items():
            with self.subTest(name):
                (path,) = root.outbox(f.compte).glob("*_retour.yaml")
                self.outcome(name, root.retour(f.compte, path.name.removesuffix("_retour.yaml")))
        self.same(self.seen_by_others(root), self.seen_by_others(honest))
        self.verified(root)
        self.check_outputs(root)
        for one in (root, honest):
            one.drop(HONEST[3].compte, "demain.zip", depot(HONEST[3], "zip", essai=True))
            one.run(NEXT)
        self.same(self.seen_by_others(root), self.seen_by_others(honest))
        self.assertEqual([root.inbox(f.compte) for f in theirs.values()], [[]] * len(theirs))
        self.verified(root)


class TestOneAccount(Attacks):
    """What a parser may do to later drops of the account whose drop took it over, and to no other's."""

    def judged(self, name: str) -> str:
        """A night with one parser: the attack, then drops that are no archives, its own account's and an honest one's.
        What the former got."""
        f, other = attacker(0), HONEST[0]
        root = self.root(analyseurs=1, **CONF)
        root.references([f, other])
        root.drop(other.compte, "0.tar", depot(other, "tar"))
        root.drop(f.compte, "a.tar", armed(depot(f, "tar", essai=True), name))
        root.drop(f.compte, "b.tar", b"rien")
        root.drop(other.compte, "c.tar", b"rien")
        self.night(root)
        self.outcome(name, root.retour(f.compte, "a.tar"))
        self.assertEqual([root.retour(other.compte, drop)["etat"] for drop in ("0.tar", "c.tar")], ["OK", "KO"])
        self.verified(root)
        root.drop(f.compte, "d.tar", b"rien non plus")
        root.run(NEXT)
        self.assertEqual(root.retour(f.compte, "d.tar")["etat"], "KO")
        return root.retour(f.compte, "b.tar")["etat"]

    def test_a_kept_descriptor(self):
        self.assertEqual(self.judged("descripteur-garde"), "OK")

    def test_answers_without_reading(self):
        """When it guesses the time. What piles up in its socket: tests/unit/test_worker.c."""
        self.assertIn(self.judged("reponses-aveugles"), ("OK", "KO"))


class TestDocuments(Attacks):
    """What stays: requests whose parser lied, and the documents that another one writes out of kept archives."""

    FORGED = ("taille-fausse", "empreinte-fausse", "ordinal-etranger", "ordinal-hors-archive", "pieces-en-double",
              "textes-hostiles")  # fmt: skip
    WRONG = {"empreinte-fausse", "ordinal-etranger", "ordinal-hors-archive"}  # no document is what was recorded

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = cls.shared_root(identite_jours=30, archive_octets=1 << 20, **CONF)
        suppliers = {"": HONEST[0]} | {name: attacker(n) for n, name in enumerate((*cls.FORGED, *EXTRACTIONS))}
        # The register says nothing of it, so that what the dossier says is shown.
        suppliers["textes-hostiles"] = replace(suppliers["textes-hostiles"], published=False)
        cls.kept.references(suppliers.values())
        for name, f in suppliers.items():
            cls.kept.drop(f.compte, "a.tar", armed(depot(f, "tar"), name))
        cls().night(cls.kept)
        cls.numeros = {name: cls.kept.retour(f.compte, "a.tar")["numero"] for name, f in suppliers.items()}

    def written(self, program, name: str, expect: set) -> dict:
        out = self.folder() / "out"
        self.run_of(program, self.kept, "pieces", self.numeros[name], out, expect=expect)
        return {path.name: path.read_bytes() for path in out.iterdir()}

    def test_pieces(self):
        """Whoever reads the archive, a document is written out as it was recorded, or not at all."""
        for name in self.numeros:
            with self.subTest(name):
                right = self.written(SEGUR, name, {70 if name in self.WRONG else 0})
                self.assertEqual(len(right), 0 if name in self.WRONG else 40 if name == "pieces-en-double" else 3)
                if name not in self.FORGED:
                    codes = {"": {0}, "extraire-apres-coup": {0, 70}}.get(name, {70})
                    self.assertLessEqual(self.written(self.programs / "segur", name, codes).items(), right.items())
        self.verified(self.kept)

    def test_purge(self):
        """A request whose papers cannot be taken out of its archive waits; the others' are erased."""
        root = self.copied(self.kept)
        for numero in self.numeros.values():
            root.decide(numero, "valider")
        root.run(NEXT)
        for program, waiting in ((self.programs / "segur", {*self.WRONG, *EXTRACTIONS}), (SEGUR, self.WRONG)):
            said = self.run_of(program, root, "purge", "--date", LATER, expect={70})[1]
            found = {name for name, numero in self.numeros.items() if numero in said}
            self.assertEqual(found - {"extraire-apres-coup"}, waiting - {"extraire-apres-coup"})
            self.verified(root)

    def test_what_is_shown(self):
        """Values that act upon a terminal, a spreadsheet or a mail."""
        self.check_outputs(self.kept)
        self.verified(self.kept)
        numero, again = self.numeros["textes-hostiles"], self.folder() / "again"
        for words, codes in ((["list"], {0}), (["show", numero], {0}), (["replay", "--date", DATE, again], {65})):
            shown = self.run_of(SEGUR, self.kept, *words, expect=codes)[0]
            self.assertIn("=cmd", shown)
            self.assertNotRegex(shown, r"[\x00-\x09\x0b-\x1f\x7f]")


class TestTable(unittest.TestCase):
    def test_documented(self):
        """docs/attaques.md has each attack, in the table's order."""
        page = (REPO / "docs/attaques.md").read_text("utf-8")
        self.assertEqual(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.M), ATTACKS + EXTRACTIONS)


if __name__ == "__main__":
    unittest.main()
