"""Fills a database with PyKMIP's own classes, as its server does: python3 pykmip.py FILE. Prints in JSON what is in it."""
import json
import os
import sys

import sqlalchemy
from sqlalchemy.orm import sessionmaker

from cryptography import x509
from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from kmip.core import enums
from kmip.pie import objects, sqltypes
import datetime

engine = sqlalchemy.create_engine("sqlite:///" + sys.argv[1])
sqltypes.Base.metadata.create_all(engine)
session = sessionmaker(bind=engine)()
A, S, M = enums.CryptographicAlgorithm, enums.State, enums.CryptographicUsageMask
masks = [M.ENCRYPT, M.DECRYPT]
said = []


def add(o, at=None, **want):
    if at is not None:
        o.state = at
    session.add(o)
    session.commit()
    said.append(dict(want, uid=str(o.unique_identifier), value=o.value.hex(), name=o.names[0] if o.names else ""))


key = rsa.generate_private_key(65537, 2048, default_backend())
private = {
    form: key.private_bytes(serialization.Encoding.DER, how, serialization.NoEncryption())
    for form, how in ((enums.KeyFormatType.PKCS_8, serialization.PrivateFormat.PKCS8), (enums.KeyFormatType.PKCS_1, serialization.PrivateFormat.TraditionalOpenSSL))
}
public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "quorate test")])
now = datetime.datetime(2026, 1, 1)
certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1) \
    .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=365)).sign(key, hashes.SHA256(), default_backend())

add(objects.SymmetricKey(A.AES, 256, os.urandom(32), masks, "app/aes256"), S.ACTIVE, algorithm="aes-256-gcm", state="active")
add(objects.SymmetricKey(A.AES, 128, os.urandom(16), masks, "app/aes128"), S.PRE_ACTIVE, algorithm="aes-128-gcm", state="suspended")
add(objects.SymmetricKey(A.AES, 192, os.urandom(24), masks, "app/aes192"), S.ACTIVE, algorithm="secret", state="active")
add(objects.SymmetricKey(A.AES, 256, os.urandom(32), masks, "app/old"), S.DEACTIVATED, algorithm="aes-256-gcm", state="deactivated")
add(objects.SymmetricKey(A.AES, 256, os.urandom(32), masks, "app/leaked"), S.COMPROMISED, algorithm="aes-256-gcm", state="compromised")
add(objects.SymmetricKey(A.AES, 256, os.urandom(32), masks, "app/gone"), S.DESTROYED, left="destroyed")
add(objects.SymmetricKey(A.HMAC_SHA256, 256, os.urandom(32), [M.MAC_GENERATE], "app/mac"), S.ACTIVE, algorithm="hmac-sha256", state="active")
add(objects.SymmetricKey(A.TRIPLE_DES, 192, os.urandom(24), masks, "app/3des"), S.ACTIVE, algorithm="secret", state="active")
add(objects.SymmetricKey(A.AES, 256, os.urandom(32), masks, "Symmetric Key"), S.ACTIVE, algorithm="aes-256-gcm", state="active")
add(objects.PrivateKey(A.RSA, 2048, private[enums.KeyFormatType.PKCS_8], enums.KeyFormatType.PKCS_8, [M.SIGN], "app/rsa8"), S.ACTIVE, algorithm="rsa-2048", state="active")
add(objects.PrivateKey(A.RSA, 2048, private[enums.KeyFormatType.PKCS_1], enums.KeyFormatType.PKCS_1, [M.SIGN], "app/rsa1"), S.ACTIVE, algorithm="rsa-2048", state="active")
add(objects.PublicKey(A.RSA, 2048, public, enums.KeyFormatType.PKCS_1, [M.VERIFY], "app/rsa-public"), S.ACTIVE, left="public key")
add(objects.SecretData(b"a password", enums.SecretDataType.PASSWORD, None, "app/secret"), S.ACTIVE, algorithm="secret", state="active")
add(objects.OpaqueObject(b"opaque bytes", enums.OpaqueDataType.NONE, "app/opaque"), algorithm="opaque", state="active")
add(objects.X509Certificate(certificate.public_bytes(serialization.Encoding.DER), None, "app/cert"), S.ACTIVE, algorithm="x509", state="active")
json.dump(said, sys.stdout)
