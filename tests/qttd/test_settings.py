"""Settings: the contract's table of defaults, where values come from, and what a wrong one says."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from qttd.errors import BadSettingsError
from qttd.settings import keys, load, redact_url, store_url
from qttd.settings_template import settings_text

CONTRACT = {
    "store.url": "sqlite:///{folder}/qttd.db",
    "intake.journal": "{folder}/intake.db",
    "intake.keep_days": 7,
    "intake.max_file_kib": 1024,
    "ftp.host": "0.0.0.0",  # noqa: S104 - compared, not listened on
    "ftp.port": 2121,
    "ftp.passive_ports": "26000-30999",
    "ftp.implicit_port": 0,
    "ftp.masquerade": "",
    "ftp.workers": 1,
    "ftp.max_connections": 10000,
    "ftp.tls_cert": "",
    "ftp.tls_key": "",
    "ftp.require_tls": False,
    "sftp.port": 0,
    "sftp.host_key": "",
    "sftp.max_connections": 1000,
    "api.host": "127.0.0.1",
    "api.port": 8080,
}


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.upper().startswith("QTTD_")]:
        monkeypatch.delenv(name)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "qttd.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(BadSettingsError) as caught:
        load(written(tmp_path, text))
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    settings = load(written(tmp_path, ""))
    found = keys(settings)
    for key, value in CONTRACT.items():
        expected = value.format(folder=tmp_path) if isinstance(value, str) else value
        assert found[key] == expected, key
    assert settings.drop == []
    assert set(settings.sources.values()) == {"default"}


def test_the_file_that_init_writes_gives_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    from_template = keys(load(written(tmp_path / "a", settings_text())))
    from_nothing = keys(load(written(tmp_path / "b", "")))
    assert {key: str(value).replace(f"{tmp_path}/a", "") for key, value in from_template.items()} == {
        key: str(value).replace(f"{tmp_path}/b", "") for key, value in from_nothing.items()
    }
    drop = "\n".join(line.removeprefix("# ") for line in settings_text().splitlines() if "[[drop]]" in line)
    assert drop == "[[drop]]"
    assert all(" # " in line for line in settings_text().splitlines() if " = " in line)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QTTD_FTP__PORT", "2200")
    monkeypatch.setenv("QTTD_FTP__REQUIRE_TLS", "false")
    monkeypatch.setenv("QTTD_RELAY__CONNECT_TIMEOUT_SECONDS", "2.5")
    settings = load(written(tmp_path, "[ftp]\nport = 2100\nworkers = 2\n"))
    assert (settings.ftp.port, settings.ftp.workers, settings.ftp.host) == (2200, 2, CONTRACT["ftp.host"])
    assert settings.relay.connect_timeout_seconds == 2.5
    sources = settings.sources
    assert [sources[f"ftp.{name}"] for name in ("port", "workers", "host")] == [
        "environment",
        "file",
        "default",
    ]


def test_drop_folders_from_the_file_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, '[[drop]]\npath = "in"\n[[drop]]\npath = "/srv/x"\nsettle_seconds = 2\n')
    settings = load(file)
    assert [(drop.path, drop.settle_seconds) for drop in settings.drop] == [
        (f"{tmp_path}/in", 10.0),
        ("/srv/x", 2.0),
    ]
    assert settings.sources["drop.1.settle_seconds"] == "file"
    assert settings.sources["drop.0.settle_seconds"] == "default"
    monkeypatch.setenv("QTTD_DROP__SETTLE_SECONDS", "0.5")
    assert [drop.settle_seconds for drop in load(file).drop] == [0.5, 0.5]
    monkeypatch.setenv("QTTD_DROP__MODE", "shadow")
    monkeypatch.setenv("QTTD_DROP__POLLING", "true")
    assert [(drop.mode, drop.polling) for drop in load(file).drop] == [("shadow", True)] * 2
    monkeypatch.setenv("QTTD_DROP__PATH", "a:/b")
    assert [drop.path for drop in load(file).drop] == [f"{tmp_path}/a", "/b"]


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    text = '[store]\nurl = "sqlite:///data/s.db"\n[intake]\njournal = "/var/x/i.db"\n'
    text += '[ftp]\ntls_cert="c"\ntls_key="k"\n'
    file = written(tmp_path, text)
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings = load(Path("../qttd.toml"))
    assert Path(settings.store.url.removeprefix("sqlite:///")).resolve() == (tmp_path / "data/s.db").resolve()
    assert settings.intake.journal == "/var/x/i.db"
    assert Path(settings.ftp.tls_cert).resolve() == (tmp_path / "c").resolve()
    monkeypatch.setenv("QTTD_INTAKE__JOURNAL", "j.db")
    assert load(file).intake.journal == str(tmp_path / "j.db")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ftp]\nprot = 1\n", "ftp.prot: no such setting in qttd.toml; is port meant?"),
        ("[fpt]\nport = 1\n", "fpt: no such section; is ftp meant?"),
        ("port = 1\n", "port: no such section"),
        ('[ftp]\nport = "2121"\n', "ftp.port: input should be a valid integer, not '2121' (qttd.toml)"),
        ("[ftp]\nport = true\n", "ftp.port: "),
        ("[ftp]\nport = 0\n", "ftp.port: "),
        ("[ftp]\nport = 70000\n", "ftp.port: "),
        ("[ftp]\nworkers = 0\n", "ftp.workers: "),
        ('[ftp]\npassive_ports = "30999-26000"\n', "ftp.passive_ports: "),
        ('[ftp]\npassive_ports = "26000"\n', "ftp.passive_ports: "),
        ("[ftp]\nport = 26500\n", "ftp.passive_ports: the control port lies inside"),
        ('[ftp]\ntls_cert = "x"\n', "ftp.tls_key: tls_cert and tls_key belong together"),
        ("[ftp]\nrequire_tls = true\n", "ftp.require_tls: needs tls_cert"),
        ("[intake]\nkeep_days = 1.5\n", "intake.keep_days: "),
        ("[intake]\nkeep_days = -1\n", "intake.keep_days: "),
        ('[intake]\njournal = ""\n', "intake.journal: "),
        ('[store]\nurl = "sqlite://"\n', "store.url: should be sqlite:///FILE"),
        ('[store]\nurl = "mysql://a:geheim@h/d"\n', "store.url: should begin with"),
        ("[ftp]\nmasquerade = 'router'\n", "ftp.masquerade: 'router' should be ADDRESS or NETWORK=ADDRESS"),
        ("[ftp]\nimplicit_port = 990\n", "ftp.implicit_port: needs tls_cert and tls_key"),
        ("[[drop]]\nsettle_seconds = 1\n", "drop.0.path: is needed"),
        ('[[drop]]\npath = "x"\nsettle_second = 1\n', "drop.0.settle_second: no such setting"),
        ("ftp = 3\n", "ftp: "),
        ("drop = 3\n", "drop: "),
        ('[[drop]]\npath = "x"\nmode = "copy"\n', "drop.0.mode: "),
        ('[log]\nlevel = "loud"\n', "log.level: "),
        ("[gateway]\nbody = 'n={address}'\n", "gateway.body: {address} is no placeholder; there are {to}"),
        ("[ftp\n", "cannot be read as TOML"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    message = refused(tmp_path, text)
    assert said in message
    assert "geheim" not in message


def test_every_wrong_key_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QTTD_API__PORT", "abc")
    monkeypatch.setenv("QTTD_FTP__PRT", "1")
    monkeypatch.setenv("QTTD_FOO", "1")
    message = refused(tmp_path, "[ftp]\nport = 0\n[intake]\nkeep_day = 1\n").splitlines()
    assert [line.partition(":")[0] for line in message] == [
        "QTTD_FOO", "QTTD_FTP__PRT", "intake.keep_day", "ftp.port", "api.port",
    ]  # fmt: skip
    assert message[-1].endswith("not 'abc' (QTTD_API__PORT)")


@pytest.mark.parametrize("value", ["3", '["geheim"]', "true"])
def test_a_wrong_secret_is_not_shown(tmp_path: Path, value: str) -> None:
    message = refused(tmp_path, f"[store]\npassword = {value}\n")
    assert message.startswith("store.password: ")
    assert value not in message


def test_without_a_file_init_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qttd.settings.SEARCHED", (Path("qttd.toml"), tmp_path / "etc.toml"))
    with pytest.raises(BadSettingsError, match="qttd init"):
        load()
    with pytest.raises(BadSettingsError, match=r"nowhere\.toml: no such settings file"):
        load(Path("nowhere.toml"))


def test_the_file_is_searched_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qttd.settings.SEARCHED", (Path("qttd.toml"), tmp_path / "etc.toml"))
    for name, port in (("etc.toml", 1), ("qttd.toml", 2), ("variable.toml", 3), ("option.toml", 4)):
        (tmp_path / name).write_text(f"[api]\nport = {port}\n", encoding="utf-8")
        if name == "variable.toml":
            monkeypatch.setenv("QTTD_CONFIG", name)
        path = Path(name) if name == "option.toml" else None
        assert load(path).api.port == port


@pytest.mark.parametrize("given", ["variable", "file", "password_file"])
def test_postgresql_password_comes_from_three_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    text = '[store]\nurl = "postgresql://qttd@db/qttd"\n'
    if given == "variable":
        monkeypatch.setenv("QTTD_STORE__PASSWORD", "p@ss/w")
    elif given == "file":
        text += 'password = "p@ss/w"\n'
    else:
        (tmp_path / "secret").write_text("p@ss/w\n", encoding="utf-8")
        text += 'password_file = "secret"\n'
    settings = load(written(tmp_path, text))
    assert store_url(settings) == "postgresql://qttd:p%40ss%2Fw@db/qttd"
    shown: dict[str, Any] = keys(settings)
    assert "p@ss" not in repr(shown)


def test_a_password_file_that_is_gone_is_a_bad_setting(tmp_path: Path) -> None:
    settings = load(written(tmp_path, '[store]\nurl = "postgresql://q@d/q"\npassword_file = "gone"\n'))
    with pytest.raises(BadSettingsError, match=r"store\.password_file"):
        store_url(settings)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p@w@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("sqlite:////a:b@c.db", "sqlite:////a:b@c.db"),
    ],
)
def test_passwords_in_urls_are_blotted_out(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_the_template_is_toml(tmp_path: Path) -> None:
    assert set(tomllib.loads(settings_text())) == {
        "store", "intake", "ftp", "sftp", "api", "mail", "alarms", "gateway", "relay", "retention",
        "audit", "log",
    }  # fmt: skip
