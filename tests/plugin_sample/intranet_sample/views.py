from django.template.response import TemplateResponse


def hello(request):
    return TemplateResponse(request, "sample/hello.html", {"name": request.user.get_short_name()})
