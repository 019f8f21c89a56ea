# Makes keys as the transit engine keeps them: backups and exports after the engine's documented answers and the JSON of its
# policy, and for each version something that was encrypted or signed with it. Nothing of Quorate takes part.
import base64, json, os, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

MESSAGE = b"attack at dawn"
b64 = lambda b: base64.b64encode(b).decode()
pem = lambda k, f=serialization.PrivateFormat.PKCS8: k.private_bytes(serialization.Encoding.PEM, f, serialization.NoEncryption()).decode()


def symmetric(size, cipher):
    def make():
        key, nonce = os.urandom(size), os.urandom(12)
        return {"key": b64(key)}, b64(key), nonce + cipher(key).encrypt(nonce, MESSAGE, None)
    return make


def edwards():
    k = ed25519.Ed25519PrivateKey.generate()
    raw = k.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    public = k.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"key": b64(raw + public), "public_key": b64(public)}, b64(raw + public), k.sign(MESSAGE)


def curve(c):
    def make():
        k = ec.generate_private_key(c)
        n = k.private_numbers()
        entry = {"key": None, "ec_x": n.public_numbers.x, "ec_y": n.public_numbers.y, "ec_d": n.private_value}
        return entry, pem(k, serialization.PrivateFormat.TraditionalOpenSSL), k.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    return make


def modulus(bits):
    def make():
        k = rsa.generate_private_key(65537, bits)
        n = k.private_numbers()
        entry = {"key": None, "rsa_key": {"N": n.public_numbers.n, "E": 65537, "D": n.d, "Primes": [n.p, n.q], "Precomputed": {}}}
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return entry, pem(k, serialization.PrivateFormat.TraditionalOpenSSL), k.sign(MESSAGE, pss, hashes.SHA256())
    return make


TYPES = [  # the engine's name, its number, ours
    ("aes256-gcm96", 0, "aes-256-gcm", symmetric(32, AESGCM)), ("aes128-gcm96", 8, "aes-128-gcm", symmetric(16, AESGCM)),
    ("chacha20-poly1305", 5, "chacha20-poly1305", symmetric(32, ChaCha20Poly1305)), ("ed25519", 2, "ed25519", edwards),
    ("ecdsa-p256", 1, "ecdsa-p256", curve(ec.SECP256R1())), ("ecdsa-p384", 6, "ecdsa-p384", curve(ec.SECP384R1())),
    ("ecdsa-p521", 7, "ecdsa-p521", curve(ec.SECP521R1())), ("rsa-2048", 3, "rsa-2048", modulus(2048)),
    ("rsa-3072", 9, "rsa-3072", modulus(3072)), ("rsa-4096", 4, "rsa-4096", modulus(4096)),
]

out = []
for kind, number, ours, make in TYPES:
    versions = [make() for _ in range(1 if kind in ("rsa-3072", "rsa-4096") else 3)]
    n = len(versions)
    lowest = 2 if n > 1 and kind == "aes256-gcm96" else 1
    meta = lambda e: dict(e, time="2026-01-02T03:04:05.000000006Z", creation_time=1767323045, hmac_key=b64(os.urandom(32)), convergent_version=0)
    entries = {str(i + 1): meta(v[0]) for i, v in enumerate(versions) if i + 1 >= lowest}
    policy = {
        "name": "k-" + kind, "keys": entries, "type": number, "derived": False, "kdf": 0, "convergent_encryption": False, "exportable": True,
        "min_decryption_version": lowest, "min_encryption_version": 0, "latest_version": n, "archive_version": n, "archive_min_version": 0,
        "min_available_version": 0, "deletion_allowed": False, "version_template": "", "storage_prefix": "", "backup_info": None, "restore_info": None,
        "allow_plaintext_backup": True,
    }
    archive = [meta({"key": None})] + [meta(v[0]) for v in versions]
    out.append({
        "Name": policy["name"], "Type": kind, "Algorithm": ours, "MinDecrypt": lowest if lowest > 1 else 0,
        "Backup": b64(json.dumps({"policy": policy, "archived_keys": {"keys": archive}}).encode()),
        "Export": {str(i + 1): v[1] for i, v in enumerate(versions)},
        "Products": {str(i + 1): "vault:v%d:%s" % (i + 1, b64(v[2])) for i, v in enumerate(versions)},
    })
json.dump(out, sys.stdout)
