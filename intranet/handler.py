"""The pages as a WSGI application: Django's, but no Content-Type breaks it."""

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """A request that is read as UTF-8, whatever charset it names (URL standard §5.1)."""

    def _set_content_type_params(self, meta):
        """Django takes each charset that Python knows, "hex" among them, and fails before anything can catch it."""
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):
            self.content_type, self.content_params = "", {}


class Handler(WSGIHandler):
    request_class = Request


def get_pages() -> Handler:
    """Return what Django's ``get_wsgi_application`` does, with requests of ours."""
    django.setup(set_prefix=False)
    return Handler()
