"""What others were told, or told us, before the lights went out."""


class Told:
    """The senders' log of success responses, the archive's content, and the reports that were taken.

    `acknowledged` and `kept` map SOP Instance UIDs to the digest of the data set that was sent or stored; `proved` are
    the UIDs in reports that were answered with success.
    """

    def __init__(self):
        self.acknowledged, self.kept, self.proved = {}, {}, set()

    def note(self, line):
        word, uid, *digest = line.split()
        if word == "acknowledged":
            self.acknowledged[uid] = digest[0]
        elif word == "kept":
            self.kept[uid] = digest[0]
        elif word == "proved":
            self.proved.add(uid)
        else:
            raise ValueError(line)

    def copy(self):
        other = Told()
        other.acknowledged.update(self.acknowledged)
        other.kept.update(self.kept)
        other.proved.update(self.proved)
        return other
