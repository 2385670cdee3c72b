/// Turns bare LF into CRLF, and leaves CRLF as it is: files on disk have either.
struct LineEndings {
    private var lastWasCR = false
    private var buffer: [UInt8] = []

    /// The converted octets are good until the function returns.
    mutating func convert(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        buffer.removeAll(keepingCapacity: true)
        buffer.reserveCapacity(bytes.count + bytes.count / 16)
        for byte in bytes {
            if byte == 0x0A, !lastWasCR { buffer.append(0x0D) }
            buffer.append(byte)
            lastWasCR = byte == 0x0D
        }
        let converted = buffer
        var failure: MigrationError?
        converted.withUnsafeBytes { bytes in
            do throws(MigrationError) { try body(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
