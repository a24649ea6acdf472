"""Every kind of mistake in a catalogue: one line each, with its place and the nearest right word."""

from __future__ import annotations

import pytest

from tests.unit.catalog.pages import HEAD, PLAIN, Folder, one, page

KEYS = "alerts, checklist, contacts, environments, go_requires, include, keep, limits, notify, people, permissions, "
ROLES = "roles: {devops: {}, product: {}}\n"
HTTP = "kind: http, url: https://shop.example"
NO_DURATION = "is not a duration; write for example 10s, 5m, 24h or 30d"

# What is written -> the one line that it gives.
MISTAKES: dict[str, tuple[str, str]] = {
    # the top
    "a misspelt key": (
        PLAIN.replace("service", "sevice"), "1: sevice: the catalogue has no such key; did you mean 'service'?"),
    "a key that resembles none": (
        PLAIN + "zzz: 1\n", f"7: zzz: the catalogue has no such key; there are {KEYS}protocol …"),
    "no service": (
        PLAIN.removeprefix("service: shop\n"), "1: service: the catalogue needs 'service': what it is called"),
    "an empty service": (
        PLAIN.replace("service: shop", "service: ' '"),
        "1: service: the catalogue needs 'service': what it is called"),
    "a time zone": (
        PLAIN + "timezone: Europe/Pari\n",
        "7: timezone: there is no time zone 'Europe/Pari'; did you mean 'Europe/Paris'?"),
    "go_requires": (
        PLAIN + "go_requires: al\n", "7: go_requires: 'al' is not possible here; did you mean 'all'?"),
    # environments
    "no environments": (
        PLAIN.replace("environments: {prod: {}}\n", ""),
        "1: environments: the catalogue needs at least one, for example prod: {vars: {}}"),
    "environments that are a number": (
        PLAIN.replace("{prod: {}}", "5"), "2: environments: it must be a mapping, not '5'"),
    "an environment's name": (
        PLAIN.replace("prod", '"two words"'),
        "2: two words: an environment's name is one word of at most 24 letters, digits, '-' or '_'"),
    "an environment's name that is too long": (
        PLAIN.replace("prod", "p" * 25),
        f"2: {'p' * 25}: an environment's name is one word of at most 24 letters, digits, '-' or '_'"),
    "a key of an environment": (
        PLAIN.replace("prod: {}", "prod: {var: {}}"), "2: var: an environment has no key 'var'; did you mean 'vars'?"),
    "a platform of channels": (
        PLAIN.replace("prod: {}", "prod: {channels: {slak: C1}}"),
        "2: channels: 'slak' is not possible here; did you mean 'slack'?"),
    # people, roles, permissions
    "a key of a person": (
        PLAIN + "people: {ana: {slak: U1}}\n", "7: slak: a person has no key 'slak'; did you mean 'slack'?"),
    "an account that two people have": (
        PLAIN + "people:\n  ana: {slack: U1}\n  bo: {slack: U1}\n", "9: slack: this account is already ana's"),
    "a member that is nobody": (
        PLAIN + "people: {ana: {}}\nroles:\n  devops: {members: [anna]}\n",
        "9: members: there is no person 'anna'; did you mean 'ana'?"),
    "a permission for no role": (
        PLAIN + ROLES + "permissions: {waive: [devop]}\n",
        "8: waive: there is no role 'devop'; did you mean 'devops'?"),
    "a permission that is none": (
        PLAIN + "permissions: {wave: []}\n", "7: wave: permissions has no key 'wave'; did you mean 'waive'?"),
    "roles that are a list": (
        one("attest: {by: [devops]}", "roles: [devops]\n"), "7: roles: it must be a mapping, not a list"),
    # sections and items
    "a checklist that is a number": (
        "service: s\nenvironments: {prod: {}}\nchecklist: 5\n", "3: checklist: it must be a list, not '5'"),
    "a checklist that is a text": (
        "service: s\nenvironments: {prod: {}}\nchecklist: all\n", "3: checklist: it must be a list, not 'all'"),
    "no checklist": (
        "service: s\nenvironments: {prod: {}, dev: {}}\n",
        "1: checklist: there is nothing to check: it has no items"),
    "no items": (HEAD.rstrip() + " []\n", "3: checklist: there is nothing to check: it has no items"),
    "items that are a number": (HEAD.rstrip() + " 5\n", "5: items: it must be a list, not '5'"),
    "a section that is a text": (
        PLAIN + "  - Speed\n", "7: a section must be a mapping, not 'Speed'"),
    "a section without a name": (
        PLAIN.replace("section: Safety", "section:"),
        "4: section: it should be a valid string, not nothing"),
    "an item that is a text": (page("hsts"), "6: an item must be a mapping, not 'hsts'"),
    "a misspelt key of an item": (
        page("{id: a, titel: A, attest: {}}"), "6: titel: an item has no key 'titel'; did you mean 'title'?"),
    "no title": (page("{id: a, attest: {}}"), "6: a: an item needs 'title'"),
    "no id": (page("{title: A, attest: {}}"), "6: id: an item needs 'id'"),
    "a title that is empty": (page("{id: a, title: '', attest: {}}"), "6: title: it is empty"),
    "a title that is endless": (
        page(f"{{id: a, title: {'x' * 301}, attest: {{}}}}"), "6: title: it is longer than 300 characters"),
    "an id of two words": (
        page("{id: a b, title: A, attest: {}}"),
        "6: id: 'a b' must be one word of letters, digits, '-', '_' or '.', without spaces"),
    "an id that is too long": (
        page(f"{{id: {'x' * 41}, title: A, attest: {{}}}}"), "6: id: it is longer than 40 characters"),
    "an id that is there twice": (
        page("{id: a, title: A, attest: {}}", "{id: a, title: B, attest: {}}"),
        "7: id: 'a' is used twice; the first is at readiness.yaml:6"),
    "a level": (
        one("level: Critical, attest: {}"), "6: level: 'Critical' is not possible here; did you mean 'critical'?"),
    "a due date": (one("due: soon, attest: {}"), "6: due: 'soon' is not a date; write for example 2026-12-31"),
    "a source line": (one("source: 0, attest: {}"), "6: source: it should be greater than or equal to 1, not '0'"),
    "an owner": (
        one("owner: devop, attest: {}", ROLES), "6: owner: there is no role or person 'devop'; did you mean 'devops'?"),
    "an environment of an item": (
        one("environments: [prd], attest: {}"), "6: environments: there is no environment 'prd'; did you mean 'prod'?"),
    "a need": (one("needs: [b], attest: {}"), "6: needs: there is no item 'b'; there is a"),
    # ways of knowing
    "no way of knowing": (
        page("{id: a, title: A}"),
        "6: a: an item is known by exactly one of check, attest, report or drill; it has none"),
    "two ways of knowing": (
        one("attest: {}, report: {}"),
        "6: a: an item is known by exactly one of check, attest, report or drill; it has attest and report"),
    "a misspelt way of knowing": (one("atest: {}"), "6: atest: an item has no key 'atest'; did you mean 'attest'?"),
    "a way that is a text": (one("attest: yes"), "6: attest: it must be a mapping, not 'yes'"),
    "a way that is nothing": (one("attest: "), "6: attest must be a mapping, not nothing"),
    "a key of attest": (
        one("attest: {validfor: 1d}"), "6: validfor: attest has no key 'validfor'; did you mean 'valid_for'?"),
    "evidence": (
        one("attest: {evidence: needed}"), "6: evidence: 'needed' is not possible here; there are optional, required"),
    "a role that may attest": (
        one("attest: {by: [product, devop]}", ROLES), "6: by: there is no role 'devop'; did you mean 'devops'?"),
    "a duration": (one("attest: {valid_for: 30 days}"), f"6: valid_for: '30 days' {NO_DURATION}"),
    "a bare number as a duration": (one("report: {max_age: 5}"), f"6: max_age: '5' {NO_DURATION}"),
    "a drill without a runbook": (one("drill: {within: 30d}"), "6: runbook: drill needs 'runbook'"),
    # checks
    "a check that is a text": (one("check: http"), "6: check: it must be a mapping (kind: … or preset: …)"),
    "a check that is nothing": (one("check: "), "6: check: it must be a mapping (kind: … or preset: …)"),
    "an empty list of checks": (one("check: []"), "6: check: a list of checks has 1 to 50 of them"),
    "one wrong check of several": (
        one("check: [{kind: env, name: A}, {kind: htp}]"),
        "6: kind: there is no kind of check 'htp'; did you mean 'http'?",
    ),
    "a check of no kind": (
        one("check: {url: https://shop.example}"), "6: check: a check needs 'kind' or 'preset'; it has neither"),
    "a misspelt kind key": (
        one("check: {kid: http}"), "6: kid: a check needs 'kind' or 'preset'; it has 'kid'; did you mean 'kind'?"),
    "an unknown kind": (
        one("check: {kind: htp, url: x}"), "6: kind: there is no kind of check 'htp'; did you mean 'http'?"),
    "an unknown preset": (
        one("check: {preset: hst, url: x}"), "6: preset: there is no preset 'hst'; did you mean 'hsts'?"),
    "a parameter of a kind": (
        one(f"check: {{{HTTP}, metod: GET}}"), "6: metod: http has no parameter 'metod'; did you mean 'method'?"),
    "a parameter that is missing": (one("check: {kind: http}"), "6: url: http needs 'url'"),
    "a parameter of a preset": (
        one("check: {preset: hsts, url: https://shop.example, urll: x}"),
        "6: urll: hsts has no parameter 'urll'; did you mean 'url'?"),
    "an unknown fact": (
        one(f"check: {{{HTTP}, expect: ['stats == 200']}}"),
        "6: expect: 'stats == 200' reads 'stats', which is not a fact here; did you mean 'status'?"),
    "an unknown fact in a warning": (
        one(f"check: {{{HTTP}, warn: ['secnds < 1.0']}}"),
        "6: warn: 'secnds < 1.0' reads 'secnds', which is not a fact here; did you mean 'seconds'?"),
    "an unknown fact in a preset": (
        one("check: {preset: hsts, url: https://shop.example, expect: ['heders.size() > 0']}"),
        "6: expect: 'heders.size() > 0' reads 'heders', which is not a fact here; did you mean 'headers'?"),
    "an unknown function": (
        one(f"check: {{{HTTP}, expect: ['body.contain(\"a\")']}}"),
        "6: expect: 'body.contain(\"a\")' calls 'contain', which is not a function here; did you mean 'contains'?"),
    "an expectation that is a number": (
        one(f"check: {{{HTTP}, expect: [200]}}"), "6: expect: an expectation is a CEL expression in quotes, not 200"),
    "a timeout": (one(f"check: {{{HTTP}, timeout: 5}}"), f"6: timeout: '5' {NO_DURATION}"),
    "a timeout of nothing": (
        one(f"check: {{{HTTP}, timeout: 0s}}"), "6: timeout: a timeout must be longer than nothing"),
    "retries": (one(f"check: {{{HTTP}, retries: 11}}"), "6: retries: retries is a whole number from 0 to 10"),
    # the launch
    "a key of the protocol": (
        PLAIN + "protocol: {phase: []}\n", "7: phase: the protocol has no such key; did you mean 'phases'?"),
    "phases that are a number": (
        PLAIN + "protocol: {phases: 5}\nsignoff: {roles: [x], opens: t}\nroles: {x: {}}\n",
        "7: phases: it must be a list, not '5'"),
    "a phase's time": (
        PLAIN + "protocol:\n  phases:\n    - {id: go, at: 1h, title: Go}\n",
        "9: at: '1h' is not an offset from the launch; write for example -1h, 0h or +24h"),
    "a phase that is there twice": (
        PLAIN + "protocol:\n  phases:\n    - {id: go, at: 0h, title: Go}\n    - {id: go, at: +1h, title: Go}\n",
        "10: id: the phase 'go' is there twice"),
    "what a phase runs": (
        PLAIN + "protocol:\n  phases:\n    - {id: go, at: 0h, title: Go, run: everything}\n",
        "9: run: 'everything' is not possible here; there are all, critical, none"),
    "a role that signs off": (
        PLAIN + ROLES + "signoff: {roles: [devop], opens: launch}\n",
        "8: roles: there is no role 'devop'; did you mean 'devops'?"),
    "a sign-off by nobody": (
        PLAIN + "signoff: {roles: [], opens: launch}\n",
        "7: roles: it needs at least 1 entry"),
    "when sign-off opens": (
        PLAIN + ROLES + "signoff: {roles: [devops], opens: lunch}\n",
        "8: opens: there is no phase 'lunch'; did you mean 'launch'?"),
    "an item that is watched": (
        PLAIN + "watch:\n  - {items: [b], every: 30s, from: launch, until: t+1h}\n",
        "8: items: there is no item 'b'; there is a"),
    "a phase that a watch begins with": (
        PLAIN + "watch:\n  - {items: [a], every: 30s, from: lunch, until: t+1h}\n",
        "8: from: there is no phase 'lunch'; did you mean 'launch'?"),
    "a phase that a watch ends with": (
        PLAIN + "watch:\n  - {items: [a], every: 30s, from: launch, until: t1h}\n",
        "8: until: there is no phase 't1h'; did you mean 't-1h'?"),
    "an escalation to no role": (
        PLAIN + ROLES + "alerts:\n  escalate: [{after: 5m, to: [devop]}]\n",
        "9: to: there is no role 'devop'; did you mean 'devops'?"),
    "an escalation through nothing": (
        PLAIN + "notify: {sms: 'json://x'}\nalerts:\n  escalate: [{after: 5m, notify: [smss]}]\n",
        "9: notify: there is no entry of notify: 'smss'; did you mean 'sms'?"),
    "a count of alerts": (
        PLAIN + "alerts: {open_after: 0}\n", "7: open_after: it should be greater than or equal to 1, not '0'"),
    "a key of a contact": (
        PLAIN + "contacts: [{nme: x}]\n", "7: nme: a contact has no key 'nme'; did you mean 'name'?"),
    # the rest
    "a limit": (
        PLAIN + "limits: {concurrency: 0}\n", "7: concurrency: it should be greater than or equal to 1, not '0'"),
    "a limit of time": (PLAIN + "limits: {run: soon}\n", f"7: run: 'soon' {NO_DURATION}"),
    "a limit of no time": (PLAIN + "limits: {timeout: 0s}\n", "7: timeout: must be longer than nothing"),
    "a folder of runbooks": (
        PLAIN + "runbooks: {folder: 5}\n", "7: folder: it should be a valid string, not '5'"),
    "how long to keep": (PLAIN + "keep: {results: forever}\n", f"7: results: 'forever' {NO_DURATION}"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_one_mistake_gives_one_line_with_its_place_and_the_nearest_right_word(folder: Folder, case: str) -> None:
    written, told = MISTAKES[case]
    assert folder.mistakes(written) == [f"readiness.yaml:{told}"]


def test_an_expectation_that_is_no_cel_says_so_with_its_text(folder: Folder) -> None:
    (told,) = folder.mistakes(one(f"check: {{{HTTP}, expect: ['status ==']}}"))
    assert told.startswith("readiness.yaml:6: expect: 'status ==' is not valid CEL: ")


def test_each_wrong_expectation_of_a_list_is_told_at_its_own_line(folder: Folder) -> None:
    told = folder.mistakes(
        page(
            "id: a\n        title: A\n        check:\n          kind: http\n          url: https://shop.example\n"
            "          expect:\n            - status == 200\n            - stats == 1\n"
            "          warn:\n            - secnds < 1.0"
        )
    )
    assert [line.split(":")[1] for line in told] == ["13", "15"]


def test_a_catalogue_with_ten_mistakes_prints_ten_errors_each_with_its_line(folder: Folder) -> None:
    written = """\
service: shop
timezone: Europe/Pari
environments:
  prod: {}
people:
  ana: {slak: U1}
roles:
  devops: {members: [ann]}
permissions: {waive: [devop]}
checklist:
  - section: Safety
    items:
      - {id: a, titel: A, attest: {}}
      - {id: b, title: B, levl: minor, attest: {}}
      - {id: c, title: C, needs: [d], attest: {}}
      - {id: c, title: D, report: {}}
      - {id: e, title: E, check: {kind: http, url: https://shop.example, expect: [stats == 200]}}
signoff: {roles: [devops], opens: lunch}
"""
    assert folder.mistakes(written) == [
        "readiness.yaml:2: timezone: there is no time zone 'Europe/Pari'; did you mean 'Europe/Paris'?",
        "readiness.yaml:6: slak: a person has no key 'slak'; did you mean 'slack'?",
        "readiness.yaml:8: members: there is no person 'ann'; did you mean 'ana'?",
        "readiness.yaml:9: waive: there is no role 'devop'; did you mean 'devops'?",
        "readiness.yaml:13: titel: an item has no key 'titel'; did you mean 'title'?",
        "readiness.yaml:14: levl: an item has no key 'levl'; did you mean 'level'?",
        "readiness.yaml:15: needs: there is no item 'd'; there are a, b, c, e",
        "readiness.yaml:16: id: 'c' is used twice; the first is at readiness.yaml:15",
        "readiness.yaml:17: expect: 'stats == 200' reads 'stats', which is not a fact here; did you mean 'status'?",
        "readiness.yaml:18: opens: there is no phase 'lunch'; did you mean 'launch'?",
    ]


def test_a_mistake_is_told_once_however_many_environments_have_it(folder: Folder) -> None:
    written = one(f"check: {{{HTTP}, timeout: 5}}").replace("{prod: {}}", "{prod: {}, staging: {}, dev: {}}")
    assert folder.mistakes(written) == [f"readiness.yaml:6: timeout: '5' {NO_DURATION}"]


@pytest.mark.parametrize("key", ["roles", "people", "notify", "environments", "checklist"])
def test_what_a_misspelt_or_malformed_part_would_define_is_not_missed(folder: Folder, key: str) -> None:
    whole = one(
        "owner: devops, environments: [prod], attest: {by: [devops]}",
        "people: {ana: {}}\nroles: {devops: {members: [ana]}}\nnotify: {sms: 'json://x'}\n"
        "alerts: {escalate: [{after: 5m, to: [devops], notify: [sms]}]}\n"
        "watch: [{items: [a], every: 30s, from: launch, until: t+1h}]\n",
    )
    folder.load(whole)
    (told,) = folder.mistakes(
        whole.replace(f"{key}: ", f"{key}x: ", 1).replace(
            "\nchecklist:", f"\n{'checklistx' if key == 'checklist' else 'checklist'}:"
        )
    )
    assert f"{key}x: the catalogue has no such key; did you mean '{key}'?" in told
