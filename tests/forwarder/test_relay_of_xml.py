"""What came in XML goes to the ministry as the text it reads; as received it goes as it came."""

from pathlib import Path

from sqlalchemy import Engine

from tests.forwarder.department import CODE, Department, stamp

XML = f"""<stationFile time="{stamp(0)}">
<reading symbol="pH" value="7,12" unit="" status="00"/>
<reading symbol="COD" value="" unit="mg/L" status="00"/>
<reading symbol="TSS" value="3.5" unit="mg/L" status="01"/>
</stationFile>""".encode()
PH = f"pH\t7.12\t\t{stamp(0)}\t00\r\n".encode()
TSS = f"TSS\t3.5\tmg/L\t{stamp(0)}\t01\r\n".encode()
WHOLE = (
    f'<stationFile time="{stamp(0)}"><reading symbol="pH" value="7.12" unit="" status="00"/></stationFile>'
)


def relayed(department: Department, folder: Path, **settings: object) -> dict[str, bytes]:
    folder.mkdir()
    department.add_target(f"file://{folder}", layout=9, **settings)
    department.receive_all([(f"/{CODE}_{stamp(0)}.xml", XML)])
    department.relay()
    return {path.name: path.read_bytes() for path in folder.rglob("*.txt")}


def test_verified_lines_go_as_text(department: Department, tmp_path: Path) -> None:
    assert relayed(department, tmp_path / "bo") == {f"{CODE}_{stamp(0)}.txt": PH + TSS}


def test_as_received_goes_as_it_came(department: Department, tmp_path: Path) -> None:
    assert relayed(department, tmp_path / "bo", send="as_received") == {f"{CODE}_{stamp(0)}.txt": XML}


def test_one_of_which_nothing_is_withheld_goes_as_text_too(department: Department, tmp_path: Path) -> None:
    (tmp_path / "bo").mkdir()
    department.add_target(f"file://{tmp_path / 'bo'}")
    department.receive_all([(f"/{CODE}_{stamp(0)}.xml", WHOLE.encode())])
    department.relay()
    (sent,) = (tmp_path / "bo").rglob("*.txt")
    assert sent.read_bytes() == PH


def test_xml_and_text_of_one_time_become_one_file(department: Department, tmp_path: Path) -> None:
    (tmp_path / "bo").mkdir()
    department.add_target(f"file://{tmp_path / 'bo'}")
    department.receive_all([(f"/{CODE}_{stamp(0)}.xml", WHOLE.encode())])
    department.receive(0, "COD 41.8 mg/L 00")
    department.relay()
    (sent,) = (tmp_path / "bo").rglob("*.txt")
    assert sent.read_bytes() == PH + f"COD\t41.8\tmg/L\t{stamp(0)}\t00\r\n".encode()


def test_the_ledger_has_it_as_it_came(department: Department, engine: Engine) -> None:
    department.receive_all([(f"/{CODE}_{stamp(0)}.xml", XML)])
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT state, readings, content FROM data_file").one()
    assert (row[0], row[1], bytes(row[2])) == ("accepted", 3, XML)
