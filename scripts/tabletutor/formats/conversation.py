"""Check the form of a conversation in a training row."""

from collections.abc import Sequence

from tabletutor.models.prompt import Message


def conversation_fault(conversation: Sequence[Message]) -> str | None:
    """Return what is wrong with a conversation, or None.

    A conversation is an optional system message followed by user and assistant in turn, none of them empty.
    """
    roles = [message["role"] for message in conversation]
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    if spoken != ["user", "assistant"] * (len(spoken) // 2) + ["user"] * (len(spoken) % 2) or not spoken:
        return f"the roles do not alternate: {', '.join(roles)}"
    if empty := [index for index, message in enumerate(conversation) if not message["content"].strip()]:
        return f"message {empty[0]} is empty"
    return None
