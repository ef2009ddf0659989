"""The editor's form of an article."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm

from apps.news.permissions import is_editor, units_to_write_for


class NewsPageForm(WagtailAdminPageForm):
    """The editor offers the units the writer may write for, and pinning to editors only."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "unit" in self.fields and self.for_user is not None:
            self.fields["unit"].queryset = units = units_to_write_for(self.for_user)
            self.fields["unit"].error_messages["invalid_choice"] = _("You may not write for this unit.")
            if not self.instance.unit_id and len(units) == 1:
                self.initial["unit"] = units[0].pk
        if "is_pinned" in self.fields and self.for_user is not None and not is_editor(self.for_user):
            self.fields["is_pinned"].disabled = True

    def clean(self):
        """What is to appear later bears that time; a time still to come without a schedule would be a promise."""
        cleaned = super().clean()
        appears, dated = cleaned.get("go_live_at"), cleaned.get("published_at")
        if appears and appears > timezone.now():
            cleaned["published_at"] = appears
        elif dated and dated > timezone.now():
            self.add_error("published_at", _("This time is still to come. To publish later, set a schedule."))
        return cleaned
