"""The buttons of cases: ask a moderator, report a picture, and the moderators' verdicts."""

from __future__ import annotations

import logging
from typing import Final

from discord.ext import commands

from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.delivery.mod_log import DiscordModLog
from bot.delivery.responses import Postscript, acknowledge_press, require_manager
from bot.discord.client import BotClient, Interaction
from bot.domain.limits.limit import LimitReached
from bot.domain.moderation.cases import Decision, Verdict
from bot.domain.moderation.errors import CaseDecided, CaseFault, CaseRefused
from bot.services.moderation.service import Cases as CaseService
from bot.view.actions.buttons import CaseAction, CaseButton, JobAction, JobButton
from bot.view.actions.seal import seal_of
from bot.view.cards.cases import ASKING, decided_card, format_offer, format_report
from bot.view.hiding import hidden, is_about_job, is_hidden, kept, shown, shown_components, words_of
from bot.view.layout import NO_MENTIONS, layout_of
from cogs.origins import requester_of

log = logging.getLogger(__name__)

_VERDICTS: Final = {
    CaseButton.APPROVE: Verdict.APPROVED,
    CaseButton.GRANT: Verdict.GRANTED,
    CaseButton.DENY: Verdict.DENIED,
    CaseButton.BLOCK: Verdict.BLOCKED,
    CaseButton.RESTORE: Verdict.RESTORED,
    CaseButton.DELETE: Verdict.DELETED,
}


class Cases(commands.Cog):
    """Puts cases before the moderators and their verdicts before everybody concerned."""

    def __init__(self, cases: CaseService, mod_log: DiscordModLog) -> None:
        self._cases = cases
        self._mod_log = mod_log

    async def refused(self, interaction: Interaction, error: LimitReached) -> Postscript:
        """What a member at a limit is told besides: what would fit, and the button to ask for more."""
        offer = await self._cases.offer(
            interaction.id, error, requester_of(interaction), is_private=error.is_private
        )
        if offer is None:
            return Postscript()
        text = format_offer(offer.alternative)
        if not offer.may_ask:
            return Postscript(text)
        return Postscript(text, CaseAction(CaseButton.ASK, interaction.id), ASKING)

    async def ask(self, interaction: Interaction, press: CaseAction) -> None:
        await acknowledge_press(interaction)
        await self._cases.ask(press.case_id, requester_of(interaction))
        self._mod_log.remember(press.case_id, interaction)
        told = interaction.message.content if interaction.message is not None else ""
        text = f"{told}\n**The moderators have been asked.** The answer comes here or by direct message."
        await interaction.edit_original_response(content=text, view=None, allowed_mentions=NO_MENTIONS)

    async def report(self, interaction: Interaction, press: JobAction) -> None:
        """Hide what was made at once, for everybody, then tell the moderators."""
        await acknowledge_press(interaction)
        message = interaction.message
        if message is None:
            raise CaseRefused(CaseFault.MESSAGE_GONE)
        shown_before = shown_components(message, press.job_id)
        report, job = await self._cases.report(press.job_id, requester_of(interaction), shown_before)
        case = report.case
        # A report that was cut short by a restart is made good by the next one.
        if case.verdict is Verdict.OPEN and case.is_hiding and not is_hidden(message):
            await interaction.edit_original_response(
                view=hidden(message, job, seal_of(interaction.client)),
                attachments=kept(message),
                allowed_mentions=NO_MENTIONS,
            )
        if not report.is_new and not report.has_hidden:
            raise CaseRefused(CaseFault.REPORTED if case.verdict is Verdict.OPEN else CaseFault.JUDGED)
        text = format_report(report, job, is_passed_on=await self._cases.submit_report(case, job))
        await interaction.followup.send(text, ephemeral=True, allowed_mentions=NO_MENTIONS)

    async def decide(self, interaction: Interaction, press: CaseAction) -> None:
        """One verdict, by a member who may manage the server at this very moment."""
        require_manager(interaction, "decide this")
        await acknowledge_press(interaction)
        moderator_id = interaction.user.id
        verdict = _VERDICTS[press.action]
        try:
            decision = await self._cases.decide(
                press.case_id, verdict, interaction.guild_id, moderator_id, interaction.id
            )
        except CaseDecided:
            case = await self._cases.case(press.case_id, interaction.guild_id)
            await self._show(interaction, Decision(case))
            raise
        await self._show(interaction, decision)

    async def _show(self, interaction: Interaction, decision: Decision) -> None:
        """The verdict where the button was pressed: on the case, or under the reported picture itself."""
        message, case = interaction.message, decision.case
        if message is None:
            return
        is_picture = is_about_job(message)
        try:
            if not is_picture:
                card = decided_card(words_of(message), decision)
                await interaction.edit_original_response(
                    view=layout_of(card, seal_of(interaction.client)), allowed_mentions=NO_MENTIONS
                )
            elif case.verdict is Verdict.RESTORED and is_hidden(message):
                await interaction.edit_original_response(
                    view=shown(message, case), attachments=kept(message), allowed_mentions=NO_MENTIONS
                )
        except DISCORD_ERRORS as error:
            log.warning("a verdict could not be shown: %s", type(error).__name__)


async def setup(bot: BotClient) -> None:
    services = bot.services
    cog = Cases(services.cases, bot.delivery.mod_log)
    bot.on_refusal(cog.refused)
    bot.on_press(JobButton.REPORT, cog.report)
    bot.on_press(CaseButton.ASK, cog.ask)
    for action in _VERDICTS:
        bot.on_press(action, cog.decide)
    await bot.add_cog(cog)
