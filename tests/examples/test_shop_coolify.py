"""The first customer: every box of the team's checklist is in the catalogue, and the catalogue runs."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.app import App
from bot.catalog.loader import load_catalog
from bot.catalog.model import Attested, Catalog, Drilled, Environment, Item, Level, Measured, Reported
from bot.commands.model import Invocation, Place, Reply
from bot.rules.access import Actor
from bot.settings import read_settings
from tests.standins.shop_stack import TOKENS, ShopStack, shop_stack

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "examples/shop-coolify/readiness.yaml"
SEED = ROOT.parent / "shared/seeds/001_677022262f3c2b33.txt"
REPORT_TOKEN = "report-token-of-the-test"

# Lines of the team's document that have a box, by the section that they stand in.
BOXES = {
    "Security": range(5, 14),
    "Database": range(17, 23),
    "Infrastructure": range(26, 32),
    "Domains and TLS": range(35, 41),
    "Stripe": range(44, 50),
    "Monitoring and performance": range(53, 59),
    "Tests": range(62, 68),
    "Deployment": range(71, 77),
    "Notifications and communication": range(80, 86),
    "Backup and recovery": range(89, 95),
    "Documentation": range(98, 104),
    "Critical checklist": range(111, 116),
    "Sign-off": range(119, 122),
}
# What cannot be known while something that it needs does not hold.
BLOCKED = {"https-forced", "connection-pool", "rpo", "payment-flow", "load-held", "rollback-written"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(CONFIG, TOKENS)


@pytest.fixture(scope="module")
def prod(catalog: Catalog) -> Environment:
    return catalog.environments["prod"]


@pytest.fixture(scope="module")
def seed() -> list[str]:
    """The lines of the team's document, in true letters: it is UTF-8 that was once read as Mac Roman."""
    if not SEED.is_file():
        pytest.skip("the team's own document is not beside this checkout")
    return [_repaired(line) for line in SEED.read_text(encoding="utf-8").splitlines()]


def _repaired(line: str) -> str:
    try:
        return line.encode("mac_roman").decode("utf-8")
    except UnicodeError:
        return line


def test_every_box_has_its_item_in_its_section(prod: Environment) -> None:
    found = [(section, [item.source for item in items]) for section, items in groupby(prod.items, _section)]
    assert found == [(section, list(lines)) for section, lines in BOXES.items()]
    assert len(prod.items) == 77


def test_the_boxes_are_those_of_the_document(seed: list[str]) -> None:
    boxes, heading = list[tuple[str, int]](), ""
    for number, line in enumerate(seed, start=1):
        heading = line if line.startswith("#") else heading
        if line.startswith("- [ ]"):
            boxes.append((heading, number))
    grouped = [[number for _, number in found] for _, found in groupby(boxes, lambda box: box[0])]
    assert grouped == [list(lines) for lines in BOXES.values()]


def _section(item: Item) -> str:
    return item.section


def test_the_five_that_stop_a_launch_are_critical(catalog: Catalog, prod: Environment) -> None:
    assert [item.source for item in prod.items if item.level is Level.CRITICAL] == list(BOXES["Critical checklist"])
    assert all(item.level is not Level.MINOR for item in prod.items)  # a minor one would not be asked for
    assert catalog.go_requires == "all"


def test_three_roles_sign_and_each_for_itself(catalog: Catalog, prod: Environment) -> None:
    assert catalog.signoff is not None
    assert catalog.signoff.roles == ("developer", "devops", "product")
    signed = [item.way for item in prod.items if item.section == "Sign-off"]
    assert [way.by for way in signed if isinstance(way, Attested)] == [("developer",), ("devops",), ("product",)]


def test_each_item_is_known_in_the_way_that_fits(prod: Environment) -> None:
    ways = Counter(type(item.way) for item in prod.items)
    assert ways == {Measured: 48, Attested: 18, Reported: 8, Drilled: 3}
    assert all(item.owner for item in prod.items)
    rollback = prod.item("rollback-rehearsed")
    assert rollback is not None
    assert isinstance(rollback.way, Drilled)
    assert rollback.way.under is not None
    assert rollback.way.under.total_seconds() == 300


def test_every_runbook_that_is_drilled_is_there(catalog: Catalog, prod: Environment) -> None:
    for way in (item.way for item in prod.items):
        if isinstance(way, Drilled):
            assert (catalog.runbooks.folder / f"{way.runbook}.md").is_file()


def test_nothing_of_the_real_team_is_told(seed: list[str]) -> None:
    text = "\n".join(seed)
    brand = seed[0].rpartition(" - ")[2].split()
    domains = re.findall(r"[\w-]+\.(?:com|net|org|io|fr)\b", text)
    assert brand
    assert domains
    told = {word.lower() for word in (*brand, *domains, *(domain.partition(".")[0] for domain in domains))}
    for file in sorted(path for path in CONFIG.parent.rglob("*") if path.is_file()):
        written = file.read_text(encoding="utf-8").lower()
        assert not [word for word in told if word in written], file.name


@dataclass
class Program:
    """The real `readiness` in a process of its own, against the stack."""

    environ: Mapping[str, str]
    variables: Mapping[str, str]

    async def __call__(self, *words: str, **environ: str) -> tuple[int, str, str]:
        """Exit code, output and errors."""
        process = await self.start(*words, **environ)
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def start(self, *words: str, **environ: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", *words, "--config", str(CONFIG), cwd=ROOT,
            env={**self.environ, **environ}, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self) -> tuple[int, dict[str, Any]]:
        """`readiness run prod`: exit code and what it found, as JSON."""
        settings = [f"--var={name}={value}" for name, value in self.variables.items()]
        code, out, err = await self("run", "prod", "--format", "json", *settings)
        assert out, err
        return code, json.loads(out)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """`readiness serve` while inside; gives the address that takes reports."""
        process = await self.start(
            "serve", PORT="0", READINESS_REPORT_TOKEN=REPORT_TOKEN, READINESS_LOG="json", HOST="127.0.0.1"
        )
        try:
            yield f"http://127.0.0.1:{await _port(process)}"
        finally:
            process.terminate()
            await process.communicate()
        assert process.returncode == 0


async def _port(process: asyncio.subprocess.Process) -> int:
    """The port that the program says it serves on, once it does."""
    assert process.stderr is not None
    said = []
    while line := await process.stderr.readline():
        said.append(line.decode())
        if "serve.ready" in said[-1]:
            return int(json.loads(said[-1])["port"])
    raise AssertionError("".join(said))


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[ShopStack]:
    async with shop_stack(tmp_path / "stack") as opened:
        yield opened


@pytest.fixture
def program(stack: ShopStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    environ = {**stack.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/readiness.db", "LOGNAME": "dev-lead"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)  # for the desk in this process
    return Program({**environ, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, stack.variables)


async def test_no_go_until_it_is_mended_and_people_have_attested(
    stack: ShopStack, program: Program, prod: Environment
) -> None:
    code, first = await program.run()
    items = {item["id"]: item for item in first["items"]}
    assert (code, first["verdict"]) == (1, "NO_GO")
    assert {key for key, item in items.items() if item["state"] == "fail"} == stack.faults
    assert {key for key, item in items.items() if item["state"] == "blocked"} >= BLOCKED
    assert not [item for item in items.values() if item["state"] in ("error", "warn")]
    assert {reason["item"] for reason in first["reasons"]} >= stack.faults
    assert [reason["level"] for reason in first["reasons"][:5]] == ["critical"] * 5

    await stack.mend()
    await _report(program, prod)
    await _attest(program, prod)

    code, second = await program.run()
    assert second["reasons"] == []
    assert (code, second["verdict"], second["score"]) == (0, "GO", 10.0)
    assert len(second["items"]) == 77


async def _report(program: Program, prod: Environment) -> None:
    """CI says how it went, over HTTP."""
    headers = {"Authorization": f"Bearer {REPORT_TOKEN}"}
    async with program.served() as address, httpx.AsyncClient(headers=headers, trust_env=False) as client:
        for item in prod.items:
            if isinstance(item.way, Reported):
                body = {"outcome": "pass", "summary": "green", "url": "https://ci.example.com/runs/7"}
                answer = await client.post(f"{address}/reports/prod/{item.id}", json=body)
                assert answer.status_code == 201, answer.text


async def _attest(program: Program, prod: Environment) -> None:
    """Everybody vouches for what is theirs: at this desk, and two of them in a terminal."""
    people = {"developer": "dev-lead", "devops": "ops-lead", "product": "product-owner"}
    app = App(read_settings(), CONFIG)
    try:
        for item in prod.items:
            way = item.way
            if not isinstance(way, Attested | Drilled) or item.id == "signed-product":
                continue
            person = people[way.by[0]]
            known_by = "--took 4m" if isinstance(way, Drilled) else "--evidence https://wiki.example.com/launch"
            line = f"readiness attest prod {item.id} {known_by}"
            reply = await app.desk.handle(Invocation(Actor("local", person, person), Place("test", "here"), line))
            assert isinstance(reply, Reply), line
            assert reply.ok, reply.card
    finally:
        app.close()
    code, _, err = await program("attest", "prod", "signed-product", LOGNAME="ops-lead")
    assert code == 2
    assert "Product Owner" in err
    code, _, err = await program("attest", "prod", "signed-product", LOGNAME="product-owner")
    assert code == 0, err
