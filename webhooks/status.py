"""What became of messages and calls of ours: only a refusal that the person caused is recorded, as an opt-out of that channel.

Fields: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status.
"""

from flask import Response

from suppression.records import ALL_CHANNELS
from suppression.service import PERSON
from webhooks.knock import Knock, is_phone

UNDELIVERED = frozenset({"failed", "undelivered"})

# 21610: the person answered STOP to this sender. 63014: the person blocked the sender, or opted out, in the channel's own app.
# Not 30004 (blocked): it also stands for phones that are off, landlines and filters, and those are nobody's word.
# https://www.twilio.com/docs/api/errors/21610, …/63014, …/30004
ANSWERED_STOP = "21610"  # a plain STOP, so every channel of the brand
PERSONS_REFUSALS = frozenset({ANSWERED_STOP, "63014"})


def answer(knock: Knock) -> Response:
    """Records a person's refusal, once per message; acknowledges everything else without a trace."""
    channel, contact = knock.party("To")
    if is_refusal(knock) and is_phone(contact):
        sid = knock.get("MessageSid") or knock.get("SmsSid")
        key = f"twilio:{sid}:refused" if sid else ""
        channels = ALL_CHANNELS if knock.get("ErrorCode") == ANSWERED_STOP else frozenset({channel})
        knock.service.opt_out(contact, knock.brand_of("From"), channels, "twilio", key=key, by=PERSON)
    return Response(status=204)


def is_refusal(knock: Knock) -> bool:
    """Whether a message was not delivered because the person had said no."""
    state = knock.get("MessageStatus") or knock.get("SmsStatus")
    return state.lower() in UNDELIVERED and knock.get("ErrorCode") in PERSONS_REFUSALS
