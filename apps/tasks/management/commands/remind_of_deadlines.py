"""Deadlines that are near."""

from django.core.management.base import BaseCommand

from apps.tasks.jobs import remind_of_deadlines


class Command(BaseCommand):
    help = "Enqueue the reminders of tasks that are due today or tomorrow. Meant for an hourly timer."

    def handle(self, **options):
        remind_of_deadlines.enqueue()
