"""Parsers that end or hang on what they read: a library that is preloaded into the real one."""

import pathlib
import subprocess

DIES = "_exit(1);"
HANGS = 'for (;;) __asm__ volatile("");'  # it counts, as if for ever
DIES_ONCE = "if (__sync_lock_test_and_set(once, 1) == 0) _exit(1);"  # the first parser, of all that a template forks

SOURCE = """#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static int *once;
__attribute__((constructor)) static void begin(void)
{
	once = mmap(NULL, sizeof(*once), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
	if (lseek(fd, 0, SEEK_END) > %d) { %s }
	return syscall(SYS_pread64, fd, bytes, size, offset);
}
"""


def on_archives(folder: pathlib.Path, deed: str, over: int = 0) -> str:
    """Shell: becomes the real parser, which does that when it reads an archive of more bytes."""
    (folder / "parser.c").write_text(SOURCE % (over, deed))
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "parser.so", folder / "parser.c"], check=True)
    # A parser with sanitizers wants to have its runtime first, and does as well without.
    return f'ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD={folder}/parser.so exec "$REAL" "$@"'
