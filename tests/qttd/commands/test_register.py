"""`qttd register` from the outside: what goes in comes out, and a bad list changes nothing."""

from typing import Any

import pytest

LISTS = {
    "devices": "station_code,parameter,model,maker,serial,method,range,installed_on,removed_on\r\n"
    "A,COD,CA-80,Hach,123,dichromat,0-500,2024-01-02,\r\n",
    "verifications": "station_code,parameter,kind,valid_from,valid_to,body,certificate\r\n"
    "A,COD,verification,2025-01-01,2025-12-31,QUATEST 3,V1\r\nA,,calibration,2026-01-01,2026-12-31,X,\r\n",
    "upkeep": "station_code,parameter,check_every_days,maintenance_every_days,note\r\nA,,30,90,hằng quý\r\n",
    "standard-checks": "station_code,parameter,checked_on,standard"
    ",expected,measured,unit,passed,checked_by\r\n"
    "A,COD,2026-02-28,S1,50,48.5,mg/L,yes,An\r\n",
    "ra-assessments": "station_code,parameter,assessed_on,result_percent,passed,body,note\r\n"
    "A,,2025-12-31,12.5,no,CEM,\r\n",
    "states": "station_code,parameter,state,since,expected_back,note\r\n"
    "A,,stopped,2026-01-01,2026-03-01,sửa\r\n",
    "seals": "station_code,parameter,number,place,sealed_by,sealed_on,removed_on,removed_because\r\n"
    "A,,NP-01,logger,Sở,2025-01-01,,\r\n",
    "operators": "station_code,parameter,firm,contract,contract_from,contract_to\r\n"
    "A,,Cty V,1/HĐ,2025-01-01,\r\n",
    "obligations": "facility,duty,station_kind,due_on,met_on,note\r\n"
    "Nhà máy Y,lắp trạm,stack,2026-12-31,,\r\n",
}  # fmt: skip


@pytest.fixture
def station(ready: Any) -> Any:
    stations = ready.write("s.csv", "code,name,kind\nA,Trạm A,wastewater\n")
    channels = ready.write("c.csv", "station_code,symbol,parameter\nA,cod1,COD\n")
    assert ready("station", "import", stations).code == 0
    assert ready("channel", "import", channels).code == 0
    return ready


@pytest.mark.parametrize("name", LISTS)
def test_what_goes_in_comes_out(station: Any, name: str) -> None:
    file = station.write("r.csv", LISTS[name])
    for _ in range(2):  # again changes nothing
        assert station("register", "import", name, file).code == 0
        assert station("register", "export", name).out == LISTS[name]
    listed = station("register", "list", name, "--json").json()
    assert len(listed) == LISTS[name].count("\r\n") - 1
    assert station("register", "remove", name, "1").code == 0
    assert station("register", "remove", name, "1").code == 65


def test_a_bad_list_is_not_taken(station: Any) -> None:
    text = (
        "station_code,kind,valid_from,valid_to\nA,verification,2026-01-01,2025-01-01\n"
        "X,verification,2026-01-01,2027-01-01\nA,calibration,2026-01-01,2027-01-01\n"
        "A,calibration,2026-01-01,2028-01-01\n"
    )
    done = station("register", "import", "verifications", station.write("r.csv", text))
    assert done.code == 65
    assert done.err.splitlines() == [
        "line 2: valid_to: 2025-01-01 is before valid_from 2026-01-01",
        "line 3: station_code: there is no station X",
        "line 5: says the same thing as line 4, otherwise",
    ]
    assert station("register", "list", "verifications", "--json").json() == []
