"""Three people, what they say by SMS, and whether each may be contacted: what tests of backups and rotations look at."""

from suppression.contact import parse
from suppression.records import Channel
from suppression.service import Message, Terms
from wiring import Program

ONE, TWO, THREE = "+33639980001", "+33639980002", "+33639980003"
ASKED = Terms(Channel.SMS, audience="business")


def said(program: Program, contact: str, text: str, key: str) -> None:
    """A message of one of them."""
    program.service.hear(Message(parse(contact), text, Channel.SMS, "default", key))


def verdicts(program: Program) -> str:
    """A or D for each of the three."""
    return "".join("A" if it.allowed else "D" for it in program.service.check_many([ONE, TWO, THREE], ASKED))
