"""Draws docs/pictures/demo.svg: what `readiness demo` prints, the verdicts of it. `python -m tools.pictures_terminal`.

Not needed by any check or test; run it when what people see has changed.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

OUT = Path(__file__).parents[1] / "docs" / "pictures" / "demo.svg"
WIDTH = 160  # what the program takes where nobody watches


def main() -> None:
    environ = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    argv = [str(Path(sys.executable).with_name("readiness")), "demo", "--fast"]
    printed = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stdout
    lines = Text.from_ansi(printed).split("\n")
    plain = [line.plain for line in lines]
    first = next(n for n, text in enumerate(plain) if "NO-GO" in text)
    second = next(n for n, text in enumerate(plain) if re.search(r"demo: GO\b", text))
    sections = next(n for n in range(first, len(plain)) if plain[n].strip() == "Sections")
    changed = next(n for n in range(second, len(plain)) if plain[n].strip().startswith("Changed"))
    steps = [n for n, text in enumerate(plain) if text.strip().startswith("Next:")]
    console = Console(record=True, file=io.StringIO(), width=WIDTH, force_terminal=True, color_system="truecolor")
    console.print(Text("$ readiness run demo", style="bold"))
    for line in [
        *lines[first:sections],
        Text("  …"),
        lines[steps[0]],
        Text(""),
        Text("$ readiness run demo", style="bold"),
    ]:
        console.print(line)
    for line in [*lines[second:changed], Text("  …"), lines[steps[-1]]]:
        console.print(line)
    svg = console.export_svg(title="readiness", theme=SVG_EXPORT_THEME)
    # The picture must not fetch a font from anywhere.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(svg)


if __name__ == "__main__":
    main()
