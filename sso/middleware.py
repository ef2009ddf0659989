"""A short way for programs, and no session but of our sign-in."""

from sso.urls import for_programs


class ProgramsMiddleware:
    """Hand the requests of programs straight to their view, past sessions, languages, messages and content policy.

    The endpoints that systems and the mail server call thousands of times an hour use none of it, and it would cost
    more than they do. It stands behind the security headers; the same views stay mounted, so that their addresses
    are found by name.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.views = {f"/{item.pattern}": item.callback for item in for_programs}

    def __call__(self, request):
        view = self.views.get(request.path_info)
        if view is None:
            return self.get_response(request)
        response = view(request)
        response.headers["Content-Length"] = str(len(response.content))
        return response
