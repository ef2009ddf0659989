"""SQL made once says what the ORM says."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from sso.backends import ACTIVE
from sso.models import AccessToken, Grant, Post, RefreshToken, User
from sso.models.credentials import hashed
from sso.oauth import clients, exchange, parameters
from sso.prepared import prepared
from sso.views.tokens import ACCESS_TOKENS
from tests.factories import PostFactory, UnitFactory, UserFactory, person_of
from tests.sso.conftest import ask, parameters_of, tokens_of

pytestmark = pytest.mark.django_db


def orm_values(lookup, queryset) -> list:
    return list(queryset.values_list(*lookup.columns.values()).get())


def test_a_lookup_returns_the_values_of_the_orm(session_of, wiki):
    person = person_of(language="vi")
    browser = session_of(person)
    code = parameters_of(ask(browser, wiki[0]))["code"]
    tokens = tokens_of(browser, wiki)
    access, refresh, unused = (
        hashed(text) for text in (tokens["access_token"], tokens["refresh_token"], code)
    )
    found = [
        (clients.ENABLED, wiki[0].client_id, type(wiki[0]).objects.filter(pk=wiki[0].pk)),
        (ACCESS_TOKENS, access, AccessToken.objects.filter(token_checksum=access)),
        (exchange.REFRESH_TOKENS, refresh, RefreshToken.objects.filter(token_checksum=refresh)),
        (exchange.CODES, unused, Grant.objects.filter(code=unused)),
    ]

    for lookup, text, queryset in found:
        assert list(lookup.first(text)) == orm_values(lookup, queryset)
        assert lookup.first("another") is None


def test_a_whole_object_is_that_of_the_orm(wiki):
    person = User.objects.get(pk=UserFactory(language="en", room="P.101").pk)
    system = type(wiki[0]).objects.get(pk=wiki[0].pk)

    for got, wanted in [
        (ACTIVE.first(person.pk), person),
        (parameters.ENABLED.first(system.client_id), system),
    ]:
        fields = [field.attname for field in wanted._meta.concrete_fields]
        assert got == wanted
        assert [getattr(got, name) for name in fields] == [getattr(wanted, name) for name in fields]
        assert got.get_deferred_fields() == set()


def test_switched_off_and_disabled_are_not_found(wiki):
    wiki[0].is_enabled = False
    wiki[0].save()
    person = UserFactory(is_active=False)

    assert ACTIVE.first(person.pk) is None
    assert clients.ENABLED.first(wiki[0].client_id) is None
    assert parameters.ENABLED.first(wiki[0].client_id) is None


# --- rows of any number -------------------------------------------------------------------------


@prepared
def people_of(names, word, day, moment, is_active):
    """Every kind of value, with related rows and a calculated column."""
    posts = Post.objects.current(day).filter(title_vi__startswith=word, user__username__in=names)
    posts = posts.filter(user__date_joined__lt=moment, user__is_active=is_active)
    return posts.select_related("user__manager", "unit").annotate(twice=F("rank") * 2).order_by("pk")


def told(posts) -> list:
    return [
        (post.pk, post.user.username, post.user.manager, post.unit.code, post.title, post.twice)
        for post in posts
    ]


def test_prepared_rows_are_those_of_the_orm():
    unit, moment = UnitFactory(), timezone.now() + timedelta(days=1)
    names = ("an", "binh", "chi")
    for name in (*names, "dung"):
        PostFactory(user__username=name, unit=unit, title_vi="50%_người \\ %s", rank=20)
    question = ("50%_người \\", timezone.localdate(), moment, True)

    for some in [names, names[:2], names[1:], ()]:  # as many values as before, other ones, and none
        wanted = people_of.__wrapped__(some, *question)
        assert told(people_of(some, *question)) == told(wanted)
        assert len(wanted) == len(some)
    assert people_of(names, "50%%", *question[1:]) == []
    assert people_of(names, *question[:2], timezone.now() - timedelta(days=1), True) == []
    assert people_of(names, *question[:3], False) == []


def test_prepared_rows_cost_one_query(django_assert_num_queries):
    person = person_of()
    people_of(("a",), "", timezone.localdate(), timezone.now(), True)

    with django_assert_num_queries(1):
        found = people_of(
            (person.username,), "", timezone.localdate(), timezone.now() + timedelta(days=1), True
        )
        assert [post.user for post in found] == [person]


def test_columns_come_as_tuples():
    person = person_of()
    numbers = prepared(lambda key: User.objects.filter(pk=key).values_list("pk", "subject"))

    assert [tuple(row) for row in numbers(person.pk)] == [(person.pk, person.subject)]


def test_what_cannot_stand_in_sql_is_refused():
    with pytest.raises(TypeError, match="No SQL can be prepared"):
        prepared(lambda key: User.objects.filter(pk=key))(1.5)
