"""manage.py provision."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sso.models import ProvisioningTarget
from sso.services.provisioning.working import alone
from tests.factories import person_of
from tests.sso.scim.conftest import states

pytestmark = pytest.mark.django_db


def run(*words) -> str:
    out = StringIO()
    call_command("provision", *words, stdout=out)
    return out.getvalue()


def test_plan_is_told_and_nothing_done(target, foreign):
    person_of(username="ha")

    assert run("Kho", "--plan") == "make: ha\nWould send: make 1.\n"

    assert (foreign.asked, states()) == ([], {})


def test_named_system_is_brought_up_to_date_at_once(target, foreign):
    person_of(username="ha")

    assert run(target.application.client_id) == "Kho: in_step 1\n"
    assert run("Kho", "--plan") == "Would send: nothing.\n"

    assert set(foreign.users()) == {"ha"}


def test_refused_accounts_are_named(target, foreign):
    person_of(username="ha")
    foreign.act("POST", "/Users", {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ha", "externalId": "khác",
    })  # fmt: skip

    assert "ha: tên tài khoản ở đó thuộc về tài khoản của người khác" in run("Kho")


def test_without_a_name_it_does_what_the_clock_says(target, foreign, queue):
    person_of(username="ha")

    assert run() == ""
    queue()

    assert states() == {"ha": "in_step"}


@pytest.mark.parametrize(
    ("words", "fields", "told"),
    [
        (["Wiki"], {}, "There is no such system"),
        (["--plan"], {}, "A plan of which system"),
        (["Kho"], {"is_approved": False}, "Nothing is sent to it"),
        (["Kho"], {"base_url": "http://127.0.0.1:1"}, "does not take accounts"),
    ],
)
def test_what_cannot_be_done_is_told(target, words, fields, told):
    if fields:
        ProvisioningTarget.objects.update(**fields)

    with pytest.raises(CommandError, match=told):
        run(*words)


def test_one_at_a_time(target):
    with alone(target.pk), pytest.raises(CommandError, match="Somebody else"):
        run("Kho")
