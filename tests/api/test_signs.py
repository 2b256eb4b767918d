"""GET /signs: events of kind tamper, told by rule."""

from typing import Any

from store.engine import writing
from store.events.writing import Happening, amend, open_event, withdraw_event

CODE = "QN_THUB_NUODAU"
DETAIL = {
    "limit": 74.25, "highest": 74.1, "within": 2.1, "visits": 28, "days": 18, "readings": 512,
    "expected_passed": 14.5, "unit": "mg/L",
}  # fmt: skip


def test_signs_in_full_and_in_pages(world: Any, client: Any) -> None:
    station_id = world.station(CODE)
    parameter_id = world.channel(station_id, "COD", "COD")
    begin = world.vn("2026-05-03 08:10")
    with writing(world.engine) as connection:
        detail = {"score": 86, **DETAIL}
        sign = Happening("tamper", station_id, parameter_id, "tamper_capped", begin, "warning", detail)
        number = open_event(connection, sign)
        amend(connection, number, ended_at=world.vn("2026-05-30 07:00"))
        clock = Happening(
            "tamper", station_id, None, "tamper_clock", world.vn("2026-05-29 08:00"), "warning", {"score": 70}
        )
        open_event(connection, clock)
        open_event(connection, Happening("interrupted", station_id, None, "", begin, "warning"))
    whole = client.get("/api/v1/signs", params={"station": CODE}).json()
    assert whole["items"][0] == {
        "event_id": number, "station": CODE, "parameter": "COD", "rule": "tamper_capped",
        "name": {"vi": "dồn sát dưới ngưỡng", "en": "piled up below the limit"},
        "started_at": "2026-05-03T08:10:00+07:00", "ended_at": "2026-05-30T07:00:00+07:00", "score": 86,
        "evidence": DETAIL, "state": "unsolved", "note": "", "withdrawn_at": None, "withdrawn_because": None,
        "told": {
            "vi": "Trong 18 ngày, 28 lần giá trị lên sát 74,1 mg/L (trong khoảng 2,1 mg/L, 512 số liệu),"
            " ngay dưới ngưỡng 74,25 mg/L, mà không lần nào vượt; theo diễn biến thường thấy thì khoảng"
            " 14,5 ngày lẽ ra đã lên cao hơn.",
            "en": "On 18 days, 28 times, the values came within 2.1 mg/L of 74.1 mg/L (512 readings), just"
            " below the limit of 74.25 mg/L, and never went above it; by its ways otherwise, on about 14.5 of"
            " the days they would have.",
        },
    }  # fmt: skip
    assert [item["rule"] for item in whole["items"]] == ["tamper_capped", "tamper_clock"]
    first = client.get("/api/v1/signs", params={"limit": 1}).json()
    second = client.get("/api/v1/signs", params={"limit": 1, "cursor": first["next"]}).json()
    assert first["items"] + second["items"] == whole["items"]
    assert second["next"] is None
    later = client.get("/api/v1/signs", params={"from": "2026-05-10"}).json()["items"]
    assert [item["rule"] for item in later] == ["tamper_clock"]


def test_a_facility_sees_signs_of_its_own_stations_only(world: Any, client: Any) -> None:
    station_id = world.station(CODE)
    world.station("OTHER")
    with writing(world.engine) as connection:
        sign = Happening(
            "tamper", station_id, None, "tamper_clock", world.vn("2026-05-29 08:00"), "warning", {"score": 70}
        )
        open_event(connection, sign)
    for stations, count in (((CODE,), 1), (("OTHER",), 0)):
        headers = world.key(f"plant{count}", "facility", stations=stations)
        assert len(client.get("/api/v1/signs", headers=headers).json()["items"]) == count


def test_a_withdrawn_sign_is_shown_on_request_with_the_reason(world: Any, client: Any) -> None:
    station_id = world.station(CODE)
    because = {"vi": "Xét lại thì không còn.", "en": "No longer."}
    with writing(world.engine) as connection:
        detail = {"score": 70, "withdrawn_because": because, "history": [{"what": "withdrawn"}]}
        begin = world.vn("2026-05-29 08:00")
        sign = Happening("tamper", station_id, None, "tamper_clock", begin, "warning", detail)
        withdraw_event(connection, open_event(connection, sign), begin)
    assert client.get("/api/v1/signs").json()["items"] == []
    (item,) = client.get("/api/v1/signs", params={"withdrawn": True}).json()["items"]
    assert item["withdrawn_at"] == "2026-05-29T08:00:00+07:00"
    assert item["withdrawn_because"] == because
    assert item["evidence"] == {}
