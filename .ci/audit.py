"""Asks whether a package of uv.lock has a known vulnerability: PyPI, and where that knows too little, OSV.

    0   every package was looked up, and none has one
    1   some have; they are listed
    69  not known: neither service answered for every package (as where only a mirror of PyPI is reached)

pip-audit alone ends with 0 when it could look up nothing at all, which is the worst answer of all.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
UV = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv/bin/uv")
SERVICES = ("pypi", "osv")
UNKNOWN = 69


def locked(folder: Path) -> Path:
    """What uv.lock names, with hashes."""
    file = folder / "locked.txt"
    command = [UV, "export", "--locked", "--no-emit-project", "--quiet", "--output-file", str(file)]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    return file


def asked(service: str, file: Path) -> tuple[list[dict[str, Any]], str]:
    """What the service says of each package; nothing, and why, where it does not answer."""
    done = subprocess.run(  # noqa: S603 - our own words
        [
            sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format", "json",
            "--progress-spinner", "off", "--vulnerability-service", service, "--requirement", str(file),
        ],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    try:
        return list(json.loads(done.stdout)["dependencies"]), ""
    except (ValueError, KeyError):
        lines = done.stderr.strip().splitlines()
        return [], lines[-1] if lines else f"pip-audit ended with {done.returncode}"


def judge(answers: dict[str, list[dict[str, Any]]], count: int) -> tuple[int, list[str]]:
    """The exit code, and what to tell, of what each service said of `count` packages."""
    known: dict[str, list[Any]] = {}
    for packages in answers.values():
        for package in packages:
            if "skip_reason" not in package:
                known.setdefault(package["name"], []).extend(package["vulns"])
    told = [
        f"{name}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version yet'}"
        for name, all_of in sorted(known.items())
        for found in {each["id"]: each for each in all_of}.values()
    ]
    if told:
        return 1, [*told, f"{len(known)} of {count} packages were looked up"]
    if len(known) < count:
        return UNKNOWN, [
            f"NOT KNOWN: only {len(known)} of {count} packages could be looked up; this says nothing of"
            " the others. Run it where pypi.org's own JSON interface, or api.osv.dev, can be reached"
        ]
    return 0, [f"no known vulnerability in {count} packages"]


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        file = locked(Path(name))
        count = sum("==" in line for line in file.read_text(encoding="utf-8").splitlines())
        answers: dict[str, list[dict[str, Any]]] = {}
        for service in SERVICES:
            answers[service], trouble = asked(service, file)
            if trouble:
                sys.stdout.write(f"{service} did not answer: {trouble}\n")
            code, told = judge(answers, count)
            if code != UNKNOWN:
                break
    sys.stdout.write("\n".join(told) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
