package import KeepModel
package import SystemPackage

/// A downloaded file in the spool, with what one pass over its bytes told.
package struct PayloadFile: Sendable, Equatable {
  /// Where it lies.
  package let path: FilePath
  /// Its size in bytes.
  package let size: UInt64
  /// Its SHA-256.
  package let checksum: Checksum
  /// Its CRC-32, for the ZIP.
  package let crc: UInt32
  /// From the service's file name by the fixed table, else from magic bytes, never from a header.
  package let mediaType: MediaType

  package init(path: FilePath, size: UInt64, checksum: Checksum, crc: UInt32, mediaType: MediaType) {
    self.path = path
    self.size = size
    self.checksum = checksum
    self.crc = crc
    self.mediaType = mediaType
  }
}

/// A node output and what became of it.
package struct RetrievedOutput: Sendable, Equatable {
  /// What became of an output.
  package enum Retrieval: Sendable, Equatable {
    /// The file is in the spool. Texts need no spool: they travel in the output itself.
    case file(PayloadFile)
    /// A text, archived as the UTF-8 bytes of the output's content.
    case text
    /// It cannot be had.
    case missing(Manifest.Reason)
    /// Left out by an option.
    case omitted
  }

  /// The output.
  package let output: NodeOutput
  /// What became of it.
  package let retrieval: Retrieval

  /// How many bytes of it go into a bundle.
  package var size: UInt64 {
    switch (retrieval, output.content) {
    case (.file(let payload), _): payload.size
    case (.text, .text(let text)): UInt64(text.utf8.count)
    default: 0
    }
  }

  package init(output: NodeOutput, retrieval: Retrieval) {
    self.output = output
    self.retrieval = retrieval
  }
}
