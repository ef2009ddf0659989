"""Tags that every template has: built in, no {% load %}."""

from django import template

register = template.Library()
