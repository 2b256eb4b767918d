"""What the interface says of itself is tried by schemathesis: every call, every check, calls after calls."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.department import Department, eventually

EXAMPLES = int(os.environ.get("QTTD_SCHEMATHESIS_EXAMPLES", "6"))
SAMPLE = Path(__file__).parents[1] / "samples" / "QN_THUB_NUODAU_20260530101500.txt"
SETTINGS = """
[checks]
# What no schema can say is answered 422 too: a cursor of another list, an end before its beginning.
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 410, 422, 429, "5xx"]
"""


@pytest.mark.timeout(max(300, EXAMPLES * 20))
def test_schemathesis_finds_nothing(department: Department) -> None:
    department.declare({"QN_THUB_NUODAU": ["pH", "COD", "TSS"]})
    department.add_account("thub", "QN_THUB_NUODAU")
    department.start()
    subprocess.run(
        ["curl", "-sST", str(SAMPLE), f"ftp://thub:bi-mat@127.0.0.1:{department.ftp_port}/"], check=True
    )
    eventually(lambda: department.get("/files")["items"])
    key = department.qttd("apikey", "add", "schemathesis", "--role", "admin").strip()
    (department.folder / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", "--no-color", "--seed", "1",
            f"http://127.0.0.1:{department.api_port}/api/v1/openapi.json",
            "--header", f"Authorization: Bearer {key}",
            "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful",
            "--max-examples", str(EXAMPLES), "--suppress-health-check", "all",
        ],
        cwd=department.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr
    assert department.stop() == 0
