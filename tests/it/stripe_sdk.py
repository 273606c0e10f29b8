"""Stripe's own SDK against the sandbox: python stripe_sdk.py SANDBOX_URL WEBHOOK_PORT"""

import http.server
import queue
import sys
import threading

import stripe

KEY, SECRET = "sk_test_boxoffice", "whsec_boxoffice"
PATIENCE_SECONDS = 10

sandbox, port = sys.argv[1], int(sys.argv[2])
arrived = queue.Queue()


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.put((body, self.headers["Stripe-Signature"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", port), Webhook)
threading.Thread(target=server.serve_forever, daemon=True).start()

client = stripe.StripeClient(KEY, base_addresses={"api": sandbox}, max_network_retries=0)
intents, refunds, events = client.v1.payment_intents, client.v1.refunds, client.v1.events


def terms(**changes):
    return {
        "amount": 10_000,
        "currency": "eur",
        "capture_method": "manual",
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
        "confirm": True,
        "metadata": {"payment": "7"},
        **changes,
    }


def raises(kind, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError(f"{call} raises no {kind}")


# Set aside, taken, given back in part.
intent = intents.create(terms())
assert intent.status == "requires_capture" and intent.amount_capturable == 10_000, intent
captured = intents.capture(intent.id)
assert captured.status == "succeeded" and captured.amount_received == 10_000, captured
refund = refunds.create({"payment_intent": intent.id, "amount": 4_000, "reason": "requested_by_customer"})
assert refund.amount == 4_000 and refund.status == "succeeded", refund
assert refunds.retrieve(refund.id).payment_intent == intent.id
assert [found.id for found in refunds.list({"payment_intent": intent.id}).auto_paging_iter()] == [refund.id]

# Read whole.
whole = intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
charge = whole.latest_charge
assert charge.amount_refunded == 4_000 and not charge.refunded, charge
assert charge.balance_transaction.fee == 165 and charge.balance_transaction.net == 9_835, charge

# Page by page, and by search.
made = [intents.create(terms(metadata={"payment": str(n)})).id for n in range(100, 105)]
listed = [found.id for found in intents.list({"limit": 2}).auto_paging_iter()]
assert listed == made[::-1] + [intent.id], listed
found = intents.search({"query": "metadata['payment']:'102'"})
assert [intent.id for intent in found.auto_paging_iter()] == [made[2]], found

# Errors, each as its class.
error = raises(
    stripe.CardError, intents.create, terms(payment_method="pm_card_chargeDeclinedInsufficientFunds")
)
assert (error.http_status, error.code) == (402, "card_declined"), error
assert error.error.decline_code == "insufficient_funds", error.error
assert error.error.payment_intent.status == "requires_payment_method", error.error
error = raises(stripe.InvalidRequestError, intents.capture, intent.id)
assert error.code == "payment_intent_unexpected_state" and error.request_id, error
error = raises(stripe.InvalidRequestError, intents.retrieve, "pi_none")
assert (error.http_status, error.code) == (404, "resource_missing"), error
stranger = stripe.StripeClient("sk_test_stranger", base_addresses={"api": sandbox}, max_network_retries=0)
raises(stripe.AuthenticationError, stranger.v1.payment_intents.retrieve, intent.id)

# 3-D Secure.
asked = intents.create(
    terms(payment_method="pm_card_threeDSecure2Required", return_url="https://office.example/back")
)
assert asked.status == "requires_action", asked
redirect = asked.next_action.redirect_to_url
assert redirect.url.startswith(sandbox) and redirect.return_url == "https://office.example/back", redirect
assert intents.cancel(asked.id, {"cancellation_reason": "abandoned"}).status == "canceled"

# Twice with one key.
once = {"idempotency_key": "once"}
first, again = intents.create(terms(), once), intents.create(terms(), once)
assert first.id == again.id, (first, again)
assert again.last_response.headers["Idempotent-Replayed"] == "true", again.last_response.headers
raises(stripe.IdempotencyError, intents.create, terms(amount=9_000), once)

# What arrives is Stripe's, and can be read again.
body, signature = arrived.get(timeout=PATIENCE_SECONDS)
event = stripe.Webhook.construct_event(body, signature, SECRET)
assert event.type == "payment_intent.amount_capturable_updated", event
assert event.data.object.id == intent.id, event
assert events.retrieve(event.id).type == event.type
raises(stripe.SignatureVerificationError, stripe.Webhook.construct_event, body, signature, "whsec_other")
