import factory

from apps.news.models import NewsCategory, NewsPage
from apps.news.services import ensure_news_index
from tests.factories import UnitFactory


class NewsCategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = NewsCategory

    name_vi = factory.Sequence(lambda number: f"Chuyên mục {number}")
    slug = factory.Sequence(lambda number: f"chuyen-muc-{number}")


class NewsPageFactory(factory.django.DjangoModelFactory):
    """A published item; ``live=False`` makes a draft."""

    class Meta:
        model = NewsPage

    title = factory.Sequence(lambda number: f"Tin số {number}")
    slug = factory.Sequence(lambda number: f"tin-so-{number}")
    category = factory.SubFactory(NewsCategoryFactory)
    unit = factory.SubFactory(UnitFactory)
    summary = "Tóm tắt của tin."
    body = "<p>Nội dung của tin.</p>"

    @classmethod
    def _create(cls, model, *args, **fields):
        live = fields.pop("live", True)
        page = ensure_news_index().add_child(instance=model(live=False, **fields))
        revision = page.save_revision()
        if live:
            revision.publish()
            page.refresh_from_db()
        return page
