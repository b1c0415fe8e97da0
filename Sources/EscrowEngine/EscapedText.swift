extension String {
  /// For logs and messages: what the network sent, with control characters escaped, at most 128 characters.
  package var escaped: String {
    var text = ""
    for scalar in unicodeScalars.prefix(128) {
      if scalar.properties.generalCategory == .control || scalar == "\\" {
        text += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
