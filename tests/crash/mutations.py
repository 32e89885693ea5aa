"""Breaks each rule of durability on purpose, in a copy of the sources, and shows that the sweeps see it.

    tests/crash/mutations.py [NAME…]
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parents[1]
BUILT = "flags", "gen", "src", "segur", "segur-parser"

# name, what is broken, the sweep that sees it, file, text, what it becomes
MUTATIONS = [
    ("copies-unsynced", "kept copies are not synced before the commit", "power", "src/store/durable.c",
     "fd >= 0 ? file_sync_fs(fd) : error_errno(ERR_CANT_WRITE, \"var/archives\");",
     "fd >= 0 ? NULL : error_errno(ERR_CANT_WRITE, \"var/archives\");"),
    ("copies-after-commit", "commit and sync of the copies swapped", "power", "src/night/night_decide.c",
     "const struct error *err = night_keeps(night) ? durable_copies(night->root) : NULL;",
     "const struct error *err = store_commit(night->root->store);\n\n\tif (err == NULL)\n"
     "\t\treturn durable_copies(night->root);"),
    ("commit-unsynced", "the database does not sync its commits", "power", "src/store/store.c",
     "synchronous = FULL", "synchronous = OFF"),
    ("leftover-trusted", "a kept name is taken for a kept copy without a look at its bytes", "power",
     "src/keep/vault.c", "*whole = sha256_is_of_file(fd, sha256);", "*whole = fd >= 0;"),
    ("reference-unsynced", "the ASP's file is not synced before its name", "power", "src/store/durable.c",
     "file_sync(fd) != 0 || renameat", "fd < 0 || renameat"),
    ("reference-name-unsynced", "its folder is not synced before the commit", "power", "src/store/durable.c",
     "dir < 0 || file_sync(dir) != 0", "dir < 0"),
    ("outputs-unsynced", "outputs are given their names before they are synced", "power", "src/store/durable.c",
     "const struct error *durable_outputs(int dir)\n{\n\treturn file_sync_fs(dir);",
     "const struct error *durable_outputs(int dir)\n{\n\t(void)dir;\n\treturn NULL;"),
    ("names-unsynced", "rows are marked before the names are synced", "power", "src/store/durable.c",
     "const struct error *durable_names(int dir)\n{\n\treturn file_sync_fs(dir);",
     "const struct error *durable_names(int dir)\n{\n\t(void)dir;\n\treturn NULL;"),
    ("marked-before-named", "rows are marked before the outputs have their names", "crash", "src/publish/outbox.c",
     "\t\t\terr = batch_rename(root, batch, &again);",
     "\t\t\tfor (size_t i = 0; i < batch->count; i++)\n\t\t\t\tif (batch->outputs[i].state == OUTPUT_WRITTEN)\n"
     "\t\t\t\t\tstore_run_int(root->store, batch->kind->published, batch->outputs[i].id);\n"
     "\t\tif (err == NULL)\n\t\t\terr = batch_rename(root, batch, &again);"),
    ("published-before-commit", "outputs go out before their rows are committed", "crash", "src/night/night_decide.c",
     "\treturn store_commit(night->root->store);\n}\n\nconst struct error *night_decide",
     "\tstruct unpublished;\n\tconst struct error *outbox_publish(struct root * root, struct unpublished * left);\n\n"
     "\terr = outbox_publish(night->root, NULL);\n\treturn err != NULL ? err : store_commit(night->root->store);\n}\n\n"
     "const struct error *night_decide"),
    ("mails-not-handed-over", "a mail's row does not say that it is being handed over", "crash", "src/publish/outbox.c",
     "\tif (batch->kind->handover == NULL)\n", "\tif (batch->kind->handover == NULL || batch->count > 0)\n"),
    ("courant-before-folder", "`courant` leads to a folder whose name is not synced", "power --full", "src/publish/report.c",
     "\terr = durable_names(dir);\n\tif (err", "\terr = NULL;\n\tif (err"),
    ("removals-unsynced", "rows say released before the removals are synced", "power", "src/store/durable.c",
     "status.st_dev, file_sync_fs(dir) == NULL ? 0 : errno};", "status.st_dev, 0};"),
    ("released-before-commit", "a drop leaves the inbox before its answer is committed", "crash", "src/night/night_decide.c",
     "\t/* A copy that was not kept goes:",
     "\tinbox_release(night->root, drop->compte, drop->archive, drop->source);\n\t/* A copy that was not kept goes:"),
    ("removal-believed", "a removal that failed is taken for done", "crash", "src/intake/inbox.c",
     "\t\treturn unlinkat(dir, hidden, 0);", "\t\treturn unlinkat(dir, hidden, 0) * 0;"),
    ("half-scan", "a folder that could not be read to its end is taken for read", "crash", "src/lib/dir.c",
     "(stream == NULL || number != 0)", "stream == NULL"),
    ("parser-not-tried-again", "a parser that dies costs its drop an incident at once", "crash", "src/intake/job.c",
     "worker->job.kind != JOB_CHECK || worker->again", "true || worker->again"),
    ("short-write", "half a write is taken for a whole one", "crash", "src/lib/file.c",
     "\t\tcursor += written;\n\t\tcount -= (size_t)written;", "\t\tcursor += written;\n\t\tcount = 0;"),
    ("signal", "a signal makes a write fail", "crash", "src/lib/file.c",
     "\t\tif (written < 0 && errno == EINTR)\n\t\t\tcontinue;\n", ""),
    ("write-error-ignored", "a report that the disk had no room for is published", "crash", "src/publish/report.c",
     "\t\treturn error_errno(ERR_CANT_WRITE, \"%s\", name);\n\tbuf_clear", "\t\t(void)name;\n\tbuf_clear"),
]  # fmt: skip


def scratch() -> pathlib.Path:
    """A copy of the sources and of what is built, so that a mutation compiles one file."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="segur-broken-"))
    for name in ("Makefile", "src", "schemas", "tools", "cron", *(f"build/release/{made}" for made in BUILT)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", REPO / name, folder / name], check=True)
    return folder


def build(folder: pathlib.Path) -> pathlib.Path:
    done = subprocess.run(["make", "-s", "-C", folder, "BUILD=build", "VARIANT=release", "all"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build/release/segur"


def seen_by(program: pathlib.Path, sweep: str) -> tuple[bool, str]:
    name, *options = sweep.split()
    words = [sys.executable, HERE / f"{name}.py", "--stop", *options]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"SEGUR": str(program)})
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("    ")]
    return done.returncode != 0 and bool(lines), (lines or [done.stderr.strip()[-300:]])[0][:110]


def main() -> int:
    wanted, missed = set(sys.argv[1:]), []
    folder = scratch()
    try:
        build(folder)
        for name, what, sweep, path, old, new in MUTATIONS:
            if wanted and name not in wanted:
                continue
            started, source = time.monotonic(), folder / path
            text = source.read_text("utf-8")
            assert text.count(old) == 1, (name, text.count(old))
            source.write_text(text.replace(old, new), "utf-8")
            try:
                seen, first = seen_by(build(folder), sweep)
            finally:
                source.write_text(text, "utf-8")
            missed += [] if seen else [name]
            print(f"{'seen' if seen else 'MISSED'}  {name} ({sweep}, {time.monotonic() - started:.0f} s): {what}\n        {first}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"mutations: {len(wanted) or len(MUTATIONS)} rules broken, {len(missed)} missed{': ' + ', '.join(missed) if missed else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
