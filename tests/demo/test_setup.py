import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent
STARTED = "#!/bin/sh\necho a policy of the machine\nexit 0\n"


@pytest.fixture
def install(tmp_path):
    """Return a function that runs bin/install-packages; its tools only write down what they are asked."""
    tools = tmp_path / "tools"
    tools.mkdir()
    policy = tmp_path / "policy-rc.d"
    record = tmp_path / "record"
    for name in ("apt-get", "debconf-set-selections", "update-rc.d"):
        tool = tools / name
        tool.write_text(
            f'#!/bin/sh\n[ -p /dev/stdin ] && cat >/dev/null\necho "{name} $*" >>{record}\n'
            f'"{policy}" slapd start; echo "policy says $?" >>{record}\n'
            f'case "$*" in *"install"*"broken"*) exit 100;; esac\n'
        )
        tool.chmod(0o755)

    def run(*packages):
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "POLICY_FILE": str(policy)}
        done = subprocess.run(
            ["sh", PROJECT / "bin/install-packages", *packages],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, record.read_text()

    run.policy = policy
    return run


def test_services_may_not_start_while_packages_are_installed(install):
    code, record = install("slapd")

    assert code == 0
    assert "install --no-install-recommends slapd" in record
    assert set(record.splitlines()[1::2]) == {"policy says 101"}


def test_a_policy_that_was_there_is_restored_exactly(install):
    install.policy.write_text(STARTED)
    install.policy.chmod(0o750)
    before = install.policy.stat()

    install("slapd")

    after = install.policy.stat()
    assert install.policy.read_text() == STARTED
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (
        before.st_ino,
        before.st_mode,
        before.st_mtime_ns,
    )
    assert [path.name for path in install.policy.parent.glob("policy-rc.d*")] == ["policy-rc.d"]


def test_no_policy_is_left_where_none_was(install):
    install("slapd")

    assert list(install.policy.parent.glob("policy-rc.d*")) == []


def test_the_policy_is_restored_when_the_installation_fails(install):
    install.policy.write_text(STARTED)
    install.policy.chmod(0o755)

    code, _ = install("broken")

    assert code != 0
    assert install.policy.read_text() == STARTED


def test_what_a_killed_run_left_is_put_right_by_the_next(install):
    kept = install.policy.with_name("policy-rc.d.kept-by-intranet")
    kept.write_text(STARTED)
    kept.chmod(0o755)
    install.policy.write_text("#!/bin/sh\n# made by bin/install-packages\nexit 101\n")

    install("slapd")

    assert install.policy.read_text() == STARTED
    assert not kept.exists()


def missing(purpose, path):
    script = f". {PROJECT}/bin/packages.sh; missing_packages {purpose}"
    done = subprocess.run(
        ["/bin/sh", "-c", script], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    return dict(line.split("|") for line in done.stdout.splitlines())


@pytest.mark.servers
def test_nothing_is_missing_where_the_tests_run():
    assert missing("test", os.environ["PATH"]) == {}


def test_a_missing_program_is_named_for_debian_and_fedora(tmp_path):
    for name in ("ls", "grep"):
        (tmp_path / name).symlink_to(f"/bin/{name}")

    found = missing("run", str(tmp_path))

    assert found["gcc"] == "gcc"
    assert found["gettext"] == "gettext"
    assert "chromium" not in found


def test_a_check_needs_no_other_programs_than_a_run_but_the_tools_of_developers(tmp_path):
    assert missing("check", str(tmp_path)) == missing("run", str(tmp_path)) != missing("test", str(tmp_path))
    python = tmp_path / ".venv/bin/python"
    for name in ("bin/setup", "bin/packages.sh", "requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\ncase "$*" in *"pip install"*) echo "$@" ;; esac\n')
    python.chmod(0o755)

    done = subprocess.run([tmp_path / "bin/setup", "check"], capture_output=True, text=True, check=True)

    assert "-r requirements.txt -r requirements-dev.txt" in done.stdout


def test_setup_has_nothing_to_do_twice():
    done = subprocess.run([PROJECT / "bin/setup", "run"], capture_output=True, text=True, check=False)
    again = subprocess.run([PROJECT / "bin/setup", "run"], capture_output=True, text=True, check=False)

    assert (done.returncode, again.returncode, again.stdout, again.stderr) == (0, 0, "", "")


def test_setup_refuses_unknown_purposes():
    done = subprocess.run([PROJECT / "bin/setup", "fly"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (2, "usage: bin/setup [run|check|test]\n")
