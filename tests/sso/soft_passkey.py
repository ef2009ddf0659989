"""A passkey made of software, for tests without a browser: what an authenticator would answer, byte for byte."""

import json
import os
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

ORIGIN = "http://localhost:8000"
UP, UV, AT = 0x01, 0x04, 0x40


class SoftPasskey:
    """``create`` and ``get`` answer options as ``navigator.credentials`` does; attributes may be changed to cheat."""

    def __init__(self, origin: str = ORIGIN, flags: int = UP | UV):
        self.key, self.id = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.origin, self.flags, self.counter, self.handle = origin, flags, 0, b""

    def create(self, options: dict) -> str:
        self.handle = websafe_decode(options["user"]["id"])
        client = self.client_data("webauthn.create", options["challenge"])
        public = AttestedCredentialData.create(
            Aaguid.NONE, self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        data = AuthenticatorData.create(hashed(options["rp"]["id"]), self.flags | AT, self.counter, public)
        made = {
            "clientDataJSON": client,
            "attestationObject": bytes(AttestationObject.create("none", data, {})),
        }
        return self.answer(made)

    def get(self, options: dict) -> str:
        self.counter += 1
        client = self.client_data("webauthn.get", options["challenge"])
        data = bytes(AuthenticatorData.create(hashed(options["rpId"]), self.flags, self.counter))
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self.answer(
            {
                "clientDataJSON": client,
                "authenticatorData": data,
                "signature": signature,
                "userHandle": self.handle,
            }
        )

    def client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def answer(self, response: dict[str, bytes]) -> str:
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        own = websafe_encode(self.id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": encoded})


def hashed(host: str) -> bytes:
    return sha256(host.encode()).digest()
