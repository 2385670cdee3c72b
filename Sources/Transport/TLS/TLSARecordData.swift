/// A TLSA record (RFC 6698 section 2.1) from a signed answer. Values we do not know are kept: see
/// `TLSClientContext.usableRecords`.
package struct TLSARecordData: Sendable, Hashable {
    package let usage: UInt8
    package let selector: UInt8
    package let matchingType: UInt8
    package let data: [UInt8]

    package init(usage: UInt8, selector: UInt8, matchingType: UInt8, data: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matchingType = matchingType
        self.data = data
    }
}
