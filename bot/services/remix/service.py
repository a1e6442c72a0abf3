"""Going on from a result: a variation, an upscale, another prompt; what runs and what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Model
from bot.domain.job.errors import JobNotFound
from bot.domain.job.job import Job, Parent, Relation
from bot.domain.limits.limit import Audience, Measure, Window
from bot.domain.limits.quote import Quote
from bot.domain.moderation.picture_rules import files_of
from bot.domain.money import Money
from bot.domain.request.errors import InputFault, InputRefused
from bot.domain.request.files import InputFile
from bot.domain.request.parameters import HEIGHT, PROMPT, SEED, WIDTH
from bot.domain.request.requester import Requester
from bot.domain.request.run_request import RunRequest
from bot.services.catalogue.service import Catalogue
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.holds import Holds
from bot.services.limits.service import LimitService

WORDLESS: Final = "A variation of this picture"  # for a picture that was made without any words


class Remixes:
    """Makes requests out of ended jobs. Starting them is left to `Jobs`."""

    def __init__(
        self,
        guild_settings: GuildSettingsService,
        catalogue: Catalogue,
        holds: Holds,
        limit_service: LimitService,
        vary_model: str,
        upscale_model: str,
    ) -> None:
        self._guild_settings = guild_settings
        self._catalogue = catalogue
        self._holds = holds
        self._limit_service = limit_service
        self.vary_model = vary_model
        self._upscale_model = upscale_model

    def model_for(self, job: Job) -> str:
        """Which model a variation would run with, as far as memory knows."""
        own = self._catalogue.known(job.request.model)
        takes = own is not None and own.picture_input() is not None
        return job.request.model if takes else self.vary_model

    async def variation(
        self, job: Job, place: int, spare_url: str | None, prompt: str | None = None
    ) -> RunRequest:
        """The picture at `place` as the input of the job's own model, or of the one for variations.

        Raises InputRefused, JobNotFound, ModelUnknown.
        """
        picture = _picture_of(job, place, spare_url)
        asked = replace(job.request, files=files_of(job))
        words = prompt if prompt is not None else asked.prompt
        own = await self._model_or_none(asked.model)
        taker = own.picture_input() if own is not None else None
        if taker is not None:
            others = tuple(file for file in asked.files if file.parameter_id not in {"", taker.parameter_id})
            return replace(asked, prompt=words, seed=None, count=1, files=(picture, *others))
        model = await self._catalogue.model(self.vary_model)
        takes_words = model.parameters is None or model.parameter(*PROMPT) is not None
        width, height = _size_for(model, asked)
        return RunRequest(
            model=self.vary_model,
            prompt=(words or WORDLESS) if takes_words else "",
            width=width,
            height=height,
            files=(picture,),
        )

    async def upscale(self, job: Job, place: int, spare_url: str | None) -> RunRequest:
        """The picture at `place` as the upscaler's input. Raises InputRefused, JobNotFound, ModelUnknown."""
        picture = _picture_of(job, place, spare_url)
        if not self._upscale_model:  # there was one when the button was made
            raise ModelUnknown("the upscaler")
        model = await self._catalogue.model(self._upscale_model)
        prompt = model.parameter(*PROMPT)
        words = job.request.prompt if prompt is not None else ""
        return RunRequest(
            self._upscale_model, words or (WORDLESS if prompt and prompt.is_needed else ""), files=(picture,)
        )

    async def edited(self, job: Job, prompt: str) -> RunRequest:
        """The same request and, where the model takes one, the same seed, with another prompt.

        Raises JobNotFound for one that has been erased, ModelUnknown.
        """
        if not job.request.prompt:
            raise JobNotFound(job.job_id)
        model = await self._catalogue.model(job.request.model)
        takes_seed = model.parameters is None or model.parameter(*SEED) is not None
        seed = job.seed if takes_seed else None
        return replace(job.request, prompt=prompt, seed=seed, files=files_of(job))

    async def quote(self, request: RunRequest, requester: Requester) -> Quote:
        """What a run of this request takes. Raises Refusal, StoreError."""
        await self._guild_settings.check_request(requester, request)
        price = (await self._holds.of_request(request)).amount
        lefts = [
            Money(status.left)
            for status in await self._limit_service.statuses(requester, request.model)
            if status.limit.measure is Measure.SPEND
            and status.limit.window is Window.DAY
            and (status.limit.is_members or status.limit.audience is Audience.CAP_PERSON)
        ]
        return Quote(request, price, min(lefts) if lefts else None)

    async def _model_or_none(self, slug: str) -> Model | None:
        try:
            return await self._catalogue.model(slug)
        except ModelUnknown:
            return None


def parent_of(job: Job, relation: Relation) -> Parent:
    """The child's way back; without an address where nobody else can see the parent."""
    origin = job.origin
    if origin.is_private or origin.message_id is None:
        return Parent(job.job_id, relation)
    return Parent(job.job_id, relation, origin.guild_id, origin.channel_id, origin.message_id)


def _picture_of(job: Job, place: int, spare_url: str | None) -> InputFile:
    """Raises JobNotFound where what it made has been erased, InputRefused where there is no such picture."""
    if not job.outputs:
        raise JobNotFound(job.job_id)
    output = job.outputs[place] if place < len(job.outputs) else None
    if output is None or output.url is None:
        raise InputRefused("", InputFault.NO_PICTURE)
    return InputFile(
        parameter_id="",
        source_url=output.url,
        filename=output.name,
        content_type=output.content_type,
        size_bytes=output.size_bytes,
        spare_url=spare_url,
        is_picture=True,
        is_output=True,
        owner_id=job.origin.user_id,
        is_made_here=True,
    )


def _size_for(model: Model, asked: RunRequest) -> tuple[int | None, int | None]:
    """The size of the picture, where the model takes one like it: its own would bend the picture's shape."""
    sides = []
    for names, value in ((WIDTH, asked.width), (HEIGHT, asked.height)):
        parameter = model.parameter(*names)
        if parameter is None or value is None:
            return None, None
        low, high = parameter.minimum, parameter.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            return None, None
        sides.append(value)
    return sides[0], sides[1]
