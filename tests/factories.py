"""People, units and posts for the tests: valid, unsurprising objects."""

import uuid

import factory

from sso.api import Delegation, Post, Role, Unit, User


class UnitFactory(factory.django.DjangoModelFactory):
    """A department directly below the ministry; ``parent=None`` makes the ministry itself."""

    class Meta:
        model = Unit
        django_get_or_create = ("code",)
        skip_postgeneration_save = True

    code = factory.Sequence(lambda number: f"V{number}")
    name_vi = factory.LazyAttribute(lambda unit: f"Vụ thử nghiệm {unit.code}")
    name_en = factory.LazyAttribute(lambda unit: f"Test department {unit.code}")
    kind = "vu"
    order = factory.Sequence(lambda number: number * 10)
    parent = factory.LazyFunction(lambda: ministry())

    @factory.post_generation
    def path_from_root(unit, create, extracted, **kwargs):
        """Fill ``path`` as the directory's sync does."""
        if create:
            unit.path = f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
            unit.save(update_fields=["path"])


def ministry() -> Unit:
    """Return the ministry, the root of the units of a test."""
    root = Unit.objects.filter(parent=None).first()
    names = {"name_vi": "Bộ Thông tin và Truyền thông", "name_en": "Ministry", "kind": "bo"}
    return root or UnitFactory(code="BO", parent=None, order=0, **names)


class UserFactory(factory.django.DjangoModelFactory):
    """A person of the directory, without any post."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"nguoi{number}")
    full_name = factory.Sequence(lambda number: f"Nguyễn Văn Số {number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@mic.example")
    origin = User.Origin.DIRECTORY
    entry_uuid = factory.LazyFunction(uuid.uuid4)

    @classmethod
    def _create(cls, model, *args, **fields):
        user = model(**fields)
        user.set_unusable_password()
        user.save()
        return user


class PostFactory(factory.django.DjangoModelFactory):
    """An officer's post. ``level="head"`` or ``"deputy"`` makes a leader with the rank of one."""

    class Meta:
        model = Post

    user = factory.SubFactory(UserFactory)
    unit = factory.SubFactory(UnitFactory)
    level = Post.Level.MEMBER
    title_vi = factory.LazyAttribute(lambda post: TITLES[post.level][0])
    title_en = factory.LazyAttribute(lambda post: TITLES[post.level][1])
    rank = factory.LazyAttribute(lambda post: TITLES[post.level][2])


class RoleFactory(factory.django.DjangoModelFactory):
    """A right in a unit; ``unit=None`` means the whole ministry."""

    class Meta:
        model = Role

    user = factory.SubFactory(UserFactory)
    unit = factory.SubFactory(UnitFactory)
    name = Role.UNIT_ADMIN


class DelegationFactory(factory.django.DjangoModelFactory):
    """``giver`` lets ``receiver`` act for them in every app, from now on."""

    class Meta:
        model = Delegation

    giver = factory.SubFactory(UserFactory)
    receiver = factory.SubFactory(UserFactory)


TITLES = {
    Post.Level.HEAD: ("Vụ trưởng", "Director", 100),
    Post.Level.DEPUTY: ("Phó Vụ trưởng", "Deputy director", 110),
    Post.Level.MEMBER: ("Chuyên viên", "Officer", 320),
}


def person_of(unit: Unit | None = None, *, level: str = Post.Level.MEMBER, role: str = "", **fields) -> User:
    """Return a person with a main post in ``unit`` (a new one when None) and, when named, a role there."""
    post = PostFactory(
        user=UserFactory(**fields), level=level, **({"unit": unit} if unit is not None else {})
    )
    if role:
        RoleFactory(user=post.user, unit=post.unit, name=role)
    return post.user


def system_admin(**fields) -> User:
    """Return a system admin of the whole ministry."""
    return RoleFactory(user=UserFactory(**fields), unit=None, name=Role.SYSTEM_ADMIN).user
