"""What Discord allows, said once with source and date: bare numbers, so that every room may know them."""

from __future__ import annotations

from typing import Final

# Discord docs, Components reference, 2026.
MESSAGE_CHARS: Final = 4_000  # of all texts in one message with Components V2
ROW_BUTTONS: Final = 5
BUTTON_CHARS: Final = 80  # of a button's label
GALLERY_ITEMS: Final = 10
CUSTOM_ID_CHARS: Final = 100
MODAL_COMPONENTS: Final = 5
MODAL_TITLE_CHARS: Final = 45
LABEL_CHARS: Final = 45
HINT_CHARS: Final = 100  # of a label's description, a placeholder and an option
SELECT_OPTIONS: Final = 25
TEXT_INPUT_CHARS: Final = 4_000
UPLOAD_FILES: Final = 10  # of one upload in a modal

# Discord docs, Application commands, autocomplete, 2026.
SUGGESTIONS: Final = 25
SUGGESTION_CHARS: Final = 100

MESSAGE_FILES: Final = 10  # Discord docs, Uploading files, 2026
BOT_FILE_BYTES: Final = 10 * 1024 * 1024  # per file without boosts or Nitro (Discord docs, 2025-01-16)
REQUEST_BYTES: Final = 25 * 1024 * 1024  # in one request, text included

# Discord drops an interaction's token after 15 minutes (Discord docs, Receiving and responding, 2026);
# the last one is left as a margin.
TOKEN_LIFE_S: Final = 14 * 60.0
# Of messages in one channel by the bot's own route, in 5 s (seen in its headers, 2026).
EDITS_IN_A_WINDOW: Final = 5
