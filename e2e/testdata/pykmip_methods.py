"""Every public method of PyKMIP's two clients, ProxyKmipClient and KMIPProxy, called once at least against a server of ours: objects are made at
one node and used at another. What there is to call is asked of the classes, so that a method that a later PyKMIP has is missed here at once."""

import hashlib
import hmac
import inspect
import json
import sys

from kmip.core import attributes, enums, objects, primitives
from kmip.core.attributes import CryptographicParameters
from kmip.core.factories.attributes import AttributeFactory
from kmip.core.messages import payloads
from kmip.core.misc import KeyFormatType, Offset
from kmip.pie import objects as pie
from kmip.pie.client import ProxyKmipClient
from kmip.pie.factory import ObjectFactory
from kmip.services.kmip_client import KMIPProxy

TEXT = b"a page of a diary, which is longer than one block"
AES, RSA = enums.CryptographicAlgorithm.AES, enums.CryptographicAlgorithm.RSA
HMAC = enums.CryptographicAlgorithm.HMAC_SHA256
MASK = enums.CryptographicUsageMask
USE = [MASK.ENCRYPT, MASK.DECRYPT]
KIND, TYPE, TAG = enums.ObjectType, enums.AttributeType, enums.Tags
SUCCESS = enums.ResultStatus.SUCCESS
CBC = {"cryptographic_algorithm": AES, "block_cipher_mode": enums.BlockCipherMode.CBC, "padding_method": enums.PaddingMethod.PKCS5}
PSS = {"cryptographic_algorithm": RSA, "padding_method": enums.PaddingMethod.PSS, "hashing_algorithm": enums.HashingAlgorithm.SHA_256}
SHA256 = {"hashing_algorithm": enums.HashingAlgorithm.SHA_256}
IV = bytes(range(16))

make = AttributeFactory().create_attribute


def named(name):
    return make(TYPE.NAME, attributes.Name.create(name, enums.NameType.UNINTERPRETED_TEXT_STRING))


def described(algorithm, length, mask=USE, name=None):
    of = [make(TYPE.CRYPTOGRAPHIC_ALGORITHM, algorithm), make(TYPE.CRYPTOGRAPHIC_LENGTH, length), make(TYPE.CRYPTOGRAPHIC_USAGE_MASK, mask)]
    return of + ([named(name)] if name else [])


class Asked:
    """A client whose methods are called by name; knows which were, and what went wrong."""

    def __init__(self, client):
        self.client, self.called, self.wrong = client, set(), {}

    def missed(self):
        every = inspect.getmembers(type(self.client), inspect.isfunction)
        return sorted(n for n, _ in every if not n.startswith("_") and n not in self.called)

    def __call__(self, method, *args, right=None, **kwargs):
        """Calls a method. right judges what it gave; a result of KMIPProxy has to be a success, too."""
        self.called.add(method)
        try:
            got = getattr(self.client, method)(*args, **kwargs)
            status = got.get("result_status") if isinstance(got, dict) else getattr(got, "result_status", None)
            if status is not None and SUCCESS not in (status, getattr(status, "value", None)):
                said = got.get("result_message") if isinstance(got, dict) else got.result_message
                raise AssertionError("%s: %s" % (status, getattr(said, "value", said)))
            if right is not None and not right(got):
                raise AssertionError("gave %r" % (getattr(got, "__dict__", got),))
            return got
        except Exception as e:  # whatever it is, the method failed
            self.wrong.setdefault(method, "%s: %s" % (type(e).__name__, e))


def upper(do, beside):
    """ProxyKmipClient; beside is the same at another node."""
    aes = do("create", AES, 256, name="every/aes", cryptographic_usage_mask=[MASK.DERIVE_KEY])
    beside("locate", attributes=[named("every/aes")], right=lambda found: found == [aes])
    beside("get", aes, right=lambda k: len(k.value) == 32)
    beside("activate", aes)
    sealed = do("encrypt", TEXT, uid=aes, cryptographic_parameters=CBC, iv_counter_nonce=IV)
    beside("decrypt", sealed[0], uid=aes, cryptographic_parameters=CBC, iv_counter_nonce=IV, right=lambda text: text == TEXT)
    beside("check", aes, 1, [MASK.ENCRYPT], 60, right=lambda uid: uid == aes)
    public, private = beside(
        "create_key_pair", RSA, 2048, public_name="every/public", public_usage_mask=[MASK.VERIFY], private_name="every/private", private_usage_mask=[MASK.SIGN]
    )
    for half in (public, private):
        do("activate", half)
    signature = do("sign", TEXT, uid=private, cryptographic_parameters=PSS)
    valid = enums.ValidityIndicator.VALID
    beside("signature_verify", TEXT, signature, uid=public, cryptographic_parameters=PSS, right=lambda said: said == valid)
    known = beside("register", pie.SymmetricKey(HMAC, 256, bytes(32), masks=[MASK.MAC_GENERATE], name="every/mac"))
    do("activate", known)
    do("mac", TEXT, uid=known, algorithm=HMAC, right=lambda got: got == (known, hmac.new(bytes(32), TEXT, "sha256").digest()))
    base = do("register", pie.SymmetricKey(AES, 128, bytes(16), masks=[MASK.DERIVE_KEY], name="every/base"))
    beside("activate", base)
    derived = beside(
        "derive_key",
        KIND.SYMMETRIC_KEY,
        [base],
        enums.DerivationMethod.HASH,
        {"cryptographic_parameters": SHA256},
        cryptographic_length=128,
        cryptographic_algorithm=AES,
        cryptographic_usage_mask=USE,
    )
    do("get", derived, right=lambda k: k.value == hashlib.sha256(bytes(16)).digest()[:16])
    wrapper = do("register", pie.SymmetricKey(AES, 128, bytes(16), masks=[MASK.WRAP_KEY, MASK.UNWRAP_KEY], name="every/wrapper"))
    do("activate", wrapper)
    information = {"unique_identifier": wrapper, "cryptographic_parameters": {"block_cipher_mode": enums.BlockCipherMode.NIST_KEY_WRAP}}
    how = {"wrapping_method": enums.WrappingMethod.ENCRYPT, "encryption_key_information": information, "encoding_option": enums.EncodingOption.NO_ENCODING}
    # RFC 3394, of sixteen zero bytes under a key of sixteen zero bytes. PyKMIP writes it as a structure; a wrapped key that it gets, which is
    # bytes in the protocol, it cannot read, so it is not asked for one.
    sealed = bytes.fromhex("bf3b77b5e90caa9f5009fe9626e4efe20ded75ee3b1ac0d5")
    wrapped = do("register", pie.SymmetricKey(AES, 128, sealed, masks=[MASK.ENCRYPT], name="every/wrapped", key_wrapping_data=how))
    beside("get", wrapped, right=lambda k: k.value == bytes(16))
    do("get_attribute_list", aes, right=lambda names: "Name" in names and "State" in names)
    beside("get_attributes", aes, ["State"], right=lambda got: str(got[1][0].attribute_value) == "State.ACTIVE")
    moved = make(TYPE.NAME, attributes.Name.create("every/moved", enums.NameType.UNINTERPRETED_TEXT_STRING), 0)
    do("modify_attribute", unique_identifier=wrapper, attribute=moved, right=lambda got: got[0] == wrapper)
    beside("locate", attributes=[named("every/moved")], maximum_items=1, right=lambda found: found == [wrapper])
    do("delete_attribute", unique_identifier=wrapper, attribute_name="Name", attribute_index=0, right=lambda got: got[0] == wrapper)
    again = do("rekey", aes, 0)
    beside("locate", attributes=[named("every/aes")], right=lambda found: found == [again] and again != aes)
    do("revoke", enums.RevocationReasonCode.KEY_COMPROMISE, aes, "found on a beach", 1000000000)
    beside("destroy", aes)
    do("get_attributes", aes, ["State"], right=lambda got: str(got[1][0].attribute_value) == "State.DESTROYED_COMPROMISED")


def newer(do):
    """What ProxyKmipClient has for 2.0 alone."""
    aes = do("create", AES, 128, name="every/2")
    do("set_attribute", unique_identifier=aes, attribute_name="Sensitive", attribute_value=True, right=lambda uid: uid == aes)
    do("destroy", aes)


def lower(do, beside):
    """KMIPProxy; beside is the same at another node."""
    template = lambda *of, tag=TAG.TEMPLATE_ATTRIBUTE: objects.TemplateAttribute(attributes=list(of), tag=tag)  # noqa: E731
    parameters = lambda of: CryptographicParameters(**of)  # noqa: E731
    aes = do("create", KIND.SYMMETRIC_KEY, template(*described(AES, 256, USE, "every/low"))).uuid
    beside("locate", attributes=[named("every/low")], maximum_items=5, storage_status_mask=1, right=lambda got: got.uuids == [aes])
    beside("activate", aes, right=lambda got: got.uuid.value == aes)
    beside("get", aes, KeyFormatType(enums.KeyFormatType.RAW), right=lambda got: len(got.secret.key_block.key_value.key_material.value) == 32)
    do("get_attribute_list", aes, right=lambda got: "State" in got.names)
    beside("get_attributes", aes, ["State", "Name"], right=lambda got: len(got.attributes) == 2)
    do("check", aes, 1, [MASK.ENCRYPT], 60, right=lambda got: got["unique_identifier"] == aes)
    sealed = beside("encrypt", TEXT, aes, parameters(CBC), IV)
    do("decrypt", sealed["data"], aes, parameters(CBC), IV, right=lambda got: got["data"] == TEXT)
    pair = do(
        "create_key_pair",
        common_template_attribute=template(make(TYPE.CRYPTOGRAPHIC_ALGORITHM, RSA), make(TYPE.CRYPTOGRAPHIC_LENGTH, 2048), tag=TAG.COMMON_TEMPLATE_ATTRIBUTE),
        private_key_template_attribute=template(make(TYPE.CRYPTOGRAPHIC_USAGE_MASK, [MASK.SIGN]), tag=TAG.PRIVATE_KEY_TEMPLATE_ATTRIBUTE),
        public_key_template_attribute=template(make(TYPE.CRYPTOGRAPHIC_USAGE_MASK, [MASK.VERIFY]), tag=TAG.PUBLIC_KEY_TEMPLATE_ATTRIBUTE),
    )
    for half in (pair.public_key_uuid, pair.private_key_uuid):
        beside("activate", half)
    signature = beside("sign", TEXT, pair.private_key_uuid, parameters(PSS))["signature"]
    valid = enums.ValidityIndicator.VALID
    do("signature_verify", TEXT, signature, pair.public_key_uuid, parameters(PSS), right=lambda got: got["validity_indicator"] == valid)
    known = pie.SymmetricKey(HMAC, 256, bytes(32), masks=[MASK.MAC_GENERATE])
    mac = do("register", KIND.SYMMETRIC_KEY, template(*described(HMAC, 256, [MASK.MAC_GENERATE])), ObjectFactory().convert(known)).uuid
    beside("activate", mac)
    digest = hmac.new(bytes(32), TEXT, "sha256").digest()
    beside("mac", TEXT, mac, parameters({"cryptographic_algorithm": HMAC}), right=lambda got: got.mac_data.value == digest)
    base = pie.SymmetricKey(AES, 128, bytes(16), masks=[MASK.DERIVE_KEY])
    base = do("register", KIND.SYMMETRIC_KEY, template(*described(AES, 128, [MASK.DERIVE_KEY])), ObjectFactory().convert(base)).uuid
    do("activate", base)
    how = attributes.DerivationParameters(cryptographic_parameters=parameters(SHA256))
    derived = beside("derive_key", KIND.SYMMETRIC_KEY, [base], enums.DerivationMethod.HASH, how, template(*described(AES, 128)))
    do("get", derived["unique_identifier"], right=lambda got: got.secret.key_block.key_value.key_material.value == hashlib.sha256(bytes(16)).digest()[:16])
    fresh = beside("rekey", aes, 0, template(), right=lambda got: got["unique_identifier"] != aes)["unique_identifier"]
    do("locate", attributes=[named("every/low")], right=lambda got: got.uuids == [fresh])
    private = attributes.PrivateKeyUniqueIdentifier(pair.private_key_uuid)
    do("rekey_key_pair", private_key_uuid=private, offset=Offset(0), right=lambda got: got.private_key_uuid not in ("", None, pair.private_key_uuid))
    gone = payloads.DeleteAttributeRequestPayload(unique_identifier=fresh, attribute_name="Name", attribute_index=0)
    beside("send_request_payload", enums.Operation.DELETE_ATTRIBUTE, gone, right=lambda got: got.unique_identifier == fresh)
    do("locate", attributes=[named("every/low")], right=lambda got: not got.uuids)
    date = primitives.DateTime(1000000000, TAG.COMPROMISE_OCCURRENCE_DATE)
    do("revoke", enums.RevocationReasonCode.KEY_COMPROMISE, aes, "found on a beach", date)
    beside("destroy", aes, right=lambda got: got.uuid.value == aes)
    asked = [enums.QueryFunction.QUERY_OPERATIONS, enums.QueryFunction.QUERY_OBJECTS, enums.QueryFunction.QUERY_SERVER_INFORMATION]
    do("query", query_functions=asked, right=lambda got: str(got.vendor_identification) == "Quorate" and enums.Operation.REKEY in got.operations)
    do("discover_versions", right=lambda got: len(got.protocol_versions) >= 7)
    # Several operations in one request. PyKMIP collects them and has no public method that sends them.
    do("query", batch=True, query_functions=asked[:1])
    do("discover_versions", batch=True)
    do("rekey_key_pair", batch=True, private_key_uuid=attributes.PrivateKeyUniqueIdentifier("none"))
    sent = do.client.batch_items[:2]
    got = do.client._process_batch_items(do.client._send_and_receive_message(do.client._build_request_message(None, sent)))
    if [r.result_status.value for r in got] != [SUCCESS, SUCCESS]:
        do.wrong["batch"] = str([r.result_status.value for r in got])
    clause, suite = enums.ConformanceClause.DISCOVER_VERSIONS, enums.AuthenticationSuite.TLS12
    do("get_supported_conformance_clauses", right=lambda got: clause in got)
    do("get_supported_authentication_suites", right=lambda got: suite in got)
    do("is_conformance_clause_supported", clause, right=bool)
    do("is_authentication_suite_supported", suite, right=bool)
    do("is_profile_supported", clause, suite, right=bool)


def main(one, other):
    told = {}
    for kind, run in ((ProxyKmipClient, upper), (KMIPProxy, lower)):
        do, beside = (Asked(kind(config="client", config_file=conf)) for conf in (one, other))
        asked = [do, beside]
        for a in asked:
            a("open")
        try:
            run(do, beside)
        except Exception as e:  # what was to be called with the result of something that failed
            do.wrong["unfinished"] = "%s: %s" % (type(e).__name__, e)
        for a in asked:
            a("close")
        if kind is ProxyKmipClient:
            asked.append(Asked(kind(config="client", config_file=other, kmip_version=enums.KMIPVersion.KMIP_2_0)))
            asked[2]("open")
            newer(asked[2])
            asked[2]("close")
        called = set.union(*(a.called for a in asked))
        told[kind.__name__] = {
            "called": len(called),
            "missed": [n for n in do.missed() if n not in called],
            "wrong": {n: w for a in asked for n, w in a.wrong.items()},
        }
    return told


print(json.dumps(main(*sys.argv[1:])))
