"""Kept archives at rest: encrypted to the certificate that segur.conf names, opened with its key, by `segur pieces`
and by `openssl cms`; nothing plain is left on the disk."""

import hashlib
import pathlib
import shutil
import unittest

from certificates import certificat, openssl
from harness import DATE, Case, Root
from factory import depot, supplier, pdf

F = supplier(1)
OTHERS = [supplier(n) for n in range(2, 5)]
MARK = "MARQUE-4f1c9d7e-IDENTITE"
IDENTITE = "piece_identite_representant"


def marked(kind="tar", f=F) -> bytes:
    """A drop whose identity paper says MARQUE in the clear."""
    return depot(f, kind, changes_by_path={f"pieces.{IDENTITE}": "cni.pdf"}, fichiers={"cni.pdf": pdf(MARK)})


def holding(root: Root, text: str, below="") -> list[str]:
    """The files of the root that hold this text."""
    wanted = text.encode()
    return sorted(str(p.relative_to(root.path)) for p in (root.path / below).rglob("*")
                  if p.is_file() and wanted in p.read_bytes())  # fmt: skip


def kept(root: Root) -> list[pathlib.Path]:
    return sorted(p for p in (root.path / "var/archives").rglob("*") if p.is_file())


class TestVault(Case):
    def encrypted(self, cert=None, **conf) -> Root:
        cert = cert or certificat("rsa")[0]
        root = self.root(certificat=cert, **conf)
        root.references([F, *OTHERS])
        return root

    def pieces(self, root: Root, numero: str, *more, expect=0) -> dict[str, bytes]:
        out = self.folder() / "out"
        done = root.segur("pieces", numero, out, "--root", root.path, *more)
        self.assertEqual(done.returncode, expect, done.stderr)
        self.stderr = done.stderr
        return {p.name: p.read_bytes() for p in out.iterdir()} if out.is_dir() else {}

    def check(self, cert, key):
        root = self.encrypted(cert)
        data = marked()
        sha256 = hashlib.sha256(data).hexdigest()
        root.drop(F.compte, "a.tar", data)
        root.run()
        self.assertEqual(root.retour(F.compte, "a.tar")["etat"], "OK")
        self.assertEqual(kept(root), [root.path / f"var/archives/{sha256[:2]}/{sha256}.cms"])
        self.assertEqual(holding(root, MARK), [])
        self.assertEqual(root.tree("var/tmp"), {})
        opened = openssl("cms", "-decrypt", "-inform", "DER", "-inkey", key, "-binary", "-in", kept(root)[0])
        self.assertEqual(opened, data)
        shown = openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", kept(root)[0]).decode()
        self.assertIn("aes-256-gcm", shown)
        self.assertIn("authEnvelopedData", shown)
        files = self.pieces(root, "ENR0001M0", "--cle", key)
        self.assertEqual(len(files), 3)
        self.assertIn(MARK.encode(), files[f"02-{IDENTITE}.pdf"])
        self.assertEqual(holding(root, MARK), [])

    def test_rsa(self):
        self.check(*certificat("rsa"))

    def test_ec(self):
        self.check(*certificat("ec", key=("ec", "P-256")))

    def test_usages_that_fit(self):
        self.check(*certificat("rsa-usage", "keyUsage=keyEncipherment"))
        self.check(*certificat("ec-usage", "keyUsage=keyAgreement", key=("ec", "P-384")))

    def test_plain_without_certificate(self):
        root = self.root()
        root.references([F])
        root.drop(F.compte, "a.tar", marked())
        root.run()
        self.assertEqual(holding(root, MARK), [str(kept(root)[0].relative_to(root.path))])
        self.assertEqual(len(self.pieces(root, "ENR0001M0")), 3)

    def test_without_the_key(self):
        root = self.encrypted()
        root.drop(F.compte, "a.tar", marked())
        root.run()
        other = certificat("autre")[1]
        self.assertEqual(self.pieces(root, "ENR0001M0", expect=64), {})
        self.assertIn("--cle", self.stderr)
        self.assertEqual(self.pieces(root, "ENR0001M0", "--cle", other, expect=65), {})
        self.assertIn("la clé n'est pas la bonne", self.stderr)
        self.assertEqual(self.pieces(root, "ENR0001M0", "--cle", certificat("rsa")[0], expect=65), {})
        self.assertIn("clé privée", self.stderr)
        self.assertEqual(self.pieces(root, "ENR0001M0", "--cle", "/nulle/part", expect=65), {})

    def test_damaged(self):
        """One bit anywhere: the tag says so, and nothing is handed out."""
        root = self.encrypted()
        root.drop(F.compte, "a.tar", marked())
        root.run()
        path, key = kept(root)[0], certificat("rsa")[1]
        data = path.read_bytes()
        for at in (len(data) // 2, len(data) - 8):
            with self.subTest(at=at):
                path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
                self.assertEqual(self.pieces(root, "ENR0001M0", "--cle", key, expect=65), {})
        path.write_bytes(data[: len(data) // 2])
        self.assertEqual(self.pieces(root, "ENR0001M0", "--cle", key, expect=65), {})

    def test_certificates_that_do_not_do(self):
        """Nothing is taken, nothing is kept plain: 78, and the drop waits."""
        root = self.encrypted()
        root.drop(F.compte, "a.tar", marked())
        before = root.tree("inbox")
        garbage = self.folder() / "garbage.pem"
        garbage.write_text("-----BEGIN CERTIFICATE-----\nbonjour\n-----END CERTIFICATE-----\n")
        cases = {
            "/nulle/part.pem": "n'existe pas",
            self.folder(): "certificat",
            garbage: "PEM",
            certificat("rsa")[1]: "PEM",
            certificat("perime", "enddate=20260301235959Z")[0]: "expiré",
            certificat("futur", "startdate=20260303000000Z")[0]: "pas encore valide",
            certificat("signature", "keyUsage=digitalSignature")[0]: "chiffrer",
            certificat("ec-signature", "keyUsage=digitalSignature", key=("ec", "P-256"))[0]: "chiffrer",
            certificat("courte", key=("rsa", "1024"))[0]: "chiffrer",
            certificat("ed25519", key=("ed", "ED25519"))[0]: "chiffrer",
        }
        for cert, word in cases.items():
            with self.subTest(str(cert)):
                root.configure(certificat=cert)
                done = root.run(expect=78)
                self.assertIn("certificat de conservation", done.stderr)
                self.assertIn(word, done.stderr)
                self.assertEqual((root.tree("inbox"), kept(root)), (before, []))
                self.assertEqual(root.sql("SELECT count(*) FROM nuits"), [(0,)])
        for name, *dates in (("dernier", "enddate=20260302000000Z"), ("premier", "startdate=20260302235959Z")):
            with self.subTest(name):
                copy = self.copied(root)
                copy.configure(certificat=certificat(name, *dates)[0])
                copy.run()
                self.assertEqual(copy.retour(F.compte, "a.tar")["etat"], "OK")

    def test_warns_before_the_end(self):
        root = self.encrypted(certificat("bientot", "enddate=20260320000000Z")[0])
        self.assertIn("expire le 2026-03-20", root.run().stderr)
        self.assertNotIn("expire", root.run("2026-02-01", 0, "--force").stderr)

    def test_same_bytes_twice(self):
        """From another account, or refused and given again: kept once, never written over."""
        root = self.encrypted()
        data = marked()
        root.drop(F.compte, "a.tar", data)
        root.drop(OTHERS[0].compte, "a.tar", data)  # refused: that SIREN is not its own
        root.run()
        self.assertEqual(root.retour(OTHERS[0].compte, "a.tar")["etat"], "KO")
        path = kept(root)
        first = path[0].stat().st_ino, path[0].stat().st_mtime_ns, path[0].read_bytes()
        self.assertEqual(len(path), 1)
        root.drop(OTHERS[1].compte, "b.tar", data)
        root.run("2026-03-03")
        self.assertEqual(kept(root), path)
        self.assertEqual((path[0].stat().st_ino, path[0].stat().st_mtime_ns, path[0].read_bytes()), first)

    def test_kept_before_the_certificate(self):
        """Stays as it was, and is read without a key, until a purge encrypts it."""
        root = self.root()
        root.references([F, *OTHERS])
        root.drop(F.compte, "a.tar", marked())
        root.run()
        root.configure(certificat=certificat("rsa")[0])
        root.drop(OTHERS[0].compte, "b.tar", marked(f=OTHERS[0]))
        root.run("2026-03-03")
        self.assertEqual([p.suffix for p in sorted(kept(root), key=lambda p: p.suffix)], ["", ".cms"])
        self.assertEqual(len(self.pieces(root, "ENR0001M0")), 3)
        key = certificat("rsa")[1]
        self.assertEqual(len(self.pieces(root, "ENR0002M0", "--cle", key)), 3)
        words = ["purge", "--root", root.path, "--date", "2026-03-04"]
        self.assertIn("à chiffrer : 1\n", root.segur(*words, "--dry-run").stdout)
        self.assertEqual(len(holding(root, MARK)), 1)
        self.assertIn("chiffrés : 1\n", root.segur(*words).stdout)
        self.assertEqual({p.suffix for p in kept(root)}, {".cms"})
        self.assertEqual(holding(root, MARK), [])
        self.assertEqual(root.tree("var/tmp"), {})
        self.assertEqual(len(self.pieces(root, "ENR0001M0", "--cle", key)), 3)
        self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)
        self.assertNotIn("chiffr", root.segur(*words).stdout)

    def test_what_was_damaged_is_not_encrypted(self):
        """It would look sound afterwards."""
        root = self.root()
        root.references([F])
        root.drop(F.compte, "a.tar", marked())
        root.run()
        kept(root)[0].write_bytes(b"autre chose")
        root.configure(certificat=certificat("rsa")[0])
        done = root.segur("purge", "--root", root.path, "--date", "2026-03-04")
        self.assertEqual(done.returncode, 70)
        self.assertIn("segur verify", done.stderr)
        self.assertEqual([p.suffix for p in kept(root)], [""])
        self.assertEqual(root.tree("var/tmp"), {})

    def test_relative_path_and_rotation(self):
        root = self.root(certificat="certificat.pem")
        root.references([F, *OTHERS])
        for n, (name, f) in enumerate(zip(("rsa", "autre"), (F, OTHERS[0])), 1):
            shutil.copy(certificat(name)[0], root.path / "certificat.pem")
            root.drop(f.compte, "a.tar", marked(f=f))
            root.run(f"2026-03-0{n}")
        for n, name in enumerate(("rsa", "autre"), 1):
            self.assertEqual(len(self.pieces(root, f"ENR000{n}M0", "--cle", certificat(name)[1])), 3)

    def test_dry_run_keeps_nothing(self):
        root = self.encrypted()
        root.drop(F.compte, "a.tar", marked())
        root.run(DATE, 0, "--dry-run")
        self.assertEqual(kept(root), [])
        self.assertEqual(root.tree("var/tmp"), {})

    def test_nothing_that_no_row_speaks_of(self):
        """Empty and oversized drops are refused by what they are; their bytes are not kept."""
        root = self.encrypted(archive_octets=100_000)
        root.drop(F.compte, "vide.zip", b"")
        root.drop(F.compte, "gros.tar", marked() + bytes(1 << 20))
        root.run()
        self.assertEqual({root.retour(F.compte, n)["etat"] for n in ("vide.zip", "gros.tar")}, {"KO"})
        self.assertEqual(kept(root), [])

    def test_verify(self):
        root = self.encrypted()
        root.drop(F.compte, "a.tar", marked())
        root.run()
        self.assertEqual(root.segur("verify", "--root", root.path).returncode, 0)
        path = kept(root)[0]
        data = path.read_bytes()
        for name, damage in (("bit", data[:9000] + bytes([data[9000] ^ 1]) + data[9001:]), ("cut", data[:-50])):
            with self.subTest(name):
                path.write_bytes(damage)
                self.assertNotEqual(root.segur("verify", "--root", root.path).returncode, 0)
        path.unlink()
        self.assertNotEqual(root.segur("verify", "--root", root.path).returncode, 0)


if __name__ == "__main__":
    unittest.main()
