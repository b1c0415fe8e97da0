import AdminAPI
import ArgumentParser

/// `escrow legal-hold`.
struct LegalHoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "legal-hold",
    abstract: "Keep every copy of a patient's or a study's instances, whoever wants it gone.",
    discussion: """
      Holds what is on record and what comes later, against purging, discarding and removing. Sending goes on.

      Example:
        escrow legal-hold set --patient 4711 --issuer HOSPITAL --reason 'court order 12/26'
        escrow legal-hold ls
        escrow legal-hold end --patient 4711 --issuer HOSPITAL --reason 'lifted' --yes
      """,
    subcommands: [Begin.self, End.self, List.self], defaultSubcommand: List.self)

  /// A patient or a study.
  struct Subject: ParsableArguments {
    @Option(help: "A Patient ID (0010,0020), exactly as it is sent.")
    var patient: String?

    @Option(help: "Issuer of Patient ID (0010,0021); instances that name none are held as well. Default: every issuer.")
    var issuer: String?

    @Option(help: "A Study Instance UID.")
    var study: String?

    @Option(help: "Why, for the record.")
    var reason: String?

    func request(dryRun: Bool? = nil, expect: Int? = nil) -> LegalHoldRequestBody {
      LegalHoldRequestBody(
        patientID: patient, issuerOfPatientID: issuer, studyInstanceUID: study, reason: reason, dryRun: dryRun,
        expect: expect)
    }
  }

  private static let path = "/api/v1/legal-holds"

  struct Begin: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "Begin a legal hold, at once.",
      discussion: "Needs a --reason.\n\nExample:\n  escrow legal-hold set --study 1.2.3 --reason 'claim 881'")

    @OptionGroup var subject: Subject
    @OptionGroup var options: ClientOptions

    func run() throws {
      let kept = try options.client().post(
        LegalHoldChangeBody.self, LegalHoldCommand.path, subject.request(), json: options.json)
      if !options.json { print("\(kept.instances) copies are kept from now on, and what comes later") }
    }
  }

  struct End: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "end", abstract: "End a legal hold: its copies may go as any other.",
      discussion: """
        Shows how many copies it frees; --yes ends it. Needs a --reason.

        Example:
          escrow legal-hold end --study 1.2.3 --reason 'claim settled' --yes
        """)

    @OptionGroup var subject: Subject
    @OptionGroup var options: ClientOptions

    @Flag(help: "Do it. Without this, only shows what would be done.")
    var yes = false

    @Option(help: "Do it only if it frees exactly this many copies.")
    var expect: Int?

    func run() throws {
      let freed = try options.client().send(
        "DELETE", LegalHoldChangeBody.self, LegalHoldCommand.path, subject.request(dryRun: !yes, expect: expect),
        json: options.json)
      guard !options.json else { return }
      if yes { return print("\(freed.instances) copies are not on legal hold any more") }
      print("\(freed.instances) copies would not be on legal hold any more")
      print("Nothing is changed yet. Do it with: --yes --expect \(freed.instances)")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the legal holds, with who, why, and how many copies they keep.",
      discussion: "Example:\n  escrow legal-hold ls")

    @OptionGroup var options: ClientOptions

    func run() throws {
      let page = try options.client().get(ListBody<LegalHoldBody>.self, LegalHoldCommand.path, json: options.json)
      if options.json { return }
      if page.items.isEmpty { return print("nothing is on legal hold") }
      var table = TextTable("SUBJECT", "COPIES", "SINCE", "BY", "REASON")
      for hold in page.items {
        let patient = hold.patientID.map { id in
          "patient \(id)" + (hold.issuerOfPatientID.map { " of \($0)" } ?? "")
        }
        table.add(
          patient ?? "study \(hold.studyInstanceUID ?? "-")", "\(hold.instances)", hold.at, hold.by, hold.reason)
      }
      table.write()
    }
  }
}
