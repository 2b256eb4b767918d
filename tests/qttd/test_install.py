"""The installer of the offline bundle: what it checks, what it keeps, and its way back.

The program in these bundles is a stand-in of the same name, so that they can be made here without a network;
`make bundle` puts the real one through the same steps.
"""

import base64
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, pathlib, sys
def main():
    store = pathlib.Path(os.environ.get("QTTD_CONFIG", "x")).with_name("qttd.db")
    words, version = sys.argv[1:], "VERSION"
    if words == ["--version"]:
        print("qttd", version)
    elif words[0] == "init":
        folder = pathlib.Path(words[1])
        (folder / "qttd.toml").write_text("")
        (folder / "qttd.db").write_text(version)
    elif words[0] == "backup":
        pathlib.Path(words[1]).write_text(store.read_text())
    elif words[:2] == ["restore", "--aside"]:
        backup = pathlib.Path(words[2])
        if backup.with_name("restore-fails").exists():
            sys.exit(65)
        store.rename(store.with_name("newer.db"))
        store.write_text(backup.read_text())
    elif words[0] == "migrate":
        if (store.parent / "migration-fails").exists():
            sys.exit(70)
        store.write_text(version)
    elif words[0] == "relay":
        sys.exit(69 if store.read_text() > version else 0)
"""


def wheel(folder: Path, version: str) -> Path:
    """A wheel as an installer takes it, of the stand-in program."""
    info = f"qttd-{version}.dist-info"
    files = {
        "stand_in.py": PROGRAM.replace("VERSION", version),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: qttd\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nqttd = stand_in:main\n",
    }
    record = ""
    path = folder / f"qttd-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(text.encode())}\n"
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


def bundle(folder: Path, version: str) -> Path:
    """An unpacked bundle, laid out as `make bundle` does."""
    place = folder / f"qttd-{version}-offline"
    (place / "wheels").mkdir(parents=True)
    made = wheel(place / "wheels", version)
    minor = "{}.{}".format(*sys.version_info[:2])
    line = f"qttd=={version} --hash=sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}\n"
    (place / f"requirements-{minor}.txt").write_text(line)
    (place / "VERSION").write_text(f"{version}\n")
    shutil.copytree(ROOT / "deploy", place / "deploy")
    (place / "deploy/install.sh").rename(place / "install.sh")
    files = sorted(path for path in place.rglob("*") if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(place)}\n" for path in files]
    (place / "SHA256SUMS").write_text("".join(sums))
    return place


class Machine:
    """Folders to install into, as anybody may."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"

    def install(self, unpacked: Path, *options: str) -> tuple[int, str]:
        done = subprocess.run(
            ["sh", unpacked / "install.sh", "--no-system", "--prefix", self.folder / "opt",
             "--data", self.data, "--python", sys.executable, *options],
            capture_output=True, text=True, check=False, timeout=120, cwd="/",
            env={**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9/"},
        )  # fmt: skip
        return done.returncode, done.stderr

    def version(self) -> str:
        program = self.folder / "opt/bin/qttd"
        return subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()

    def store(self) -> str:
        return (self.data / "qttd.db").read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_install_upgrade_and_the_way_back(machine: Machine, tmp_path: Path) -> None:
    old, new = bundle(tmp_path, "1.0"), bundle(tmp_path, "2.0")
    code, said = machine.install(old)
    assert code == 0, said
    assert (machine.version(), machine.store()) == ("qttd 1.0", "1.0")
    assert machine.install(old)[0] == 77, "what is there is not installed over"

    (machine.data / "migration-fails").touch()
    code, said = machine.install(new, "--upgrade")
    assert code == 70
    assert (machine.version(), machine.store()) == ("qttd 1.0", "1.0")
    assert len(list((tmp_path / "opt/releases").iterdir())) == 1, said
    (machine.data / "migration-fails").unlink()

    code, said = machine.install(new, "--upgrade")
    assert code == 0, said
    assert (machine.version(), machine.store()) == ("qttd 2.0", "2.0")
    (unit,) = (tmp_path / "opt/releases").glob("2.0-*/system/qttd.service")
    assert f"ExecStart={tmp_path}/opt/bin/qttd run" in unit.read_text(), "with the places that were asked for"
    newest = max((machine.data / "backups").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert newest.read_text() == "1.0", "as the old program knew the store"

    code, said = machine.install(new, "--rollback")
    assert code == 70
    assert "--with-store" in said
    assert machine.version() == "qttd 2.0", "an older program does not open a newer store"
    (machine.data / "backups/restore-fails").touch()
    assert machine.install(new, "--rollback", "--with-store")[0] == 70
    assert (machine.version(), machine.store()) == ("qttd 2.0", "2.0"), "the newer one goes on"
    (machine.data / "backups/restore-fails").unlink()
    code, said = machine.install(new, "--rollback", "--with-store")
    assert code == 0, said
    assert (machine.version(), machine.store()) == ("qttd 1.0", "1.0")
    assert (machine.data / "newer.db").read_text() == "2.0", "nothing is thrown away"
    assert machine.install(new, "--rollback")[0] == 69


@pytest.mark.parametrize(
    ("there", "left", "said"),
    [
        (None, "new", False),
        ("old", "new", False),
        ("new", "new", False),
        ("changed", "changed", True),
    ],
)
def test_an_upgrade_renews_units_unless_the_administrator_changed_them(
    tmp_path: Path, there: str | None, left: str, said: bool
) -> None:
    """As root it would write into /etc: here the one function, with other places."""
    script = (ROOT / "deploy/install.sh").read_text()
    function = script[script.index("put_file() {") : script.index("new_install() {")]
    for release in ("old", "new"):
        (tmp_path / f"releases/{release}/system").mkdir(parents=True)
        (tmp_path / f"releases/{release}/system/qttd.service").write_text(release)
    unit = tmp_path / "etc/qttd.service"
    if there is not None:
        unit.parent.mkdir()
        unit.write_text(there)
    done = subprocess.run(
        ["sh", "-eu", "-c", f'prefix=$1; say() {{ echo "$*" >&2; }}; {function}'
         'put_file new old qttd.service "$2"', "sh", tmp_path, unit],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert unit.read_text() == left
    assert ("was changed and is kept" in done.stderr) == said


def test_a_damaged_bundle_installs_nothing(machine: Machine, tmp_path: Path) -> None:
    unpacked = bundle(tmp_path, "1.0")
    (made,) = (unpacked / "wheels").iterdir()
    made.write_bytes(made.read_bytes() + b"x")
    code, said = machine.install(unpacked)
    assert code == 65
    assert "damaged or was changed" in said
    assert not (tmp_path / "opt").exists()


@pytest.mark.parametrize(
    ("options", "code"), [(["--upgrade"], 69), (["--rollback"], 69), (["--wrong"], 64), (["--prefix"], 64)]
)
def test_what_cannot_be_done_is_refused(
    machine: Machine, tmp_path: Path, options: list[str], code: int
) -> None:
    assert machine.install(bundle(tmp_path, "1.0"), *options)[0] == code
    assert not (tmp_path / "opt").exists()


def test_a_python_that_no_wheels_are_for_is_refused(machine: Machine, tmp_path: Path) -> None:
    unpacked = bundle(tmp_path, "1.0")
    (program := tmp_path / "python").write_text("#!/bin/sh\necho 3.10\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    code, said = machine.install(unpacked, "--python", str(program))
    assert code == 69
    assert "3.11, 3.12 or 3.13" in said


def test_it_is_a_script_that_any_shell_runs() -> None:
    subprocess.run(["dash", "-n", ROOT / "deploy/install.sh"], check=True)


def test_the_bundle_names_what_the_lock_names_for_each_python() -> None:
    """`make bundle` asks uv for the lock's packages in a form that its own code then divides by Python."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("bundle", ROOT / ".ci/bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    exported = module.run(module.UV, *module.EXPORT)
    for_each = {python: module.requirements(exported, python) for python in module.PYTHONS}
    assert "pyasyncore==" in for_each["3.13"]
    assert "pyasyncore==" not in for_each["3.11"]
    for text in for_each.values():
        assert "colorama" not in text, "that is for Windows"
        assert "psycopg-binary==" in text
        assert " ; " not in text
        assert text.count("==") > 40
        assert all("--hash=sha256:" in entry for entry in module.entries(text) if "==" in entry)
    assert '"specVersion": "1.5"' in module.run(module.UV, *module.SBOM)


@pytest.mark.parametrize("target", ["bundle", "sbom", "audit", "soak"])
def test_make_knows_its_targets(target: str) -> None:
    done = subprocess.run(
        ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    for program in ("benchmarks/soak.py", ".ci/bundle.py"):
        if program in done.stdout:
            assert (ROOT / program).exists()
