"""Everything that can go wrong, as facts; the sentences are made in bot/view/text.

Errors are not frozen: contextlib assigns `__traceback__` to whatever passes through it.

BotError
├─ AmountInvalid              a text that is no amount of money
├─ Refusal                    the asker is told, nothing was held
│  ├─ PromptRefused           empty, too long
│  ├─ OptionRefused           a value outside its bounds, or one the model does not take
│  ├─ OptionsConflict         two options that exclude each other
│  ├─ OptionAlone             an option that means something together with another one only
│  ├─ FieldsRefused           fields of a model's form that cannot be sent as they are
│  ├─ PictureNotTaken         a picture for a model that takes none
│  ├─ InputRefused            a file that cannot go into a run
│  ├─ ModelUnknown
│  ├─ TooFast                 more commands that cost no quota than a person needs
│  ├─ RunTooDear              more for one run than the operator allows
│  ├─ StyleRefused            a style that cannot be kept or used
│  ├─ NotAdmitted             the operator does not let this person use the bot, or nobody here
│  ├─ RuleRefused             the server's rules forbid it
│  ├─ PatternRefused          a word rule that cannot be taken
│  ├─ AmountRefused           an amount of a limit or grant that makes no sense
│  ├─ MomentRefused           a text that is no moment in the past
│  ├─ CaseDecided             another moderator was quicker
│  ├─ CaseNotFound
│  ├─ CaseRefused             a case that cannot be opened or decided this way
│  ├─ BlockRefused            somebody who cannot be blocked
│  ├─ LimitReached            which limit, how much of it is used, when it resets
│  ├─ SubjectRefused          a role, member or channel that is not there to be named
│  ├─ NotPermitted            somebody else's job
│  │  └─ ManagersOnly         a command of moderators
│  ├─ NotYours                a button that belongs to another member
│  ├─ QuestionExpired         a confirmation that was asked too long ago
│  ├─ FormGone                a form that the bot does not remember any more
│  ├─ FormBusy                a form that is being run at this moment, or was by the same press
│  ├─ ErasureRunning          this member's records are being erased already
│  ├─ JobNotFound
│  ├─ JobWithheld             reported and hidden, or removed by the moderators
│  ├─ WordsBlocked            the server's AutoMod will not have what was to be shown
│  ├─ WordsGone               a text of a job, or its log, is not to be had any more
│  ├─ LogUnreachable          Wiro does not answer about a log just now
│  ├─ CommandOutdated         a command or value that this version does not offer
│  ├─ ButtonUnknown           an id that no button of ours has
│  ├─ JobEnded                nothing left to cancel
│  ├─ AlreadyStarted          a confirmation that was pressed twice
│  └─ NotAccepting            the bot is starting or stopping
├─ EngineError                message, engine; code, HTTP status and retry-after where there are such
│  ├─ EngineUnreachable       no answer; `may_have_arrived`: the request could have been acted on
│  ├─ EngineServerFault       5xx, or an answer that is no answer: it may have been acted on
│  │  └─ EngineAnswerTooLarge more bytes than are read
│  ├─ EngineAuthFailed        401, 403
│  ├─ EngineRateLimited       429
│  └─ EngineRefused           a definite no
│     ├─ EngineBusy           as many run as it takes at once
│     ├─ EngineNoFunds        the account has run dry
│     └─ EngineNotFound       no such model or task
├─ OutputError                what Wiro made cannot be shown
│  ├─ OutputUnusable          not a picture, broken, a bomb
│  │  ├─ OutputUnsafe         a program or markup: neither shown nor linked
│  │  └─ OutputTooLarge       more than is fetched or opened here: it can only be linked
│  ├─ OutputHostRefused       an address off the allow-list, or a redirect
│  └─ OutputUnavailable       it could not be fetched (yet)
├─ LeaseLost                 a job has a newer owner: whoever followed it before stops silently
└─ StoreError
   ├─ DatabaseInUse           another process owns the file
   ├─ DatabaseFull            no room to write
   ├─ DatabaseTooNew          written by a newer version
   └─ DatabaseUnavailable     any other failure of the file
      ├─ DatabaseDamaged      its content is not what was written; a backup can be restored
      └─ DatabaseGone         moved, deleted or replaced while it was open (of the store)
"""

from __future__ import annotations

from dataclasses import dataclass


class BotError(Exception):
    """The root: every failure this project foresees."""


class Refusal(BotError):
    """A request that was not taken: nothing was held, nothing was sent."""


@dataclass(eq=False)
class StoreError(BotError):
    """A failure of the database; `reason` is for the operator."""

    reason: str


class DatabaseInUse(StoreError):
    """Another process owns the file."""


class DatabaseFull(StoreError):
    """The disk has no room."""


class DatabaseTooNew(StoreError):
    """The file was written by a newer version of the bot."""


class DatabaseUnavailable(StoreError):
    """The file cannot be read or written."""


class DatabaseDamaged(DatabaseUnavailable):
    """The file's content is not what was written to it."""
