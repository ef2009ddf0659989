"""The unit of systemd that deploy/ holds is what works."""

import shutil
import subprocess
import sys

import pytest

from tests.conftest import missing
from tests.intranet.test_deploy import ROOT, SITE

UNIT = ROOT / "deploy/systemd/intranet.service"
pytestmark = [pytest.mark.servers, pytest.mark.slow]


def test_systemd_takes_the_unit(tmp_path):
    verify = shutil.which("systemd-analyze")
    if verify is None:
        missing("systemd-analyze is not installed")
    text = UNIT.read_text()
    assert text.count("/opt/intranet") == 4
    unit = tmp_path / "intranet.service"
    unit.write_text(
        text.replace("/opt/intranet/.venv/bin/python", sys.executable).replace("/opt/intranet", str(ROOT))
    )

    done = subprocess.run([verify, "verify", "--man=no", unit], capture_output=True, text=True)

    ours = [line for line in done.stderr.splitlines() if "intranet.service" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_unit_says_what_the_service_needs(tmp_path):
    """Where the unit says the suite writes, nginx reads as a member of the group, and nobody else."""
    from configparser import RawConfigParser

    unit = RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(UNIT)

    service = unit["Service"]
    assert service["ExecStart"].endswith("manage.py serve")
    assert f"/var/lib/{service['StateDirectory']}/static/" in SITE.read_text()
    assert int(service["UMask"], 8) == 0o027
    assert service["StateDirectoryMode"] == "0750"
    assert int(service["TimeoutStopSec"]) > 15  # of intranet/service.py, in which all parts end by themselves
