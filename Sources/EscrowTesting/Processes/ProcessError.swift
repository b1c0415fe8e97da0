/// A peer could not be started or did not do what the test needs.
package struct ProcessError: Error, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}
