"""AcoustID, on its web service: which recording a fingerprint belongs to."""

from integrations.acoustid.lookup import BASE_URL, AcoustId

__all__ = ["BASE_URL", "AcoustId"]
