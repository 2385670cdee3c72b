internal import MailModel

/// The MAIL parameters that say when and how a message is to travel.
extension SMTPCommand {
    static func deliveryParameter(
        _ parameter: Parameter, _ mail: inout MailCommand, _ seen: inout MailParameters
    ) throws(SMTPReply) {
        if parameter.keyword.equals(word: "REQUIRETLS") {
            try seen.once(.requiresTLS)
            guard parameter.value == nil else { throw .invalidParameterValue }
            mail.requiresTLS = true
            return
        }
        // The others all have one: an empty value suits none of them.
        let value = parameter.value ?? UnsafeRawBufferPointer(start: nil, count: 0)
        if parameter.keyword.equals(word: "HOLDFOR") {
            // "hold-param": either, not both (RFC 4865 section 4).
            try seen.once(.hold)
            mail.hold = try holdInterval(value)
        } else if parameter.keyword.equals(word: "HOLDUNTIL") {
            try seen.once(.hold)
            mail.hold = try holdDate(value)
        } else if parameter.keyword.equals(word: "BY") {
            try seen.once(.deliverBy)
            mail.deliverBy = try deliverBy(value)
        } else if parameter.keyword.equals(word: "MT-PRIORITY") {
            try seen.once(.priority)
            mail.priority = try priority(value)
        } else {
            throw .unknownParameter
        }
    }

    // future-release-integer = %x31-39 *8DIGIT                  (RFC 4865 section 4)
    private static func holdInterval(
        _ value: UnsafeRawBufferPointer
    ) throws(SMTPReply) -> FutureRelease {
        guard value.count <= 9, value.first != UInt8(ascii: "0"), let seconds = number(value)
        else { throw .invalidParameterValue }
        return .after(seconds: seconds)
    }

    // future-release-date-time = date-time                      (RFC 3339 section 5.6)
    private static func holdDate(_ value: UnsafeRawBufferPointer) throws(SMTPReply) -> FutureRelease {
        guard let moment = Timestamp(internetDateTime: value) else { throw .invalidParameterValue }
        return .at(moment)
    }

    // by-value = by-time ";" by-mode [by-trace]                 (RFC 2852 section 4)
    // by-time  = ["-" / "+"] 1*9digit     ; more than 0 with "R"
    // by-mode  = "N" / "R"
    // by-trace = "T"
    private static func deliverBy(
        _ value: UnsafeRawBufferPointer
    ) throws(SMTPReply) -> DeliverByRequest {
        var cursor = ByteCursor(value)
        let isNegative = cursor.skip(UInt8(ascii: "-"))
        if !isNegative { _ = cursor.skip(UInt8(ascii: "+")) }
        let digits = cursor.take { $0.isASCIIDigit }
        guard digits.count <= 9, let time = number(digits), cursor.skip(UInt8(ascii: ";"))
        else { throw .invalidParameterValue }
        let mode: DeliverBy.Mode
        if cursor.skip(word: "R") {
            mode = .return
        } else if cursor.skip(word: "N") {
            mode = .notify
        } else {
            throw .invalidParameterValue
        }
        let isTraced = cursor.skip(word: "T")
        guard cursor.isAtEnd, mode == .notify || !isNegative && time > 0 else {
            throw .invalidParameterValue
        }
        return DeliverByRequest(
            seconds: isNegative ? -time : time, mode: mode, isTraced: isTraced)
    }

    // priority-value = (["-"] NZDIGIT) / "0"                    (RFC 6710 section 6)
    private static func priority(_ value: UnsafeRawBufferPointer) throws(SMTPReply) -> Int8 {
        var cursor = ByteCursor(value)
        let isNegative = cursor.skip(UInt8(ascii: "-"))
        guard let digit = cursor.next(), digit.isASCIIDigit, cursor.isAtEnd,
            !isNegative || digit != UInt8(ascii: "0")
        else { throw .invalidParameterValue }
        let number = Int8(digit - UInt8(ascii: "0"))
        return isNegative ? -number : number
    }
}
