"""Cases in words: for the moderators who decide, and for the member who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from bot.domain.job.job import Job
from bot.domain.limits.alternatives import Alternative, Fit, Saving
from bot.domain.limits.limit import Audience, LimitReached, Measure
from bot.domain.moderation.cases import HIDES_A_DAY, Case, CaseKind, Decision, Report, Verdict
from bot.domain.request.run_request import RunRequest
from bot.view.actions.buttons import CaseAction, CaseButton, JobAction, JobButton
from bot.view.card import Card, Tone
from bot.view.cards.texts import text_buttons
from bot.view.text.fitting import jump_link, message_url
from bot.view.text.format import code, escaped, plural, relative
from bot.view.text.headings import heading, sent_count
from bot.view.text.limits import format_allowance, format_amount, format_audience, format_extent
from bot.view.text.made import format_an_output, format_the_outputs
from bot.view.text.sentences import sentence

PROMPT_CHARS: Final = 600
HIDDEN: Final = "### Hidden until the moderators decide"
ASKING: Final = "Asking a moderator shows them the prompt in their log channel, of a private request, too."
ERASED: Final = "*What stood here has been erased.*"
_ASK: Final = (CaseButton.APPROVE, CaseButton.GRANT, CaseButton.DENY, CaseButton.BLOCK)
_REPORT: Final = (CaseButton.RESTORE, CaseButton.DELETE, CaseButton.BLOCK)


def open_card(case: Case, alternative: Alternative | None, prompt: str, job: Job | None = None) -> Card:
    """A case for the moderators, with its buttons. `job` is the reported one."""
    lines = _reported(case, prompt, job) if job is not None else _asked(case, alternative, prompt)
    actions = _ASK if case.kind is CaseKind.ASK else _REPORT
    return Card(
        Tone.WARNING,
        "\n".join(lines),
        small_print=f"opened {relative(case.opened_at_s)}; the first decision stands",
        buttons=(
            *(text_buttons(job) if job is not None and case.is_hiding else ()),
            *(CaseAction(action, case.case_id) for action in actions),
        ),
    )


def hidden_card(job: Job, pictures: Sequence[str], files: Sequence[str]) -> Card:
    """A reported job's own message: nothing of what it said, all else behind spoilers."""
    lines = [HIDDEN, f"{format_an_output(job)} reported. Moderators can show it again or delete it."]
    return Card(
        Tone.WARNING,
        "\n".join(lines),
        pictures=tuple(pictures),
        files=tuple(files),
        is_spoiler=True,
        buttons=(
            JobAction(JobButton.INFO, job.job_id),
            CaseAction(CaseButton.RESTORE, job.job_id),  # a report's case has the id of its job
            CaseAction(CaseButton.DELETE, job.job_id),
        ),
    )


def format_report(report: Report, job: Job, *, is_passed_on: bool) -> str:
    """What a member who reported something is told."""
    if report.has_hidden:
        if is_passed_on:
            return f"{format_the_outputs(job)} hidden, and the moderators decide about it. Thank you."
        return (
            f"{format_the_outputs(job)} hidden. The moderators have no log channel that the bot can write "
            "to: please tell one of them. They can press Restore or Delete under it."
        )
    why = f"You have had {HIDES_A_DAY} things hidden today, so this one stays to be seen"
    if is_passed_on:
        return f"{why} until the moderators have decided about it; they have been told. Thank you."
    return f"{why}. The moderators have no log channel that the bot can write to: please tell one of them."


def decided_card(text: str, decision: Decision) -> Card:
    """The case's own words, and below them the verdict and who gave it."""
    case = decision.case
    lines = [text, f"**{_format_verdict(decision)}** by <@{case.decided_by}>"]
    if decision.failure is not None:
        lines.append(f"But: {sentence(decision.failure)}")
    if not decision.is_told:
        lines.append("The member could not be told: they take no direct messages from the bot.")
    is_good = case.verdict in {Verdict.APPROVED, Verdict.GRANTED, Verdict.RESTORED}
    tone = Tone.DONE if is_good and decision.failure is None else Tone.FAILED
    when = f"decided {relative(case.decided_at_s)}" if case.decided_at_s is not None else ""
    return Card(tone, "\n".join(lines), small_print=when)


def format_answer(decision: Decision) -> str:
    """The verdict as the member who asked reads it."""
    case = decision.case
    prompt = heading(case.request, 100) if case.request is not None else "your picture"
    asked = f"You asked the moderators for “{prompt}” in <#{case.channel_id}>."
    if decision.failure is not None:
        return f"{asked} They approved it, but it could not be started: {sentence(decision.failure)}"
    match case.verdict:
        case Verdict.APPROVED if decision.message_id is not None:
            place = message_url(case.guild_id, case.channel_id, decision.message_id)
            return f"{asked} They approved it; it is being made: {place}"
        case Verdict.APPROVED:
            return f"{asked} They approved it; the picture comes to you by direct message."
        case Verdict.GRANTED:
            return f"{asked} They gave you {format_granted(decision)}. Send it again whenever you like."
        case Verdict.BLOCKED:
            return f"{asked} They said no, and blocked you from the bot on this server."
        case _:
            return f"{asked} They said no."


def format_granted(decision: Decision) -> str:
    """``5 runs more for today and $0.25 more for today``."""
    words = [f"{_amount(measure, amount)} more for today" for measure, amount in decision.granted]
    return " and ".join(words) or "nothing"


def format_offer(alternative: Alternative) -> str:
    """What would still fit; empty where nothing would."""
    if not alternative.fits:
        return ""
    return "This would still fit: " + "; ".join(_format_fit(fit) for fit in alternative.fits) + "."


def _asked(case: Case, alternative: Alternative | None, prompt: str) -> list[str]:
    private = " (privately)" if case.is_private else ""
    lines = ["### A member at a limit asks for more", f"**Who** <@{case.user_id}>"]
    title = heading(case.request, PROMPT_CHARS) if case.request is not None else ""
    what = escaped(prompt, PROMPT_CHARS) or title
    lines += [f"**Where** <#{case.channel_id}>{private}", f"**What** {what}"]
    if case.request is not None:
        lines.append(f"**How** {_format_request(case.request)}")
    if alternative is not None:
        lines += [f"**Limit** {_limit_line(alternative.refused)}", f"**Price** about {alternative.price}"]
    return lines


def _reported(case: Case, prompt: str, job: Job) -> list[str]:
    state = " and hidden" if case.is_hiding else ", not hidden: the reporter has had enough hidden today"
    return [
        f"### {format_an_output(job)} reported{state}",
        f"**Made by** <@{case.user_id}>",
        f"**Where** <#{case.channel_id}>{jump_link(job.origin)}",
        f"**Prompt** {escaped(prompt, PROMPT_CHARS) or 'none'}",
        f"**Reported by** <@{case.opened_by}>",
    ]


def _format_request(request: RunRequest) -> str:
    facts = [
        code(request.model),
        plural(request.count, "picture"),
        f"{request.steps} steps" if request.steps is not None else "",
        f"{request.width} × {request.height}" if request.width and request.height else "",
        sent_count(request),
    ]
    return " · ".join(fact for fact in facts if fact)


def _limit_line(refused: LimitReached) -> str:
    measure = Measure.SPEND if refused.is_money else Measure.RUNS
    limit = refused.bound
    if limit is None:
        words = format_amount(measure, refused.limit)
    else:
        measure = limit.measure
        words = format_allowance(limit.measure, limit.window, limit.amount)
        words += format_extent(limit.scope.channel_id, limit.scope.model)
        if limit.audience is not Audience.DEFAULT:
            words += f" for {format_audience(limit.audience, limit.audience_id)}"
    used, held = format_amount(measure, refused.used), format_amount(measure, refused.held)
    if measure is Measure.AT_ONCE:
        return f"{words}; {held} running"
    return f"{words}; {used} used, {held} held; starts again {relative(refused.resets_at_s)}"


def _format_fit(fit: Fit) -> str:
    match fit.saving:
        case Saving.FEWER_PICTURES:
            what = plural(fit.request.count, "picture")
        case Saving.FEWER_STEPS:
            what = f"{fit.request.steps} steps"
        case Saving.CHEAPER_MODEL:
            what = f"the model {code(fit.request.model)}"
        case _:
            assert_never(fit.saving)
    return f"{what} for about {fit.price}"


def _format_verdict(decision: Decision) -> str:
    match decision.case.verdict:
        case Verdict.OPEN:
            return "Open"
        case Verdict.APPROVED:
            return "Approved once"
        case Verdict.GRANTED:
            return f"Granted {format_granted(decision)}" if decision.granted else "Granted more for today"
        case Verdict.DENIED:
            return "Denied"
        case Verdict.RESTORED:
            return "Restored"
        case Verdict.DELETED:
            return "Deleted"
        case Verdict.BLOCKED if decision.case.kind is CaseKind.REPORT:
            return (
                f"Member blocked, what was reported stays {'hidden' if decision.case.is_hiding else 'shown'},"
            )
        case Verdict.BLOCKED:
            return "Member blocked"
        case _:
            assert_never(decision.case.verdict)


def _amount(measure: Measure, amount: int) -> str:
    return (
        f"{format_amount(measure, amount)} at once"
        if measure is Measure.AT_ONCE
        else format_amount(measure, amount)
    )
