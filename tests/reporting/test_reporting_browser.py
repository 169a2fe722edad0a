"""The report in a real browser: an empty console, no request except the page, hostile text displayed as text."""

import csv
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from tabletutor.reporting.render import write_report

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
SHARED = Path(os.environ.get("TABLETUTOR_SHARED", Path(__file__).parents[3] / "shared"))
HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=http://127.0.0.1:9/x onerror="document.title=\'owned\'">',
    "</style></pre></svg><svg onload=\"document.title='owned'\">",
    "{{ 7*7 }}{% raw %}",
    "<!-- <iframe src=//127.0.0.1:9/>",
    "a\u202eb\x00c",
)
SWITCHES = (
    "--headless",
    "--no-sandbox",  # containers run the tests as root, where Chromium has no sandbox
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,1600",
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    if CHROMIUM is None or DRIVER is None:
        message = "chromium and chromium-driver are not installed: the report was NOT tested in a browser"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    options = Options()
    options.binary_location = CHROMIUM
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def requests(browser: webdriver.Chrome) -> list[str]:
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    # A session starts with a new tab, which loads pages of the browser itself.
    own = ("chrome://", "chrome-untrusted://")
    return [request["request"]["url"] for request in sent if not request["documentURL"].startswith(own)]


def hostile_texts() -> list[str]:
    """Return our hostile texts, and headers and cells of the shared hostile CSVs if they are available."""
    texts = list(HOSTILE)
    for path in sorted((SHARED / "attacks/hostile_csv/dev").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            texts += [cell for row in csv.reader(stream) for cell in row]
    return texts


@pytest.mark.slow
@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
def test_the_report_in_a_browser(browser: webdriver.Chrome, make_project: Any, tmp_path: Path, hostile: bool) -> None:
    texts = hostile_texts() if hostile else ["wind", "rain"]
    headers = tuple(dict.fromkeys(texts))
    project = make_project(tmp_path / "results", headers, " ".join(texts) if hostile else "")
    page = tmp_path / "results/report/index.html"
    title = f"Report {HOSTILE[0]}" if hostile else "Report"
    write_report(
        project.files(), title, "tiny", {"planes": {"title": texts[0]}}, {**project.settings, "x": texts}, page
    )

    browser.get(page.as_uri())

    assert browser.title == f"{title} · tiny"
    console = [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert console == []
    assert [url for url in requests(browser) if not url.startswith("data:")] == [page.as_uri()]
    assert browser.find_elements(By.CSS_SELECTOR, "script, iframe, img, object, form") == []
    assert len(browser.find_elements(By.CSS_SELECTOR, "figure svg")) == 8
    shown = browser.find_element(By.TAG_NAME, "main").get_attribute("textContent") or ""
    for text in texts[:4]:
        assert text in shown
    assert "2 arms with 2 runs" in shown
    # No element extends beyond the page, on a wide and on a narrow screen.
    for width in (1200, 500):
        browser.set_window_size(width, 1000)
        assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
