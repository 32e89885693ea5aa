"""Certificates and keys for the tests of encryption, made by `openssl`."""

import atexit
import functools
import pathlib
import shutil
import subprocess
import tempfile


def openssl(*words, **options):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@functools.cache
def folder() -> pathlib.Path:
    path = pathlib.Path(tempfile.mkdtemp(prefix="segur-e2e-"))
    atexit.register(shutil.rmtree, path, True)
    return path


@functools.cache
def certificat(name: str, *options: str, key=("rsa", "2048")) -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate and its key, valid for the test's date; made once."""
    cert, private = folder() / f"{name}.pem", folder() / f"{name}.key"
    if key[0] == "rsa":
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{key[1]}", "-out", private)
    elif key[0] == "ec":
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{key[1]}", "-out", private)
    else:
        openssl("genpkey", "-algorithm", key[1], "-out", private)
    config = folder() / "openssl.cnf"
    config.write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\n"
                      "default_md=sha256\npolicy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n"
                      "[req]\ndistinguished_name=n\n[n]\n" % ((folder(),) * 3))  # fmt: skip
    (folder() / "index").write_text("")
    (folder() / "serial").write_text("01\n")
    request = folder() / f"{name}.csr"
    extensions = [word for option in options for word in ("-addext", option) if "=" in option and "date" not in option]
    openssl("req", "-new", "-key", private, "-subj", f"/CN={name}", "-config", config, "-out", request, *extensions)
    dates = dict(option.split("=") for option in options if "date=" in option)
    openssl("ca", "-batch", "-notext", "-selfsign", "-keyfile", private, "-in", request, "-out", cert, "-config", config,
            "-startdate", dates.get("startdate", "20200101000000Z"), "-enddate",
            dates.get("enddate", "20400101000000Z"))  # fmt: skip
    return cert, private
