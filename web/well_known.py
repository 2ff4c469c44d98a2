"""What anybody may fetch to check us: the public key of the ledger."""

from flask import Blueprint, Response

from suppression.service import Service


def blueprint(service: Service) -> Blueprint:
    """`/.well-known/stopliste-ledger.pub`, open to all."""
    well_known = Blueprint("well_known", __name__)

    @well_known.get("/.well-known/stopliste-ledger.pub")
    def ledger_key() -> Response:
        """The key that verifies seals and proofs, as PEM text."""
        return Response(service.public_key(), content_type="text/plain; charset=us-ascii")

    return well_known
