"""Modules are found by their files, and their constants are read without running them."""

from neuro_attn.discovery import constants, modules


def test_modules_are_found_sorted_and_private_ones_are_left_out(tmp_path):
    for name in ("b.py", "a.py", "_c.py", "notes.txt"):
        (tmp_path / name).write_text("")
    assert list(modules(tmp_path)) == ["a", "b"]


def test_constants_are_read_and_nothing_is_run(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        '"""Draw what a\nclass of networks does."""\n'
        "import absent\n"
        "OF = 'dataset'\n"
        "NEEDS = ('a.csv', 'b.csv')\n"
        "LOOKS = {'x': [1, -2.5]}\n"
        "COMPUTED = absent.value\n"
        "lower = 1\n"
        "raise SystemExit\n"
        "def draw(): HIDDEN = 1\n"
        "LATER = 1\n"
    )
    assert constants(module) == {
        "OF": "dataset",
        "NEEDS": ("a.csv", "b.csv"),
        "LOOKS": {"x": [1, -2.5]},
        "LATER": 1,
    }
