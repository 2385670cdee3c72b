package import MailModel
package import NIOCore

extension ByteBuffer {
    // uid-set   = (uniqueid / uid-range) *("," uid-set)                      (RFC 9051 section 9)
    // uid-range = (uniqueid ":" uniqueid)
    /// - Parameter set: not empty, for the grammar has no empty set.
    package mutating func writeUIDSet(_ set: UIDSet) {
        var isFirst = true
        for range in set.ranges {
            if !isFirst { writeInteger(UInt8(ascii: ",")) }
            isFirst = false
            writeIMAPNumber(range.lowerBound)
            if range.count > 1 {
                writeInteger(UInt8(ascii: ":"))
                writeIMAPNumber(range.upperBound)
            }
        }
    }
}
