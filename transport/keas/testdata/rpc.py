"""Drives the XML-RPC of a keas.kmi door with Python's own client, and says in JSON what came of it."""
import json
import sys
import xmlrpc.client
from xmlrpc.client import Binary, Fault, ProtocolError, ServerProxy

url = sys.argv[1]
keys = ServerProxy(url + "/RPC2")


def refused(work):
    try:
        return {"answer": repr(work())}
    except Fault as f:
        return {"code": f.faultCode, "text": f.faultString}
    except ProtocolError as e:
        return {"status": e.errcode}


kek, other = keys.generate(), keys.generate()
dek = keys.get(kek)
text = "Grüße, <world> & ]]>\n\n"
secret = keys.encrypt(kek, text)
raw = keys.encrypt(Binary(kek.encode()), Binary(bytes(range(256)) * 40))
report = {
    "kek": kek,
    "dek": dek.data.hex(),
    "same": keys.get(Binary(kek.encode())).data == dek.data,
    "other": keys.get(other).data == dek.data,
    "contains": [keys.contains(kek), keys.contains(other), keys.contains("no key"), keys.contains(kek[:-40] + kek[-39:])],
    "secret": secret.data.hex(),
    "text": keys.decrypt(kek, secret).data.decode() == text,
    "empty": keys.decrypt(kek, keys.encrypt(kek, "")).data == b"",
    "raw": keys.decrypt(kek, raw).data == bytes(range(256)) * 40,
    "large": keys.decrypt(kek, keys.encrypt(kek, Binary(b"x" * 500_000))).data == b"x" * 500_000,
    "faults": {
        "unknown key": refused(lambda: keys.get("no key")),
        "decrypt under another key": refused(lambda: keys.decrypt(other, secret)),
        "changed": refused(lambda: keys.decrypt(kek, Binary(secret.data[:-1] + bytes([secret.data[-1] ^ 1])))),
        "no ciphertext": refused(lambda: keys.decrypt(kek, Binary(b"x" * 31))),
        "no such method": refused(lambda: keys.destroy(kek)),
        "too few": refused(lambda: keys.encrypt(kek)),
        "too many": refused(lambda: keys.generate(kek)),
        "a number": refused(lambda: keys.encrypt(kek, 7)),
        "a list": refused(lambda: keys.encrypt(kek, [[["x"]]])),
        "another path": refused(lambda: ServerProxy(url + "/keys").get(kek)),
    },
}
json.dump(report, sys.stdout)
