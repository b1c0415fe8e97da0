import DICOM
import EscrowCore

/// An instance with its deliveries, as `GET /api/v1/instances` lists it.
package struct InstanceBody: Codable, Sendable {
  package var id: String
  package var sopInstanceUID: String
  package var sopClassUID: String
  @OrNull package var studyInstanceUID: String?
  @OrNull package var seriesInstanceUID: String?
  package var transferSyntaxUID: String
  package var state: String
  @OrNull package var reason: String?
  package var receivedAt: String
  package var callingAE: String
  package var calledAE: String
  package var sourceAddress: String
  package var bytes: Int64
  package var digest: String
  package var conflicted: Bool
  /// Why the law keeps its copy; null when it does not.
  @OrNull package var legalHold: String?
  package var deliveries: [DeliveryBody]

  init(_ record: InstanceRecord, _ waiting: WaitingReason) {
    let instance = record.instance
    id = instance.id.rawValue
    sopInstanceUID = instance.sop.instanceUID.rawValue
    sopClassUID = instance.sop.classUID.rawValue
    studyInstanceUID = instance.attributes.studyInstanceUID?.rawValue
    seriesInstanceUID = instance.attributes.seriesInstanceUID?.rawValue
    transferSyntaxUID = instance.transferSyntax.rawValue
    state = instance.state.rawValue
    reason =
      instance.reason
      ?? PurgeGuard.obstacle(Consignment(instance: instance, deliveries: record.deliveries))
    receivedAt = instance.receivedAt.rfc3339
    callingAE = instance.source.callingAE.rawValue
    calledAE = instance.source.calledAE.rawValue
    sourceAddress = instance.source.address
    bytes = instance.dataSetLength
    digest = instance.digest.description
    conflicted = instance.conflicted
    legalHold = instance.legalHold
    deliveries = record.deliveries.map { DeliveryBody($0, waiting) }
  }
}

/// A delivery: one instance on its way to one destination.
package struct DeliveryBody: Codable, Sendable {
  package var id: Int64
  package var instance: String
  package var to: String
  package var origin: String
  package var state: String
  package var proof: String
  package var attempts: Int
  @OrNull package var reason: String?
  @OrNull package var lastError: String?
  @OrNull package var notBefore: String?
  @OrNull package var hold: HoldBody?
  @OrNull package var transactionUID: String?

  init(_ delivery: Delivery) {
    id = delivery.id.rawValue
    instance = delivery.instance.rawValue
    to = delivery.destination.rawValue
    origin = delivery.origin.rawValue
    state = delivery.state.rawValue
    proof = delivery.proof.rawValue
    attempts = delivery.attempts
    reason = delivery.behind.map { "behind delivery \($0) of the same SOP Instance UID" } ?? delivery.reason
    lastError = delivery.lastError
    notBefore = delivery.notBefore?.rfc3339
    hold = delivery.hold.map { HoldBody(by: $0.by, reason: $0.reason, at: $0.at.rfc3339) }
    transactionUID = delivery.transactionUID?.rawValue
  }
}

extension DeliveryBody {
  /// With what it waits for where the record does not say it.
  init(_ delivery: Delivery, _ waiting: WaitingReason) {
    self.init(delivery)
    guard let found = waiting.of(delivery) else { return }
    reason = found.text
    notBefore = notBefore ?? found.next?.rfc3339
  }
}

package struct HoldBody: Codable, Sendable {
  package var by: String
  package var reason: String
  package var at: String
}

/// A line of the queue: a delivery with what people need to recognize its instance.
package struct QueueBody: Codable, Sendable {
  package var delivery: DeliveryBody
  package var sopInstanceUID: String
  package var sopClassUID: String
  @OrNull package var studyInstanceUID: String?
  package var receivedAt: String
  package var callingAE: String
  package var bytes: Int64

  init(_ record: DeliveryRecord, _ waiting: WaitingReason) {
    delivery = DeliveryBody(record.delivery, waiting)
    sopInstanceUID = record.sop.instanceUID.rawValue
    sopClassUID = record.sop.classUID.rawValue
    studyInstanceUID = record.studyInstanceUID?.rawValue
    receivedAt = record.receivedAt.rfc3339
    callingAE = record.callingAE.rawValue
    bytes = record.bytes
  }
}
