import NIOCore

/// Stored bytes that are not what they should be, although their checksum is right.
struct DecodingFault: Error, CustomStringConvertible {
    let description: String
}

/// The primitives of records and blobs: big-endian integers of fixed width, texts with their
/// length before them, a byte 0 or 1 before what is optional.
extension ByteBuffer {
    mutating func encode(_ text: String) {
        let at = writerIndex
        writeInteger(UInt32(0))
        let count = writeString(text)
        setInteger(UInt32(count), at: at)
    }

    mutating func encode<Value>(
        optional value: Value?, _ write: (inout ByteBuffer, Value) -> Void
    ) {
        writeInteger(UInt8(value == nil ? 0 : 1))
        if let value { write(&self, value) }
    }

    mutating func encode(_ flag: Bool) { writeInteger(UInt8(flag ? 1 : 0)) }

    mutating func decode<Value: FixedWidthInteger>(_ type: Value.Type = Value.self)
        throws(DecodingFault) -> Value
    {
        guard let value = readInteger(as: type) else {
            throw DecodingFault(description: "integer missing")
        }
        return value
    }

    mutating func decodeText() throws(DecodingFault) -> String {
        guard let text = readString(length: Int(try decode(UInt32.self))) else {
            throw DecodingFault(description: "text cut short")
        }
        return text
    }

    mutating func decodeFlag() throws(DecodingFault) -> Bool { try decode(UInt8.self) != 0 }

    mutating func decodeOptional<Value>(
        _ read: (inout ByteBuffer) throws(DecodingFault) -> Value
    ) throws(DecodingFault) -> Value? {
        try decodeFlag() ? try read(&self) : nil
    }

    /// An enumeration's case by its raw value.
    mutating func decodeCase<Value: RawRepresentable>(_ type: Value.Type) throws(DecodingFault)
        -> Value where Value.RawValue == UInt8
    {
        let raw = try decode(UInt8.self)
        guard let value = Value(rawValue: raw) else {
            throw DecodingFault(description: "\(type) \(raw) is not known")
        }
        return value
    }
}
