import COpenSSL

enum DANERecords {
    /// False when the record is of no use to SMTP or to OpenSSL.
    static func add(_ record: TLSARecordData, to ssl: OpaquePointer) -> Bool {
        guard record.usage == 2 || record.usage == 3 else { return false }
        let result = SSL_dane_tlsa_add(
            ssl, record.usage, record.selector, record.matchingType, record.data, record.data.count)
        ERR_clear_error()
        return result == 1
    }
}
