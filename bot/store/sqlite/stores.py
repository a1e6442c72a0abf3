"""Every port of the use cases over one SQLite file."""

from __future__ import annotations

from bot.store.sqlite.bill_alarms import AlarmRecords
from bot.store.sqlite.books import BookRecords
from bot.store.sqlite.cases import CaseRecords
from bot.store.sqlite.database import Database
from bot.store.sqlite.folders import FolderRecords
from bot.store.sqlite.guilds import GuildRecords
from bot.store.sqlite.intakes import IntakeRecords
from bot.store.sqlite.jobs import JobStore
from bot.store.sqlite.keys import KeyRecords
from bot.store.sqlite.last_values import LastValueRecords
from bot.store.sqlite.picture_wishes import PictureWishRecords
from bot.store.sqlite.popularity import PopularityRecords
from bot.store.sqlite.reports import ReportRecords
from bot.store.sqlite.styles import StyleRecords
from bot.store.sqlite.uploads import UploadRecords


class SqliteStores:
    """One adapter for each port. A store of another kind has the same attributes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.alarms = AlarmRecords(database)
        self.books = BookRecords(database)
        self.cases = CaseRecords(database)
        self.folders = FolderRecords(database)
        self.guilds = GuildRecords(database)
        self.intakes = IntakeRecords(database)
        self.jobs = JobStore(database)
        self.keys = KeyRecords(database)
        self.last_values = LastValueRecords(database)
        self.picture_wishes = PictureWishRecords(database)
        self.popularity = PopularityRecords(database)
        self.reports = ReportRecords(database)
        self.styles = StyleRecords(database)
        self.uploads = UploadRecords(database)
