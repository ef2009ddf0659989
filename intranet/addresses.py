"""The addresses of pages that every page links to, looked up once."""

from functools import lru_cache

from django.urls import reverse


@lru_cache(maxsize=500)
def address(name: str, *args: str) -> str:
    """Return the address of the page called ``name``, which stays the same as long as the process lives."""
    return reverse(name, args=args)
