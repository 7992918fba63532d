"""`python -m docs`: write the reference pages anew, from the code itself."""

from __future__ import annotations

from docs.commands import PAGE as COMMANDS_PAGE
from docs.commands import commands_page
from docs.configuration import PAGE as CONFIGURATION_PAGE
from docs.configuration import configuration_page

if __name__ == "__main__":
    COMMANDS_PAGE.write_text(commands_page(), encoding="utf-8")
    CONFIGURATION_PAGE.write_text(configuration_page(), encoding="utf-8")
