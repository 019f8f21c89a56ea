"""A keas.kmi server's storage and clients, by its documented algorithm and with another implementation of the cryptography.

make DIR           writes a storage directory with keys, what its clients hold, and what they encrypted
use URL CA DIR     asks a door as the local facility and the test client of keas.kmi do; prints in JSON what came of it
"""
import hashlib
import json
import os
import struct
import sys
from base64 import b64encode
from http.client import HTTPSConnection
from urllib.parse import urlparse


def bytes_to_key(password, salt, size):
    key, last = b"", b""
    while len(key) < size:
        last = hashlib.md5(last + password + salt).digest()
        key += last
    return key[:size]


def make(folder):
    from cryptography.hazmat.backends import default_backend
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    def cbc(algorithm, vector, plain):
        e = Cipher(algorithm, modes.CBC(vector), default_backend()).encryptor()
        return e.update(plain) + e.finalize()

    def pad(plain, k):
        n = k - len(plain) % k
        return plain + bytes([n]) * n

    for name in "storage", "keks", "old/0", "old/1", "old/2", "plain/0", "plain/1", "plain/2":
        os.makedirs(os.path.join(folder, name))

    def write(name, content):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(content)

    deks = {}
    for i in range(3):
        key = rsa.generate_private_key(65537, 2048, default_backend())
        der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        vector = os.urandom(8)
        body = b64encode(cbc(algorithms.TripleDES(bytes_to_key(b"key management facility", vector, 24)), vector, pad(der, 8))).decode()
        lines = [body[at:at + 64] for at in range(0, len(body), 64)]
        text = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "DEK-Info: DES-EDE3-CBC," + vector.hex().upper(), ""]
                         + lines + ["-----END RSA PRIVATE KEY-----"]).encode()
        dek = os.urandom(128)
        deks[str(i)] = dek.hex()
        write("storage/%s.dek" % hashlib.md5(text).hexdigest(), key.public_key().encrypt(dek, padding.PKCS1v15()))
        write("keks/%d" % i, text)
        plain = os.urandom(100000 + i)
        aes = algorithms.AES(bytes_to_key(dek, b"12345678", 32))
        write("plain/%d/data" % i, plain)
        write("old/%d/data" % i, cbc(aes, b"0123456789ABCDEF", pad(plain, 16)))
        vector = os.urandom(16)
        write("plain/%d/file" % i, plain)
        write("old/%d/file" % i, struct.pack("<Q", len(plain)) + vector + cbc(aes, vector, plain + b" " * (-len(plain) % 16)))
    write("storage/README", b"not a key")
    write("deks.json", json.dumps(deks).encode())


def use(url, ca, folder):
    import ssl
    context = ssl.create_default_context(cafile=ca)

    def post(path, body, headers):
        conn = HTTPSConnection(urlparse(url).netloc, context=context)
        conn.request("POST", path, body, headers)
        response = conn.getresponse()
        data = response.read()
        response.close()
        return response.status, data

    conn = HTTPSConnection(urlparse(url).netloc, context=context)
    conn.request("GET", "/")
    status = conn.getresponse().read().decode()
    made, kek = post("/new", b"", {})
    opened, dek = post("/key", kek, {"content-type": "text/plain"})
    again, same = post("/key", kek, {"content-type": "text/plain"})
    deks, codes = {}, []
    for name in sorted(os.listdir(os.path.join(folder, "keks"))):
        with open(os.path.join(folder, "keks", name), "rb") as f:
            code, data = post("/key", f.read(), {"content-type": "text/plain"})
        codes.append(code)
        deks[name] = data.hex()
    json.dump({"status": status, "codes": [made, opened, again] + codes, "same": dek == same and len(dek) == 128, "deks": deks}, sys.stdout)


{"make": make, "use": use}[sys.argv[1]](*sys.argv[2:])
