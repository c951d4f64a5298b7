package import KeepModel

/// Every code that `verify` can report. Codes are stable: a number is never given another meaning.
///
/// `E` is for what must not be, `W` for what should not be. 1xx is the container, 2xx the bag, 3xx the
/// manifest, 4xx the crate. The exit status belongs to the code.
package enum FindingCode: String, Sendable, CaseIterable {
  // Container: can it be read at all
  case unreadable = "E100"
  case notAZIP = "E101"
  case cutOff = "E102"
  case endRecordContradicts = "E103"
  case directoryUnreadable = "E104"
  case localHeaderUnreadable = "E105"
  case headersDisagree = "E106"
  case crcDiffers = "E107"
  case dataUndecodable = "E108"
  case storedSizesDiffer = "E109"
  // Container: is it safe to unpack
  case nameNotPortable = "E110"
  case outsideTopDirectory = "E111"
  case nameTwice = "E112"
  case fileIsFolder = "E113"
  case notARegularFile = "E114"
  case entriesOverlap = "E115"
  case encrypted = "E116"
  case methodUnknown = "E117"
  case expandsTooMuch = "E118"
  case moreThanDeclared = "E119"
  case tooManyEntries = "E120"
  // Container: is it spelled as the profile says
  case strayBytes = "E130"
  case localHeaderNotCanonical = "E131"
  case directoryNotCanonical = "E132"
  case endRecordNotCanonical = "E133"
  case orderNotCanonical = "E134"
  case notStored = "E135"
  // Container: what lies beside it
  case sidecarDiffers = "E140"
  case ledgerDiffers = "E141"
  case gone = "E142"
  case renamed = "W101"
  case partialMisnamed = "W102"
  case sidecarUnusable = "W103"

  // Bag
  case notABag = "E200"
  case bagDeclarationDiffers = "E201"
  case bagInfoDiffers = "E202"
  case oxumDiffers = "E203"
  case profileUnknown = "E204"
  case checksumListMalformed = "E205"
  case payloadMissing = "E206"
  case payloadUnlisted = "E207"
  case payloadDamaged = "E208"
  case tagFileMissing = "E209"
  case tagFileUnlisted = "E210"
  case tagFileDamaged = "E211"
  case tagFileStray = "E212"
  case identifierDiffers = "E213"
  case profileLater = "W201"

  // Manifest
  case manifestMissing = "E300"
  case manifestNotJSON = "E301"
  case manifestMalformed = "E302"
  case manifestNotCanonical = "E303"
  case manifestProfileUnknown = "E304"
  case listedFileMissing = "E305"
  case fileUnlisted = "E306"
  case sizeDiffers = "E307"
  case checksumDiffers = "E308"
  case pathMisplaced = "E309"
  case pathTwice = "E310"
  case outputsUnordered = "E311"
  case outputContradictsResult = "E312"
  case outputNotInResult = "E313"
  case resultNotInOutputs = "E314"
  case countsDiffer = "E315"
  case completenessContradicts = "E316"
  case textDiffers = "E317"
  case inputContradictsRequest = "E318"
  case externalisedContradicts = "E319"
  case redactionContradicts = "E320"
  case documentUnreadable = "E321"
  case runContradictsResult = "E322"
  case statusContradicts = "E323"
  case nodeContradictsWorkflow = "E324"
  case profilesDiffer = "E325"
  case outputMissing = "E350"
  case outputEmpty = "W301"
  case noOutputs = "W302"
  case nodeUnsupported = "W303"
  case resultNamesAnother = "W304"

  // Crate
  case crateMissing = "E400"
  case crateNotJSON = "E401"
  case crateMalformed = "E402"
  case hasPartMissing = "E403"
  case hasPartExtra = "E404"
  case actionContradicts = "E405"
  case resultMissing = "E406"
  case resultExtra = "E407"
  case mainEntityContradicts = "E408"
  case contentSizeDiffers = "E409"
  case crateNotCanonical = "E410"
  case derivedDiffers = "E411"
}

extension FindingCode {
  /// The part of the bundle that a code is about.
  package var level: Finding.Level {
    switch rawValue.utf8.dropFirst().first {
    case UInt8(ascii: "1"): .container
    case UInt8(ascii: "2"): .bag
    case UInt8(ascii: "3"): .manifest
    default: .crate
    }
  }

  /// The exit status that a code asks for; `nil` for a warning.
  package var status: KeepError.Code? {
    switch self {
    case .unreadable: .localIO
    case .notAZIP, .notABag, .profileUnknown, .manifestProfileUnknown: .notABundle
    case .nameNotPortable, .outsideTopDirectory, .nameTwice, .fileIsFolder, .notARegularFile,
      .entriesOverlap, .encrypted, .methodUnknown, .expandsTooMuch, .moreThanDeclared,
      .tooManyEntries:
      .unsafeBundle
    case .strayBytes, .localHeaderNotCanonical, .directoryNotCanonical, .endRecordNotCanonical,
      .orderNotCanonical, .notStored:
      .notCanonical
    case .outputMissing: .partial
    default: rawValue.utf8.first == UInt8(ascii: "W") ? nil : .fixity
    }
  }

  /// What the code means, for the table in the documentation.
  package var summary: String { FindingCode.summaries[self] ?? "" }
}
