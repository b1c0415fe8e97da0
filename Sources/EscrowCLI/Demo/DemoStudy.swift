import DICOM

/// A generated CT study: a round phantom, slice by slice.
struct DemoStudy {
  /// One slice.
  struct Slice: Sendable {
    let sop: SOPInstance
    let dataSet: [UInt8]
  }

  let studyInstanceUID: UID
  let slices: [Slice]

  static let transferSyntax = TransferSyntax.explicitLittleEndian
  private static let side = 256

  init(number: Int, slices count: Int) {
    let root = "2.25.\(UInt64.random(in: 1 ... .max))"
    let study = UID(root)
    studyInstanceUID = study
    slices = (1...count).map { Self.slice($0, of: count, study: study, number: number) }
  }

  private static func slice(_ index: Int, of count: Int, study: UID, number: Int) -> Slice {
    let sop = SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: UID("\(study).1.\(index)"))
    let side = UInt16(Self.side)
    let dataSet = DataSet([
      DataElement(.sopClassUID, uid: sop.classUID), DataElement(.sopInstanceUID, uid: sop.instanceUID),
      DataElement(.studyDate, .da, text: "20260101"), DataElement(.accessionNumber, .sh, text: "DEMO\(number)"),
      DataElement(.modality, .cs, text: "CT"), DataElement(.studyDescription, .lo, text: "Demo study \(number)"),
      DataElement(.patientName, .pn, text: "Demo^Patient"), DataElement(.patientID, .lo, text: "DEMO"),
      DataElement(.studyInstanceUID, uid: study), DataElement(.seriesInstanceUID, uid: UID("\(study).1")),
      DataElement(.instanceNumber, .is, text: "\(index)"),
      DataElement(Tag(0x0028, 0x0002), unsignedShort: 1),
      DataElement(Tag(0x0028, 0x0004), .cs, text: "MONOCHROME2"), DataElement(.rows, unsignedShort: side),
      DataElement(.columns, unsignedShort: side), DataElement(Tag(0x0028, 0x0100), unsignedShort: 16),
      DataElement(Tag(0x0028, 0x0101), unsignedShort: 16), DataElement(Tag(0x0028, 0x0102), unsignedShort: 15),
      DataElement(Tag(0x0028, 0x0103), unsignedShort: 0),
      DataElement(.pixelData, .ow, .bytes(phantom(slice: index, of: count))),
    ])
    return Slice(sop: sop, dataSet: dataSet.encoded(as: transferSyntax))
  }

  /// 16-bit pixels of a ball, cut at this slice.
  private static func phantom(slice: Int, of count: Int) -> [UInt8] {
    let middle = Double(side) / 2
    let height = (Double(slice) / Double(count + 1) - 0.5) * Double(side)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(side * side * 2)
    for row in 0..<side {
      for column in 0..<side {
        let (x, y) = (Double(column) - middle, Double(row) - middle)
        let distance = (x * x + y * y + height * height).squareRoot()
        let value = UInt16(max(0, middle * 0.9 - distance) * 16)
        pixels.append(UInt8(truncatingIfNeeded: value))
        pixels.append(UInt8(value >> 8))
      }
    }
    return pixels
  }
}
