"""The place of news in the page tree."""

from django.core.management.base import BaseCommand

from apps.news.services import ensure_news_index


class Command(BaseCommand):
    help = "Make the place of news in the page tree, and bring the groups of writers and editors up to date."

    def handle(self, **options):
        ensure_news_index()
