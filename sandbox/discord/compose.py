"""Writing a message: checks a create or edit body as Discord does and, if nothing is wrong, applies it."""

import copy
import io
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from sandbox.discord.channels import Message
from sandbox.discord.check_components import ComponentCheck
from sandbox.discord.entities import MENTION_EVERYONE
from sandbox.discord.messages import COMPONENTS_V2, LOADING, Revision, StoredFile, Upload, Via, pings
from sandbox.discord.problems import ApiError, Json, Path, Problems

SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12

Store = Callable[[Message, Upload, str | None], StoredFile]


@dataclass(slots=True)
class Draft:
    """What the message will be once every check has passed."""

    content: str
    embeds: list[Json]
    components: list[Json]
    files: list[StoredFile]
    flags: int
    named: dict[str, StoredFile] = field(default_factory=dict)
    """Names a body may use in attachment:// → the file."""


def write(
    message: Message, body: Json, uploads: list[Upload], *, via: Via, store: Store, at_s: float
) -> None:
    """Applies a create or edit; raises ApiError and leaves the message as it was if Discord would refuse."""
    body = copy.deepcopy(body)
    sent = copy.deepcopy(body)
    draft = _drafted(message, body, uploads, store)
    problems = Problems()
    _check_text(body, problems)
    _check_mentions(body.get("allowed_mentions"), problems)
    draft.embeds = _checked_embeds(draft, body, problems)
    _check_components(draft, body, problems)
    if draft.flags & COMPONENTS_V2:
        for name in ("content", "embeds"):
            if getattr(draft, name):
                text = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                problems.add((name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    problems.raise_if_any()
    _check_automod(message, draft)
    if not (draft.content or draft.embeds or draft.components or draft.files):
        raise ApiError(400, 50006, "Cannot send an empty message")
    message.content, message.embeds, message.components = draft.content, draft.embeds, draft.components
    message.files, message.flags = draft.files, draft.flags & ~LOADING
    allowed = sent.get("allowed_mentions")
    rung = _mention(message, allowed, via)
    names = tuple(upload.filename for upload in uploads)
    message.revisions.append(Revision(at_s, via, sent, names, message.text(), allowed, rung))


def _check_automod(message: Message, draft: Draft) -> None:
    """A server's AutoMod reads what is written and edited there, a bot's deferred answers too.

    Whether it reads the texts of components is not documented; here it does. Files it does not read.
    """
    guild = message.channel.guild
    if guild is None:
        return
    titles = [embed.get("title", "") for embed in draft.embeds]
    if any(map(guild.blocks, titles)):
        raise ApiError(400, 200001, "Title was blocked by automatic moderation")
    written = copy.copy(message)
    written.content, written.embeds, written.components = draft.content, draft.embeds, draft.components
    if guild.blocks(written.text()):
        raise ApiError(400, 200000, "Message was blocked by automatic moderation")


def _drafted(message: Message, body: Json, uploads: list[Upload], store: Store) -> Draft:
    problems = Problems()
    files = _attached(message, body, uploads, store, problems)
    flags = problems.whole(("flags",), body.get("flags"), least=0, most=(1 << 31) - 1) or 0
    problems.raise_if_any()
    content = body.get("content", message.content)
    settable = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
    draft = Draft(
        content=content.strip() if isinstance(content, str) else "",
        embeds=message.embeds,
        components=message.components,
        files=files,
        # The V2 flag stays once set (Discord docs, Components reference).
        flags=(message.flags & ~SUPPRESS_EMBEDS) | (flags & settable),
    )
    draft.named = {file.filename: file for file in files}
    draft.named |= {
        u.filename: file for u in uploads for file in files if file.filename == clean_name(u.filename)
    }
    return draft


def _attached(
    message: Message, body: Json, uploads: list[Upload], store: Store, problems: Problems
) -> list[StoredFile]:
    """The files after the write: `attachments` names all that stay or come; without it new ones join."""
    by_index = {upload.index: upload for upload in uploads}
    if "attachments" not in body or (body["attachments"] is None and not message.revisions):
        kept = [*message.files, *(store(message, upload, None) for upload in uploads)]
        return _at_most_ten(kept, problems)
    present = {file.id: file for file in message.files}
    kept = []
    for index, entry in enumerate(problems.entries(("attachments",), body["attachments"] or [], most=10)):
        path: Path = ("attachments", index)
        problems.text((*path, "description"), entry.get("description"), most=1024)
        number = int(entry["id"]) if str(entry.get("id", "")).isdigit() else -1
        if number in present:
            kept.append(present[number])
        elif number in by_index:
            kept.append(store(message, by_index.pop(number), entry.get("description")))
        else:
            text = "Uploaded attachment not found." if number < 10 else "Unknown attachment"
            problems.add((*path, "id"), "ATTACHMENT_NOT_FOUND", text)
    for index in by_index:
        problems.add(("attachments",), "ATTACHMENT_NOT_FOUND", f"files[{index}] has no entry in attachments")
    return _at_most_ten(kept, problems)


def _at_most_ten(files: list[StoredFile], problems: Problems) -> list[StoredFile]:
    if len(files) > 10:
        problems.add(("attachments",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    return files


def _check_text(body: Json, problems: Problems) -> None:
    problems.text(("content",), body.get("content"), most=2000)
    problems.text(("nonce",), body.get("nonce"), most=25)
    if not isinstance(body.get("tts", False), bool):
        problems.add(("tts",), "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


def _check_mentions(allowed: object, problems: Problems) -> None:
    if allowed is None:
        return
    if not isinstance(allowed, dict):
        problems.add(
            ("allowed_mentions",), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"
        )
        return
    parse = allowed.get("parse") or []
    for index, kind in enumerate(parse):
        problems.choice(("allowed_mentions", "parse", index), kind, ("roles", "users", "everyone"))
    for kind in ("roles", "users"):
        listed = allowed.get(kind) or []
        if len(listed) > 100:
            problems.add(
                ("allowed_mentions", kind), "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length."
            )
        if listed and kind in parse:
            text = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            problems.add(("allowed_mentions",), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def _checked_embeds(draft: Draft, body: Json, problems: Problems) -> list[Json]:
    if "embeds" not in body:
        return draft.embeds
    embeds = problems.entries(("embeds",), body["embeds"] or [], most=10)
    total = 0
    for index, embed in enumerate(embeds):
        at: Path = ("embeds", index)
        total += len(problems.text((*at, "title"), embed.get("title"), most=256))
        total += len(problems.text((*at, "description"), embed.get("description"), most=4096))
        for place, key, most in (("author", "name", 256), ("footer", "text", 2048)):
            if embed.get(place):
                text = problems.text((*at, place, key), embed[place].get(key), most=most, required=True)
                total += len(text)
        for inner, one in enumerate(problems.entries((*at, "fields"), embed.get("fields"), most=25)):
            path = (*at, "fields", inner)
            total += len(problems.text((*path, "name"), one.get("name"), most=256, required=True))
            total += len(problems.text((*path, "value"), one.get("value"), most=1024, required=True))
        problems.whole((*at, "color"), embed.get("color"), least=0, most=0xFFFFFF)
        for place in ("image", "thumbnail"):
            if embed.get(place):
                embed[place] = _media(draft, (*at, place, "url"), embed[place].get("url"), problems)
        embed.setdefault("type", "rich")
    if total > 6000:
        problems.add(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    return embeds


def _check_components(draft: Draft, body: Json, problems: Problems) -> None:
    if "components" not in body:
        return
    draft.components = problems.entries(("components",), body["components"] or [], most=40)
    check = ComponentCheck(problems, lambda path, url: _media(draft, path, url, problems))
    if draft.flags & COMPONENTS_V2:
        check.layout(draft.components, ("components",))
    else:
        check.legacy(draft.components, ("components",))


def _media(draft: Draft, path: Path, url: object, problems: Problems) -> Json:
    """A media item as Discord returns it; attachment:// must name a file of the message after this write."""
    if not isinstance(url, str) or not re.match(r"(attachment|https?)://", url) or len(url) > 2048:
        text = f'Scheme "{url}" is not supported. Scheme must be one of ("http", "https", "attachment").'
        problems.add(path, "URL_TYPE_INVALID_SCHEME", text)
        return {"url": ""}
    if url.startswith("attachment://"):
        file = draft.named.get(url.removeprefix("attachment://"))
        if file is None:
            text = f"The referenced attachment {url} could not be found"
            problems.add(path, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", text)
            return {"url": ""}
    else:
        file = next((one for one in draft.files if one.url == url), None)
    if file is None:
        return {"url": url, "proxy_url": url, "placeholder": "", "loading_state": 1}
    return {
        "url": file.url,
        "proxy_url": file.url,
        "width": file.width,
        "height": file.height,
        "content_type": file.content_type,
        "attachment_id": str(file.id),
        "placeholder": "",
        "loading_state": 2,
    }


def _mention(message: Message, allowed: Json | None, via: Via) -> frozenset[str]:
    may_ring_all = bool(message.channel.permissions_of(message.author) & MENTION_EVERYONE)
    rung = pings(
        message.mentionable_text(),
        allowed,
        everyone_allowed=may_ring_all,
        by_interaction=via is not Via.CHANNEL,
    )
    guild = message.channel.guild
    roles = [str(role.id) for role in guild.roles if str(role.id) in rung] if guild else []
    users = [m.user.payload() for m in guild.members.values() if str(m.user.id) in rung] if guild else []
    message.mentions = {"users": users, "roles": roles, "everyone": "everyone" in rung}
    return rung


def clean_name(filename: str) -> str:
    """The name under which Discord keeps a file: spaces become underscores, other odd signs go."""
    name = re.sub(r"[^A-Za-z0-9._-]", "", filename.replace(" ", "_"))
    return name or "unknown"


def kind_of(filename: str, data: bytes) -> tuple[str | None, int | None, int | None]:
    """(content type, width, height); the size of a picture is read from its header alone."""
    content_type = mimetypes.guess_type(filename)[0]
    if content_type is None or not content_type.startswith("image/"):
        return content_type, None, None
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return content_type, *picture.size
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        return content_type, None, None
