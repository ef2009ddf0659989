"""People, units, posts, roles."""

import uuid
from datetime import date

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from sso.prepared import prepared
from sso.text import fold, name_key, nfc

# Apps whose rows nobody changes by the forms of Django's or Wagtail's administration.
IDENTITY = {"sso", "mfa", "account"}


class UnitQuerySet(models.QuerySet):
    def valid_on(self, day):
        """The units that exist on ``day``."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day)
        )

    def current(self):
        return self.valid_on(timezone.localdate())

    def top(self):
        """The units directly below the ministry, in their official order."""
        return self.current().filter(parent__parent=None, parent__isnull=False)

    def matching(self, text: str) -> list["Unit"]:
        """The units whose code or names hold every word of ``text``, written with or without accents.

        There are a few hundred, so they are compared here.
        """
        words = fold(text).split()
        return [unit for unit in self if all(word in unit.search_key for word in words)]


class Unit(models.Model):
    """An organisational unit. ``path`` lists the keys from the ministry down to it: "/1/7/42/"."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name_vi = models.CharField(_("Vietnamese name"), max_length=250)
    name_en = models.CharField(_("English name"), max_length=250, blank=True)
    kind = models.CharField(_("kind"), max_length=20, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=255, blank=True, db_index=True, editable=False)
    order = models.PositiveIntegerField(_("order"), default=0)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    entry_uuid = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["order", "pk"]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return (self.name_en if get_language() == "en" else "") or self.name_vi

    @property
    def search_key(self) -> str:
        return fold(f"{self.code} {self.name_vi} {self.name_en}")

    @property
    def path_ids(self) -> list[int]:
        """The keys from the ministry down to this unit, itself last."""
        return [int(part) for part in self.path.split("/") if part]

    @property
    def top_id(self) -> int:
        """The key of the unit directly below the ministry that this one is or belongs to."""
        ids = self.path_ids
        return ids[1] if len(ids) > 1 else self.pk

    def name_on(self, day: date) -> str:
        """The name the unit had on ``day``, in the reader's language."""
        then = self.past.filter(valid_to__gte=day).order_by("valid_to").first()
        return (then or self).name

    def is_within(self, other: "Unit") -> bool:
        """Say whether this unit is ``other`` or lies below it."""
        return self.path.startswith(other.path)


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def of_unit(self, unit: Unit):
        """The people who hold a current post in ``unit`` or below it."""
        posts = Post.objects.current().filter(unit__path__startswith=unit.path)
        return self.filter(pk__in=posts.values("user"))

    def matching(self, text: str):
        """The people whose name, account or phone contains ``text``, written with or without accents.

        Whose name holds it as written comes first, then who has the words as words: Hòa, Hoa, then Hoàng.
        """
        words, space = fold(text), Value(" ")
        found = self.alias(names=Concat(space, "full_name", space), keys=Concat(space, "search_key", space))
        for word in words.split():
            found = found.filter(search_key__contains=word)
        as_written = When(names__icontains=f" {nfc(text).strip().title()} ", then=0)
        order = Case(as_written, When(keys__contains=f" {words} ", then=1), default=2)
        return found.order_by(order, *self.model._meta.ordering)

    def by_rank_in(self, unit: Unit):
        """Order by the highest current post in ``unit`` or below it, leaders first, then by name."""
        posts = Post.objects.current().filter(user=models.OuterRef("pk"), unit__path__startswith=unit.path)
        first = models.Subquery(posts.order_by("rank").values("rank")[:1])
        return self.annotate(rank_here=first).order_by("rank_here", "sort_key", "pk")

    def with_posts(self):
        """Fetch the current posts of all with one more query, for lists that show ``post_line``."""
        posts = Post.objects.current().select_related("unit").order_by("-is_main", "rank", "pk")
        return self.prefetch_related(models.Prefetch("posts", posts, to_attr="current_posts"))


class PeopleManager(UserManager.from_queryset(UserQuerySet)):
    """Accounts come from the directory; ``create_user`` serves accounts of outsiders and of tests."""

    def _create_user_object(self, username, email, password, **fields):
        user = self.model(username=username, email=self.normalize_email(email or ""), **fields)
        user.set_unusable_password()
        return user

    def create_user(self, username, email="", password=None, **fields):
        fields.setdefault("full_name", username)
        user = self._create_user_object(username, email, password, **fields)
        user.save(using=self._db)
        return user

    def create_superuser(self, username, email="", password=None, **fields):
        return self.create_user(username, email, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account. What the directory owns is read-only here; ``entry_uuid`` is its lasting key there."""

    class Origin(models.TextChoices):
        DIRECTORY = "directory", _("directory")
        LOCAL = "local", _("local account")
        SEALED = "sealed", _("emergency account")

    subject = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # "sub" in OpenID Connect
    entry_uuid = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin.choices, default=Origin.LOCAL)
    username = models.CharField(
        _("account"), max_length=150, unique=True, validators=[RegexValidator(r"^[\w.@+-]+$")]
    )
    full_name = models.CharField(_("full name"), max_length=200)
    email = models.EmailField(_("mail address"), blank=True, db_index=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    mobile = models.CharField(_("mobile phone"), max_length=40, blank=True)
    room = models.CharField(_("room"), max_length=60, blank=True)
    manager = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports")
    language = models.CharField(_("language"), max_length=5, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("known since"), default=timezone.now)
    locked_at = models.DateTimeField(null=True, blank=True)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    # Every session, trusted browser and token is bound to the epoch; raising it ends them all.
    security_epoch = models.PositiveBigIntegerField(default=0, editable=False)
    sort_key = models.CharField(max_length=500, blank=True, db_index=True, editable=False)
    search_key = models.CharField(max_length=500, blank=True, editable=False)

    objects = PeopleManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["sort_key"]

    def __str__(self):
        return self.full_name

    def save(self, **kwargs):
        if kwargs.get("update_fields") is None:
            self.derive_keys()
        super().save(**kwargs)

    def derive_keys(self):
        """Fill the keys that are computed from the name; bulk writers call it themselves."""
        self.full_name = nfc(self.full_name)
        self.sort_key = name_key(self.full_name)[:500]
        self.search_key = fold(f"{self.full_name} {self.username} {self.phone} {self.email}")[:500]

    def get_full_name(self):
        return self.full_name

    def get_short_name(self):
        """The words people are called by: "Minh Anh" of "Trần Minh Anh", "Hà" of "Nguyễn Thị Thu Hà"."""
        words = self.full_name.split()
        return " ".join(words[-2:]) if len(words) == 3 and words[1] not in {"Thị", "Văn"} else words[-1]

    @property
    def initials(self) -> str:
        words = self.full_name.split()
        return "".join(word[0] for word in words[-2:]).upper()

    @property
    def is_staff(self) -> bool:
        """Django's administration is for system admins only."""
        return self.is_superuser

    def has_usable_password(self) -> bool:
        """The directory keeps the password, so allauth may ask for it again."""
        return self.origin == self.Origin.DIRECTORY

    def set_password(self, raw_password):
        """No password is ever kept here, whoever asks for it."""
        self.set_unusable_password()

    def check_password(self, raw_password) -> bool:
        return False

    async def acheck_password(self, raw_password) -> bool:
        return False

    def has_perm(self, perm, obj=None) -> bool:
        """Say no to identity: its own services ask a second person and write the record, packages' forms do neither."""
        return perm.partition(".")[0] not in IDENTITY and super().has_perm(perm, obj)

    def get_session_auth_hash(self):
        """The epoch itself: it is compared with that of the session's row, which no browser sees."""
        return str(self.security_epoch)

    def get_session_auth_fallback_hash(self):
        return iter(())

    @cached_property
    def current_posts(self) -> list["Post"]:
        """The posts held today with their units, the main one first. One query, kept on the instance."""
        posts = _posts_held(self.pk, timezone.localdate())
        for post in posts:
            post.user = self
        return posts

    @cached_property
    def current_roles(self) -> list["Role"]:
        """The roles held, with their units. One query, kept on the instance."""
        return _roles_held(self.pk)

    @property
    def main_post(self) -> "Post | None":
        return self.current_posts[0] if self.current_posts else None

    @property
    def unit(self) -> Unit | None:
        """The unit of the main post."""
        return self.main_post.unit if self.main_post else None

    @property
    def post_line(self) -> str:
        """The line below a name: "Chuyên viên · Vụ Kế hoạch - Tài chính"."""
        return f"{self.main_post.title} · {self.main_post.unit}" if self.main_post else ""

    @property
    def unit_ids(self) -> set[int]:
        """The keys of the units the person belongs to, with all above them."""
        return {key for post in self.current_posts for key in post.unit.path_ids}

    def has_role(self, name: str, unit: Unit | None = None) -> bool:
        """Say whether the person holds role ``name``: anywhere, or in ``unit`` or above it."""
        return any(
            role.name == name and (unit is None or role.unit is None or unit.is_within(role.unit))
            for role in self.current_roles
        )


class PostQuerySet(models.QuerySet):
    def current(self, day: date | None = None):
        """The posts held on ``day``, today unless it is given."""
        day = day or timezone.localdate()
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day)
        )

    def leaders(self):
        """Heads and deputies, the highest first."""
        return self.current().exclude(level=Post.Level.MEMBER).order_by("rank", "user__sort_key")


class Post(models.Model):
    """A person in a unit (chức vụ). ``rank`` sorts lists, the smallest first; dated, never deleted."""

    class Level(models.TextChoices):
        HEAD = "head", _("head")
        DEPUTY = "deputy", _("deputy")
        MEMBER = "member", _("member")

    user = models.ForeignKey("sso.User", models.CASCADE, related_name="posts")
    unit = models.ForeignKey("sso.Unit", models.PROTECT, related_name="posts")
    title_vi = models.CharField(pgettext_lazy("post", "title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200, blank=True)
    level = models.CharField(_("level"), max_length=10, choices=Level.choices, default=Level.MEMBER)
    rank = models.PositiveIntegerField(_("rank"), default=1000)
    is_main = models.BooleanField(_("main post"), default=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["rank", "pk"]
        indexes = [models.Index(fields=["unit", "rank"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="post_ends_after_it_begins",
            )
        ]

    def __str__(self):
        return f"{self.user} – {self.title}"

    @property
    def title(self) -> str:
        return (self.title_en if get_language() == "en" else "") or self.title_vi


class Role(models.Model):
    """A right in a unit and below it; without a unit, in the whole ministry."""

    UNIT_ADMIN = "unit_admin"
    CLERK = "clerk"
    SYSTEM_ADMIN = "system_admin"

    class Source(models.TextChoices):
        DIRECTORY = "directory", _("directory")
        LOCAL = "local", _("given here")

    user = models.ForeignKey("sso.User", models.CASCADE, related_name="roles")
    unit = models.ForeignKey("sso.Unit", models.CASCADE, null=True, blank=True, related_name="roles")
    name = models.CharField(_("role"), max_length=60)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.LOCAL)
    granted_by = models.ForeignKey("sso.User", models.SET_NULL, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(fields=["user", "unit", "name"], name="role_is_given_once_in_a_unit"),
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(unit=None), name="role_is_given_once_for_all"
            ),
        ]

    def __str__(self):
        return f"{self.user}: {self.name}"


# --- asked on nearly every page -----------------------------------------------------------------


@prepared
def _posts_held(person: int, day: date):
    held = Post.objects.current(day).filter(user=person)
    return held.select_related("unit").order_by("-is_main", "rank", "pk")


@prepared
def _roles_held(person: int):
    return Role.objects.filter(user=person).select_related("unit").order_by("pk")
