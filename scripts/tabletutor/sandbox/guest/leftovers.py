"""Removing what a session left in its folder, however deep, locked or odd it is."""

import os
import secrets
import stat


def remove_tree(folder: str) -> None:
    """Remove a folder and all in it, following no link. What cannot be removed is left.

    Folders inside are first moved to the top, so that no path is ever deep.
    """
    mark, count = f".removed-{secrets.token_hex(8)}-", 0
    try:
        os.chmod(folder, 0o700)  # noqa: PTH101
        waiting = [folder]
        while waiting:
            current = waiting[-1]
            inner: list[str] = []
            for name in os.listdir(current):  # noqa: PTH208
                path = f"{current}/{name}"
                if stat.S_ISDIR(os.lstat(path).st_mode):
                    os.chmod(path, 0o700)  # noqa: PTH101
                    count += 1
                    if current != folder:
                        os.rename(path, f"{folder}/{mark}{count}")  # noqa: PTH104
                        path = f"{folder}/{mark}{count}"
                    inner.append(path)
                else:
                    os.unlink(path)  # noqa: PTH108
            if current != folder or not inner:
                waiting.pop()
                os.rmdir(current)  # noqa: PTH106
            waiting += inner
    except OSError:
        return
