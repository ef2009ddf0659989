"""Background work of identity."""

from django_tasks import task

from sso.services import logout


@task(priority=50)
def send_logouts(notice_ids: list[int]) -> None:
    """Tell a system that sessions have ended; what it confirmed already is not told again."""
    logout.deliver(notice_ids)
