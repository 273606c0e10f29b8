"""A mail server of one test: aiosmtpd, with whatever answers a test wants. Each mail that it has been given is a line of JSON.

Its standard input has commands, a line of JSON each: {"stage": "mail" | "rcpt" | "data", "answer": "451 later", "always": true}.
The answer "silence" is none at all; null is the usual one.
"""

import argparse
import asyncio
import base64
import email
import email.policy
import json
import ssl
import sys

import icalendar
from aiosmtpd.smtp import SMTP, AuthResult

options = argparse.ArgumentParser()
options.add_argument("port", type=int)
options.add_argument("--certificates")
options.add_argument("--implicit", action="store_true")
options.add_argument("--password")
options = options.parse_args()

next_answers = {"mail": [], "rcpt": [], "data": []}
usual_answers = {"mail": None, "rcpt": None, "data": None}


async def answer(stage):
    waiting = next_answers[stage]
    said = waiting.pop(0) if waiting else usual_answers[stage]
    if said == "silence":
        await asyncio.Event().wait()
    return said or "250 OK"


def read(session, envelope):
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    told = {
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "headers": {name.lower(): str(value) for name, value in mail.items()},
        "header_names": [name.lower() for name in mail.keys()],
        "tls": session.ssl is not None,
        "user": session.auth_data,
        "pictures": {},
        "events": [],
        "defects": [str(defect) for part in mail.walk() for defect in part.defects],
        "bytes": len(envelope.content),
    }
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "text/plain":
            told["text"] = part.get_content().replace("\r\n", "\n")
        elif kind == "text/html":
            told["html"] = part.get_content().replace("\r\n", "\n")
        elif kind == "image/png":
            told["pictures"][part["content-id"].strip("<>")] = base64.b64encode(part.get_content()).decode()
        elif kind == "text/calendar":
            calendar = icalendar.Calendar.from_ical(part.get_content())
            told["method"] = str(calendar["method"])
            for event in calendar.walk("VEVENT"):
                told["events"].append(
                    {
                        "uid": str(event["uid"]),
                        "summary": str(event["summary"]),
                        "location": str(event["location"]),
                        "status": str(event["status"]),
                        "sequence": int(event["sequence"]),
                        "starts_at": event["dtstart"].dt.isoformat(),
                        "ends_at": event["dtend"].dt.isoformat() if "dtend" in event else None,
                    }
                )
    return told


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        said = await answer("mail")
        if said.startswith("2"):
            envelope.mail_from = address
        return said

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        said = await answer("rcpt")
        if said.startswith("2"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server, session, envelope):
        print(json.dumps(read(session, envelope)), flush=True)
        return await answer("data")


def authenticate(server, session, envelope, mechanism, data):
    is_it = data.password.decode() == options.password
    return AuthResult(success=is_it, handled=False, auth_data=data.login.decode())


async def serve():
    tls = None
    if options.certificates:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(f"{options.certificates}/server.crt", f"{options.certificates}/server.key")

    def connection():
        return SMTP(
            Handler(),
            hostname="mail.test",
            tls_context=None if options.implicit else tls,
            require_starttls=tls is not None and not options.implicit,
            authenticator=authenticate if options.password else None,
            auth_required=bool(options.password),
            auth_require_tls=tls is not None and not options.implicit,
        )

    loop = asyncio.get_running_loop()
    at_once = tls if options.implicit else None
    await loop.create_server(connection, "127.0.0.1", options.port, ssl=at_once)
    print(json.dumps({"listening": True}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        if command["always"]:
            usual_answers[command["stage"]] = command["answer"]
        else:
            next_answers[command["stage"]].append(command["answer"])
        print(json.dumps({"obeyed": True}), flush=True)


asyncio.run(serve())
