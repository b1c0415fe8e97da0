package import DICOM

/// A valid composite object made in code: the same for the same arguments, in any transfer syntax.
package struct SampleInstance: Sendable {
  /// What the object is like.
  package enum Modality: String, CaseIterable, Sendable {
    /// One image of CT.
    case ct = "CT"
    /// One image of MR.
    case mr = "MR"
    /// A structured report: nested sequences, no pixel data.
    case sr = "SR"
    /// A multi-frame secondary capture.
    case multiFrame = "OT"

    package var sopClassUID: UID {
      switch self {
      case .ct: "1.2.840.10008.5.1.4.1.1.2"
      case .mr: "1.2.840.10008.5.1.4.1.1.4"
      case .sr: "1.2.840.10008.5.1.4.1.1.88.33"
      case .multiFrame: "1.2.840.10008.5.1.4.1.1.7.2"
      }
    }
  }

  package let sop: SOPInstance
  package let studyInstanceUID: UID
  package let seriesInstanceUID: UID
  package let transferSyntax: TransferSyntax
  /// The object before it was encoded.
  package let content: DataSet
  /// The object as C-STORE sends it.
  package let dataSet: [UInt8]

  /// - Parameters:
  ///   - seed: decides about the UIDs that are not given, and the pixels.
  ///   - pixelBytes: bytes of all frames together, rounded down to a rectangle of pixels; of no use to a report.
  ///   - sequences: how sequences are encoded.
  ///   - extra: further elements, which replace those made here.
  package init(
    modality: Modality = .ct, seed: UInt64 = 1, studyInstanceUID: UID? = nil, seriesInstanceUID: UID? = nil,
    sopInstanceUID: UID? = nil, patientID: String = "PID-1", patientName: String = "Sample^Sam",
    pixelBytes: Int = 2048, transferSyntax: TransferSyntax = .explicitLittleEndian,
    sequences: DataSet.SequenceLengths = .defined, extra: [DataElement] = []
  ) {
    var generator = SeededGenerator(seed: seed)
    let uids = (generator.uid(), generator.uid(), generator.uid())
    self.studyInstanceUID = studyInstanceUID ?? uids.0
    self.seriesInstanceUID = seriesInstanceUID ?? uids.1
    self.transferSyntax = transferSyntax
    sop = SOPInstance(classUID: modality.sopClassUID, instanceUID: sopInstanceUID ?? uids.2)

    var content = DataSet(SampleContent.common)
    content.set(DataElement(.sopClassUID, uid: sop.classUID))
    content.set(DataElement(.sopInstanceUID, uid: sop.instanceUID))
    content.set(DataElement(.modality, .cs, text: modality.rawValue))
    content.set(DataElement(.patientID, .lo, text: patientID))
    content.set(DataElement(.patientName, .pn, text: patientName))
    content.set(DataElement(.studyInstanceUID, uid: self.studyInstanceUID))
    content.set(DataElement(.seriesInstanceUID, uid: self.seriesInstanceUID))
    let pixels = SamplePixels(bytes: pixelBytes, frames: modality == .multiFrame ? 4 : 1, generator: &generator)
    let elements = modality == .sr ? SampleContent.report : pixels.elements(transferSyntax)
    for element in elements + extra { content.set(element) }
    self.content = content
    dataSet = content.encoded(as: transferSyntax, sequences: sequences)
  }

  /// The object as a DICOM file (PS3.10 §7.1).
  package func file(sourceAE: AETitle? = nil) -> [UInt8] {
    let meta = FileMeta(
      sopInstance: sop, transferSyntax: transferSyntax, implementationClassUID: "2.25.1", sourceAE: sourceAE)
    return meta.encoded().bytes + dataSet
  }
}
