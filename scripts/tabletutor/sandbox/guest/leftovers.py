"""Remove the folder of an ended session, whatever the session left in it."""

import os
import secrets
import stat


def remove_tree(folder: str) -> None:
    """Remove a folder and its content, without following links. Stops silently at the first error.

    Moves nested folders to the top before it enters them, so that no path becomes too long.
    """
    mark, count = f".removed-{secrets.token_hex(8)}-", 0
    try:
        os.chmod(folder, 0o700)  # noqa: PTH101
        pending = [folder]
        while pending:
            current = pending[-1]
            folders: list[str] = []
            for name in os.listdir(current):  # noqa: PTH208
                path = f"{current}/{name}"
                if stat.S_ISDIR(os.lstat(path).st_mode):
                    os.chmod(path, 0o700)  # noqa: PTH101
                    count += 1
                    if current != folder:
                        os.rename(path, f"{folder}/{mark}{count}")  # noqa: PTH104
                        path = f"{folder}/{mark}{count}"
                    folders.append(path)
                else:
                    os.unlink(path)  # noqa: PTH108
            if current != folder or not folders:
                pending.pop()
                os.rmdir(current)  # noqa: PTH106
            pending += folders
    except OSError:
        return
