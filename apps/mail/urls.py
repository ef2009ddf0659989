from django.urls import path, register_converter

from apps.mail import views


class FolderConverter:
    """A folder's name as one step of an address: "/" in it is written "~1", "~" is "~0" (as in RFC 6901)."""

    regex = "[^/]{1,400}"

    def to_python(self, value: str) -> str:
        return value.replace("~1", "/").replace("~0", "~")

    def to_url(self, value: str) -> str:
        return value.replace("~", "~0").replace("/", "~1")


register_converter(FolderConverter, "folder")

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("compose/", views.compose, name="compose"),
    path("people/", views.people, name="people"),
    path("signature/", views.signature, name="signature"),
    path("box/<folder:folder>/", views.folder, name="folder"),
    path("box/<folder:folder>/act/", views.act, name="act"),
    path("box/<folder:folder>/undo/", views.undo, name="undo"),
    path("box/<folder:folder>/changes/<str:mark>/", views.changes, name="changes"),
    path("box/<folder:folder>/<int:uid>/", views.message, name="message"),
    path("box/<folder:folder>/<int:uid>/body/", views.body, name="body"),
    path("box/<folder:folder>/<int:uid>/source/", views.source, name="source"),
    path("box/<folder:folder>/<int:uid>/part/<str:number>/", views.part, name="part"),
    path("box/<folder:folder>/<int:uid>/hand-over/", views.hand_over, name="hand_over"),
    path("box/<folder:folder>/<int:uid>/<str:mode>/", views.compose, name="answer"),
]
