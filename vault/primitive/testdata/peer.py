"""Does with Python's cryptography what package primitive does, so that each opens what the other made.

Reads jobs, a JSON list of objects with an "op" and its arguments (bytes in hex), writes a list of answers: {"out": hex},
{"error": text}, or {"absent": text} for what this version of the library lacks."""
import functools
import json
import os
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HASH = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}


@functools.cache  # reading an RSA key tests its primes each time
def load(der):
    return serialization.load_der_private_key(der, None)


def private(j):
    return load(j["private"])


def public(j):
    return serialization.load_der_public_key(j["public"])


def hashed(j):
    h = HASH[j["hash"]]()
    return utils.Prehashed(h) if j.get("prehashed") else h


def pad(j):
    if j.get("padding") == "pkcs1":
        return padding.PKCS1v15()
    h = HASH[j["hash"]]
    salt = padding.PSS.MAX_LENGTH if j.get("longsalt") else h.digest_size
    return padding.PSS(mgf=padding.MGF1(h()), salt_length=salt)


def scheme(key, j):
    if isinstance(key, (rsa.RSAPublicKey, rsa.RSAPrivateKey)):
        return [pad(j), hashed(j)]
    if isinstance(key, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)):
        return [ec.ECDSA(hashed(j))]
    return []


def verify(j):
    key = public(j)
    try:
        key.verify(j["sig"], j["msg"], *scheme(key, j))
    except InvalidSignature:
        return b"does not verify"
    return b"verifies"


def sign(j):
    key = private(j)
    return key.sign(j["msg"], *scheme(key, j))


def oaep(label):
    return padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=label)


def rsa_wrap(j):
    fresh = os.urandom(32)
    return public(j).encrypt(fresh, oaep(j["aad"])) + keywrap.aes_key_wrap_with_padding(fresh, j["msg"])


def rsa_unwrap(j):
    key = private(j)
    n = key.key_size // 8
    fresh = key.decrypt(j["ct"][:n], oaep(j["aad"]))
    return keywrap.aes_key_unwrap_with_padding(fresh, j["ct"][n:])


def aead(j):
    return (ChaCha20Poly1305 if j["chacha"] else AESGCM)(j["private"])


def mac(j):
    h = hmac.HMAC(j["private"], HASH[j["hash"]]())
    h.update(j["msg"])
    return h.finalize()


def hkdf(j):
    return HKDF(algorithm=HASH[j["hash"]](), length=j["size"], salt=j["salt"], info=j["info"]).derive(j["private"])


def ecdh(j):
    key = private(j)
    if isinstance(key, x25519.X25519PrivateKey):
        return key.exchange(public(j))
    return key.exchange(ec.ECDH(), public(j))


def hpke(j):
    """Returns the suite, and a private key of the algorithm made of what its seed expands to."""
    from cryptography.hazmat.primitives import hpke as h
    from cryptography.hazmat.primitives.asymmetric import mlkem

    a, k = j["algorithm"], j["private"]
    if a == "x25519":
        kem, key = h.KEM.X25519, private(j)
    elif a == "ml-kem-768":
        kem, key = h.KEM.MLKEM768, mlkem.MLKEM768PrivateKey.from_seed_bytes(k)
    elif a == "ml-kem-1024":
        kem, key = h.KEM.MLKEM1024, mlkem.MLKEM1024PrivateKey.from_seed_bytes(k)
    else:
        import hashlib

        wide = a == "ml-kem-1024-p384"
        stream = hashlib.shake_256(k).digest(64 + (48 if wide else 32))
        if wide:
            scalar = ec.derive_private_key(int.from_bytes(stream[64:], "big"), ec.SECP384R1())
            key = h.MLKEM1024P384PrivateKey(mlkem.MLKEM1024PrivateKey.from_seed_bytes(stream[:64]), scalar)
            kem = h.KEM.MLKEM1024_P384
        elif a == "ml-kem-768-x25519":
            scalar = x25519.X25519PrivateKey.from_private_bytes(stream[64:])
            key = h.MLKEM768X25519PrivateKey(mlkem.MLKEM768PrivateKey.from_seed_bytes(stream[:64]), scalar)
            kem = h.KEM.MLKEM768_X25519
        else:
            raise ImportError("no such KEM")
    return h.Suite(kem, h.KDF.HKDF_SHA256, h.AEAD.AES_256_GCM), key


def hpke_unwrap(j):
    suite, key = hpke(j)
    return suite.decrypt(j["ct"], key)


def hpke_wrap(j):
    suite, key = hpke(j)
    return suite.encrypt(j["msg"], key.public_key())


def mlkem_decapsulate(j):
    from cryptography.hazmat.primitives.asymmetric import mlkem

    kind = mlkem.MLKEM1024PrivateKey if j["algorithm"] == "ml-kem-1024" else mlkem.MLKEM768PrivateKey
    return kind.from_seed_bytes(j["private"]).decapsulate(j["ct"])


def mlkem_encapsulate(j):
    """The shared secret, then the ciphertext, to a public key read from SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.asymmetric import mlkem  # noqa: F401  (absent: too old)

    shared, ciphertext = public(j).encapsulate()
    return shared + ciphertext


OPS = {
    "verify": verify,
    "sign": sign,
    "oaep_open": lambda j: private(j).decrypt(j["ct"], oaep(j["aad"])),
    "oaep_seal": lambda j: public(j).encrypt(j["msg"], oaep(j["aad"])),
    "rsa_wrap": rsa_wrap,
    "rsa_unwrap": rsa_unwrap,
    "aead_open": lambda j: aead(j).decrypt(j["ct"][:12], j["ct"][12:], j["aad"]),
    "aead_seal": lambda j: j["iv"] + aead(j).encrypt(j["iv"], j["msg"], j["aad"]),
    "kwp_wrap": lambda j: keywrap.aes_key_wrap_with_padding(j["private"], j["msg"]),
    "kwp_unwrap": lambda j: keywrap.aes_key_unwrap_with_padding(j["private"], j["ct"]),
    "mac": mac,
    "hkdf": hkdf,
    "ecdh": ecdh,
    "hpke_wrap": hpke_wrap,
    "hpke_unwrap": hpke_unwrap,
    "mlkem_encapsulate": mlkem_encapsulate,
    "mlkem_decapsulate": mlkem_decapsulate,
}
BYTES = ("private", "public", "msg", "sig", "ct", "aad", "iv", "salt", "info")


def answer(j):
    for name in BYTES:
        j[name] = bytes.fromhex(j.get(name) or "")
    try:
        return {"out": OPS[j["op"]](j).hex()}
    except ImportError as e:
        return {"absent": str(e)}
    except Exception as e:
        return {"error": "%s: %s" % (type(e).__name__, e)}


json.dump([answer(j) for j in json.load(sys.stdin)], sys.stdout)
