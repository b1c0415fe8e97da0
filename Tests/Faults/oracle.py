"""Whether everything is there that must be there: of a router that is not running, by its files alone."""

import hashlib
import os
import shutil
import sqlite3
import struct

HAS_FILE = ("held", "inTransit", "settled")
GOING = ("purging", "purged")


def losses(data, told, digests, scratch):
    """What is wrong with a router's data, given what others were told and the digests of everything ever sent."""
    found = []
    try:
        ledger = Ledger(data, scratch)
    except sqlite3.Error as error:
        return [f"the ledger cannot be read: {error}"]
    found += ledger.damage
    for instance, (uid, file, state) in ledger.instances.items():
        if state in HAS_FILE:
            found += file_losses(data, uid, file, state, digests)
        elif state not in GOING:
            found.append(f"{uid} is {state}")
        elif told.kept.get(uid) != digests[uid]:
            found.append(f"{uid} is {state}, but the archive does not have it")
        elif not ledger.is_proved(instance):
            found.append(f"{uid} is {state}, but no report on record says that it may go")
    known = {uid for uid, _, _ in ledger.instances.values()}
    found += [f"{uid} was acknowledged and is not in the ledger" for uid in told.acknowledged if uid not in known]
    delivered = {
        ledger.instances[instance][0] for instance, state in ledger.deliveries if state == "delivered"
    }
    found += [f"{uid} was reported, the report answered, and it is not delivered" for uid in told.proved - delivered]
    found += [f"{uid} was asked, and no such transaction is on record" for uid in told.asked - ledger.transactions]
    found += [f"event {name} was told, and it is not on record" for name in told.events - ledger.events]
    return found


def file_losses(data, uid, file, state, digests):
    path = os.path.join(data, "spool", file[-2:], file + ".dcm")
    try:
        with open(path, "rb") as opened:
            content = opened.read()
    except OSError as error:
        return [f"{uid} is {state}, and its file: {error.strerror}"]
    if hashlib.sha256(data_set(content)).hexdigest() != digests[uid]:
        return [f"{uid} is {state}, and its file of {len(content)} bytes is damaged"]
    return []


def data_set(part10):
    """What follows the File Meta Information (PS3.10 §7.1), whose length its first element has."""
    if len(part10) < 144 or part10[128:132] != b"DICM":
        return b""
    return part10[144 + struct.unpack_from("<I", part10, 140)[0] :]


class Ledger:
    """The ledger's tables as they are after SQLite's own recovery, on a copy: the original stays as it was cut off."""

    def __init__(self, data, scratch):
        self.damage, self.instances, self.deliveries = [], {}, []
        self.committed, self.transactions, self.events = set(), set(), set()
        for name in ("ledger", "ledger-wal", "ledger-shm", "ledger-journal"):
            copy = os.path.join(scratch, name)
            if os.path.exists(copy):
                os.unlink(copy)
        for suffix in ("", "-wal", "-journal"):
            if os.path.exists(os.path.join(data, "escrow.db" + suffix)):
                shutil.copyfile(os.path.join(data, "escrow.db" + suffix), os.path.join(scratch, "ledger" + suffix))
        database = sqlite3.connect(os.path.join(scratch, "ledger"))
        try:
            self.read(database)
        finally:
            database.close()

    def read(self, database):
        for check in ("integrity_check", "foreign_key_check"):
            self.damage += [f"{check}: {row}" for row in database.execute(f"PRAGMA {check}") if row != ("ok",)]
        tables = {name for name, in database.execute("SELECT name FROM sqlite_master")}
        if "instance" not in tables:  # not even laid out
            return
        self.instances = {
            row[0]: row[1:] for row in database.execute("SELECT id, sop_instance, file, state FROM instance")
        }
        self.deliveries = database.execute("SELECT instance, state FROM delivery WHERE origin = 'route'").fetchall()
        self.transactions = {uid for uid, in database.execute("SELECT uid FROM commitment")}
        self.events = {name for name, in database.execute("SELECT message_id FROM outbox")}
        self.committed = {
            instance for instance, in database.execute(
                "SELECT d.instance FROM item i JOIN delivery d ON d.id = i.delivery WHERE i.committed = 1")
        }

    def is_proved(self, instance):
        states = [state for each, state in self.deliveries if each == instance]
        return bool(states) and set(states) == {"delivered"} and instance in self.committed
