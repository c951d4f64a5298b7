extension Duration {
  /// The length in words, in days where it is a whole number of them: `seven days`, `3 days`, `36 hours`.
  package var wordsInDays: String {
    let (days, rest) = components.seconds.quotientAndRemainder(dividingBy: 86_400)
    guard rest == 0 else { return "\(components.seconds / 3600) hours" }
    return days == 7 ? "seven days" : days == 1 ? "a day" : "\(days) days"
  }
}
