/// The version of this program.
public enum Version {
  /// As `--version` and receipts tell it. Never part of a bundle.
  public static let current = "0.1.0"
}
