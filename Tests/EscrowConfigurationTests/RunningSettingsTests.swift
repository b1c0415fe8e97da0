import DICOM
import EscrowConfiguration
import EscrowCore
import Testing

/// What a running server takes of another reading of its configuration.
@Suite struct RunningSettingsTests {
  @Test func whatDependsOnTheStartStays() {
    let running = Settings()
    var loaded = Settings()
    loaded.dicom.port = 104
    loaded.dicom.host = "10.0.0.1"
    loaded.dicom.limits.associations = 3
    loaded.http.host = "::1"
    loaded.http.port = 80
    loaded.spool.path = "/elsewhere"
    loaded.ledger.path = "/elsewhere.db"
    loaded.builtInArchivePort = 11113
    let (settings, restartNeeded) = running.taking(loaded)
    #expect(
      restartNeeded == [
        "dicom.host", "dicom.port", "dicom.limits", "http.host", "http.port", "spool.path", "ledger.path",
        "builtInArchive",
      ])
    #expect(settings.dicom.port == running.dicom.port && settings.dicom.host == running.dicom.host)
    #expect(settings.dicom.limits == running.dicom.limits)
    #expect(settings.http.port == running.http.port && settings.http.host == running.http.host)
    #expect(settings.spool.path == running.spool.path && settings.ledger.path == running.ledger.path)
    #expect(settings.builtInArchivePort == nil)
  }

  @Test func theRestIsTaken() {
    var loaded = Settings()
    loaded.aeTitles = ["OTHER"]
    loaded.studyQuiet = .seconds(5)
    loaded.spool.lowWatermark = .bytes(5)
    loaded.ledger.keepRecord = .days(30)
    loaded.dicom.checkCalledAE = true
    loaded.unknownPeers = [.echo]
    loaded.peers = ["ct1": Peer(name: "ct1", aeTitle: "CT1")]
    loaded.log.level = "debug"
    let (settings, restartNeeded) = Settings().taking(loaded)
    #expect(restartNeeded.isEmpty)
    #expect(settings.aeTitles == ["OTHER"] && settings.studyQuiet == .seconds(5) && settings.unknownPeers == [.echo])
    #expect(settings.spool.lowWatermark == .bytes(5) && settings.dicom.checkCalledAE)
    #expect(settings.peers == loaded.peers && settings.log.level == "debug")
  }
}
