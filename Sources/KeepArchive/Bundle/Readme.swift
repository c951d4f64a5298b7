/// `README.md`: how to read and how to check a bundle, the same text in every one.
enum Readme {
  /// The name of the document, relative to `data/`.
  static let path = "README.md"

  static let text = """
    # An archived ComfyUI run

    This folder keeps one run of a ComfyUI workflow: what was asked, what the service answered, and every
    file it made, byte for byte. Nothing here needs the network or a special program.

    ## Read it

    - Open `ro-crate-preview.html` in a browser: what went in beside what came out.
    - `outputs/` holds what the run made, one folder a node, one a key of that node.
    - `inputs/` holds the local files that went in, where they were kept.
    - `run/request.json` is what was asked, `run/result.json` what was answered. Credentials are struck out.
    - `run/workflow_api.json`, where it is there, is the workflow that ran. ComfyUI can load it.
    - `manifest.json` says of every file what it is: node, key, index, the service's name for it, size,
      SHA-256. An output that could not be had is listed there as missing, with the reason.
    - `ro-crate-metadata.json` says the same in RO-Crate 1.1 for programs.

    ## Check it

    The folder above this one is a BagIt 1.0 bag (RFC 8493). There, any of these notices a damaged file:

        sha256sum -c manifest-sha256.txt && sha256sum -c tagmanifest-sha256.txt
        bagit.py --validate .

    On macOS use `shasum -a 256 -c` in place of `sha256sum -c`. On the ZIP itself, before it is unpacked:

        unzip -t run-*.zip
        sha256sum -c run-*.zip.sha256
        comfykeep verify run-*.zip

    The last one checks most: every byte of the container, every file against `manifest.json`, and
    `manifest.json` against the answer. The ZIP's own SHA-256, kept in another place, is what proves that
    the bundle was not replaced as a whole.

    ## What it is

    Run bundle profile 1.0. The ZIP is reproducible: the same answer, the same outputs, the same request,
    workflow and inputs, and the same options give the same bytes, whenever and on whatever machine. So
    nothing in it says when, where or by whom it was archived. A machine that knows only the answer and the
    outputs, because the run was submitted elsewhere, gives another ZIP, without `run/request.json`,
    `run/workflow_api.json` and `inputs/`; `outputs/` is the same in both.

    All entries are stored without compression, and all names are plain ASCII; the service's own names are in
    `manifest.json`.

    """
}
