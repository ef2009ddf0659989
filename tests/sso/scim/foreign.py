"""PyPI scim2-server, which takes long to import and longer to make its classes: once in each process."""

from functools import cache

from scim2_models import ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BEARER_TOKEN_SCHEME, BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)


def service(token: str, *lacks: str) -> tuple[InMemoryStorage, BearerTokenApplication]:
    """Return an empty storage and the WSGI application before it, which cannot do what is named in ``lacks``."""
    storage = InMemoryStorage()
    return storage, BearerTokenApplication(storage, provider(*lacks), bearer_tokens=[token])


@cache
def provider(*lacks: str) -> ScimProvider:
    """What such a server offers; nothing in it changes while it serves."""
    config = load_default_service_provider_config()
    config.authentication_schemes = [BEARER_TOKEN_SCHEME]
    for feature in lacks:
        getattr(config, feature).supported = False
    return ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config
    )
