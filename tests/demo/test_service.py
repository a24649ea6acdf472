"""The service is broken where the demo says, nowhere else, and each repair mends what it names."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.catalog.loader import load_catalog
from bot.catalog.model import Catalog, Measured
from bot.demo.ports import DEFAULTS, open_doors
from bot.demo.rehearsal import CATALOG, ENVIRONMENT
from bot.demo.service import Service
from checks.model import Context, Outcome, Result
from checks.runner import Job, Runner
from checks.transport import Connections

BROKEN = {"hsts", "debug-off", "certificate", "migrations"}


@pytest_asyncio.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    running = await Service.start(tmp_path)
    yield running
    await running.stop()


def catalog_of(service: Service) -> Catalog:
    return load_catalog(CATALOG, {}, {**service.variables(), "python": sys.executable})


async def measured(catalog: Catalog, *only: str) -> dict[str, Result]:
    """The result of every check of the catalogue, or of some."""
    connections = Connections()
    context = Context(catalog.limits.timeout, connections, catalog.path.parent)
    jobs = [
        Job(item.id, item.way.checks[0], frozenset(item.needs))
        for item in catalog.environments[ENVIRONMENT].items
        if isinstance(item.way, Measured) and (not only or item.id in only)
    ]
    found: dict[str, Result] = {}
    await Runner(catalog.limits, context).run(jobs, found.__setitem__)
    await connections.aclose()
    return found


async def test_it_is_broken_in_four_ways_and_well_otherwise(service: Service) -> None:
    found = await measured(catalog_of(service))
    unwell = {item: result for item, result in found.items() if result.outcome is not Outcome.PASS}
    assert unwell.keys() == BROKEN | {"index"}
    assert {unwell[item].outcome for item in BROKEN} == {Outcome.FAIL}
    assert unwell["index"].blocked_by == "migrations"


async def test_the_repairs_are_for_what_is_broken(service: Service) -> None:
    assert {repair.item for repair in service.repairs()} == BROKEN


@pytest.mark.parametrize("item", sorted(BROKEN))
async def test_a_repair_mends_what_it_names_and_only_that(service: Service, item: str) -> None:
    await next(repair for repair in service.repairs() if repair.item == item).do()
    found = await measured(catalog_of(service), *BROKEN)
    assert {name for name, result in found.items() if result.outcome is Outcome.PASS} == {item}


async def test_after_every_repair_all_is_well(service: Service) -> None:
    for repair in service.repairs():
        await repair.do()
    found = await measured(catalog_of(service))
    assert {item: result.summary for item, result in found.items() if result.outcome is not Outcome.PASS} == {}


async def test_nobody_trusts_its_authority_by_default(service: Service) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("127.0.0.1", service.doors.port("web"), ssl=ssl.create_default_context())


async def test_it_listens_on_loopback_only(service: Service) -> None:
    assert {opened.getsockname()[0] for opened in service.doors.sockets.values()} == {"127.0.0.1"}


async def test_after_stopping_nothing_listens(tmp_path: Path) -> None:
    service = await Service.start(tmp_path)
    ports = [service.doors.port(name) for name in DEFAULTS if name != "dns"]
    await service.stop()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


def test_taken_ports_are_left_to_whom_they_belong() -> None:
    first, second = open_doors(), open_doors()
    try:
        assert second.moved
        assert all(first.port(name) != second.port(name) for name in DEFAULTS)
    finally:
        first.close()
        second.close()
