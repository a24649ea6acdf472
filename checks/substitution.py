"""Filling names into what is written: `{name}` anywhere in a tree of strings, lists and mappings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_NAME = re.compile(r"\{\{([a-zA-Z_][\w-]*)\}\}|\{([a-zA-Z_][\w-]*)\}")
Path = tuple[str | int, ...]


def fill(tree: Any, look_up: Callable[[str, Path], Any], path: Path = ()) -> Any:
    """`tree` with each `{name}` replaced by `look_up(name, path)`; `{{name}}` stays as `{name}`.

    A string that is nothing but one `{name}` takes the value as it is (a number stays a number); within a longer
    string the value is written out. Only `{` + a name + `}` counts, so JSON, PromQL and regular expressions pass
    through. `path` is where in the tree the string stands. Keys are filled too.
    """
    if isinstance(tree, str):
        whole = _NAME.fullmatch(tree)
        if whole and whole[2]:
            return look_up(whole[2], path)
        return _NAME.sub(lambda found: f"{{{found[1]}}}" if found[1] else str(look_up(found[2], path)), tree)
    if isinstance(tree, dict):
        return {fill(key, look_up, (*path, key)): fill(value, look_up, (*path, key)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [fill(value, look_up, (*path, position)) for position, value in enumerate(tree)]
    return tree
