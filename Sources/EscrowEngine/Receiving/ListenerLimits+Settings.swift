import DICOMNetwork
import EscrowConfiguration

extension ListenerLimits {
  /// As configured; a tenth of the associations is kept for peers that report.
  init(_ settings: Settings.Limits) {
    self.init()
    associations = settings.associations
    associationsPerAddress = settings.associationsPerAddress
    reserved = settings.associations / 10
    timeouts.artim = settings.associationRequest
    timeouts.message = settings.messageStall
    timeouts.idle = settings.idle
  }
}
