"""Makes ciphertext by the algorithm that keas.kmi documents, with another implementation of the cryptography: JSON for the test."""
import hashlib
import json
import os
import struct
import sys

from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def encryptor(dek, vector):
    seed = dek + b"12345678"
    first = hashlib.md5(seed).digest()
    key = first + hashlib.md5(first + seed).digest()
    return Cipher(algorithms.AES(key), modes.CBC(vector), default_backend()).encryptor()


def value(dek, plain):
    n = 16 - len(plain) % 16
    e = encryptor(dek, b"0123456789ABCDEF")
    return e.update(plain + bytes([n]) * n) + e.finalize()


def file(dek, plain, chunk=24 * 1024):
    vector = os.urandom(16)
    e = encryptor(dek, vector)
    out = struct.pack("<Q", len(plain)) + vector
    for at in range(0, len(plain), chunk):
        part = plain[at:at + chunk]
        out += e.update(part + b" " * (-len(part) % 16))
    return out + e.finalize()


all = []
for size in [0, 1, 15, 16, 17, 24575, 24576, 24577, 65535, 65536, 65537, 200000]:
    dek, plain = os.urandom(128), os.urandom(size)
    for form, made in (("data", value(dek, plain)), ("file", file(dek, plain))):
        all.append({"form": form, "dek": dek.hex(), "plain": plain.hex(), "cipher": made.hex()})
json.dump(all, sys.stdout)
