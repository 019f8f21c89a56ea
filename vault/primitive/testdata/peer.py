"""Does with Python's cryptography what package primitive does, so that each opens what the other made.

Reads jobs, a JSON list of objects with an "op" and its arguments (bytes in hex), writes a list of answers: {"out": hex},
{"error": text}, or {"absent": text} for what this version of the library lacks."""
import base64
import functools
import hashlib
import hmac as stdhmac
import json
import os
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
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


def der(key, sig):
    """Writes r and s, side by side and of equal length, as ASN.1."""
    n = (key.key_size + 7) // 8
    if len(sig) != 2 * n:
        raise ValueError("%d bytes are no r and s of %d bits" % (len(sig), key.key_size))
    return utils.encode_dss_signature(int.from_bytes(sig[:n], "big"), int.from_bytes(sig[n:], "big"))


def raw(key, sig):
    n = (key.key_size + 7) // 8
    return b"".join(x.to_bytes(n, "big") for x in utils.decode_dss_signature(sig))


def unbased(text):
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def jws(token):
    """The job that RFC 7518 and 8037 make of a token's algorithm: nothing but the token says how it is verified."""
    head, payload, _ = token.split(b".")
    alg = json.loads(unbased(head))["alg"]
    j = {"hash": "sha" + alg[2:], "padding": "pkcs1" if alg.startswith("RS") else "pss", "form": "jws"}
    if alg not in ("EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"):
        raise ValueError("no algorithm of RFC 7518: " + alg)
    curve = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}.get(alg)
    return j, curve, head + b"." + payload


def jws_verify(j):
    rules, curve, text = jws(j["msg"])
    key = public(j)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name != curve:
        raise ValueError("the algorithm is for another curve than " + key.curve.name)
    return verify(dict(rules, public=j["public"], msg=text, sig=unbased(j["msg"].split(b".")[2])))


def jws_sign(j):
    rules, _, text = jws(j["msg"] + b".")
    return sign(dict(rules, private=j["private"], msg=text))


def verify(j):
    key = public(j)
    try:
        if j.get("form") and isinstance(key, ec.EllipticCurvePublicKey):
            j = dict(j, sig=der(key, j["sig"]))
        key.verify(j["sig"], j["msg"], *scheme(key, j))
    except InvalidSignature:
        return b"does not verify"
    return b"verifies"


def sign(j):
    key = private(j)
    made = key.sign(j["msg"], *scheme(key, j))
    if j.get("form") and isinstance(key, ec.EllipticCurvePrivateKey):
        made = raw(key, made)
    return made


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


def xts(j):
    e = Cipher(algorithms.AES(j["private"]), modes.XTS(j["iv"])).encryptor()
    return e.update(j["msg"]) + e.finalize()


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
            raise ImportError("no such KEM")  # ml-kem-768-p256: see p256_unwrap
    return h.Suite(kem, h.KDF.HKDF_SHA256, h.AEAD.AES_256_GCM), key


def p256(seed):
    """The halves of a private key of MLKEM768-P256 (draft-irtf-cfrg-concrete-hybrid-kems), which the library has no KEM of."""
    from cryptography.hazmat.primitives.asymmetric import mlkem

    stream = hashlib.shake_256(seed).digest(96)  # a scalar out of range, which asks for more, comes once in 2**32 seeds
    return mlkem.MLKEM768PrivateKey.from_seed_bytes(stream[:64]), ec.derive_private_key(int.from_bytes(stream[64:], "big"), ec.SECP256R1())


def point(public_key):
    return public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def p256_cipher(pq, t, sent, own):
    """RFC 9180, 5.1: base mode without info, HKDF-SHA256 and AES-256-GCM, of the secrets that both halves agree on."""
    secret = hashlib.sha3_256(pq + t + sent + own + b"MLKEM768-P256").digest()
    suite = b"HPKE" + bytes((0, 0x50, 0, 1, 0, 2))

    def extract(salt, label, ikm):
        return stdhmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")

    def expand(prk, label, info, size):
        return stdhmac.digest(prk, size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01", "sha256")[:size]

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", b"")
    prk = extract(secret, b"secret", b"")
    return AESGCM(expand(prk, b"key", context, 32)), expand(prk, b"base_nonce", context, 12)


def p256_unwrap(j):
    pq, t = p256(j["private"])
    sent, body = j["ct"][1088:1153], j["ct"][1153:]
    agreed = t.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sent))
    cipher, nonce = p256_cipher(pq.decapsulate(j["ct"][:1088]), agreed, sent, point(t.public_key()))
    return cipher.decrypt(nonce, body, b"")


def p256_wrap(j):
    pq, t = p256(j["private"])
    fresh = ec.generate_private_key(ec.SECP256R1())
    shared, ciphertext = pq.public_key().encapsulate()
    sent = point(fresh.public_key())
    cipher, nonce = p256_cipher(shared, fresh.exchange(ec.ECDH(), t.public_key()), sent, point(t.public_key()))
    return ciphertext + sent + cipher.encrypt(nonce, j["msg"], b"")


def hpke_unwrap(j):
    if j["algorithm"] == "ml-kem-768-p256":
        return p256_unwrap(j)
    suite, key = hpke(j)
    return suite.decrypt(j["ct"], key)


def hpke_wrap(j):
    if j["algorithm"] == "ml-kem-768-p256":
        return p256_wrap(j)
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
    "jws_verify": jws_verify,
    "jws_sign": jws_sign,
    "oaep_open": lambda j: private(j).decrypt(j["ct"], oaep(j["aad"])),
    "oaep_seal": lambda j: public(j).encrypt(j["msg"], oaep(j["aad"])),
    "rsa_wrap": rsa_wrap,
    "rsa_unwrap": rsa_unwrap,
    "aead_open": lambda j: aead(j).decrypt(j["ct"][:12], j["ct"][12:], j["aad"]),
    "aead_seal": lambda j: j["iv"] + aead(j).encrypt(j["iv"], j["msg"], j["aad"]),
    "ccm": lambda j: AESCCM(j["private"], j["size"]).encrypt(j["iv"], j["msg"], j["aad"]),
    "xts": xts,
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
