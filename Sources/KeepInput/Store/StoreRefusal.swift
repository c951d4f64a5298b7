internal import KeepModel
internal import KeepTransport

/// What an upload server's answer means, in words.
enum StoreRefusal {
  /// The error for an answer to an upload that is none of the good ones.
  static func error(
    _ answer: BufferedResponse, _ url: HTTPURL, _ deed: String = "the upload"
  ) -> KeepError {
    if let target = redirect(answer, url) { return target }
    let (reason, hint) = words(answer.status, deed)
    let isPassing = RetryPolicy.isTemporary(answer.status)
    return KeepError(
      isPassing ? .unavailable : .uploadFailed, .address(url.withoutQuery.description), reason, hint: hint,
      retry: isPassing ? .backOff : .never, httpStatus: answer.status)
  }

  /// Redirects are not followed: body and credentials stay with the server that was named.
  private static func redirect(_ answer: BufferedResponse, _ url: HTTPURL) -> KeepError? {
    guard (300...399).contains(answer.status) else { return nil }
    let place = answer.headers["Location"].flatMap { HTTPURL($0) }?.origin.description
    return KeepError(
      .uploadFailed, .address(url.withoutQuery.description),
      "the server sends uploads elsewhere (\(answer.status)\(place.map { " to \($0)" } ?? "")), which is not followed",
      hint: "name the right address in the upload target", httpStatus: answer.status)
  }

  private static func words(_ status: Int, _ deed: String) -> (String, String?) {
    switch status {
    case 401:
      ("\(deed) was refused: the login is missing or wrong (401)", "look at the login of the upload target")
    case 403: ("\(deed) was refused: the login may not do it (403)", "look at the rights of the login")
    case 404:
      ("\(deed) was refused: there is no such place (404)", "look at the address of the upload target")
    case 405:
      ("\(deed) was refused: the server does not know the method (405)", "is it the right kind of target?")
    case 409:
      (
        "\(deed) was refused: its folder is not there (409)",
        "make the folder on the server, or use a WebDAV target, which makes it"
      )
    case 411: ("\(deed) was refused: the server wants a length that it was given (411)", nil)
    case 413: ("\(deed) was refused: the file is too large for the server (413)", "raise the server's limit")
    case 423: ("\(deed) was refused: the name is locked (423)", nil)
    case 507: ("\(deed) was refused: the store is full (507)", "free space on the server")
    case 429: ("the server asks for fewer requests (429), also after several tries", nil)
    case 500...599: ("the server failed (\(status)), also after several tries where that may help", nil)
    default: ("\(deed) was refused (\(status))", nil)
    }
  }
}
