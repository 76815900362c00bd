"""The page in a real browser without a network: it complains of nothing, asks for nothing and is never too wide."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.reporting.pages import hostile_page, page_of

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
WIDTHS = (1280, 390)
LOOK = """
<body></body><script>
const found = {};
for (const width of WIDTHS) {
  const frame = document.createElement("iframe");
  frame.style.width = width + "px";
  frame.style.height = "900px";
  frame.style.border = "0";
  frame.srcdoc = PAGE;
  frame.onload = () => {
    const page = frame.contentDocument, root = page.documentElement;
    found[width] = {
      width: root.clientWidth,
      content: Math.max(root.scrollWidth, page.body.scrollWidth),
      height: root.scrollHeight,
      asked: frame.contentWindow.performance.getEntriesByType("resource").map((entry) => entry.name),
      drawn: [...page.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().height > 100).length,
      pictures: page.querySelectorAll("img, script").length,
      heads: [...page.querySelectorAll("h1")].map((head) => head.textContent),
    };
    if (Object.keys(found).length === WIDTHS.length) {
      const told = document.createElement("pre");
      told.textContent = JSON.stringify(found);
      document.body.replaceChildren(told);
    }
  };
  document.body.append(frame);
}
</script>
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on the path: apt-get install chromium"),
]


def browse(file: Path, *words: str, profile: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--no-first-run", "--enable-logging=stderr", "--v=0",
            f"--user-data-dir={profile}", "--virtual-time-budget=4000", *words, file.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("make", [lambda: page_of("short_strangle"), hostile_page], ids=["one", "hostile"])
def test_the_page_opens_offline_without_complaint_and_fits(make: object, tmp_path: Path) -> None:
    page = make()  # type: ignore[operator]
    alone = tmp_path / "page.html"
    alone.write_text(page, encoding="utf-8")
    done = browse(alone, "--dump-dom", profile=tmp_path / "profile")
    assert done.returncode == 0, done.stderr
    assert "</main>" in done.stdout
    assert [line for line in done.stderr.splitlines() if ":CONSOLE" in line] == []

    inside = json.dumps(page).replace("<", "\\u003c")
    frames = tmp_path / "frames.html"
    frames.write_text(
        "<!doctype html><meta charset=utf-8>" + LOOK.replace("WIDTHS", str(list(WIDTHS))).replace("PAGE", inside),
        encoding="utf-8",
    )
    done = browse(frames, "--dump-dom", profile=tmp_path / "profile")
    assert [line for line in done.stderr.splitlines() if ":CONSOLE" in line] == []
    told = re.search(r"<pre>(.*?)</pre>", done.stdout, re.DOTALL)
    assert told, done.stdout[-500:]
    found = json.loads(html.unescape(told[1]))
    for width in WIDTHS:
        one = found[str(width)]
        assert width - 20 <= one["width"] <= width  # a scroll bar takes its part
        assert one["content"] <= one["width"], f"{one['content']} px of content at {width}"
        assert one["height"] > 2_000
        assert one["asked"] == []
        assert one["drawn"] >= 4
        assert one["pictures"] == 0
        assert len(one["heads"]) == 1


def test_the_browser_would_have_told_of_a_request(tmp_path: Path) -> None:
    """What the test above looks for is there where a page does what ours may not."""
    bad = tmp_path / "bad.html"
    bad.write_text(page_of("short_strangle").replace("</main>", '<img src="http://example.invalid/x.png"></main>'))
    done = browse(bad, "--dump-dom", profile=tmp_path / "profile")
    assert any(":CONSOLE" in line and "Content Security Policy" in line for line in done.stderr.splitlines())
