"""Nights without --date on a machine whose clock was set back, or runs ahead: what is dated by what, and that nothing
is lost or taken twice. The clock is the test's own: a library preloaded into the program answers in its stead."""

import datetime
import subprocess
import time
import unittest

from harness import Case
from factory import depot, supplier

# The time of day, and how far the times of files are shifted to lie near it. The parser's environment is its own.
CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
time_t time(time_t *out)
{
	time_t now = atoll(getenv("CLOCK_NOW"));
	if (out)
		*out = now;
	return now;
}
int fstatat(int dir, const char *path, struct stat *status, int flags)
{
	int (*real)(int, const char *, struct stat *, int) = dlsym(RTLD_NEXT, "fstatat");
	int result = real(dir, path, status, flags);
	status->st_ctim.tv_sec += atoll(getenv("CLOCK_SHIFT"));
	return result;
}
int fstat(int fd, struct stat *status)
{
	int (*real)(int, struct stat *) = dlsym(RTLD_NEXT, "fstat");
	int result = real(fd, status);
	status->st_ctim.tv_sec += atoll(getenv("CLOCK_SHIFT"));
	return result;
}
"""
NOON = datetime.datetime(2026, 3, 5, 12, tzinfo=datetime.timezone.utc)  # when the files of a test come
FIRST, SECOND, THIRD = suppliers = [supplier(n) for n in (1, 2, 3)]
EARLIER = datetime.timedelta(days=-4)
LATER = datetime.timedelta(days=1)


class TestClock(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shift = int(NOON.timestamp()) - int(time.time())
        cls.library = cls.shared_root().path / "clock.so"
        source = cls.library.with_suffix(".c")
        source.write_text(CLOCK)
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", cls.library, source, "-ldl"], check=True)

    def night(self, root, after_noon: datetime.timedelta, *words, expect=0):
        now = int((NOON + after_noon).timestamp())
        environment = {"LD_PRELOAD": str(self.library), "CLOCK_NOW": str(now), "CLOCK_SHIFT": str(self.shift)}
        return root.run(None, expect, *words, env=environment)

    def started(self, **conf):
        root = self.root()
        root.configure(**conf)
        root.references(suppliers)
        return root

    def answers(self, root) -> list:
        return [root.retours(f.compte, "a.zip") for f in suppliers]

    def test_set_back_by_days(self):
        root = self.started(stabilite_s=60)
        root.drop(FIRST.compte, "a.zip", depot(FIRST))
        self.night(root, LATER)
        kept = root.tree("outbox/fournisseurs")
        mails = {path.name: path.read_bytes() for path in root.mail_files()}
        self.assertEqual([len(found) for found in self.answers(root)], [1, 0, 0])
        # They come after the night of 6 March, and find a clock of the 1st.
        for f in (THIRD, SECOND):
            root.drop(f.compte, "a.zip", depot(f))
            time.sleep(0.02)  # the file system's clock ticks
        self.night(root, EARLIER, expect=65)
        self.assertEqual([len(found) for found in self.answers(root)], [1, 0, 0])
        self.night(root, EARLIER, "--force")
        for f in suppliers:
            self.assertEqual(root.inbox(f.compte), [])
        answers = self.answers(root)
        self.assertEqual([len(found) for found in answers], [1, 1, 1])
        # Numbers go on, in the order of arrival; each is dated by its own arrival.
        self.assertEqual([found[0]["numero"] for found in answers], ["ENR0001M0", "ENR0003M0", "ENR0002M0"])
        for found in answers:
            received = datetime.datetime.fromisoformat(found[0]["recu_le"])
            self.assertLess(abs(received - NOON), datetime.timedelta(hours=1), found[0]["recu_le"])
        # What was said before is as it was; the night of before writes none of its names over.
        self.same({name: digest for name, digest in root.tree("outbox/fournisseurs").items() if name in kept}, kept)
        self.same({path.name: path.read_bytes() for path in root.mail_files() if path.name in mails}, mails)
        self.assertEqual([len(root.mails(demande=found[0]["numero"])) for found in answers], [1, 1, 1])
        self.assertEqual(root.sql("SELECT date FROM nuits ORDER BY id"), [("2026-03-06",), ("2026-03-01",)])

    def test_set_right_again(self):
        root = self.started()
        root.drop(FIRST.compte, "a.zip", depot(FIRST))
        self.night(root, LATER)
        root.drop(SECOND.compte, "a.zip", depot(SECOND))
        self.night(root, EARLIER, "--force")
        before = root.tree("outbox/fournisseurs"), len(root.mail_files())
        self.night(root, 2 * LATER)
        self.assertEqual((root.tree("outbox/fournisseurs"), len(root.mail_files())), before)
        self.assertEqual(sorted(root.demandes()), ["ENR0001", "ENR0002"])
        done = root.segur("verify", "--root", root.path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_answered_before_but_not_released(self):
        """A file that could not leave the inbox is known again by what it is, not by the clock."""
        root = self.started()
        path = root.drop(FIRST.compte, "a.zip", depot(FIRST))
        hidden = path.with_name(f".segur-{path.stat().st_ino}")
        hidden.mkdir()  # in the way of its removal
        self.night(root, LATER)
        self.assertEqual(sorted(root.inbox(FIRST.compte)), [hidden.name, "a.zip"])
        self.night(root, EARLIER, "--force")
        self.assertEqual(len(root.retours(FIRST.compte, "a.zip")), 1)
        hidden.rmdir()
        self.night(root, EARLIER, "--force")
        self.assertEqual((len(root.retours(FIRST.compte, "a.zip")), root.inbox(FIRST.compte)), (1, []))

    def test_order(self):
        """Before the last night, or far behind it, none is played unless it is forced; once is enough."""
        root = self.started()
        self.night(root, LATER)
        said = self.night(root, 0 * LATER, expect=65).stderr
        self.assertIn("la nuit du 2026-03-05 précède la dernière qui fut jouée, celle du 2026-03-06", said)
        self.assertIn("l'horloge de la machine", said)
        self.night(root, 93 * LATER)  # 92 days
        said = self.night(root, 186 * LATER, expect=65).stderr
        self.assertIn("93 jours après la dernière nuit", said)
        self.assertIn("[nuit] saut_jours en admet 92", said)
        self.night(root, 186 * LATER, "--force")
        self.night(root, 187 * LATER)
        root.configure(saut_jours=1)
        self.night(root, 189 * LATER, expect=65)
        self.night(root, 188 * LATER)
        self.night(root, 189 * LATER)
        self.assertEqual(root.sql("SELECT forcee FROM nuits ORDER BY id"), [(0,), (0,), (1,), (0,), (0,), (0,)])

    def test_quiet_time(self):
        """Set back by less than the quiet time: the file waits for it, then is taken, once."""
        root = self.started(stabilite_s=7200)
        root.drop(FIRST.compte, "a.zip", depot(FIRST))
        for minutes in (0, -60, 60):
            self.night(root, datetime.timedelta(minutes=minutes))
            self.assertEqual((root.inbox(FIRST.compte), root.mail_files()), (["a.zip"], []))
        for hours in (-3, 3):
            copy = self.copied(root)
            self.night(copy, datetime.timedelta(hours=hours))
            self.night(copy, datetime.timedelta(hours=4))
            self.assertEqual((copy.inbox(FIRST.compte), len(copy.retours(FIRST.compte, "a.zip"))), ([], 1))


if __name__ == "__main__":
    unittest.main()
