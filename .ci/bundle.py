"""Makes dist/qttd-VERSION-offline.tar.gz: everything a server without internet needs, and tries it out.

    wheels/                  qttd and all it needs, for each Python of PYTHONS, x86-64, glibc 2.28 or newer
    requirements-3.NN.txt    what is installed on which Python, with hashes
    install.sh, deploy/, docs/, sbom.cdx.json, VERSION, SHA256SUMS

Needs the internet, and uv. What is downloaded is what uv.lock names, by hash. At the end the bundle is
unpacked into a clean folder and installed without a network, upgraded, and taken back.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
UV = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv/bin/uv")
PYTHONS = ("3.11", "3.12", "3.13")
"""Debian 12: 3.11; 13: 3.13; Ubuntu 24.04: 3.12; 22.04: 3.11 (universe); RHEL 9: 3.11 or 3.12 (AppStream)."""
PLATFORMS = (
    "manylinux_2_28_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_12_x86_64",
    "manylinux2010_x86_64",
    "manylinux_2_5_x86_64",
    "manylinux1_x86_64",
)
"""glibc 2.28 and older: RHEL 9 has 2.34, Ubuntu 22.04 2.35, Debian 12 2.36."""
EXPORT = ("export", "--locked", "--no-dev", "--no-emit-project", "--quiet")
SBOM = ("export", "--locked", "--no-dev", "--quiet", "--format", "cyclonedx1.5")


def entries(exported: str) -> list[str]:
    """Each package's lines of an export."""
    return re.split(r"^(?=[a-z0-9])", exported, flags=re.MULTILINE | re.IGNORECASE)


def requirements(exported: str, python: str) -> str:
    """What the lock asks for on that Python under Linux: pip would judge the markers by its own Python."""
    environment = {
        "python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux",
        "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip
    kept = []
    for entry in entries(exported):
        name, separator, rest = entry.partition(" ; ")
        marker, _, hashes = rest.partition(" \\\n")
        if separator and not Marker(marker).evaluate(environment):
            continue
        if "==" in name:
            kept.append(f"{name} \\\n{hashes}" if separator else entry)
    return "".join(re.sub(r"^ *#.*\n", "", entry, flags=re.MULTILINE) for entry in kept)


def build_sources(file: Path, wheels: Path) -> dict[str, str]:
    """Builds wheels of what is published as source only, checked by hash; the wheels' hashes by name.

    Pure Python is all that this does: what is compiled on this machine might not run on another one.
    """
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    sources = {package["name"] for package in locked if "sdist" in package and not package.get("wheels")}
    found = {}
    for entry in entries(file.read_text(encoding="utf-8")):
        name, _, version = entry.split(" ")[0].strip().partition("==")
        name = name.partition("[")[0]
        if name not in sources:
            continue
        with tempfile.TemporaryDirectory() as folder:
            wanted = Path(folder) / "wanted.txt"
            wanted.write_text(entry, encoding="utf-8")
            run(
                UV, "tool", "run", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
                "--require-hashes", "--wheel-dir", folder, "--requirement", wanted,
            )  # fmt: skip
            (made,) = Path(folder).glob("*.whl")
            if not made.name.endswith("-py3-none-any.whl"):
                raise SystemExit(f"{made.name} is not pure Python: it needs a published wheel")
            if not (wheels / made.name).exists():
                shutil.copy(made, wheels)
            found[f"{name}=={version}"] = sha256(wheels / made.name)
    return found


def put_hashes(file: Path, built: dict[str, str]) -> None:
    """The hash of a wheel that was built here in place of its source's."""
    text = file.read_text(encoding="utf-8")
    for name, digest in built.items():
        plain, _, version = name.partition("==")
        pattern = rf"^{re.escape(plain)}(?:\[[a-z,]+\])?=={re.escape(version)} .*?(?=^[a-z0-9]|\Z)"
        text = re.sub(
            pattern, f"{name} --hash=sha256:{digest}\n", text, flags=re.MULTILINE | re.DOTALL | re.IGNORECASE
        )
    file.write_text(text, encoding="utf-8")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(*words: str | Path, **options: object) -> str:
    done = subprocess.run(  # noqa: S603 - our own words
        [str(word) for word in words], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, **options
    )  # type: ignore[call-overload]
    return str(done.stdout)


def fill(folder: Path, version: str) -> None:
    """Puts everything into the bundle's folder."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    run(UV, "build", "--wheel", "--quiet", "--out-dir", wheels)
    (wheels / ".gitignore").unlink(missing_ok=True)
    (own,) = wheels.glob("qttd-*.whl")
    exported = run(UV, *EXPORT)
    built: dict[str, str] = {}
    for python in PYTHONS:
        file = folder / f"requirements-{python}.txt"
        file.write_text(requirements(exported, python), encoding="utf-8")
        built.update(build_sources(file, wheels))
        put_hashes(file, built)
        platforms = [word for name in PLATFORMS for word in ("--platform", name)]
        run(
            UV, "tool", "run", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--require-hashes", "--only-binary=:all:", "--python-version", python, *platforms,
            "--find-links", wheels, "--dest", wheels, "--requirement", file,
        )  # fmt: skip
        with file.open("a", encoding="utf-8") as text:
            text.write(f"qttd=={version} --hash=sha256:{sha256(own)}\n")
    for name in ("deploy", "docs"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    (folder / "deploy/install.sh").rename(folder / "install.sh")
    (folder / "sbom.cdx.json").write_text(run(UV, *SBOM), encoding="utf-8")
    (folder / "VERSION").write_text(f"{version}\n", encoding="utf-8")
    sums = [
        f"{sha256(path)}  {path.relative_to(folder)}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def try_out(bundle: Path) -> None:
    """Installs, starts, upgrades and takes back, in a clean folder without a network."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with tarfile.open(bundle) as archive:
            archive.extractall(place, filter="data")
        (unpacked,) = place.iterdir()
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": name,
            "PIP_INDEX_URL": "http://127.0.0.1:9/",
            "LANG": "C.UTF-8",
        }
        install = [
            "sh",
            unpacked / "install.sh",
            "--no-system",
            "--prefix",
            place / "opt",
            "--data",
            place / "data",
        ]
        alone = ["unshare", "--net"] if os.getuid() == 0 else []
        run(*alone, *install, env=environment)
        settings = {**environment, "QTTD_CONFIG": str(place / "data/qttd.toml")}
        run(place / "opt/bin/qttd", "check", env=settings)
        run(*alone, *install, "--upgrade", env=environment)
        run(*alone, *install, "--rollback", "--with-store", env=environment)
        run(place / "opt/bin/qttd", "demo", "--seconds", "15", "--folder", place / "demo", env=environment)


def main() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    DIST.mkdir(exist_ok=True)
    bundle = DIST / f"qttd-{version}-offline.tar.gz"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / f"qttd-{version}-offline"
        fill(folder, version)
        with tarfile.open(bundle, "w:gz") as archive:
            archive.add(folder, folder.name)
    bundle.with_name(f"{bundle.name}.sha256").write_text(
        f"{sha256(bundle)}  {bundle.name}\n", encoding="utf-8"
    )
    try_out(bundle)
    sys.stdout.write(f"{bundle}: {bundle.stat().st_size >> 20} MiB, installed and run without a network\n")


if __name__ == "__main__":
    main()
