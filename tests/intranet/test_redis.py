"""A Redis that hangs, which is worse than one that is away: each question would wait for its time to run out."""

import time

import pytest
from django_redis.cache import RedisCache

from demo.servers.process import wait_until
from intranet import redis as patience

pytestmark = [pytest.mark.servers, pytest.mark.any_database]
OPTIONS = {
    "REDIS_CLIENT_CLASS": "intranet.redis.PatientRedis",
    "SOCKET_CONNECT_TIMEOUT": 0.2,
    "SOCKET_TIMEOUT": 0.2,
    "IGNORE_EXCEPTIONS": True,
}


def test_many_questions_wait_once_and_it_is_asked_again(redis, monkeypatch):
    monkeypatch.setattr(patience, "rests_until", 0.0)
    monkeypatch.setattr(patience, "REST_SECONDS", 0.5)
    cache = RedisCache(redis.url, {"OPTIONS": OPTIONS})
    cache.set("page", "drawn")
    redis.pause()

    began = time.monotonic()
    found = [cache.get("page") for _turn in range(20)]
    cache.set_many({"page": "drawn anew", "number": 2})
    took = time.monotonic() - began

    assert found == [None] * 20
    assert took < 0.5
    redis.resume()
    wait_until(lambda: cache.get("page") == "drawn", 5)
