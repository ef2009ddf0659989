"""How secrets of registered systems are kept: they are long and random, so one salted SHA-256 is enough."""

import hashlib

from django.contrib.auth.hashers import BasePasswordHasher, mask_hash, must_update_salt
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_noop as _


class LongSecretHasher(BasePasswordHasher):
    """For secrets of 128 bits and more. Never for a password that a person chose."""

    algorithm = "long_sha256"

    def encode(self, password, salt):
        digest = hashlib.sha256(f"{salt}{password}".encode()).hexdigest()
        return f"{self.algorithm}${salt}${digest}"

    def decode(self, encoded):
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "hash": digest, "salt": salt}

    def verify(self, password, encoded):
        return constant_time_compare(encoded, self.encode(password, self.decode(encoded)["salt"]))

    def safe_summary(self, encoded):
        parts = self.decode(encoded)
        return {_("algorithm"): parts["algorithm"], _("hash"): mask_hash(parts["hash"])}

    def must_update(self, encoded):
        return must_update_salt(self.decode(encoded)["salt"], self.salt_entropy)

    def harden_runtime(self, password, encoded):
        """One hash costs nothing that could be measured."""
