/// Where a backup goes: each file from its beginning to its end, the manifest last.
protocol BackupTarget: AnyObject {
    func begin(_ name: String, size: Int64, modified: Int64) throws(BackupError)
    func write(_ octets: UnsafeRawBufferPointer) throws(BackupError)
    func end() throws(BackupError)

    /// Takes the same file from an earlier backup's directory instead; false when that can't be done.
    func reuse(_ name: String, of base: String) -> Bool

    /// Makes all that was written durable.
    func finish(_ manifest: [UInt8]) throws(BackupError)

    /// Removes what was written, if it can be.
    func abandon()
}
