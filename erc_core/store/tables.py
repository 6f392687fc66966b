"""The database's tables, as the newest migration leaves them (a test compares the two)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("applied_s", Double, nullable=False),
)

# Files of the data folder; ``put_s`` is the last time that somebody brought the content.
files = Table(
    "files",
    metadata,
    Column("folder", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("put_s", Double, nullable=False),
)

# Clips that an owner brought and has not filed a dialogue of yet: another owner's deleting leaves them.
uploads = Table(
    "uploads",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("put_s", Double, nullable=False),
)

# One row per owner: two sessions may bring the same conversation under different titles.
dialogues = Table(
    "dialogues",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_s", Double, nullable=False),
    Column("claimed_s", Double, nullable=False),
    Column("utterances", Integer, nullable=False),
    Column("duration_s", Double, nullable=False),
    Column("speakers", Text, nullable=False),
    Column("haystack", Text, nullable=False),
    Column("media", Text),
    Column("body", LargeBinary, nullable=False),
)

# Results by content key. ``dialogue`` is empty for results that come from no single dialogue.
results = Table(
    "results",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("dialogue", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_s", Double, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("function", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("dialogue", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("fraction", Double, nullable=False),
    Column("step_started_s", Double, nullable=False),
    Column("message", Text, nullable=False),
    Column("result_key", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", Text, nullable=False),
    Column("heartbeat_s", Double, nullable=False),
    Column("cancel_s", Double),
    Column("created_s", Double, nullable=False),
    Column("started_s", Double),
    Column("finished_s", Double),
)

# Who asked for a job: equal requests share one job, and it is cancelled when nobody is left who wants it.
watchers = Table(
    "watchers",
    metadata,
    Column("job", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("created_s", Double, nullable=False),
)

# Copies of clips that browsers play, where they do not play the clip itself; a copy goes with its clip. ``sha256`` is
# empty where none could be made, and ``reason`` then says why.
copies = Table(
    "copies",
    metadata,
    Column("media", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# Links by which an owner shows a dialogue to others; ``id`` is a hash of the link's secret. Taking one back deletes it.
shares = Table(
    "shares",
    metadata,
    Column("id", Text, primary_key=True),
    Column("dialogue", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_s", Double, nullable=False),
)

# Who opened a link: they see its dialogue while it is there.
visits = Table(
    "visits",
    metadata,
    Column("share", Text, primary_key=True),
    Column("visitor", Text, primary_key=True),
    Column("last_s", Double, nullable=False),
)

# A line for each upload, link and deletion: who, when, which content.
audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at_s", Double, nullable=False),
    Column("owner", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("what", Text, nullable=False),
)

# What a session says of an utterance; goes with the session's dialogue.
notes = Table(
    "notes",
    metadata,
    Column("dialogue", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("utterance", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("bookmarked", Integer, nullable=False),
    Column("changed_s", Double, nullable=False),
)

# Finished steps of a job, in the order of ``position``.
steps = Table(
    "steps",
    metadata,
    Column("job", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
)
