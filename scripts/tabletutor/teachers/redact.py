"""Remove keys from text of a server: errors, and messages that quote the request's headers."""

import os
import re
from urllib.parse import quote

from pydantic import SecretStr

REDACTED = "[key]"
_SHORTEST = 8  # a shorter value, such as EMPTY for a local server, is no secret, and may be a word of the text
# Keys that other programs of the user may hold, and a server's half-masked quotation of ours.
_LOOKS_LIKE_A_KEY = re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',;]{4,}|\b(sk|gsk|xai|hf|AIza)[-_]?[\w*-]{16,}")


class Redactor:
    """Removes one key, and headers that the official client takes from the environment, from text."""

    def __init__(self, key: SecretStr) -> None:
        """`key` may be empty."""
        headers = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
        values = [key.get_secret_value(), os.environ.get("OPENAI_ADMIN_KEY", "")]
        values += [line.partition(":")[2].strip() for line in headers]
        secrets = {value for value in values if len(value) >= _SHORTEST}
        forms = {*secrets, *(quote(value, safe="") for value in secrets)}
        self._secrets = [SecretStr(form) for form in sorted(forms, key=len, reverse=True)]

    def exact(self, text: str) -> str:
        """Return the text of a model without the keys, unchanged otherwise."""
        for secret in self._secrets:
            text = text.replace(secret.get_secret_value(), REDACTED)
        return text

    def message(self, text: str) -> str:
        """Return the text of an error without the keys, and without anything that looks like one."""
        return _LOOKS_LIKE_A_KEY.sub(REDACTED, self.exact(text))

    def quotes(self, text: str) -> bool:
        """Return whether the text holds a key."""
        return self.exact(text) != text
