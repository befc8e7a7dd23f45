"""The page of a report in headless Chromium: pointed at, clicked, zoomed, printed.

It skips itself where Chromium, its driver (Debian: ``chromium``, ``chromium-driver``) or selenium
are missing.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mgiad_dsl.cli import main

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
WebDriverWait = pytest.importorskip("selenium.webdriver.support.wait").WebDriverWait
ScrollOrigin = pytest.importorskip("selenium.webdriver.common.actions.wheel_input").ScrollOrigin
for _package in ("plotly", "pygments", "jinja2"):
    pytest.importorskip(_package)
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(BROWSER is None or DRIVER is None, reason="needs chromium, chromium-driver"),
    pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz's dot"),
]
SOME_TIME = 20  # seconds for a page that is 5 MB


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    folder = tmp_path_factory.mktemp("page")
    assert main(["report", "mgnet", "-q", "-o", str(folder / "mgnet.html")]) == 0
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
        "--window-size=1300,1000", f"--user-data-dir={folder / 'profile'}",
    ):  # fmt: skip
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(SOME_TIME * 3)
    driver.get((folder / "mgnet.html").as_uri())
    yield driver
    driver.quit()


@pytest.fixture(autouse=True)
def _afresh(request: pytest.FixtureRequest) -> None:
    driver = request.getfixturevalue("browser")
    driver.execute_script("document.getElementById('tab-steps').click(); window.scrollTo(0, 0)")
    driver.execute_script("document.getElementById('zoom-fit').click()")
    driver.execute_script("document.getElementById('clear').click()")


def find(browser: webdriver.Chrome, selector: str) -> list[webdriver.remote.webelement.WebElement]:
    return browser.find_elements("css selector", selector)


def point_at(browser: webdriver.Chrome, selector: str, *, click: bool = False) -> None:
    actions = webdriver.ActionChains(browser).move_to_element(find(browser, selector)[0])
    (actions.click() if click else actions).perform()


def lit(browser: webdriver.Chrome, selector: str) -> list[str]:
    """Ids, groups or keys of what is lit."""
    script = (
        "return [...document.querySelectorAll(arguments[0])].filter(e => e.matches('.lit'))"
        ".map(e => e.id || e.dataset.group)"
    )
    return browser.execute_script(script, selector)


def test_nothing_is_fetched_and_nothing_goes_wrong(browser: webdriver.Chrome) -> None:
    sent = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [
        message["params"]["request"]["url"]
        for message in sent
        if message["method"] == "Network.requestWillBeSent"
        and message["params"]["documentURL"].startswith("file:")
    ]
    assert urls
    assert {url.partition(":")[0] for url in urls} <= {"file", "data", "blob"}
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_a_chip_says_what_it_is(browser: webdriver.Chrome) -> None:
    hint = find(browser, "#hint")[0]
    assert not hint.is_displayed()
    point_at(browser, "#picture-steps text[data-group='B.2_1']")
    assert hint.is_displayed()
    assert hint.text.splitlines() == [
        "conv 3x3 128 -> 128 gives u[2], 128 × 16 × 16",
        "B.2_1: conv 3x3 128 -> 128, 147,456 weights, 2 uses",
        "line 34: u[l] = u[l] + relu(norm(B[l, share_B ? 1 : i](relu(norm(f[l] - A[l](u[l]))))))",
    ]
    point_at(browser, "h1")
    assert not hint.is_displayed()


def test_a_click_lights_all_uses_and_lines(browser: webdriver.Chrome) -> None:
    point_at(browser, "#picture-steps text[data-group='A.2']", click=True)
    words = "A.2: conv 3x3 128 -> 128, 147,456 weights, 4 uses; lines 17, 34, 38 of the spec"
    assert find(browser, "#chosen-text")[0].text == words
    assert set(lit(browser, "#spec span[id]")) == {"spec-17", "spec-34", "spec-38"}
    assert set(lit(browser, "#picture-steps polygon[data-group]")) == {"A.2"}
    assert lit(browser, "tr[data-group]") == ["A.2"]
    operations = "return [...document.querySelectorAll('#picture-ops .node.lit')].length"
    assert browser.execute_script(operations) == 4
    webdriver.ActionChains(browser).send_keys(webdriver.Keys.ESCAPE).perform()
    assert lit(browser, "[data-group], .node, #spec span[id]") == []


def test_a_row_and_the_treemap_choose_as_well(browser: webdriver.Chrome) -> None:
    browser.execute_script("document.querySelector(\"tr[data-group='R.3']\").click()")
    assert lit(browser, "tr[data-group]") == ["R.3"]
    browser.execute_script("document.getElementById('treemap').scrollIntoView()")
    WebDriverWait(browser, SOME_TIME).until(lambda driver: find(driver, "#treemap .slice"))
    script = (
        "const t = document.getElementById('treemap'); const s = [...t.querySelectorAll('.slice')]"
        ".find(e => e.__data__.data.data.id === '/A/l=4'); const b = s.getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2]"
    )
    x, y = browser.execute_script(script)
    actions = webdriver.ActionChains(browser)
    actions.w3c_actions.pointer_action.move_to_location(int(x), int(y))
    actions.click().perform()
    assert lit(browser, "tr[data-group]") == ["A.4"]


def test_depths_zoom_and_pan(browser: webdriver.Chrome) -> None:
    view = "return document.querySelector('.picture:not([hidden]) svg').getAttribute('viewBox')"
    find(browser, "#tab-ops")[0].click()
    shown = [each.get_attribute("id") for each in find(browser, ".picture") if each.is_displayed()]
    assert shown == ["picture-ops"]
    find(browser, "#zoom-fit")[0].click()
    x, _, width, height = map(float, browser.execute_script(view).split())
    find(browser, "#zoom-in")[0].click()
    larger = [float(each) for each in browser.execute_script(view).split()]
    assert larger[2:] == pytest.approx([width / 1.4, height / 1.4])
    assert larger[0] + larger[2] / 2 == pytest.approx(x + width / 2)
    svg = find(browser, "#picture-ops svg")[0]
    origin = ScrollOrigin.from_element(svg)
    webdriver.ActionChains(browser).scroll_from_origin(origin, 0, -100).perform()
    wheeled = [float(each) for each in browser.execute_script(view).split()]
    assert wheeled[2] == pytest.approx(larger[2] / 1.15)
    webdriver.ActionChains(browser).drag_and_drop_by_offset(svg, 60, 30).perform()
    moved = [float(each) for each in browser.execute_script(view).split()]
    assert moved[2:] == pytest.approx(wheeled[2:])
    assert moved[0] < wheeled[0]
    assert moved[1] < wheeled[1]
    assert lit(browser, ".node") == []  # dragging chooses nothing


def test_printed(browser: webdriver.Chrome, tmp_path: Path) -> None:
    browser.execute_script("document.getElementById('zoom-in').click()")
    pdf = base64.b64decode(browser.print_page())
    assert pdf.startswith(b"%PDF")
    pages = pdf.count(b"/Type /Page\n") or pdf.count(b"/Type /Page ")
    assert 4 <= pages <= 25
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert all(each.is_displayed() for each in find(browser, ".picture"))
        for hidden in ("nav", ".bar", "#chosen"):
            assert not any(each.is_displayed() for each in find(browser, hidden))
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
