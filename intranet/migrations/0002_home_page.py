"""The root of the site in place of Wagtail's welcome page."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import migrations


def make_home_page(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    HomePage = apps.get_model("intranet", "HomePage")
    Locale = apps.get_model("wagtailcore", "Locale")
    Page = apps.get_model("wagtailcore", "Page")
    Site = apps.get_model("wagtailcore", "Site")

    root = Page.objects.get(depth=1)
    Page.objects.filter(path="00010001", slug="home").delete()
    kind, _ = ContentType.objects.get_or_create(app_label="intranet", model="homepage")
    locale, _ = Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    title = settings.WAGTAIL_SITE_NAME
    home = HomePage.objects.create(
        title=title,
        draft_title=title,
        slug="home",
        path="00010001",
        depth=2,
        numchild=0,
        url_path="/home/",
        content_type=kind,
        locale=locale,
    )
    root.numchild = Page.objects.filter(depth=2).count()
    root.save(update_fields=["numchild"])
    address = urlsplit(settings.BASE_URL)
    port = address.port or (443 if address.scheme == "https" else 80)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": address.hostname, "port": port, "site_name": title, "root_page_id": home.pk},
    )


def remove_home_page(apps, schema_editor):
    """Leave a plain page in its place, so that the tree and the site stay whole."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    HomePage = apps.get_model("intranet", "HomePage")
    Page = apps.get_model("wagtailcore", "Page")

    plain, _ = ContentType.objects.get_or_create(app_label="wagtailcore", model="page")
    Page.objects.filter(pk__in=HomePage.objects.values("pk")).update(content_type=plain)


class Migration(migrations.Migration):
    dependencies = [
        ("intranet", "0001_initial"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [migrations.RunPython(make_home_page, remove_home_page)]
