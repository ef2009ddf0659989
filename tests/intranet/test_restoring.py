"""A dump of PostgreSQL, put back as docs/operating.md says: whole, still sealed, still closed to changes."""

import subprocess
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from demo.servers.process import find_program
from sso.models import AuditEntry, User
from sso.services.audit import Action, record
from sso.services.seals import seal, verify
from tests.factories import UserFactory

pytestmark = [pytest.mark.servers, pytest.mark.races, pytest.mark.django_db(transaction=True)]
PROGRAMS = [str(path) for path in Path("/usr/lib/postgresql").glob("*/bin")]


@pytest.fixture
def restored(tmp_path):
    """Return a function that lets this process go on with a restored dump of the database."""
    here = connection.settings_dict
    before, after = here["NAME"], f"{here['NAME']}_restored"

    def url(name):
        return f"postgres://{here['USER']}@{here['HOST']}:{here['PORT']}/{name}"

    def run(program, *words):
        subprocess.run([find_program(program, *PROGRAMS), *words], check=True, capture_output=True)

    def restore():
        run("pg_dump", "--format=custom", f"--file={tmp_path}/dump", url(before))
        run("createdb", f"--maintenance-db={url('postgres')}", after)
        run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url(after)}", f"{tmp_path}/dump")
        connection.close()
        here["NAME"] = after

    yield restore
    connection.close()
    here["NAME"] = before
    run("dropdb", "--if-exists", f"--maintenance-db={url('postgres')}", after)


def test_a_restored_dump_is_whole_and_goes_on(restored):
    person = UserFactory()
    record(Action.SIGNED_IN, person=person, cause="Trước khi sao lưu")
    seal()

    restored()

    assert User.objects.get(pk=person.pk).username == person.username
    assert (verify().entries, verify().unsealed) == (1, 0)
    with pytest.raises(DatabaseError, match="append-only"):
        AuditEntry.objects.update(cause="Sau khi khôi phục")
    record(Action.SIGNED_IN, person=person)
    assert (seal(), verify().entries) == (1, 2)
