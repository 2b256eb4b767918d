"""The pages in a real browser: they fit a telephone, can be read, and break no rule of their own."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from api.app import create_app
from tests.api.test_server import serving

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What a browser shows is the same on both databases."""

PATHS = (
    "/",
    "/?page=all",
    "/?state=offline",
    "/?q=kh%C3%B4ng-c%C3%B3",
    "/?day=2026-05-29",
    "/login",
    "/nowhere",
)
LONG = "QN_CONGTYCOPHANTAPDOANHOAPHATDUNGQUAT_KHITHAIONGKHOILONUNGVOI1"
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter(e => getComputedStyle(e).clipPath === "none"
    && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + "." + e.className)"""
BROKEN_RULES = """() => { window.broken = [];
  document.addEventListener("securitypolicyviolation", e => window.broken.push(e.violatedDirective)); }"""
TOO_PALE = """() => {
  const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const known = {}, colour = text => known[text] ??= (() => {
    paint.clearRect(0, 0, 1, 1); paint.fillStyle = text; paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; })();
  const over = (top, ground) => ground.map((part, i) => top[i] * top[3] + part * (1 - top[3]));
  const ground = e => e ? over(colour(getComputedStyle(e).backgroundColor), ground(e.parentElement))
    : [255, 255, 255];
  const light = rgb => rgb.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement, style = getComputedStyle(e);
    if (!texts.currentNode.textContent.trim() || !e.getClientRects().length) continue;
    const below = ground(e), [a, b] = [light(over(colour(style.color), below)), light(below)];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) found.push(texts.currentNode.textContent.trim() + " " + ratio.toFixed(2));
  }
  return found; }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "chromium is not installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def address(engine: Any, clock: Any, world: Any) -> Iterator[str]:
    """A department with everything that is long: a code, names, a file's name, a target, a user."""
    name = "Khí thải ống khói lò nung vôi số 1 và hệ thống thu hồi nhiệt dư nhà máy luyện gang thép"
    station = world.station(LONG, (), "Công ty Cổ phần Tập đoàn " * 4, name=name, kind="stack")
    world.channel(station, "SO2", "SO2")
    world.reading(station, world.vn("2026-05-30 10:15"), "SO2", valid=False)
    world.slots(station, "SO2", "VSFCERMV" * 15 + "-" * 168)
    world.station("QN_THUB_NUODAU", in_service_from=world.vn("2026-05-30 00:00").date())
    world.file(f"{LONG}_20260530101500.txt", state="rejected", reason="no_station", station_code=LONG)
    target = world.target(
        "bo-nong-nghiep-va-moi-truong-cuc-moi-truong", url="ftp://so@198.51.100.9/" + "a" * 90
    )
    world.attempt(world.item(target, station), "cannot_connect", "connect: " + "x" * 90)
    world.user("cong-ty-co-phan-tap-doan-moi-truong-dung-quat", "Mat-khau-dai-2026", role="admin")
    with serving(create_app(engine, clock, dict, page_login="remote")) as (port, _):
        yield f"http://127.0.0.1:{port}"


def visit(browser: Browser, width: int, scheme: Any, said: list[str]) -> BrowserContext:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    context.add_init_script(f"({BROKEN_RULES})()")
    context.on("console", lambda message: said.append(message.text) if message.type != "log" else None)
    return context


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.fill("input[name=name]", "cong-ty-co-phan-tap-doan-moi-truong-dung-quat")
    page.fill("input[name=password]", "Mat-khau-dai-2026")
    page.keyboard.press("Enter")
    page.wait_for_selector(".signout")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_fits_and_can_be_read(browser: Browser, address: str, width: int, scheme: str) -> None:
    said: list[str] = []
    with visit(browser, width, scheme, said) as context:
        page = context.new_page()
        sign_in(page, address)
        for path in PATHS:
            for language in ("vi", "en"):
                page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
                where = (path, language)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, where
                assert page.evaluate(TOO_WIDE) == [], where
                assert page.evaluate(TOO_PALE) == [], where
                assert page.evaluate("window.broken") == [], where
    assert [text for text in said if "404" not in text] == []


def test_who_has_no_mouse(browser: Browser, address: str) -> None:
    """The first Tab leads past the head; whatever has the focus shows it; the order is the page's."""
    with visit(browser, 1280, "light", []) as context:
        page = context.new_page()
        sign_in(page, address)
        page.goto(f"{address}/?lang=en")
        seen = []
        for _ in range(12):
            page.keyboard.press("Tab")
            seen.append(
                page.evaluate("""() => { const e = document.activeElement, box = e.getBoundingClientRect();
                return [e.className || e.name || e.textContent, getComputedStyle(e).outlineStyle,
                    box.top >= 0 && box.width > 0]; }""")
            )
        assert [(style != "none", shown) for _, style, shown in seen] == [(True, True)] * 12, seen
        assert [what for what, _, _ in seen[:5]] == ["skip", "brand", "Tiếng Việt", "English", "Sign out"]
        page.goto(f"{address}/?lang=en")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#main"
