import NIOConcurrencyHelpers
import NIOCore

/// What a listener has open, so that it can be drained.
final class ListenerConnections: Sendable {
  private struct Connection {
    let handler: NIOLoopBound<AssociationHandler>
    let eventLoop: any EventLoop

    func drain() { eventLoop.execute { handler.value.drain() } }
  }

  private struct State {
    var server: (any Channel)?
    var open: [Int: Connection] = [:]
    var last = 0
    var isDraining = false
  }

  let slots: AssociationSlots
  private let state = NIOLockedValueBox(State())

  init(limits: ListenerLimits) { slots = AssociationSlots(limits: limits) }

  func add(server: any Channel) {
    let isDraining = state.withLockedValue { state in
      state.server = server
      return state.isDraining
    }
    if isDraining { server.close(promise: nil) }
  }

  func add(_ handler: NIOLoopBound<AssociationHandler>, on eventLoop: any EventLoop) -> Int {
    let connection = Connection(handler: handler, eventLoop: eventLoop)
    let (number, isDraining) = state.withLockedValue { state in
      state.last += 1
      state.open[state.last] = connection
      return (state.last, state.isDraining)
    }
    if isDraining { connection.drain() }
    return number
  }

  func remove(_ number: Int) { state.withLockedValue { $0.open[number] = nil } }

  func drain() {
    let (server, open) = state.withLockedValue { state in
      state.isDraining = true
      return (state.server, state.open)
    }
    server?.close(promise: nil)
    for connection in open.values { connection.drain() }
  }
}
