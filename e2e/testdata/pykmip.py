"""A client of KMIP as its users have it: PyKMIP's own classes, configured by a file. Prints what it was told, as JSON."""

import hashlib
import json
import sys

from kmip.core import attributes, enums
from kmip.core.factories.attributes import AttributeFactory
from kmip.pie import exceptions
from kmip.pie import objects as objs
from kmip.pie.client import ProxyKmipClient
from kmip.services.kmip_client import KMIPProxy

TEXT = b"a page of a diary, which is longer than one block"
AES = {"cryptographic_algorithm": enums.CryptographicAlgorithm.AES}
CBC = dict(AES, block_cipher_mode=enums.BlockCipherMode.CBC, padding_method=enums.PaddingMethod.PKCS5)
GCM = dict(AES, block_cipher_mode=enums.BlockCipherMode.GCM)
IV = bytes(range(16))


def failure(do):
    """What a refusal says: reason and message. None if it is none."""
    try:
        do()
    except exceptions.KmipOperationFailure as e:
        return [e.reason.name, e.message]
    return None


def find(c, name):
    value = attributes.Name.create(name, enums.NameType.UNINTERPRETED_TEXT_STRING)
    made = AttributeFactory().create_attribute(enums.AttributeType.NAME, value)
    return c.locate(attributes=[made])


def use(c, names):
    """Every cryptographic method of ProxyKmipClient, on keys that other doors made."""
    aes, rsa, mac = (find(c, n)[0] for n in names)
    out = {"id": aes, "attributes": c.get_attribute_list(aes)}
    uid, values = c.get_attributes(aes, ["State", "Cryptographic Algorithm", "Cryptographic Length"])
    out["values"] = {str(a.attribute_name): str(a.attribute_value) for a in values}
    for name, how, iv in (("gcm", GCM, None), ("cbc", CBC, None), ("given", CBC, IV)):
        sealed, drawn = c.encrypt(TEXT, uid=aes, cryptographic_parameters=how, iv_counter_nonce=iv)
        out[name] = {"data": sealed.hex(), "iv": (drawn or b"").hex()}
        out[name]["back"] = c.decrypt(sealed, uid=aes, cryptographic_parameters=how, iv_counter_nonce=drawn or iv) == TEXT
    pss = {
        "padding_method": enums.PaddingMethod.PSS,
        "hashing_algorithm": enums.HashingAlgorithm.SHA_256,
        "cryptographic_algorithm": enums.CryptographicAlgorithm.RSA,
    }
    oaep = dict(pss, padding_method=enums.PaddingMethod.OAEP)
    sig = c.sign(TEXT, uid=rsa, cryptographic_parameters=pss)
    out["valid"] = c.signature_verify(TEXT, sig, uid=rsa, cryptographic_parameters=pss).name
    out["other"] = c.signature_verify(TEXT[1:], sig, uid=rsa, cryptographic_parameters=pss).name
    sealed, _ = c.encrypt(TEXT, uid=rsa, cryptographic_parameters=oaep)
    out["oaep"] = c.decrypt(sealed, uid=rsa, cryptographic_parameters=oaep) == TEXT
    out["mac"] = c.mac(TEXT, uid=mac, algorithm=enums.CryptographicAlgorithm.HMAC_SHA256)[1].hex()
    out["material"] = c.get(mac).value.hex()
    return out


def opens(c, uid, data, iv):
    """What another node encrypted."""
    return c.decrypt(bytes.fromhex(data), uid=uid, cryptographic_parameters=CBC, iv_counter_nonce=bytes.fromhex(iv)) == TEXT


def end(c, uid):
    """A key's end: revoked, then destroyed."""
    active = failure(lambda: c.destroy(uid))
    c.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, uid=uid, revocation_message="no longer needed")
    revoked = failure(lambda: c.encrypt(TEXT, uid=uid, cryptographic_parameters=CBC, iv_counter_nonce=IV))
    c.destroy(uid)
    return {"active": active, "revoked": revoked, "destroyed": failure(lambda: c.get(uid))}


def refused(c, uid):
    """What a stranger is told of a key, and of none."""
    ask = {
        "get": lambda u: c.get(u),
        "encrypt": lambda u: c.encrypt(TEXT, uid=u, cryptographic_parameters=CBC, iv_counter_nonce=IV),
        "revoke": lambda u: c.revoke(enums.RevocationReasonCode.KEY_COMPROMISE, uid=u),
        "destroy": lambda u: c.destroy(u),
    }
    none = "00000000-0000-7000-8000-000000000000"
    return {name: [failure(lambda: do(uid)), failure(lambda: do(none))] for name, do in ask.items()}


def objects(config_file):
    """The methods of ProxyKmipClient that make objects, change their attributes and their states: what went wrong with each."""
    wrong = {}

    def step(name, do):
        try:
            got = do()
            if got is False:
                wrong[name] = "is not so"
            return got
        except Exception as e:  # whatever it is, the step failed
            wrong[name] = "%s: %s" % (type(e).__name__, e)

    masks = [enums.CryptographicUsageMask.ENCRYPT, enums.CryptographicUsageMask.DECRYPT]
    derive = [enums.CryptographicUsageMask.DERIVE_KEY]
    both = [enums.CryptographicUsageMask.SIGN, enums.CryptographicUsageMask.VERIFY]
    with ProxyKmipClient(config="client", config_file=config_file) as c:
        aes = step("create", lambda: c.create(enums.CryptographicAlgorithm.AES, 256, name="made/aes", cryptographic_usage_mask=masks))
        step("locate", lambda: find(c, "made/aes") == [aes])
        step("get", lambda: len(c.get(aes).value) == 32)
        step("refused before activate", lambda: failure(lambda: c.encrypt(TEXT, uid=aes, cryptographic_parameters=CBC)) is not None)
        step("activate", lambda: c.activate(aes))
        sealed = step("encrypt", lambda: c.encrypt(TEXT, uid=aes, cryptographic_parameters=CBC, iv_counter_nonce=IV))
        step("decrypt", lambda: c.decrypt(sealed[0], uid=aes, cryptographic_parameters=CBC, iv_counter_nonce=IV) == TEXT)
        pair = step(
            "create_key_pair",
            lambda: c.create_key_pair(
                enums.CryptographicAlgorithm.RSA,
                2048,
                public_name="made/public",
                public_usage_mask=both[1:],
                private_name="made/private",
                private_usage_mask=both[:1],
            ),
        )
        step("get, public", lambda: c.get(pair[0]).object_type == enums.ObjectType.PUBLIC_KEY)
        step("get, private", lambda: c.get(pair[1]).object_type == enums.ObjectType.PRIVATE_KEY)
        for half in pair or ():
            step("activate, pair", lambda: c.activate(half))
        pss = {
            "padding_method": enums.PaddingMethod.PSS,
            "hashing_algorithm": enums.HashingAlgorithm.SHA_256,
            "cryptographic_algorithm": enums.CryptographicAlgorithm.RSA,
        }
        sig = step("sign", lambda: c.sign(TEXT, uid=pair[1], cryptographic_parameters=pss))
        step(
            "signature_verify",
            lambda: c.signature_verify(TEXT, sig, uid=pair[0], cryptographic_parameters=pss) == enums.ValidityIndicator.VALID,
        )
        kept = {
            "symmetric": objs.SymmetricKey(enums.CryptographicAlgorithm.AES, 128, bytes(16), masks=derive, name="made/known"),
            "secret": objs.SecretData(b"a password", enums.SecretDataType.PASSWORD, name="made/secret"),
            "opaque": objs.OpaqueObject(b"a page", enums.OpaqueDataType.NONE, name="made/opaque"),
        }
        ids = {}
        for kind, o in kept.items():
            ids[kind] = step("register, " + kind, lambda: c.register(o))
            step("get, " + kind, lambda: c.get(ids[kind]).value == o.value)
        step("activate, known", lambda: c.activate(ids["symmetric"]))
        derived = step(
            "derive_key",
            lambda: c.derive_key(
                enums.ObjectType.SYMMETRIC_KEY,
                [ids["symmetric"]],
                enums.DerivationMethod.HASH,
                {"cryptographic_parameters": {"hashing_algorithm": enums.HashingAlgorithm.SHA_256}},
                cryptographic_length=128,
                cryptographic_algorithm=enums.CryptographicAlgorithm.AES,
                cryptographic_usage_mask=masks,
            ),
        )
        step("get, derived", lambda: c.get(derived).value == hashlib.sha256(bytes(16)).digest()[:16])
        step("get_attribute_list", lambda: "Name" in c.get_attribute_list(aes))
        step("get_attributes", lambda: str(c.get_attributes(aes, ["State"])[1][0].attribute_value) == "State.ACTIVE")
        moved = AttributeFactory().create_attribute(
            enums.AttributeType.NAME, attributes.Name.create("made/moved", enums.NameType.UNINTERPRETED_TEXT_STRING), 0
        )
        step("modify_attribute", lambda: c.modify_attribute(unique_identifier=ids["opaque"], attribute=moved))
        step("locate, moved", lambda: find(c, "made/moved") == [ids["opaque"]])
        step(
            "delete_attribute",
            lambda: c.delete_attribute(unique_identifier=ids["opaque"], attribute_name="Name", attribute_index=0)[0] == ids["opaque"],
        )
        step("revoke", lambda: c.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, uid=aes))
        step("destroy", lambda: c.destroy(aes))
        step("destroyed", lambda: failure(lambda: c.get(aes)) is not None)
    with ProxyKmipClient(config="client", config_file=config_file, kmip_version=enums.KMIPVersion.KMIP_2_0) as c:
        aes = step("create, 2.0", lambda: c.create(enums.CryptographicAlgorithm.AES, 128, name="made/2", cryptographic_usage_mask=masks))
        step("set_attribute", lambda: c.set_attribute(unique_identifier=aes, attribute_name="Sensitive", attribute_value=True))
        step("get, sensitive", lambda: failure(lambda: c.get(aes)) is not None)
        step("activate, 2.0", lambda: c.activate(aes))
        sealed = step("encrypt, 2.0", lambda: c.encrypt(TEXT, uid=aes, cryptographic_parameters=CBC, iv_counter_nonce=IV))
        step("decrypt, 2.0", lambda: c.decrypt(sealed[0], uid=aes, cryptographic_parameters=CBC, iv_counter_nonce=IV) == TEXT)
        step("revoke, 2.0", lambda: c.revoke(enums.RevocationReasonCode.KEY_COMPROMISE, uid=aes))
        step("destroy, 2.0", lambda: c.destroy(aes))
    return {"wrong": wrong, "derived": derived}


def server(config_file):
    """What KMIPProxy learns of the server."""
    p = KMIPProxy(config="client", config_file=config_file)
    p.open()
    try:
        q = p.query(query_functions=[enums.QueryFunction.QUERY_OPERATIONS, enums.QueryFunction.QUERY_SERVER_INFORMATION])
        d = p.discover_versions()
        return {
            "operations": [o.name for o in q.operations],
            "vendor": str(q.vendor_identification),
            "versions": ["%d.%d" % (v.major, v.minor) for v in d.protocol_versions],
        }
    finally:
        p.close()


def main(config_file, action, *args):
    if action in ("server", "objects"):
        return {"server": server, "objects": objects}[action](config_file)
    with ProxyKmipClient(config="client", config_file=config_file) as c:
        if action == "find":
            return find(c, *args)
        if action == "use":
            return use(c, args)
        return {"opens": opens, "end": end, "refused": refused}[action](c, *args)


print(json.dumps(main(*sys.argv[1:])))
