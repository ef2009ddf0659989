"""Static files with a hash of their content in their names, and the shell's style sheets as one."""

import re
from pathlib import Path

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEET = "intranet/shell.css"
IMPORT = re.compile(r'@import "([\w.-]+)";\n')


class QuickCompressor(Compressor):
    @staticmethod
    def compress_brotli(data):
        """At 9 instead of 11: a twelfth larger, in a fifth of the time, which is half of collecting them."""
        return brotli.compress(data, quality=9)


class StaticFiles(CompressedManifestStaticFilesStorage):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._urls: dict[str, str] = {}

    def url(self, name, force=False):
        """Look each file up in the manifest once: it stays as it is while a process lives."""
        if name not in self._urls:
            self._urls[name] = super().url(name, force)
        return self._urls[name]

    def post_process(self, paths, dry_run=False, **options):
        """Put what the shell's sheet imports in the place of the import: one request instead of four."""
        if SHEET in paths and not dry_run:
            sheet = Path(self.path(SHEET))
            parts = IMPORT.sub(lambda found: (sheet.parent / found[1]).read_text(), sheet.read_text())
            sheet.write_text(parts)
            paths = {**paths, SHEET: (self, SHEET)}
        yield from super().post_process(paths, dry_run, **options)

    def create_compressor(self, **options):
        return QuickCompressor(**options)
