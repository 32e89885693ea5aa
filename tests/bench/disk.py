"""Where the benchmark works: on ext4 with its journal, which is what durable figures are about."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import tempfile

IMAGE_BYTES = 60_000_000_000  # sparse: only what is written takes room
IMAGE_KEPT_FREE = 2_000_000_000


def filesystem(path):
    """Its type; of file systems mounted one over the other, the one that is seen."""
    told = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", "-T", path], capture_output=True, text=True, check=False)
    return (told.stdout.split() or ["unknown"])[-1]


def free_bytes(path):
    return shutil.disk_usage(path).free


def used_bytes(path):
    """What the files below `path` take on the disk."""
    return sum(os.lstat(os.path.join(folder, name)).st_blocks * 512
               for folder, _, names in os.walk(path) for name in names)


class Workplace:
    """A fresh folder below `base` as `path`. Where that is not ext4 and we are root, on an ext4 image
    that is mounted there; where that cannot be had either, as it is. `note` says which. Removed at the end."""

    def __init__(self, base, keep):
        base.mkdir(parents=True, exist_ok=True)
        self.keep, self.mounted = keep, False
        self.outer = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=base))
        self.path, kind = self.outer, filesystem(base)
        self.note = kind
        if kind == "ext4":
            return
        fault = "we are not root" if os.geteuid() != 0 else self._mount_image()
        self.note = (f"ext4 image on {kind}" if self.mounted else
                     f"{kind}, not ext4 (no image: {fault}): durable figures say little")

    def _mount_image(self):
        """Nothing, or why there is no image."""
        image, mount = self.outer / "image", self.outer / "ext4"
        size = min(IMAGE_BYTES, free_bytes(self.outer) - IMAGE_KEPT_FREE)
        try:
            mount.mkdir()
            with open(image, "wb") as f:
                f.truncate(size)
            # No lazy initialisation: it would go on during the rounds.
            for command in (["mkfs.ext4", "-q", "-F", "-i", "16384", "-E",
                             "lazy_itable_init=0,lazy_journal_init=0", image], ["mount", "-o", "loop", image, mount]):
                subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as fault:
            return (getattr(fault, "stderr", None) or str(fault)).strip().splitlines()[-1]
        self.path, self.mounted = mount, True
        return None

    def close(self):
        if self.keep:
            return
        if self.mounted:
            subprocess.run(["umount", self.path], check=True)
        # Hundreds of thousands of files: a removal waits for the disk more than it works.
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda path: shutil.rmtree(path) if path.is_dir() else path.unlink(), self.outer.iterdir()))
        self.outer.rmdir()
