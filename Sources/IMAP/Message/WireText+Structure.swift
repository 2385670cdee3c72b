internal import InternetMessage

extension WireText {
    /// BODY, or with `extended` BODYSTRUCTURE, of the part at `index`.
    ///
    /// ```
    /// body = "(" (body-type-1part / body-type-mpart) ")"
    /// ```
    mutating func structure(of message: MIMEMessage, at index: Int = 0, extended: Bool) {
        let part = message.parts[index]
        octet("(")
        switch part.kind {
        case .multipart: multipart(part, message, index, extended)
        case .message, .leaf: single(part, message, index, extended)
        }
        octet(")")
    }

    /// ```
    /// body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    /// ```
    private mutating func multipart(
        _ part: MIMEPart, _ message: MIMEMessage, _ index: Int, _ extended: Bool
    ) {
        let children = message.children(of: index)
        if children.isEmpty {
            // The grammar wants a part.
            raw("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0")
            raw(extended ? " NIL NIL NIL NIL)" : ")")
        }
        for child in children { structure(of: message, at: child, extended: extended) }
        octet(" ")
        string(part.content.subtype)
        guard extended else { return }
        octet(" ")
        parameters(part.content.parameters)
        common(part.content)
    }

    /// ```
    /// body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
    /// body-fields     = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP
    ///                   body-fld-octets
    /// ```
    private mutating func single(
        _ part: MIMEPart, _ message: MIMEMessage, _ index: Int, _ extended: Bool
    ) {
        let content = part.content
        let isText = part.kind == .leaf && !part.isTruncated && content.isText
        if part.isTruncated {
            // Its type would promise parts that were not looked for.
            raw("\"application\" \"octet-stream\"")
        } else if part.kind == .message {
            raw(part.isInternational ? "\"message\" \"global\"" : "\"message\" \"rfc822\"")
        } else {
            string(content.type)
            octet(" ")
            string(content.subtype)
        }
        octet(" ")
        parameters(content.parameters, addingCharset: isText)
        octet(" ")
        unfolded(content.id)
        octet(" ")
        unfolded(content.description)
        octet(" ")
        if let encoding = content.encoding { unfolded(encoding) } else { raw("\"7bit\"") }
        octet(" ")
        number(part.body.count)
        if part.kind == .message {
            octet(" ")
            envelope(message.parts[index + 1].envelope ?? EnvelopeFields())
            octet(" ")
            structure(of: message, at: index + 1, extended: extended)
        }
        if part.kind == .message || isText {
            octet(" ")
            number(part.lines)
        }
        guard extended else { return }
        octet(" ")
        unfolded(content.md5)
        common(content)
    }

    /// ```
    /// body-fld-dsp SP body-fld-lang SP body-fld-loc
    /// ```
    private mutating func common(_ content: ContentFields) {
        octet(" ")
        if let disposition = content.disposition {
            octet("(")
            unfolded(disposition)
            octet(" ")
            parameters(content.dispositionParameters)
            octet(")")
        } else {
            raw("NIL")
        }
        octet(" ")
        if content.languages.isEmpty {
            raw("NIL")
        } else {
            octet("(")
            for (index, language) in content.languages.enumerated() {
                if index > 0 { octet(" ") }
                unfolded(language)
            }
            octet(")")
        }
        octet(" ")
        unfolded(content.location)
    }

    /// - Parameter addingCharset: a text without one has the default (RFC 2045 section 5.2).
    private mutating func parameters(_ parameters: [ContentParameter], addingCharset: Bool = false) {
        let isCharsetMissing = addingCharset
            && !parameters.contains { String(decoding: $0.name, as: UTF8.self).lowercased() == "charset" }
        guard !parameters.isEmpty || isCharsetMissing else {
            raw("NIL")
            return
        }
        octet("(")
        for (index, parameter) in parameters.enumerated() {
            if index > 0 { octet(" ") }
            unfolded(parameter.name)
            octet(" ")
            unfolded(parameter.value)
        }
        if isCharsetMissing { raw(parameters.isEmpty ? "\"charset\" \"us-ascii\"" : " \"charset\" \"us-ascii\"") }
        octet(")")
    }
}

extension MIMEPart {
    /// message/global (RFC 6532): with UTF-8 in its header.
    fileprivate var isInternational: Bool { content.hasType && content.subtype.count == "global".utf8.count
        && String(decoding: content.subtype, as: UTF8.self).lowercased() == "global" }
}
