import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore

extension Proposal {
  /// A proposal in our name.
  init(calledAE: AETitle, callingAE: AETitle) {
    self.init(
      calledAE: calledAE, callingAE: callingAE, implementationClassUID: Software.implementationClassUID,
      implementationVersionName: Software.implementationVersionName)
  }
}

extension Peer {
  /// How long associations to this peer wait for what.
  var connectTimeouts: ConnectTimeouts {
    var waits = ConnectTimeouts()
    waits.connect = timeouts.connect
    waits.answer = timeouts.association
    return waits
  }
}
