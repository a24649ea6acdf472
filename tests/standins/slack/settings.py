"""What can be set of the stand-in: every number that Slack fixes, with its source. Tests turn them, the bot cannot."""

from __future__ import annotations

from dataclasses import dataclass, field

BOT_SCOPES = (
    "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "chat:write.public",
    "commands", "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write", "mpim:read",
    "usergroups:read", "users:read", "users:read.email", "team:read",
)  # fmt: skip


@dataclass
class Rates:
    """Rate limits: https://docs.slack.dev/apis/web-api/rate-limits. scale: above 1 is looser, below 1 tighter.

    The tiers count calls of one method in a minute. Slack says that bursts are tolerated and not how many; the burst of
    tier 1 is a guess, so that a process that is killed and started again ten times in a test may connect.
    """

    enabled: bool = True
    scale: float = 1.0
    post_per_second: float = 1.0  # per channel, "short bursts >1 allowed"
    post_burst: float = 5.0
    post_per_minute: float = 300.0  # in the whole workspace: "several hundred"
    tiers: dict[int, float] = field(default_factory=lambda: {1: 20.0, 2: 20.0, 3: 50.0, 4: 100.0})


@dataclass
class Settings:
    """Everything else. Seconds are seconds; lengths are characters."""

    rates: Rates = field(default_factory=Rates)
    scopes: tuple[str, ...] = BOT_SCOPES
    # https://docs.slack.dev/interactivity/handling-user-interaction: an answer in 3 s, trigger ids live 3 s, a
    # response_url is good for 5 answers in 30 minutes.
    ack_within: float = 3.0
    trigger_life: float = 3.0
    response_url_life: float = 1800.0
    response_url_uses: int = 5
    # https://docs.slack.dev/apis/events-api#retries: at once, after a minute, after five.
    retry_after: tuple[float, ...] = (0.0, 60.0, 300.0)
    # msg_blocks_too_long: not documented. bolt-js#2867 saw 11,341 refused, so 11,340 is the most that passes here;
    # bolt-js#2509 saw 13,297 pass in one markdown block and a divider cost 125: that is `block_cost`.
    total_block_text: int = 11_340
    block_cost: int = 0
    # https://docs.slack.dev/reference/methods/chat.postMessage: 40,000 or risk truncation, 4,000 recommended.
    # The page of chat.update says of msg_too_long that "text cannot exceed 4,000 characters".
    post_text: int = 40_000
    update_text: int = 4_000
    edit_window: float | None = None  # seconds in which messages may be edited; most workspaces: no limit
    newer_blocks: bool = True  # task_card, plan, card, ... in messages; off: as a workspace that lacks them
    parse_bare_mentions: bool = False  # whether a bare @channel in text that is not verbatim counts as notifying
    socket_ping_every: float | None = 10.0
    socket_most: int = 10  # https://docs.slack.dev/apis/events-api/using-socket-mode: 10 connections
    socket_ticket_life: float = 30.0
    hold: float = 600.0  # how long a call that "times out" is left hanging
    client_ids_known: bool = False  # whether a client_msg_id that was seen is answered with the message it made
