"""Background work of identity."""

from django_tasks import task

from sso.services import logout
from sso.services.provisioning import working


@task(priority=50, queue_name="urgent")
def send_logouts(notice_ids: list[int], has_waited: bool = False) -> None:
    """Tell a system that sessions have ended; what it confirmed already is not told again."""
    logout.deliver(notice_ids, has_waited=has_waited)


@task()
def provision(target_id: int, people: list[int] | None) -> None:
    """Look at ``people`` (None: everybody) for a system that keeps accounts of its own, and send it what is due."""
    working.provision(target_id, people)


@task(priority=-10)
def compare_accounts(target_id: int) -> None:
    """Compare the system's own list of accounts with what it should have, and mend it."""
    working.compare_now(target_id)
