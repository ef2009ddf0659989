"""Of the mail itself nothing is kept here: messages are the mail server's."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Signature(models.Model):
    """The lines that a person's messages end with."""

    user = models.OneToOneField("sso.User", models.CASCADE, related_name="+")
    text = models.TextField(_("signature"), max_length=1000)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")

    def __str__(self):
        return str(self.user)
