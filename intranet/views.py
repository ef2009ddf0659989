from django.shortcuts import render
from django.template.response import TemplateResponse


def home(request):
    return TemplateResponse(request, "intranet/dashboard.html")


def csrf_failure(request, reason=""):
    return render(request, "403.html", status=403)
