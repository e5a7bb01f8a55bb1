"""What stands in a report cannot run as a script."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.errors import InputError
from neuro_attn.report import securing

ATTACK = "</script><script>document.title = 'attacked'; alert(1)</script>"
LINK = (
    "<a href=\"javascript:document.title='attacked'\" onclick=\"document.title='attacked'\">x</a>"
)
SHOWS = "document.getElementById('app').innerHTML = workflow_desc + results['V4']['caption'];"


def page(**data: object) -> str:
    """Return a page with the scripts of Snakemake's report, and `data` in some of them."""
    scripts = "\n".join(
        f'<script id="{name}">\nvar {name.replace("-", "_")} = '
        f"{json.dumps(data.get(name.replace('-', '_'), {}))};\n</script>"
        for name in securing._DATA_SCRIPTS
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n    <meta charset="utf-8">\n'
        "<title>Report</title><script>var ready = 1 < 2;</script></head>\n"
        f'<body><div id="app"></div>\n{scripts}\n<script>{SHOWS}</script></body></html>'
    )


def hostile() -> str:
    results = {"V4": {"caption": LINK, "params": ATTACK}, ATTACK: {"path": ATTACK}}
    return page(results=results, workflow_desc=f"<p>shown</p>{LINK}", rules={"code": ATTACK})


def values(secured: str, name: str) -> object:
    start = secured.index("=", secured.index(f'<script id="{name}">') + len(name) + 13) + 1
    return json.loads(secured[start : secured.index(";</script>", start)])


def test_data_stay_the_same_without_a_character_that_ends_a_script():
    secured = securing.secured_page(hostile())
    assert values(secured, "rules") == {"code": ATTACK}
    assert values(secured, "results")[ATTACK] == {"path": ATTACK}
    assert secured.count("</script>") == page().count("</script>")


@given(st.dictionaries(st.text(), st.text() | st.floats() | st.lists(st.text()), max_size=4))
def test_any_data_come_through(data):
    secured = securing.secured_page(page(results={"V4": {"caption": ""}, **data}))
    expected = {"V4": {"caption": ""}, **data}
    # As text, for NaN equals nothing.
    assert json.dumps(values(secured, "results")) == json.dumps(expected)


def test_the_policy_names_every_script_and_allows_no_other():
    secured = securing.secured_page(page(results={"V4": {"caption": ""}}))
    assert secured.count("Content-Security-Policy") == 1
    assert "default-src 'none'" in secured
    assert (
        "'unsafe-inline'" not in secured[secured.index("script-src") : secured.index("style-src")]
    )
    with pytest.raises(ValueError, match="a script is not one of Snakemake's"):
        securing._verify(secured.replace("</body>", "<script>1</script></body>"), _policy(secured))
    with pytest.raises(ValueError, match="handler of events, onload"):
        securing._verify(secured.replace("<body>", '<body onload="1">'), _policy(secured))
    with pytest.raises(ValueError, match="the policy is not in the page"):
        securing._verify(secured.replace("Content-Security-Policy", "x"), _policy(secured))


def _policy(secured: str) -> str:
    start = secured.index('content="') + len('content="')
    return secured[start : secured.index('"', start)]


@pytest.mark.parametrize(
    "wrong",
    [
        page().replace('<script id="logo">', '<script id="other">'),
        page().replace("var rules = {}", "var rules = {} + alert(1)"),
        page().replace("var rules = {}", "var rules = alert(1)"),
        page().replace("var rules = {}", "rules({})"),
        page().replace("</script></body>", "</body>"),
        page().replace('<meta charset="utf-8">', ""),
        "",
    ],
)
def test_a_page_that_is_built_otherwise_gives_no_report(wrong, tmp_path):
    unsecured, report = tmp_path / ".partial-report.html", tmp_path / "report.html"
    unsecured.write_text(wrong)
    with pytest.raises(InputError, match=r"/report\.html: was not written: the scripts of"):
        securing.secure_report(unsecured, report)
    assert not report.exists()


def test_in_a_browser_the_attack_succeeds_without_it_and_fails_with_it(opened, tmp_path):
    """That the page as it was is attacked shows that the browser would have run the script."""
    before, after = tmp_path / "before.html", tmp_path / "after.html"
    for page in (before, tmp_path / "unsecured.html"):
        page.write_text(hostile())
    securing.secure_report(tmp_path / "unsecured.html", after)
    attacked = opened(before)
    assert attacked.title == "attacked"
    assert attacked.dialogs
    safe = opened(after)
    assert safe.title == "Report"
    assert safe.dialogs == [] == safe.requests
    assert "shown" in safe.text
