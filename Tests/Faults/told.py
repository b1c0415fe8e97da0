"""What others were told, or told us, before the lights went out."""


class Told:
    """The senders' log of success responses, the archive's content, what it was asked and answered, and the events.

    `acknowledged` and `kept` map SOP Instance UIDs to the digest of the data set that was sent or stored; `proved` are
    the UIDs in reports that were answered with success, `asked` the Transaction UIDs of the requests that came, `events`
    the ids of the webhooks that came.
    """

    def __init__(self, other=None):
        self.acknowledged = dict(other.acknowledged) if other else {}
        self.kept = dict(other.kept) if other else {}
        self.proved = set(other.proved) if other else set()
        self.asked = set(other.asked) if other else set()
        self.events = set(other.events) if other else set()

    def note(self, line):
        """Takes a mark: `acknowledged UID DIGEST`, `kept UID DIGEST`, `proved UID`, `asked UID`, `events ID`."""
        word, name, *digest = line.split()
        if not hasattr(self, word):  # a mark for others
            return
        if digest:
            getattr(self, word)[name] = digest[0]
        else:
            getattr(self, word).add(name)

    def copy(self):
        return Told(self)
