"""What identity tells the shell, which turns it into notices."""

from django.dispatch import Signal

# A person has signed in from a device or place not seen before: person, device ("Chrome · Windows"), address.
signed_in_from_new_device = Signal()

# What the second step asks for has changed: person, by, what ("added", "removed", "reset"), kind of the factor.
factors_changed = Signal()

# Somebody may act for another from now on, or no longer: delegation, has_begun, by.
delegation_changed = Signal()

# Access has ended, here or in another process; processes let go of what they hold of the person: user_id, epoch (the
# person's from now on), sid (of the one session that ended, "" for everything), kept (the session that lives on).
access_ended = Signal()

# The emergency account has signed in: person.
emergency_account_used = Signal()

# How the following of the directory stands, each minute: troubles (a set of "held" and "stopped", or empty).
directory_watched = Signal()

# An officer has given a person a new password: person, by.
password_reset = Signal()

# So many accounts in a system would be switched off that somebody must agree first: system, count.
accounts_held = Signal()

# Which systems keep refusing to be sent accounts, each minute: systems.
accounts_watched = Signal()
