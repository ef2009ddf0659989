"""The page of the one search box."""

from django.template.response import TemplateResponse

from intranet.search import LONGEST_QUERY, find

IN_PANEL = 4
ON_PAGE = 15


def search(request):
    """What was found, by source; for htmx the first few of each, for the panel below the box."""
    query = request.GET.get("q", "")[:LONGEST_QUERY].strip()
    answers = find(request.user, query, IN_PANEL if request.htmx else ON_PAGE)
    context = {"query": query, "answers": answers, "is_found": any(found.hits for found in answers)}
    name = "intranet/_search_panel.html" if request.htmx else "intranet/search.html"
    return TemplateResponse(request, name, context)
