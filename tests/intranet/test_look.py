import json
import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
STYLES = ROOT / "intranet/static/intranet"
SPRITE = (ROOT / "static/vendor/icons/sprite.svg").read_text()
TOKENS = (STYLES / "tokens.css").read_text()

COLOUR = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6});")
ICON_IN_TEMPLATE = re.compile(r'\{% icon "([a-z0-9-]+)"|\bicon="([a-z0-9-]+)"')
ICON_IN_PLUGIN = re.compile(r'\bicon\s*=\s*"([a-z0-9-]+)"')

# What is written on what, and the least contrast of WCAG 2.2: 4.5 for text, 3 for borders of controls.
PAIRS = [
    *product(["ink", "soft", "brand", "late", "due", "ok"], ["paper", "ground", "hover"], [4.5]),
    *product(["ink", "soft", "brand"], ["brand-soft"], [4.5]),
    *product(["ink", "late"], ["late-soft"], [4.5]),
    *product(["ink", "due"], ["due-soft"], [4.5]),
    *product(["ink", "ok"], ["ok-soft"], [4.5]),
    *product(["on-brand"], ["brand", "brand-strong"], [4.5]),
    ("on-late", "late", 4.5),
    *product(["edge"], ["paper", "ground"], [3]),
]


def blocks():
    """Return the colours of the light theme, the dark one, and the dark one of the device."""
    light, dark, device = re.split(r':root\[data-bs-theme="\w+"\]', TOKENS)
    light = dict(COLOUR.findall(light.split("@media")[0]))
    return light, light | dict(COLOUR.findall(dark)), light | dict(COLOUR.findall(device))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first, second):
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_its_ground(theme):
    colours = blocks()[theme]

    too_faint = {
        (front, back): round(contrast(colours[front], colours[back]), 2)
        for front, back, least in PAIRS
        if contrast(colours[front], colours[back]) < least
    }

    assert too_faint == {}


def test_the_dark_theme_is_the_same_by_choice_and_by_device():
    _, chosen, device = blocks()

    assert chosen == device


def test_colours_are_written_in_tokens_only():
    """Except for what is printed, and for the frame of a message, which is a document of its own."""
    sheets = [*STYLES.glob("*.css"), *ROOT.glob("apps/*/static/*/*.css"), *ROOT.glob("sso/static/**/*.css")]
    colour = re.compile(r":[^;{}]*(#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch)\()")

    strangers = {
        str(sheet.relative_to(ROOT)): found
        for sheet in sheets
        if sheet.name not in {"tokens.css", "body.css"}
        and (found := colour.findall(sheet.read_text().split("@media print")[0]))
    }

    assert strangers == {}


def icons_named():
    for template in [*ROOT.glob("*/templates/**/*.html"), *ROOT.glob("apps/*/templates/**/*.html")]:
        for names in ICON_IN_TEMPLATE.findall(template.read_text()):
            yield names[0] or names[1], template
    for plugin in ROOT.glob("apps/*/plugin.py"):
        for name in ICON_IN_PLUGIN.findall(plugin.read_text()):
            yield name, plugin


def test_every_icon_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', SPRITE))

    missing = {(name, str(Path(file).relative_to(ROOT))) for name, file in icons_named() if name not in drawn}

    assert missing == set()


def test_vendored_files_say_their_licence():
    folders = [folder for folder in (ROOT / "static/vendor").iterdir() if folder.is_dir()]

    assert [folder.name for folder in folders if not list(folder.glob("LICENSE*"))] == []


def test_the_lock_file_names_no_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
