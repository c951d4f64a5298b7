package import KeepModel

/// How the page says things.
package enum PreviewWords {
  /// `22 November 2026`.
  package static func day(_ time: Timestamp) -> String {
    let parts = time.day.split(separator: "-").compactMap { Int($0) }
    guard parts.count == 3, months.indices.contains(parts[1] - 1) else { return time.day }
    return "\(parts[2]) \(months[parts[1] - 1]) \(parts[0])"
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]

  /// `2026-11-22 21:00:22 UTC`.
  package static func moment(_ time: Timestamp) -> String {
    "\(time.day) \(time.description.dropFirst(11).prefix(8)) UTC"
  }

  /// `0.4 s`, `12.8 s`, `3 min 7 s`, `1 h 2 min`; `nil` for a span that runs backwards.
  static func span(from start: Timestamp, to end: Timestamp) -> String? {
    let milliseconds = end.milliseconds - start.milliseconds
    guard milliseconds >= 0 else { return nil }
    let seconds = milliseconds / 1000
    switch seconds {
    case 0..<60: return "\(seconds).\(milliseconds % 1000 / 100) s"
    case 60..<3600: return "\(seconds / 60) min \(seconds % 60) s"
    default: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }
  }

  /// `1 output`, `3 outputs`.
  package static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  /// Why something is not here.
  package static func reason(_ reason: Manifest.Reason?) -> String {
    switch reason {
    case .http404: "the service no longer had it (HTTP 404)"
    case .http403: "the service refused it (HTTP 403)"
    case .http410: "the service had deleted it (HTTP 410)"
    case .expired: "the service had deleted it before it was archived"
    case .noURL: "the service gave no address for it"
    case .sizeMismatch: "what could be fetched was not its full size"
    case .unreachable: "its address could not be reached"
    case .option: "left out by choice"
    case nil: "no reason is recorded"
    }
  }

  /// The run's state as a word and as the name of its colour.
  static func state(_ status: String) -> (word: String, tone: String) {
    switch status {
    case "succeeded", "completed": ("Succeeded", "good")
    case "failed": ("Failed", "bad")
    case "canceled", "cancelled": ("Canceled", "fair")
    default: (status, "fair")
    }
  }

  /// The end of a file name in capitals, for a card without a picture: `GLB`.
  package static func badge(_ path: String) -> String {
    let suffix = PayloadName.fileExtension(path)
    return suffix.isEmpty ? "FILE" : suffix.uppercased()
  }

  /// What to do with a file that no browser shows.
  static func howToOpen(_ type: MediaType) -> String {
    switch type.kind {
    case .model3D: "A 3D model: open the file in a viewer or a modelling program."
    case .image: "A picture that browsers do not show: open the file in a picture program."
    case .video: "A video that browsers do not play: open the file in a player."
    default: "No browser shows it: open the file in a program for it."
    }
  }
}

extension PreviewWords {
  /// `10,000`.
  package static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return String(
      digits.enumerated().flatMap { index, digit -> [Character] in
        let isThird = index > 0 && (digits.count - index) % 3 == 0
        return isThird ? [",", digit] : [digit]
      })
  }

  /// `10,000 runs`, `1 run`.
  package static func grouped(_ number: Int, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
  }
}
