"""Modalities, each with a thread, a calling AE title and an association of its own, that send instances nobody had yet.

What is sent is made once and gets new UIDs each time it is sent. A crowd goes in a closed loop, each modality as fast as
it is answered, or keeps a pace.
"""

import collections
import copy
import functools
import io
import itertools
import random
import re
import statistics
import threading
import time

import corpora
from probe import Sender, data_set_offset
from side_by_side import percentile

CT, SMALL, LARGE = 512 * 1024, 3 * 1024, 30 << 20
ROOT_UID = f"{corpora.ROOT_UID}.7"
SERIALS = itertools.count(1)


class Template:
    """The data set of an instance, and where in it the identifiers are."""

    def __init__(self, size):
        data = corpora.instance(0, 0, *corpora.pixels(size))
        data.StudyInstanceUID, data.PatientID = self.study(0, 0), self.patient(0, 0)
        data.SeriesInstanceUID = data.StudyInstanceUID + ".1"
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = self.instance(0, 0)
        self.sop_class, self.syntax = str(data.SOPClassUID), str(data.file_meta.TransferSyntaxUID)
        file = io.BytesIO()
        data.save_as(file, enforce_file_format=True)
        whole = file.getvalue()
        self.bytes = bytearray(whole[data_set_offset(whole):])
        self.uid = data.SOPInstanceUID
        # All of them come before the pixels.
        head = bytes(self.bytes[:2048])
        self.places = {
            make: [each.start() for each in re.finditer(re.escape(make(0, 0).encode()), head)]
            for make in (self.study, self.patient, self.instance)}

    def copy(self):
        other = copy.copy(self)
        other.bytes = bytearray(self.bytes)
        return other

    # All of one length, whoever sends which: a component of a UID does not begin with 0 (PS3.5 §9.1).

    @staticmethod
    def study(sender, number):
        return f"{ROOT_UID}.1{1_000_000 + sender}{100_000_000 + number}"

    @staticmethod
    def patient(sender, number):
        return f"P{1_000_000 + sender}{100_000_000 + number}"

    @staticmethod
    def instance(sender, number):
        return f"{ROOT_UID}.2{1_000_000 + sender}{100_000_000 + number}"

    def become(self, sender, study, number):
        for make, places in self.places.items():
            value = make(sender, number if make == self.instance else study).encode()
            for at in places:
                self.bytes[at:at + len(value)] = value
        self.uid = self.instance(sender, number)


@functools.cache
def template(size):
    return Template(size)


class Modality(threading.Thread):
    """Sends instances of these sizes, over and over, a study to an association; every so many studies is cut off."""

    def __init__(self, title, port, sizes, study=None, cut=None):
        super().__init__(daemon=True)
        self.title, self.port, self.study, self.cut = title, port, study, cut
        self.serial, self.sent, self.studies, self.error = next(SERIALS), 0, 0, None
        self.templates = {size: template(size).copy() for size in set(sizes)}
        self.sizes = itertools.cycle(sizes)
        self.answers = collections.deque()
        self.associated, self.may_send, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.pace(None)

    def pace(self, seconds):
        """So long on average from one instance to the next; None: at once when one is answered.

        Each comes by chance: senders in step would be fast or slow by how their steps fall together.
        """
        self.interval, self.due, self.chance = seconds, time.monotonic(), random.Random(self.serial)

    def behind(self):
        """Seconds that it should have sent the next instance ago."""
        return max(0, time.monotonic() - self.due) if self.interval else 0

    def run(self):
        try:
            while not self.ended.is_set():
                self.associate()
        except Exception as error:
            self.error = error
        finally:
            self.associated.set()

    def associate(self):
        sender = Sender(self.port, "ESCROW", self.title, list(self.templates.values()))
        self.associated.set()
        self.may_send.wait()
        self.studies += 1
        for number in itertools.count(1):
            instance = self.templates[next(self.sizes)]
            instance.become(self.serial, self.studies, self.sent)
            if not self.is_time():
                return sender.release()
            if number == self.study and self.cut and self.studies % self.cut == 0:
                return sender.cut(instance, memoryview(instance.bytes), number)
            sent, answered = sender.store(instance, memoryview(instance.bytes), number % 65535)
            self.sent += 1
            self.answers.append(1000 * (answered - sent))
            if number == self.study:
                return sender.release()

    def is_time(self):
        """Whether the next instance is to be sent, when its time has come."""
        if self.interval:
            self.ended.wait(max(0, self.due - time.monotonic()))
            self.due += self.chance.expovariate(1 / self.interval)
        return not self.ended.is_set()


class Crowd:
    """Modalities that begin and end together."""

    def __init__(self, modalities):
        self.modalities = modalities

    def __enter__(self):
        """Everybody is associated, and nobody sends."""
        for each in self.modalities:
            each.start()
        for each in self.modalities:
            each.associated.wait()
        self.check()
        return self

    def __exit__(self, kind, *_):
        for each in self.modalities:
            each.ended.set()
            each.may_send.set()
        # In an emergency the process ends, and the threads with it.
        if kind is None:
            for each in self.modalities:
                each.join()
            self.check()

    def go(self):
        for each in self.modalities:
            each.may_send.set()

    def check(self):
        for each in self.modalities:
            if each.error is not None:
                raise RuntimeError(f"{each.title}: {each.error!r}")

    def sent(self):
        return [each.sent for each in self.modalities]

    def behind(self):
        return max(each.behind() for each in self.modalities)

    def answers(self):
        """Milliseconds from request to response, of all that were answered since they were asked for last."""
        self.check()
        taken = []
        for each in self.modalities:
            while each.answers:
                taken.append(each.answers.popleft())
        return taken


def latencies(answers):
    return {"p50": percentile(answers, 50), "p99": percentile(answers, 99)}


def fairness(counts):
    """How alike the shares are: Jain's index, 1 when all are the same, and the least and the most beside the median."""
    median = statistics.median(counts)
    return {"jain": sum(counts) ** 2 / (len(counts) * sum(each * each for each in counts)),
            "least": min(counts) / median, "most": max(counts) / median}
