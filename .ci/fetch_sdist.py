"""Fetches a locked package's source distribution and unpacks its tests, which its wheel leaves out.

    python .ci/fetch_sdist.py pyftpdlib .tools/pyftpdlib

Version and hash are those of uv.lock; pip gets it from wherever this machine gets packages.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path


def main(name: str, folder: Path) -> None:
    """Leaves the distribution's `tests` folder and its licence in `folder`."""
    lock = tomllib.loads(Path("uv.lock").read_text(encoding="utf-8"))
    package = next(entry for entry in lock["package"] if entry["name"] == name)
    with tempfile.TemporaryDirectory() as work:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        wanted = f"{name}=={package['version']}"
        subprocess.run(  # noqa: S603 - a name and version from uv.lock
            [*pip, "--no-deps", "--no-binary", ":all:", "--dest", work, wanted], check=True
        )
        (archive,) = Path(work).iterdir()
        digest = "sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != package["sdist"]["hash"]:
            sys.exit(f"{archive.name} is not what uv.lock names: {digest}")
        with tarfile.open(archive) as unpacked:
            for member in unpacked.getmembers():
                inner = member.name.partition("/")[2]
                if inner == "LICENSE" or inner.startswith("tests/"):
                    unpacked.extract(member.replace(name=inner), folder, filter="data")


main(sys.argv[1], Path(sys.argv[2]))
