"""Plays the nights of examples/ in a root of their own, and writes their mails out as readers see them, in order.

usage: mails.py SEGUR EXAMPLES FILE
"""

import email
import email.policy
import pathlib
import shutil
import subprocess
import sys
import tempfile

SHOWN = "From", "To", "Date", "Subject", "X-Segur-Mail"


def play(segur: str, examples: pathlib.Path, root: pathlib.Path) -> None:
    subprocess.run([segur, "init", root], check=True, stdout=subprocess.DEVNULL)
    conf = root / "segur.conf"
    text = conf.read_text("utf-8").replace("stabilite_s = 60", "stabilite_s = 0")
    conf.write_text(text + (examples / "droit.conf").read_text("utf-8"), "utf-8")
    for night in sorted(examples.glob("nuit-*")):
        shutil.copytree(night / "inbox", root / "inbox", dirs_exist_ok=True)
        date = (night / "date").read_text().strip()
        subprocess.run([segur, "run", "--root", root, "--date", date, "--quiet"], check=True)


def words(path: pathlib.Path) -> str:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    head = [f"{name}: {mail[name]}" for name in SHOWN]
    return "\n".join([f"===== {path.name} =====", *head, "", mail.get_content()])


def main(segur: str, examples: str, out: str) -> None:
    with tempfile.TemporaryDirectory(prefix="segur-courriels-") as folder:
        root = pathlib.Path(folder) / "racine"
        play(segur, pathlib.Path(examples), root)
        paths = sorted((root / "outbox/mails/new").iterdir())
        pathlib.Path(out).write_text("\n".join(map(words, paths)), "utf-8")
    print(f"{out} : {len(paths)} courriels")


if __name__ == "__main__":
    main(*sys.argv[1:])
