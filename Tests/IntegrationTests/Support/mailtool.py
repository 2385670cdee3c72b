"""Somebody else's eyes on a message that is read from standard input.

    mailtool.py report     a delivery status notification, as JSON
    mailtool.py content    the content of each part that is not multipart, in base64, a line each
    mailtool.py dkim FILE  whether each DKIM signature is right, a line each; keys from FILE, a JSON
                           object of DNS names and TXT records
"""

import base64
import email
import email.policy
import json
import sys

data = sys.stdin.buffer.read()


def report():
    message = email.message_from_bytes(data, policy=email.policy.default)
    parts = list(message.iter_parts())
    # Python knows message/delivery-status, not message/global-delivery-status (RFC 6533).
    groups = parts[1].get_payload()
    if "global" in parts[1].get_content_type():
        text = data.split(b"global-delivery-status", 1)[1].split(b"\r\n\r\n", 1)[1]
        text = text[:text.index(b"\r\n--")]
        groups = [email.message_from_bytes(group + b"\r\n\r\n", policy=email.policy.SMTPUTF8)
                  for group in text.split(b"\r\n\r\n") if group.strip()]
    groups = [{k.lower(): str(v) for k, v in group.items()} for group in groups]
    returned = parts[2].get_payload(decode=parts[2].get_content_maintype() != "message")
    if isinstance(returned, list):
        returned = returned[0].as_bytes(policy=email.policy.SMTP)
    print(json.dumps({
        "type": message.get_content_type() + ";" + message.get_param("report-type", ""),
        "from": message["from"], "to": message["to"], "subject": message["subject"],
        "automatic": message["auto-submitted"],
        "defects": [str(d) for p in message.walk() for d in p.defects],
        "types": [p.get_content_type() for p in parts],
        "text": parts[0].get_content(),
        "message": groups[0], "recipients": groups[1:],
        "returned": returned.decode("utf-8", "replace")}))


def content():
    for part in email.message_from_bytes(data).walk():
        if not part.is_multipart():
            print(base64.b64encode(part.get_payload(decode=True)).decode())


def dkim():
    from dkim import DKIM, DKIMException
    with open(sys.argv[2]) as file:
        records = json.load(file)
    signed = email.message_from_bytes(data).get_all("DKIM-Signature", [])
    for index in range(len(signed)):
        verifier = DKIM(data)
        try:
            right = verifier.verify(
                idx=index, dnsfunc=lambda name, timeout=0: records[name.decode().rstrip(".")].encode())
        except DKIMException as error:
            right = error
        print(right, verifier.domain.decode(), verifier.selector.decode(),
              verifier.signature_fields[b"a"].decode())


{"report": report, "content": content, "dkim": dkim}[sys.argv[1]]()
