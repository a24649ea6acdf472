"""What Slack accepts, one constant a limit, each with its source. Lengths are in UTF-16 units, the strictest reading.

Pages without a host are below https://docs.slack.dev/reference.
"""

from __future__ import annotations

# Messages and views.
BLOCKS = 50  # of a message: /block-kit/blocks
VIEW_BLOCKS = 100  # of a modal or of App Home: /block-kit/blocks
MESSAGE = 3_000  # of `text`; Slack asks for less than 4,000 and truncates at 40,000: /methods/chat.postMessage
# All texts of a message together. Undocumented: refused (msg_blocks_too_long) at 13,200 in slackapi/bolt-js#2509, where
# Slack speaks of 12,000 "with a buffer for block containers", and at 11,341 of rich text in slackapi/bolt-js#2867.
BUDGET = 11_000
CONTAINER = 20  # what a block is charged beside its text, for that buffer

# Blocks.
SECTION = 3_000  # text of a section: /block-kit/blocks/section-block
FIELDS = 10  # fields of a section: /block-kit/blocks/section-block
FIELD = 2_000  # text of a field: /block-kit/blocks/section-block
HEADER = 150  # /block-kit/blocks/header-block
CONTEXT = 3_000  # a text object: /block-kit/composition-objects/text-object
ACTIONS = 25  # elements of an actions block: /block-kit/blocks/actions-block
LABEL = 2_000  # of an input, and its hint: /block-kit/blocks/input-block
BLOCK_ID = 255  # /block-kit/blocks

# Elements.
BUTTON = 75  # its text; shown are about 30: /block-kit/block-elements/button-element
VALUE = 2_000  # of a button: /block-kit/block-elements/button-element
ACTION_ID = 255  # /block-kit/block-elements/button-element
PLACEHOLDER = 150  # /block-kit/block-elements/plain-text-input-element
INPUT = 3_000  # max_length of a text input: /block-kit/block-elements/plain-text-input-element
OPTIONS = 100  # of a select, and of a group: /block-kit/block-elements/select-menu-element
GROUPS = 100  # option groups of a select: /block-kit/block-elements/select-menu-element
OPTION = 75  # its text, its description, a group's label: /block-kit/composition-objects/option-object
OPTION_VALUE = 150  # /block-kit/composition-objects/option-object
EARLIEST, LATEST = 1_000_000_000, 9_999_999_999  # "10 digits": /block-kit/block-elements/datetime-picker-element

# A confirmation: /block-kit/composition-objects/confirmation-dialog-object
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30

# Modals: /views/modal-views
TITLE = 24  # and of its submit and close buttons
METADATA = 3_000
CALLBACK_ID = 255

# Ours, where Slack says nothing or where less reads better.
URL = 1_500  # of a link; a longer one is shown as text
ROW = 600  # text of one row of a listing
SHORT_ROW = 160  # the same where there are more than
MANY_ROWS = 50
ACCESSORIES = 6  # rows with a button of their own; above that, one menu for all
PARTS = 25  # messages in a thread for what belongs beside a card
STATIC = 300  # options that a form carries itself (a view of 250,000 bytes is too large); above that, it asks for them
