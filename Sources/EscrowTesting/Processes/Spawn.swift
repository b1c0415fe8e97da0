import Foundation
import Glibc

/// Starts a program in a group of its own with nothing inherited but its three streams and the environment.
///
/// `setpriv --pdeathsig` has the kernel kill it when the calling thread ends, so the thread has to outlive it.
func spawn(_ command: Command, input: ProcessFile, output: ProcessFile, errors: ProcessFile) throws -> Int32 {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (file, descriptor) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (errors, STDERR_FILENO)] {
    direct(file, to: descriptor, &actions)
  }
  try closeAll(from: 3, &actions)

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  // Threads of the tests block and ignore signals; a child must not.
  var none = sigset_t()
  var all = sigset_t()
  sigemptyset(&none)
  sigfillset(&all)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setsigdefault(&attributes, &all)
  posix_spawnattr_setpgroup(&attributes, 0)
  let flags = POSIX_SPAWN_SETPGROUP | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
  posix_spawnattr_setflags(&attributes, Int16(flags))

  let directory = command.directory.map { ["env", "--chdir", $0] } ?? []
  let arguments = ["setpriv", "--pdeathsig", "KILL", "--"] + directory + [command.executable] + command.arguments
  let environment = ProcessInfo.processInfo.environment.merging(command.environment) { $1 }
  var processID: pid_t = 0
  let result = withStrings(arguments) { argv in
    withStrings(environment.map { "\($0)=\($1)" }) { envp in
      posix_spawnp(&processID, "setpriv", &actions, &attributes, argv, envp)
    }
  }
  guard result == 0 else { throw ProcessError("\(command): errno \(result)") }
  return processID
}

/// Leads a stream to a file, a descriptor or nowhere.
private func direct(_ file: ProcessFile, to descriptor: Int32, _ actions: inout posix_spawn_file_actions_t) {
  if let path = file.path {
    posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  } else if let open = file.descriptor {
    posix_spawn_file_actions_adddup2(&actions, open, descriptor)
  } else {
    posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
  }
}

/// Has the child close every other descriptor: the sockets of tests that run beside are not close-on-exec, and a copy
/// in a child would keep them open.
private func closeAll(from first: Int32, _ actions: inout posix_spawn_file_actions_t) throws {
  typealias AddCloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
  // glibc has it since 2.34, but its header shows it only to GNU C.
  guard let function = dlsym(dlopen(nil, RTLD_NOW), "posix_spawn_file_actions_addclosefrom_np") else {
    throw ProcessError("this C library cannot close descriptors in a child")
  }
  let added = unsafeBitCast(function, to: AddCloseFrom.self)(&actions, first)
  guard added == 0 else { throw ProcessError("closing descriptors: errno \(added)") }
}

/// Calls `body` with a null-terminated array of C strings.
private func withStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { preconditionFailure("the array has its null") }
    return body(base)
  }
}
