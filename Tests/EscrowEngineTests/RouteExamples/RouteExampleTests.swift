import DICOM
import EscrowConfiguration
import EscrowCore
import Testing

/// What the examples of `routes/README.md` say of themselves, by the code that decides about routes: which instances they
/// take and leave, and what they plan for them.
@Suite struct RouteExampleTests {
  @Test(arguments: RouteExampleTests.trials) func takesAndLeaves(_ trial: RouteTrial) throws {
    #expect(try trial.plan().inWords == trial.expected)
  }

  /// Each is tried alone on an instance that it takes, and alone or with others on one that it leaves.
  @Test func everyExampleIsTried() throws {
    for name in try RouteExamples.all().keys {
      let route = name.replacing("README/", with: "")
      // What has no conditions leaves nothing.
      var leaves = try RouteExamples.settings([name]).routes.routes.allSatisfy { $0.match == .all([]) }
      var takes = false
      for trial in Self.trials where trial.examples.contains(name) {
        let routes = try trial.plan().routes
        if !routes.contains(route) { leaves = true }
        if trial.examples == [name], routes == [route] { takes = true }
      }
      #expect(takes, "\(name) is tried on nothing that it takes")
      #expect(leaves, "\(name) is tried on nothing that it leaves")
    }
  }

  @Test func everyBlockOfTheReadmeIsARouteOrAConfiguration() throws {
    let blocks = try RouteExamples.blocks()
    let others = blocks.filter { $0.hasPrefix("# escrow.yaml\n") }
    #expect(others.count == 1)
    #expect(try RouteExamples.shown().count == blocks.count - others.count)
  }

  @Test func everyKeyOfTheReadmeIsInAnExample() throws {
    let readme = try RouteExamples.readme()
    let section = try #require(readme.split(separator: "## Keys").last?.split(separator: "\n## ").first)
    let keys = section.split(separator: "\n").compactMap { $0.prefixMatch(of: /\| ((`\w+`(, )?)+) \|/)?.1 }
      .flatMap { $0.split(separator: ", ") }.map { $0.replacing("`", with: "") }
    #expect(keys.contains("match") && keys.contains("orElse") && keys.contains("replace") && keys.count == 16)
    let files = try RouteExamples.files().values.map { file in
      file.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
    }
    for key in keys { #expect(files.contains { $0.contains("\(key):") }, "no example has \(key)") }
  }

  @Test func everyFileSaysWhatItIsForAndIsListed() throws {
    let readme = try RouteExamples.readme()
    for (name, text) in try RouteExamples.files() {
      #expect(text.hasPrefix("# "), "\(name)")
      #expect(readme.contains("\n| [\(name)](examples/\(name).yaml) | "), "\(name)")
    }
  }

  /// One name in ideographs, as PS3.5 §H.3.1 writes it and in UTF-8, and others beside it.
  @Test(arguments: [
    (#"\ISO 2022 IR 87"#, "Tarou^Y=\u{1B}$B;3ED\u{1B}(B^\u{1B}$BB@O:\u{1B}(B", true),
    ("ISO_IR 192", "Tarou^Y=山田^太郎=やまだ^たろう", true), ("ISO_IR 192", "=山田^太郎", true),
    ("ISO_IR 100", "Yamada^Hanako", true), ("ISO_IR 192", "Suzuki^Y=鈴木^太郎", false),
    (#"\ISO 2022 IR 87"#, "Tarou^Y=\u{1B}$BB@O:\u{1B}(B", false),
  ])
  func namesAreFoundInEveryGroupAndCharacterSet(_ characterSet: String, _ name: String, _ isTaken: Bool) throws {
    let routes = try RouteExamples.settings(["README/yamada"]).routes
    let instance = TriedInstance.image("CT", ["SpecificCharacterSet": characterSet, "PatientName": name])
    #expect(routes.plan(for: try instance.input(for: routes)).routes == (isTaken ? ["yamada"] : []))
  }
}

extension RouteExampleTests {
  static let video = TriedInstance.image("ES").changed {
    $0.sopClass = "VideoEndoscopicImageStorage"
    $0.transferSyntax = TransferSyntax("1.2.840.10008.1.2.4.102")
  }
  static let thin = TriedInstance.image(
    "CT",
    [
      "SliceThickness": "0.625", "Rows": "512", "StudyDate": "20260301", "AcquisitionDateTime": "20260301101500+0100",
    ])
  private static let chest = TriedInstance.image(
    "CT", ["StudyDescription": "Routine CHEST", "StationName": "CT2", "ImageType": #"ORIGINAL\PRIMARY\AXIAL"#])
  private static let trial = TriedInstance.image("MR", from: "MR1", ["StudyDescription": "Brain, TRIAL 7"])

  fileprivate static let trials: [RouteTrial] = taken + left + together

  /// Each example alone, on what it takes.
  private static let taken: [RouteTrial] = [
    RouteTrial(
      "README/chest-ct", of: .image("CT", ["StudyDescription": "CT Thorax"]),
      gives: "archive commitment", "workstation response, high", "stays 60 min"),
    RouteTrial(
      "README/coded-for-research", of: .image("CT", ["StudyDescription": "Study 12"]),
      gives:
        "research response, edited", "stays 1440 min"),
    RouteTrial(
      "README/yamada", of: .image("CT", ["PatientName": "Yamada^Tarou"]),
      gives:
        "workstation response", "stays 1440 min"),
    RouteTrial("README/research-by-query", of: .image("MG"), gives: "research query", "stays 43200 min"),
    RouteTrial(
      "README/second-copy", of: .image("PX"),
      gives:
        "archive response, low, 20:00-06:00 Europe/Vienna, 10 MB/s", "stays for good"),
    RouteTrial(
      "README/chest-pain", of: .image("CT", ["StudyDescription": "Chest pain"]),
      gives:
        "archive commitment, high, 06:00-12:00 Europe/Vienna, 20 MB/s", "stays 60 min"),
    RouteTrial("chest-for-research", of: chest, gives: "research response, low", "stays 10080 min"),
    RouteTrial(
      "children-first", of: .image("MR", ["PatientAge": "011Y", "StudyTime": "093000.5"]),
      gives:
        "workstation response, high", "stays 60 min"),
    RouteTrial(
      "children-first", of: .image("US", ["PatientAge": "010D", "StudyTime": "0700"]),
      gives:
        "workstation response, high", "stays 60 min"),
    RouteTrial(
      "ct-to-archive", of: .image("CT", from: "CT2"),
      gives:
        "archive commitment", "workstation response, high", "stays 60 min"),
    RouteTrial(
      "edited-for-research", of: trial,
      gives:
        "research response, low, Mon,Tue,Wed,Thu,Fri 20:00-06:00, Sat,Sun 00:00-24:00 Europe/Vienna, 20 MB/s, edited",
      "archive commitment", "stays 10080 min"),
    RouteTrial(
      "emergency", of: .image("CT", as: "ESCROW_CT", ["AccessionNumber": "A1"]),
      gives:
        "workstation response, high", "archive commitment, high", "stays 2880 min"),
    RouteTrial(
      "hold-burned-in", of: .image("OT", ["BurnedInAnnotation": "YES", "InstitutionName": ""]),
      gives:
        "held: route hold-burned-in: burned-in annotation and no institution; look at it before it goes anywhere"),
    RouteTrial("phantoms", of: .image("CT", ["PatientName": "*QA* CT1"]), gives: "research response", "stays 30 min"),
    RouteTrial("phantoms", of: .image("CT", ["PatientName": "PHANTOM3"]), gives: "research response", "stays 30 min"),
    RouteTrial("phantoms", of: .image("CT", ["PatientName": "Test^Water"]), gives: "research response", "stays 30 min"),
    RouteTrial("research-by-query", of: .image("MG"), gives: "research query", "stays 43200 min"),
    RouteTrial("rest", of: .image("XA"), gives: "archive commitment", "stays for good"),
    RouteTrial(
      "spread-over-workstations", of: .image("US").changed { $0.study = "1.2.826.1" },
      gives:
        "workstation response", "stays 1440 min"),
    RouteTrial(
      "spread-over-workstations", of: .image("US").changed { $0.study = "1.2.826.2" },
      gives:
        "research response", "stays 1440 min"),
    RouteTrial(
      "teaching", of: .image("CT", ["SeriesDescription": "TEACHING lung"]),
      gives:
        "research response, 18:00-22:00 Europe/Vienna, edited, which will do", "stays 1440 min"),
    RouteTrial(
      "thin-slices", of: thin.changed { $0.attributes += [("SourceImageSequence", "")] },
      gives: "research response, low", "stays 1440 min"),
    RouteTrial("thin-slices", of: thin, gives: "research response, low", "stays 1440 min"),
    RouteTrial(
      "ultrasound", of: .image("US", from: "US3", at: "10.1.8.77"),
      gives:
        "archive commitment, may discard", "stays 1440 min"),
    RouteTrial(
      "ultrasound", of: .image("US", from: "US3", at: "fd00:1:8::3").changed { $0.isUnreadable = true },
      gives:
        "archive commitment, may discard", "stays 1440 min"),
    RouteTrial(
      "uploads", of: .upload(["IssuerOfPatientID": "ELSEWHERE"]),
      gives:
        "workstation response", "stays 43200 min"),
    RouteTrial("uploads", of: .upload(), gives: "workstation response", "stays 43200 min"),
    RouteTrial("videos", of: video, gives: "archive commitment", "stays 0 min"),
    RouteTrial(
      "videos",
      of: video.changed {
        $0.sopClass = "VideoMicroscopicImageStorage"
        $0.transferSyntax = TransferSyntax("1.2.840.10008.1.2.4.103")
      }, gives: "archive commitment", "stays 0 min"),
    RouteTrial(
      "workstation-instead", of: .image("MR", from: "MR1"),
      gives:
        "archive response, or workstation", "stays 1440 min"),
  ]

  /// Each example alone, on what is not for it.
  private static let left: [RouteTrial] = [
    RouteTrial("README/chest-ct", leaves: .image("CT", from: "CT3", ["StudyDescription": "CT Thorax"])),
    RouteTrial("README/chest-ct", leaves: .image("CT", ["StudyDescription": "Abdomen"])),
    RouteTrial("README/coded-for-research", leaves: .image("CT", ["StudyDescription": "Study 13"])),
    RouteTrial("README/yamada", leaves: .image("CT", ["PatientName": "Tarou^Yamada"])),
    RouteTrial("README/research-by-query", leaves: .image("MR")),
    RouteTrial("README/chest-pain", leaves: .image("CT")),
    RouteTrial("chest-for-research", leaves: chest.changed { $0.attributes += [("StationName", "CT_ER2")] }),
    RouteTrial(
      "chest-for-research", leaves: chest.changed { $0.attributes += [("ImageType", #"ORIGINAL\PRIMARY\LOCALIZER"#)] }),
    RouteTrial("chest-for-research", leaves: chest.changed { $0.attributes += [("StudyDescription", "Chestnut")] }),
    RouteTrial("chest-for-research", leaves: chest.changed { $0.sopClass = "MRImageStorage" }),
    RouteTrial("children-first", leaves: .image("MR", ["PatientAge": "018Y", "StudyTime": "0930"])),
    RouteTrial("children-first", leaves: .image("MR", ["PatientAge": "011Y", "StudyTime": "160000"])),
    RouteTrial("children-first", leaves: .image("MR", ["PatientAge": "011Y", "StudyTime": "065959"])),
    RouteTrial("children-first", leaves: .image("MR", ["StudyTime": "0930"])),
    RouteTrial("ct-to-archive", leaves: .image("CT", from: "CT3")),
    RouteTrial("ct-to-archive", leaves: .image("SR")),
    RouteTrial("edited-for-research", leaves: .image("MR", ["StudyDescription": "Trial 8"])),
    RouteTrial("emergency", leaves: .image("CT", ["AccessionNumber": "A1"])),
    RouteTrial("emergency", leaves: .image("CT", as: "ESCROW_CT", ["AccessionNumber": ""])),
    RouteTrial("emergency", leaves: .image("CT", as: "ESCROW_CT")),
    RouteTrial("hold-burned-in", leaves: .image("OT", ["BurnedInAnnotation": "YES", "InstitutionName": "General"])),
    RouteTrial("phantoms", leaves: .image("CT", ["PatientName": "Miller^QA"])),
    RouteTrial("phantoms", leaves: .image("CT", ["PatientName": "PHANTOM12"])),
    RouteTrial("phantoms", leaves: .image("CT", ["PatientName": "Contest^Water"])),
    RouteTrial("research-by-query", leaves: .image("CR")),
    RouteTrial("spread-over-workstations", leaves: .image("CT")),
    RouteTrial("teaching", leaves: .image("CT", ["SeriesDescription": "Not for TEACHING"])),
    RouteTrial("thin-slices", leaves: thin.changed { $0.attributes += [("SliceThickness", "0.4")] }),
    RouteTrial("thin-slices", leaves: thin.changed { $0.attributes += [("SliceThickness", "1.25")] }),
    RouteTrial("thin-slices", leaves: thin.changed { $0.attributes += [("Rows", "256")] }),
    RouteTrial("thin-slices", leaves: thin.changed { $0.attributes += [("SourceImageSequence", "Other image")] }),
    RouteTrial("thin-slices", leaves: thin.changed { $0.attributes += [("StudyDate", "20251231")] }),
    RouteTrial("thin-slices", leaves: thin.changed { $0.attributes += [("AcquisitionDateTime", "20260131193000")] }),
    RouteTrial("ultrasound", leaves: .image("US", from: "US3", at: "10.1.9.77")),
    RouteTrial("ultrasound", leaves: .image("US", from: "MOBILE", at: "10.1.8.77")),
    RouteTrial("uploads", leaves: .upload(["IssuerOfPatientID": "GENERAL"])),
    RouteTrial("uploads", leaves: .image("CT")),
    RouteTrial("videos", leaves: video.changed { $0.transferSyntax = .jpegBaseline8Bit }),
    RouteTrial("videos", leaves: video.changed { $0.sopClass = "VideoPhotographicImageStorage" }),
    RouteTrial("workstation-instead", leaves: .image("MR", from: "MR2")),
  ]

  /// Several, whose deliveries become one, or that cannot agree.
  private static let together: [RouteTrial] = [
    RouteTrial(
      "README/second-copy", "README/chest-pain", of: .image("CT", ["StudyDescription": "Chest pain"]),
      gives:
        "archive commitment, high, 06:00-12:00, 20:00-06:00 Europe/Vienna, 20 MB/s", "stays for good"),
    RouteTrial(
      "README/second-copy", "README/chest-pain", of: .image("CT"),
      gives:
        "archive response, low, 20:00-06:00 Europe/Vienna, 10 MB/s", "stays for good"),
    RouteTrial(
      "rest", "ct-to-archive", of: .image("CT"),
      gives:
        "archive commitment", "workstation response, high", "stays 60 min"),
    RouteTrial("rest", "ct-to-archive", of: .image("MR", from: "MR1"), gives: "archive commitment", "stays for good"),
    RouteTrial(
      "ct-to-archive", "chest-for-research", of: chest,
      gives:
        "research response, low", "archive commitment", "workstation response, high", "stays 10080 min"),
    RouteTrial(
      "ultrasound", "rest", "README/second-copy", of: .image("US", from: "US3", at: "10.1.8.77"),
      gives:
        "archive commitment", "stays for good"),
    RouteTrial(
      "hold-burned-in", "ct-to-archive", of: .image("CT", ["BurnedInAnnotation": "YES"]),
      gives:
        "held: route hold-burned-in: burned-in annotation and no institution; look at it before it goes anywhere"),
    RouteTrial(
      "README/coded-for-research", "teaching",
      of: .image(
        "CT", ["StudyDescription": "Study 12", "SeriesDescription": "TEACHING"]),
      gives:
        "held: routes coded-for-research and teaching want different edits for research"),
    RouteTrial(
      "ultrasound", "ct-to-archive", of: .image("CT").changed { $0.isUnreadable = true },
      gives:
        "held: header unreadable, and no route matches on the association alone"),
  ]
}
