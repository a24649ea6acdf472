"""A Slack to test against: the Web API, the deliveries, the people who type and click. As strict as the real one."""

from tests.standins.slack.faults import Fault
from tests.standins.slack.mentions import Mentions
from tests.standins.slack.sending import Answer, How
from tests.standins.slack.settings import Settings
from tests.standins.slack.standin import SlackStandIn
from tests.standins.slack.world import Channel, Ephemeral, Group, Home, Message, OpenView, User

__all__ = [
    "Answer", "Channel", "Ephemeral", "Fault", "Group", "Home", "How", "Mentions", "Message", "OpenView",
    "Settings", "SlackStandIn", "User",
]  # fmt: skip
